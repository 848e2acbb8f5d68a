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

/// How far one member and those `together` with it go along each dimension: a last tile that is not full ends with the
/// dimension.
SmallVector<int64_t> reachesOf(const Nest &nest, const Mapping &mapping, ArrayRef<UnitPlan> together) {
  SmallVector<int64_t> reaches(nest.dims.size(), 0);
  for (const LoopPlan &loop : mapping.loops)
    reaches[loop.dim] += loop.stride * (loop.extent - 1);
  for (const UnitPlan &plan : together)
    if (plan.dim >= 0)
      reaches[plan.dim] += plan.stride * (plan.count - 1);
  for (auto [reach, dim] : llvm::zip(reaches, nest.dims))
    reach = std::min(reach, dim.extent - 1);
  return reaches;
}

/// Words between the first and the last that the loops of one unit touch.
int64_t spanOf(const AffineAccess &access, ArrayRef<int64_t> reaches) {
  int64_t span = 1;
  for (auto [dim, reach] : llvm::enumerate(reaches))
    span += std::abs(access.strideAlong(dim)) * reach;
  return std::min(span, ShapedType::getNumElements(access.view.shape));
}

} // namespace

/// How much later the words of the first memory unit arrive where `homes` of them stand behind each other, as near as
/// the placer can put them. Where they stand (fabric::predictedCycles) is often farther; counting that here was no
/// better.
double CostModel::cascadeLatency(int64_t homes) const {
  return double(homes - 1) * (arch.memory.readLatency + hopsToNeighbour * arch.network.hopLatency);
}

/// What all readers wait for results in `homes` memory units behind each other. Who fetches beside another pattern has
/// the time that this one takes to fill and drain units, and who loads as well waits for DRAM anyway.
double CostModel::readersWait(int64_t homes) const {
  double crossing = crossingCycles(arch, homes);
  double pipeline = double(arch.compute.stages) * arch.compute.stageLatency + arch.memory.readLatency;
  double wait = 0;
  for (const TensorReader &reader : nest.readers) {
    double hidden = 0;
    if (reader.isBeside)
      hidden = 2 * (2 * crossing + pipeline);
    else if (reader.loads)
      hidden = arch.dram.latency() + crossing;
    wait += reader.trips * std::max(0.0, reader.waits * cascadeLatency(homes) - hidden);
  }
  return wait;
}

/// Memory units that hold `ports` parts of `span` words; 0 when these are more than `most`.
int64_t CostModel::homesFor(int64_t ports, int64_t span, int64_t most) const {
  int64_t homes = ports * llvm::divideCeilSigned(span, int64_t(arch.memory.bytes() / 4));
  return homes <= most ? homes : 0;
}

/// Memory units that hold what the ports of a read want, in pieces of one writer each; 0 when these are too many.
/// `wholeGroup`: the members of a group have one port.
int64_t CostModel::homesOf(const NestAccess &access, const Mapping &mapping, bool wholeGroup) const {
  const AffineAccess &affine = *access.affine;
  const Residence &residence = access.residence;
  int64_t capacity = int64_t(arch.memory.bytes() / 4), size = ShapedType::getNumElements(affine.view.shape);
  SmallVector<UnitPlan> together;
  if (wholeGroup)
    together = {mapping.group};
  int64_t span = spanOf(affine, reachesOf(nest, mapping, together)), first = affine.firstElement();
  for (auto [dim, reach] : llvm::enumerate(reachesOf(nest, mapping, {})))
    first += std::min<int64_t>(0, affine.strideAlong(dim) * reach);
  auto tellsApart = [&](const UnitPlan &plan) { return plan.dim >= 0 && affine.dependsOn(plan.dim); };
  auto stepOf = [&](const UnitPlan &plan) { return tellsApart(plan) ? affine.strideAlong(plan.dim) * plan.stride : 0; };
  int64_t units = tellsApart(mapping.units) ? mapping.units.count : 1;
  int64_t groups = tellsApart(mapping.joined) && access.inFold ? mapping.joined.count : 1;
  int64_t members = tellsApart(mapping.group) && access.inFold && !wholeGroup ? mapping.group.count : 1;
  int64_t homes = 0;
  for (int64_t group = 0; group < units * groups; ++group)
    for (int64_t member = 0; member < members; ++member) {
      int64_t begin = first + group / groups * stepOf(mapping.units) + group % groups * stepOf(mapping.joined) +
                      member * stepOf(mapping.group);
      int64_t end = std::min(begin + span, size);
      begin = std::clamp<int64_t>(begin, 0, size - 1);
      for (auto [low, cut] : residence.cuts) {
        if (cut <= begin || cut >= end)
          continue;
        homes += llvm::divideCeilSigned(cut - begin, capacity);
        begin = cut;
      }
      homes += llvm::divideCeilSigned(std::max<int64_t>(end - begin, 1), capacity);
      if (homes > residence.mostHomes)
        return 0;
    }
  return homes;
}

