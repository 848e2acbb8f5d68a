// Mapping.h - how one loop nest is spread over lanes, stage slots, units and time, and the cost model that chooses it
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H

#include "Nest.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"

namespace jacquard {

/// One loop: it adds stride * counter to the index of `dim`.
struct LoopPlan {
  unsigned dim;
  int64_t extent, stride;
  pipe::LoopRole role;
};

/// Where a read comes from: straight from DRAM, or from a scratchpad that holds what the loops from `depth` inwards touch.
struct AccessPlan {
  bool buffered = false;
  unsigned depth = 0;
};

struct Mapping {
  llvm::SmallVector<LoopPlan> loops; ///< outermost first, parallel before reduction
  unsigned numParallel = 0;
  int unitsDim = -1; ///< the dimension that is cut in `units` chunks of `unitChunk`, -1: none
  int64_t units = 1, unitChunk = 0;
  llvm::SmallVector<AccessPlan> accesses; ///< one per access of the nest
  int64_t bufferDepth = 2;
  double computeCycles = 0, dramCycles = 0; ///< predicted; they overlap
  double cycles() const { return std::max(computeCycles, dramCycles); }
  /// What bounds it: "compute" or "dram".
  const char *bound() const { return computeCycles >= dramCycles ? "compute" : "dram"; }
};

/// The cheapest mapping found on at most `maxUnits` copies of the nest's units. The inputs are the nest and the
/// architecture alone; deterministic.
Mapping chooseMapping(const Nest &nest, const ArchSpec &arch, int64_t maxUnits);

/// Physical units that a mapped nest needs, by a cautious count: partitioning is not known yet.
struct UnitNeed {
  int64_t compute = 0, memory = 0, dramPorts = 0;
};
UnitNeed estimateUnits(const Nest &nest, const Mapping &mapping, const ArchSpec &arch);

/// Stages that compute the address of a gather: divisions take several operations, every dimension a bounds check.
unsigned addressStages(pat::AtOp at);

/// Extent of the box that the loops from `depth` inwards touch, along dimension `k` of the access's view.
int64_t boxExtent(const AffineAccess &access, unsigned k, const Mapping &mapping, unsigned depth);

/// Pitches (in words) of a scratchpad that holds a box: dense, but odd where lanes or slots walk along an outer
/// dimension, so that neighbours fall into different banks.
llvm::SmallVector<int64_t> boxPitches(const AffineAccess &access, const Mapping &mapping, unsigned depth);

/// Words of that scratchpad.
int64_t boxWords(const AffineAccess &access, const Mapping &mapping, unsigned depth);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H
