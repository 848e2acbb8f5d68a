// GroupNests.h - which patterns share a section
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H

#include "PlannedNest.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Support/ContentCache.h"

namespace jacquard {

/// What the mapper gives up for the sake of other patterns.
struct MappingPrices {
  double scratchpads = 0;   ///< all of the machine, as a share of a nest's cycles
  double section = 0;       ///< cycles for one less
  bool startEarly = false;  ///< see Nest
  bool spareReaders = true; ///< counts what all readers of a result wait, not only those of loops behind it
  bool joinUnits = true;    ///< see Nest
  double unitShare = 1;     ///< of the machine's units, for a pattern
};

/// Of buffers.
using Residences = llvm::DenseMap<mlir::Value, Residence>;

/// Maps the patterns (in order of the program) and cuts them into sections, so that all are predicted to take the
/// fewest cycles with the price of each section: neighbours that share one save its latency and the way of
/// intermediates through DRAM, and run on one unit. One that exchanges nothing with the others may keep its units.
/// `effortOf` says how much of the machine each may take. `bufferOf` names the buffer of a tensor: a pattern that
/// overwrites what another one reads does not share its section. `mayStay` holds the buffers that may stay on chip from
/// section to section, and learns where they are cut; those that a mapping sends to DRAM after all are taken out.
/// Searches go by way of `cache`.
std::vector<std::vector<PlannedNest>> groupNests(llvm::ArrayRef<mlir::Operation *> patterns, const ArchSpec &arch,
                                                 llvm::function_ref<MappingEffort(mlir::Operation *)> effortOf,
                                                 llvm::function_ref<mlir::Value(mlir::Value)> bufferOf,
                                                 Residences &mayStay, const MappingPrices &prices, ContentCache &cache);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H
