// CostModel.h - predicted cycles of a mapped nest
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_COSTMODEL_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_COSTMODEL_H

#include "Mapping.h"

namespace jacquard {

/// Which dimensions run over lanes and slots, and how many slots.
struct Spread {
  unsigned lanes;
  int slots = -1;
  int64_t numSlots = 1;
};

/// Between units that are placed close to each other.
constexpr double hopsToNeighbour = 3;

/// Cycles across half of a section of so many copies of a nest. The placer keeps it together, a compute and a memory
/// unit for each copy or more: its ways grow with the root of their number.
inline double crossingCycles(const ArchSpec &arch, int64_t copies) {
  return (hopsToNeighbour + std::sqrt(2.0 * double(copies))) * arch.network.hopLatency;
}

/// Holding a tile must save as much traffic to be worth a unit.
constexpr double worthHolding = 0.9;

/// What an operand draws from the DRAM.
struct Brought {
  double bytes;
  double first = 0;    ///< bytes of its first box; 0 for what streams through no scratchpad
  double ahead = 0;    ///< bytes beside these that FIFOs or scratchpads take before computing begins
  double ports = 1;    ///< that it comes through
  double lastTile = 0; ///< share of the work that is left when the last box has come
};

/// Roofline model of a nest on a machine, with the first tiles' way from DRAM and the latency of the units in front.
///
/// Compute: one firing per point of the loops, `lanes` points at a time along the lane loop, all slots at once; bank
/// conflicts, the drain of accumulators and the chains of groups stretch it. Ports: a vector per cycle and port of the
/// DRAM or of a scratchpad that keeps an intermediate. DRAM: bytes of the bursts that loads and stores touch, at peak
/// bandwidth.
class CostModel {
public:
  CostModel(const Nest &nest, const ArchSpec &arch) : nest(nest), arch(arch), result(nest.result) {}

  /// A quick comparison of spreads, before tiles and units are known.
  double spreadCost(const Spread &spread) const;
  /// Decides for every access whether and where it is held on chip, then predicts. False as soon as ports or
  /// the DRAM alone need `limit` cycles; the prediction is incomplete then.
  bool predict(Mapping &mapping, double limit = std::numeric_limits<double>::infinity()) const;

  /// Firings of each copy of the nest: fewer cycles it cannot take.
  double firingsOf(const Mapping &mapping) const;
  /// From the first request to the first result, and what computing takes; while accesses are not placed yet, at least.
  /// `sectionCopies`: those of all nests of the section.
  double latencyOf(const Mapping &mapping, int64_t sectionCopies) const;
  double computeCycles(const Mapping &mapping) const;
  /// Cycles of the slowest scratchpad read.
  double slowestRead(const Mapping &mapping) const;

private:
  /// How one copy streams an access: firings, and the words of a vector.
  struct Walk {
    double firings = 1;
    int64_t lanes = 1, stride = 0;
    int last = -1; ///< the innermost loop it depends on
  };
  Walk walkOf(const AffineAccess &access, const Mapping &mapping, bool write) const;
  int64_t conflictCycles(int64_t stride, int64_t words) const;
  double streamBytes(const AffineAccess &access, const Mapping &mapping, bool write) const;
  double packedBytes(const NestAccess &access, const Mapping &mapping, llvm::ArrayRef<int64_t> extents) const;
  struct Box {
    double bytes, stretches; ///< of whole bursts; pieces without a break
  };
  Box boxOf(const NestAccess &access, const Mapping &mapping, llvm::ArrayRef<int64_t> extents) const;
  bool canHold(const NestAccess &access, const Mapping &mapping) const;
  int64_t homesFor(int64_t ports, int64_t span, int64_t most) const;
  int64_t homesOf(const NestAccess &access, const Mapping &mapping, bool wholeGroup) const;
  /// A place for a box, how often a port loads it, and how many of it fit a scratchpad.
  struct Place {
    unsigned depth;
    double loads;
    int64_t buffers;
    llvm::ArrayRef<int64_t> extents; ///< of the box
  };
  /// Every depth, outermost first, at which a scratchpad can hold the access's box.
  void forEachBox(const NestAccess &access, const Mapping &mapping, unsigned firstSpread,
                  llvm::function_ref<void(Place)> visit) const;
  AccessPlan planBox(const NestAccess &access, const Mapping &mapping, Place place) const;
  double openLoads(const NestAccess &access, const Mapping &mapping, const AccessPlan &plan, double box) const;
  bool readsPositionsTwice(const Mapping &mapping) const;
  double chainLatency(const Mapping &mapping) const;
  double cascadeLatency(int64_t homes) const;
  double readersWait(int64_t homes) const;
  AccessPlan placeRetained(const NestAccess &access, Mapping &mapping, unsigned firstSpread, double &start) const;
  void placeResults(Mapping &mapping) const;
  AccessPlan placeGather(const NestAccess &access, Mapping &mapping) const;
  AccessPlan placeAccess(const NestAccess &access, Mapping &mapping, unsigned firstSpread, bool early,
                         llvm::SmallVectorImpl<Brought> &brought) const;
  bool placeAccesses(Mapping &mapping, bool early, double limit) const;
  bool predictWith(Mapping &mapping, bool early, double limit) const;

  const Nest &nest;
  const ArchSpec &arch;
  const AffineAccess &result;
};

/// Adds where the ports of a mapping's units part when they write `result`: to a cut that suits them as well, if there
/// is one.
void addCuts(const Nest &nest, const Mapping &mapping, Residence &residence);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_COSTMODEL_H
