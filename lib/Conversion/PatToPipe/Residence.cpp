// Residence.cpp - what it costs to read and write intermediates that scratchpads hold from section to section
//
// The pass `fabric-retain` decides later what stays on chip. Here a mapping is priced as if it did wherever it can:
// each port that reads has a copy of its part of the tensor, and ports that write must not write into each other's
// parts.
#include "CostModel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;

namespace {

constexpr double mostHomes = 0.4; // of the machine's memory units, for one tensor

/// Words between the first and the last that the loops of one unit touch.
int64_t spanOf(const AffineAccess &access, const Mapping &mapping, bool wholeGroup) {
  int64_t span = 1;
  for (const LoopPlan &loop : mapping.loops)
    span += std::abs(access.strideAlong(loop.dim) * loop.stride) * (loop.extent - 1);
  if (wholeGroup && mapping.group.dim >= 0)
    span += std::abs(access.strideAlong(mapping.group.dim) * mapping.group.stride) * (mapping.group.count - 1);
  return std::min(span, ShapedType::getNumElements(access.view.shape));
}

} // namespace

/// Memory units that hold `ports` parts of `span` words; 0 when that is too much of the machine.
int64_t CostModel::homesFor(int64_t ports, int64_t span) const {
  int64_t homes = ports * llvm::divideCeilSigned(span, int64_t(arch.memory.bytes() / 4));
  return double(homes) <= mostHomes * double(arch.numMemoryUnits()) ? homes : 0;
}

/// The best depth for reads of a tensor on chip, as in placeAccess; homes is 0 when it cannot be there.
/// `start` is how long its first box takes.
AccessPlan CostModel::placeRetained(const NestAccess &access, Mapping &mapping, unsigned firstSpread,
                                    double &start) const {
  const AffineAccess &affine = *access.affine;
  int64_t copies = copiesOf(access, mapping), ports = copies;
  AccessPlan plan;
  plan.homes = homesFor(copies, spanOf(affine, mapping, false));
  Walk walk = walkOf(affine, mapping, /*write=*/false);
  double best = walk.firings * double(conflictCycles(walk.stride, walk.lanes)), first = 0;
  bool mustHold = access.op.getElseValue() && affine.view.shape.size() > arch.memory.addressStages;
  if (plan.homes == 0 || mustHold)
    best = std::numeric_limits<double>::infinity();
  if (sharesPort(access, mapping))
    ports /= mapping.group.count;
  int64_t homes = homesFor(ports, spanOf(affine, mapping, sharesPort(access, mapping)));
  forEachBox(access, mapping, firstSpread, [&](unsigned depth, double loads) {
    double box = boxBytes(access, mapping, depth) / arch.dram.burstBytes;
    if (homes && loads * box < worthHolding * best) {
      best = loads * box;
      first = box;
      plan = {true, depth, homes};
    }
  });
  if (std::isinf(best))
    return {};
  mapping.portCycles = std::max(mapping.portCycles, best);
  start = first;
  return plan;
}

/// Where the results go, and what that costs.
void CostModel::placeResults(Mapping &mapping) const {
  int64_t results = nest.op->getNumResults();
  mapping.resultHomes = 0;
  const UnitPlan &units = mapping.units;
  int64_t part = spanOf(result, mapping, true), all = part;
  bool apart = units.dim < 0;
  if (units.dim >= 0) {
    int64_t step = std::abs(result.strideAlong(units.dim) * units.stride);
    apart = step >= part;
    all = step * units.count;
  }
  if (nest.resultsMayStay && apart)
    mapping.resultHomes = results * std::max(homesFor(units.count, part), homesFor(1, all));
  if (mapping.resultHomes > 0) {
    Walk walk = walkOf(result, mapping, /*write=*/true);
    double vectors = walk.firings * double(mapping.group.count);
    mapping.portCycles = std::max(mapping.portCycles, vectors * double(conflictCycles(walk.stride, walk.lanes)));
    return;
  }
  double stored = streamBytes(result, mapping, true) * double(results);
  double readAgain = 0; // by sections to come, at least once
  if (nest.resultsMayStay)
    readAgain = double(ShapedType::getNumElements(result.view.shape) * results) * 4;
  mapping.dramCycles += (stored + readAgain) / arch.dram.bytesPerCycle;
}
