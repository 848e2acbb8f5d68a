// SolutionCache.h - placements and routings that were found before
#ifndef JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_SOLUTIONCACHE_H
#define JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_SOLUTIONCACHE_H

#include "jacquard/Mapper/Map.h"
#include "jacquard/Support/ContentCache.h"

namespace jacquard::fabric {

/// The placement of mapper::mapOntoFabric with placement seed `seed`, by way of a cache. What the cache holds is
/// checked like a new solution. Problems are equal whatever their units and nets are called.
Result<mapper::Placement> place(ContentCache &cache, const mapper::Problem &problem, const FabricModel &model,
                                uint64_t seed);

/// mapper::route by way of a cache.
Result<mapper::Routing> route(ContentCache &cache, const mapper::Problem &problem, const mapper::Placement &placement,
                              const FabricModel &model);

} // namespace jacquard::fabric

#endif // JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_SOLUTIONCACHE_H
