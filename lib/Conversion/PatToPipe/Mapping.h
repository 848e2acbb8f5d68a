// Mapping.h - how one loop nest is spread over lanes, stage slots, units and time, and the cost model that chooses it
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H

#include "Nest.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"
#include "jacquard/Dialect/Utils/Overlap.h"

namespace jacquard {

class Rivals;

/// One loop: it adds stride * counter to the index of `dim`.
struct LoopPlan {
  unsigned dim;
  int64_t extent, stride;
  pipe::LoopRole role;
};

/// Copies of the nest's units in space: copy u adds stride * u to the index of `dim`.
struct UnitPlan {
  int dim = -1; ///< -1: one copy
  int64_t count = 1, stride = 0;
};

/// Where a read comes from: straight from DRAM, or from a scratchpad that holds what the loops from `depth` inwards touch.
struct AccessPlan {
  bool buffered = false;
  unsigned depth = 0;
  int64_t buffers = 1; ///< boxes that the scratchpad has room for
  int64_t staged = 0;  ///< members of each group with a scratchpad in front of it, which takes the next box
  int64_t homes = 0; ///< memory units that hold the whole tensor on chip, one copy for each port; 0: it is in DRAM
};

struct Mapping {
  // Decided by the search, and kept by SearchCache.cpp.
  llvm::SmallVector<LoopPlan> loops; ///< outermost first, parallel before reduction
  unsigned numParallel = 0;
  UnitPlan units;
  UnitPlan joined; ///< groups of every unit: only what follows the folds is theirs together; along the units' dimension
  UnitPlan group;  ///< members of every group; they share DRAM ports, and each has a fold of its own
  int64_t bufferDepth = 2; ///< of boxes that are loaded again; 1: once those that do not fit a scratchpad twice
  int64_t stages = 0;      ///< memory units in front of such, as far as there are boxes for them
  // What CostModel::predict makes of it.
  llvm::SmallVector<AccessPlan> accesses; ///< one per access of the nest
  int64_t resultHomes = 0;                ///< memory units that hold the results on chip; 0: they go to DRAM
  double bytesRead = 0, bytesWritten = 0; ///< of DRAM
  double bytesReadLate = 0;               ///< of these, what nothing takes before the first tiles are there
  double bytesBehindLastTile = 0;         ///< of these, what streams bring while the last tile is computed
  double rowChangeBytes = 0;              ///< as many could be read while reads in short pieces change rows
  double readersWait = 0; ///< cycles that all readers of the results wait since these are spread over memory units
  // Cycles. Compute, ports and what the DRAM does late overlap, once the first tiles are there, and the DRAM as a whole
  // with all of them; the latency is from the first request to the first result, and through the chains of groups.
  double latencyCycles = 0, startCycles = 0, computeCycles = 0, portCycles = 0, lateDramCycles = 0, dramCycles = 0;
  double readCycles = 0; ///< of `dramCycles`, those until the last tile is there
  double lastTile = 0;   ///< share of the work that is left then

  /// Members whose results one unit takes on, and copies of the fold.
  int64_t membersOfUnit() const { return joined.count * group.count; }
  int64_t copies() const { return units.count * membersOfUnit(); }
  /// When the first tiles are there, and apart from the latency.
  double busyCycles() const { return std::max(computeCycles, portCycles); }
  double cycles() const {
    return latencyCycles + std::max({startCycles + sideBySide(busyCycles(), lateDramCycles),
                                     readCycles + lastTile * busyCycles(), dramCycles});
  }
  /// What bounds it: "compute", "ports" or "dram".
  const char *bound() const {
    bool waits = startCycles + busyCycles() <= std::max(startCycles + lateDramCycles, dramCycles);
    return waits ? "dram" : computeCycles >= portCycles ? "compute" : "ports";
  }
};

/// The cheapest mapping found on at most `maxUnits` copies of the nest's units that takes at most the share `fill` of
/// the machine's units and ports. The inputs are the nest and the architecture alone; deterministic.
/// `scratchpadPrice` is what all scratchpads of the machine are worth, as a share of the nest's cycles.
/// `rivals`, if given, receives the mappings that explain the choice, which it does not change.
Mapping chooseMapping(const Nest &nest, const ArchSpec &arch, int64_t maxUnits, double fill, double scratchpadPrice,
                      Rivals *rivals = nullptr);

/// Compute units of `units` units with `copies` members in all, apart from those that make addresses.
int64_t computeUnits(const Nest &nest, int64_t units, int64_t copies, int64_t slots, const ArchSpec &arch);

/// Physical units that a mapped nest needs, by a cautious count: partitioning is not known yet.
struct UnitNeed {
  int64_t compute = 0, memory = 0, dramPorts = 0;
  int64_t boxes = 0; ///< those of `memory` that are loaded with parts of operands
};
UnitNeed estimateUnits(const Nest &nest, const Mapping &mapping, const ArchSpec &arch);

/// Whether a nest is a fold of one unit and nothing else.
bool isBareFold(const Nest &nest, const ArchSpec &arch);

/// Compute units that mappings of a nest may count on if they take at most the share `fill` of all: to the last one
/// where it is known how many they take.
int64_t usableComputeUnits(const Nest &nest, const ArchSpec &arch, double fill);

/// Stages that compute the address of a gather: divisions take several operations, every dimension a bounds check.
unsigned addressStages(pat::AtOp at);

/// Stages of an accumulating unit that one copy of the fold's body takes, its accumulators included: a product that is
/// only summed joins the accumulation as a multiply-add.
unsigned stagesPerSlot(const Nest &nest);

/// Copies of what an affine access needs of its own: one per unit, and per member of a group in the fold, that it tells
/// apart.
int64_t copiesOf(const NestAccess &access, const Mapping &mapping);

/// Members of a unit with one chain: the last one passes on what all before it drain.
constexpr int64_t mostMembers = 20;

/// Chains through which the results of a unit leave, each with a DRAM port of its own, and the members of the longest.
int64_t chainsOf(const Mapping &mapping);
int64_t chainLength(const Mapping &mapping);

/// Whether each member of a group has a box of its own, all of them brought by one DRAM port.
bool sharesPort(const NestAccess &access, const Mapping &mapping);

/// How far the positions of the last copy in `plan` lie from those of the first, along dimension `k` of the access's
/// view.
int64_t reachOf(const UnitPlan &plan, const NestAccess &access, unsigned k);

/// Extents of the box that the loops from `depth` inwards touch, along the dimensions of the access's view. Outside of
/// the fold all members of a unit have one box.
llvm::SmallVector<int64_t> boxExtents(const NestAccess &access, const Mapping &mapping, unsigned depth);

/// Pitches (in words) of a scratchpad that holds a box of these extents: dense, but odd where lanes or slots walk along
/// an outer dimension, so that neighbours fall into different banks.
llvm::SmallVector<int64_t> boxPitches(const NestAccess &access, const Mapping &mapping,
                                      llvm::ArrayRef<int64_t> extents);

/// Words of that scratchpad.
int64_t boxWords(const NestAccess &access, const Mapping &mapping, llvm::ArrayRef<int64_t> extents);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_MAPPING_H
