// SearchCache.h - searches for mappings that were made before
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_SEARCHCACHE_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_SEARCHCACHE_H

#include "Mapping.h"

#include "jacquard/Support/ContentCache.h"

namespace jacquard {

/// chooseMapping, by way of a cache: the nests of equal patterns on one machine have one mapping. Kept is what the
/// search decides, the loops, units and group of a mapping; the rest is predicted again, so that the model needs no
/// text form. Explanations need the search itself: with `rivals` the cache is left aside.
Mapping chooseMapping(ContentCache &cache, const Nest &nest, const ArchSpec &arch, int64_t maxUnits, double fill,
                      double scratchpadPrice, Rivals *rivals);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_SEARCHCACHE_H