/// The best depth for reads of a tensor on chip: with the fewest vectors, or at which reads take the least time beside
/// computing; homes is 0 when it cannot be there. `start` is how long the first box takes.
AccessPlan CostModel::placeRetained(const NestAccess &access, Mapping &mapping, unsigned firstSpread,
                                    double &start) const {
  const AffineAccess &affine = *access.affine;
  AccessPlan plan;
  plan.homes = homesOf(access, mapping, /*wholeGroup=*/false);
  Walk walk = walkOf(affine, mapping, /*write=*/false);
  double firings = firingsOf(mapping), vectors = walk.firings * double(conflictCycles(walk.stride, walk.lanes));
  bool mustHold = access.op.getElseValue() && affine.view.shape.size() > arch.memory.addressStages;
  if (plan.homes == 0 || mustHold)
    vectors = std::numeric_limits<double>::infinity();
  double best = std::max(firings, vectors);
  int64_t homes = sharesPort(access, mapping) ? homesOf(access, mapping, /*wholeGroup=*/true) : plan.homes;
  auto weigh = [&](Place place) {
    double box = boxOf(access, mapping, place.extents).bytes / arch.dram.burstBytes, all = place.loads * box;
    AccessPlan held = planBox(access, mapping, place);
    held.homes = homes;
    double first = openLoads(access, mapping, held, box), cycles = first + std::max(firings, all);
    bool isLess = all < worthHolding * vectors;
    if (nest.startEarly ? cycles < best || (cycles == best && isLess) : isLess) {
      best = cycles;
      vectors = all;
      start = first;
      plan = held;
    }
  };
  if (homes)
    forEachBox(access, mapping, firstSpread, weigh);
  if (std::isinf(vectors))
    return {};
  mapping.portCycles = std::max(mapping.portCycles, vectors);
  return plan;
}

/// Where the results go, and what that costs.
void CostModel::placeResults(Mapping &mapping) const {
  int64_t results = nest.op->getNumResults();
  mapping.resultHomes = 0;
  const UnitPlan &units = mapping.units;
  int64_t part = spanOf(result, reachesOf(nest, mapping, {mapping.joined, mapping.group}));
  bool apart = units.dim < 0;
  if (units.dim >= 0) {
    int64_t step = std::abs(result.strideAlong(units.dim) * units.stride);
    apart = step >= part && step % nest.resultGrain == 0;
  }
  if (nest.mostHomes && apart)
    mapping.resultHomes = results * homesFor(units.count, part, nest.mostHomes);
  mapping.readersWait = 0;
  if (mapping.resultHomes > 0) {
    mapping.readersWait = readersWait(nest.partsBefore + units.count);
    Walk walk = walkOf(result, mapping, /*write=*/true);
    double vectors = walk.firings * double(mapping.membersOfUnit());
    mapping.portCycles = std::max(mapping.portCycles, vectors * double(conflictCycles(walk.stride, walk.lanes)));
    return;
  }
  mapping.bytesWritten = streamBytes(result, mapping, true) * double(results);
  if (nest.mostHomes) // by sections to come, at least once
    mapping.bytesRead = double(ShapedType::getNumElements(result.view.shape) * results) * 4;
}

void jacquard::addCuts(const Nest &nest, const Mapping &mapping, Residence &residence) {
  const AffineAccess &result = nest.result;
  const UnitPlan &units = mapping.units;
  if (units.dim < 0)
    return;
  int64_t step = result.strideAlong(units.dim) * units.stride;
  int64_t span = spanOf(result, reachesOf(nest, mapping, {mapping.joined, mapping.group}));
  for (int64_t unit = 1; unit < units.count; ++unit) {
    int64_t high = result.firstElement() + unit * step, low = std::min(high, high - step + span);
    auto shared = llvm::find_if(residence.cuts, [&](auto &cut) { return cut.first <= high && low <= cut.second; });
    if (shared == residence.cuts.end())
      residence.cuts.push_back({low, high});
    else
      *shared = {std::max(low, shared->first), std::min(high, shared->second)};
  }
  llvm::sort(residence.cuts, llvm::less_second());
}
