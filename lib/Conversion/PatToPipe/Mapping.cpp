// Mapping.cpp - the cost model: cycles of compute units and DRAM for a nest on a machine, and the search over it
//
// Compute: one firing per point of the loops, `lanes` points at a time along the lane loop, all slots at once; bank
// conflicts and the drain of accumulators stretch it. DRAM: bytes of the bursts that loads and stores touch at
// peak bandwidth. The two overlap in a metapipeline, so the longer one is the prediction.
//
// The search is greedy in four steps, each by cost: lane and slot dimension, unit dimension, tiles and order of the outer
// loops, number of units.
#include "Mapping.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

namespace {

constexpr int64_t bufferDepth = 2; // double buffering: load the next tile while this one is read
constexpr double usualUnits = 8;   // over how many units a nest is spread in the end, before that is known
constexpr double scatterBursts = 2.5; // a store of single words moves whole bursts and turns rows over

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Which dimensions run over lanes and slots, and how many slots.
struct Spread {
  unsigned lanes;
  int slots = -1;
  int64_t numSlots = 1;
};

/// Stages that one copy of the fold's body takes, its accumulators included: a product that is only summed joins the
/// accumulation as a multiply-add.
unsigned stagesPerSlot(const Nest &nest) {
  unsigned stages = 0;
  if (!nest.fold)
    return 1;
  for (Operation &op : *nest.fold.getBody())
    stages += !isa<pat::AtOp, pat::YieldOp>(op);
  for (auto [i, yielded] : llvm::enumerate(nest.fold.getBodyYield()->getOperands())) {
    bool product = isa_and_nonnull<arith::MulFOp, arith::MulIOp>(yielded.getDefiningOp()) && yielded.hasOneUse();
    Operation *combiner = pat::matchSimpleCombiner(*nest.fold.getCombiner(), i);
    if (!product || !isa_and_nonnull<arith::AddFOp, arith::AddIOp>(combiner))
      ++stages;
  }
  return std::max(1u, stages);
}

class Search {
public:
  Search(const Nest &nest, const ArchSpec &arch, int64_t maxUnits)
      : nest(nest), arch(arch), maxUnits(maxUnits), result(nest.resultAccess()) {}
  Mapping run();

private:
  Spread chooseSpread();
  double spreadCost(const Spread &spread);
  bool canUseSlots(unsigned dim, unsigned lanes);
  Mapping build(const Spread &spread, ArrayRef<unsigned> order, ArrayRef<int64_t> tiles, int unitsDim, int64_t units);
  bool canHold(const AffineAccess &access, const Mapping &mapping, unsigned depth) const;
  void placeAccesses(Mapping &mapping);
  void predict(Mapping &mapping);
  double streamBytes(const AffineAccess &access, const Mapping &mapping, bool write);
  int64_t conflictCycles(int64_t stride) const;
  bool fitsUnits(const Mapping &mapping) const;

  const Nest &nest;
  const ArchSpec &arch;
  int64_t maxUnits;
  AffineAccess result;
};

/// Cycles a scratchpad access takes whose lanes are `stride` words apart.
int64_t Search::conflictCycles(int64_t stride) const {
  if (stride == 0)
    return 1;
  int64_t distinct = arch.memory.banks / std::gcd<int64_t>(std::abs(stride), arch.memory.banks);
  return ceilDiv(arch.compute.lanes, distinct);
}

bool Search::canUseSlots(unsigned dim, unsigned lanes) {
  if (!nest.fold || nest.dims[lanes].reduction || dim == lanes || nest.dims[dim].extent < 2)
    return false;
  // What the map computes and the fold uses runs at the fold's rate as well.
  bool captures = false;
  for (Operation &op : *nest.fold.getBody())
    for (Value operand : op.getOperands())
      captures |= operand.getDefiningOp() && operand.getDefiningOp()->getBlock() == nest.body();
  bool shared = false;
  for (const NestAccess &access : nest.accesses) {
    if (!access.inFold && !captures)
      continue;
    if (!access.affine)
      return false;
    if (Value other = access.op.getElseValue(); other && !matchPattern(other, m_Constant()))
      return false; // every slot would compare positions of its own
    bool onSlots = access.affine->dependsOn(dim);
    if (onSlots && access.affine->dependsOn(lanes))
      return false; // it would need one stream per slot
    shared |= !onSlots;
  }
  // The index itself must not be a value: all slots share the counters.
  for (auto [index, expr] : llvm::zip(nest.indices(), nest.indexExprs))
    if (expr.isFunctionOfDim(dim))
      for (Operation *user : index.getUsers())
        if (!isa<pat::AtOp>(user))
          return false;
  return shared;
}

double Search::spreadCost(const Spread &spread) {
  double firings = 1;
  for (auto [d, dim] : llvm::enumerate(nest.dims)) {
    if (d == spread.lanes)
      firings *= double(ceilDiv(dim.extent, arch.compute.lanes));
    else if (int(d) == spread.slots)
      firings *= double(ceilDiv(dim.extent, spread.numSlots));
    else
      firings *= double(dim.extent);
  }
  double cost = firings;
  double bursts = 0;
  double wordsPerBurst = arch.dram.burstBytes / 4.0;
  for (const NestAccess &access : nest.accesses) {
    if (!access.affine)
      continue;
    int64_t stride = access.affine->strideAlong(spread.lanes);
    if (stride != 0 && stride != 1 && !access.inFold)
      bursts += firings * arch.compute.lanes; // read once per point: straight from DRAM, a burst per lane
    if (stride != 0 && std::abs(stride) < int64_t(arch.memory.banks))
      cost = std::max(cost, firings * conflictCycles(stride));
  }
  // Results leave in vectors when lanes run along them, else word by word.
  double points = 1;
  for (unsigned d = 0; d < nest.numParallel; ++d)
    points *= double(nest.dims[d].extent);
  bool resultLanes = spread.lanes < nest.numParallel;
  if (nest.numParallel == 0)
    bursts += 1;
  else if (!resultLanes)
    cost = std::max(cost, points);
  else if (result.strideAlong(spread.lanes) == 1)
    bursts += points / wordsPerBurst;
  else
    bursts += points * scatterBursts;
  // Units will share the firings, but nothing shares the DRAM.
  double dram = bursts * arch.dram.burstBytes / arch.dram.bytesPerCycle;
  return std::max(cost / usualUnits, dram) + 0.1 * cost / usualUnits;
}

Spread Search::chooseSpread() {
  Spread best{0};
  double bestCost = -1;
  int64_t perSlot = stagesPerSlot(nest);
  int64_t maxSlots = std::min<int64_t>(arch.compute.stages / perSlot, arch.compute.lanes);
  for (unsigned lanes = 0; lanes < nest.dims.size(); ++lanes) {
    SmallVector<Spread> options = {Spread{lanes}};
    for (unsigned slots = 0; slots < nest.numParallel && maxSlots > 1; ++slots)
      if (canUseSlots(slots, lanes))
        options.push_back({lanes, int(slots), std::min(maxSlots, nest.dims[slots].extent)});
    for (const Spread &option : options) {
      double cost = spreadCost(option);
      if (bestCost < 0 || cost < bestCost) {
        best = option;
        bestCost = cost;
      }
    }
  }
  return best;
}

/// Loops for a spread: tiles of the parallel dimensions outside in `order`, then the rest inside, reductions last.
Mapping Search::build(const Spread &spread, ArrayRef<unsigned> order, ArrayRef<int64_t> tiles, int unitsDim,
                      int64_t units) {
  Mapping mapping;
  mapping.bufferDepth = bufferDepth;
  auto granularity = [&](unsigned dim) -> int64_t {
    return dim == spread.lanes ? arch.compute.lanes : int(dim) == spread.slots ? spread.numSlots : 1;
  };
  SmallVector<int64_t> extents;
  for (const NestDim &dim : nest.dims)
    extents.push_back(dim.extent);
  if (unitsDim >= 0 && units > 1) {
    int64_t grain = granularity(unitsDim);
    int64_t chunk = ceilDiv(ceilDiv(extents[unitsDim], grain), units) * grain;
    mapping.unitsDim = unitsDim;
    mapping.unitChunk = chunk;
    mapping.units = ceilDiv(extents[unitsDim], chunk);
    extents[unitsDim] = std::min(chunk, extents[unitsDim]);
    if (mapping.units == 1)
      mapping.unitsDim = -1;
  }
  SmallVector<LoopPlan> inner;
  for (unsigned dim : order) {
    int64_t tile = std::min(tiles[dim], extents[dim]);
    if (tile < extents[dim])
      mapping.loops.push_back({dim, ceilDiv(extents[dim], tile), tile, LoopRole::Time});
  }
  for (unsigned dim : order) {
    int64_t tile = std::min(tiles[dim], extents[dim]);
    if (dim == spread.lanes)
      inner.push_back({dim, tile, 1, LoopRole::Lanes});
    else if (int(dim) == spread.slots)
      inner.push_back({dim, ceilDiv(tile, spread.numSlots), spread.numSlots, LoopRole::Time});
    else if (tile > 1)
      inner.push_back({dim, tile, 1, LoopRole::Time});
  }
  // Loops of one step only would cost counter levels for nothing.
  llvm::erase_if(inner, [](const LoopPlan &loop) { return loop.role == LoopRole::Time && loop.extent == 1; });
  llvm::append_range(mapping.loops, inner);
  if (spread.slots >= 0)
    mapping.loops.push_back({unsigned(spread.slots), spread.numSlots, 1, LoopRole::Slots});
  mapping.numParallel = mapping.loops.size();
  for (unsigned dim = nest.numParallel; dim < nest.dims.size(); ++dim)
    if (dim == spread.lanes)
      mapping.loops.push_back({dim, extents[dim], 1, LoopRole::Lanes});
    else if (extents[dim] > 1)
      mapping.loops.push_back({dim, extents[dim], 1, LoopRole::Time});
  // A stage that reduces has at least one reduction loop.
  if ((nest.fold || isa<pat::GroupByOp>(nest.op)) && mapping.loops.size() == mapping.numParallel)
    mapping.loops.push_back({unsigned(nest.dims.size()) - 1, 1, 1, LoopRole::Time});
  return mapping;
}

/// Steps of a loop: lanes advance many points at once, slots all.
int64_t steps(const LoopPlan &loop, const ArchSpec &arch) {
  if (loop.role == LoopRole::Lanes)
    return ceilDiv(loop.extent, arch.compute.lanes);
  return loop.role == LoopRole::Slots ? 1 : loop.extent;
}

/// DRAM bytes when every firing of the loops (that the access depends on, and all outside of them) goes to DRAM.
double Search::streamBytes(const AffineAccess &access, const Mapping &mapping, bool write) {
  unsigned last = 0; // loops inside the last one it depends on repeat nothing
  for (auto [l, loop] : llvm::enumerate(mapping.loops))
    if ((!write || l < mapping.numParallel) && access.dependsOn(loop.dim))
      last = l + 1;
  double firings = 1;
  int64_t stride = 0;
  int64_t lanes = 1;
  for (auto [l, loop] : llvm::enumerate(ArrayRef(mapping.loops).take_front(last))) {
    firings *= double(loop.role == LoopRole::Slots ? loop.extent : steps(loop, arch));
    if (loop.role == LoopRole::Lanes) {
      stride = access.strideAlong(loop.dim);
      lanes = std::min<int64_t>(loop.extent, arch.compute.lanes);
    }
  }
  double bursts = 1;
  double words = arch.dram.burstBytes / 4.0;
  if (stride != 0)
    bursts = std::max(double(lanes) / words, std::min<double>(double(lanes), double(std::abs(stride) * lanes) / words));
  else
    bursts = last > 0 && std::abs(access.strideAlong(mapping.loops[last - 1].dim)) == 1 ? 1.0 / words : 1.0;
  return firings * bursts * arch.dram.burstBytes * double(access.dependsOn(std::max(mapping.unitsDim, 0)) || write
                                                             ? mapping.units
                                                             : 1);
}

/// Whether ports and scratchpads can walk a box of the access that loops from `depth` inwards touch: a counter per loop
/// outside and per dimension, an address stage for every dimension in which it leaves the tensor.
bool Search::canHold(const AffineAccess &access, const Mapping &mapping, unsigned depth) const {
  unsigned counters = std::min(arch.dramPort.counters, arch.memory.counters);
  if (depth + access.view.shape.size() > counters)
    return false;
  unsigned checks = 0;
  for (auto [k, size] : llvm::enumerate(access.view.shape)) {
    int64_t lowest = access.offsets[k], highest = access.offsets[k];
    auto walk = [&](int64_t step, int64_t extent) { (step < 0 ? lowest : highest) += step * (extent - 1); };
    for (const LoopPlan &loop : mapping.loops)
      walk(access.coefficients[k][loop.dim] * loop.stride, loop.extent);
    if (mapping.unitsDim >= 0)
      walk(access.coefficients[k][mapping.unitsDim] * mapping.unitChunk, mapping.units);
    checks += lowest < 0 || highest >= size;
  }
  return checks <= arch.dramPort.addressStages && checks < arch.dramPort.addressRegisters;
}

void Search::placeAccesses(Mapping &mapping) {
  unsigned firstSpread = 0; // buffers stand in loops over time only
  while (firstSpread < mapping.loops.size() && mapping.loops[firstSpread].role == LoopRole::Time)
    ++firstSpread;
  mapping.dramCycles = 0;
  double bytes = streamBytes(result, mapping, true) * nest.op->getNumResults();
  for (const NestAccess &access : nest.accesses) {
    AccessPlan plan;
    if (!access.affine) {
      // A gather: hold the whole table when it fits.
      int64_t words = access.op.getTensorType().getNumElements();
      plan.buffered = uint64_t(words) * 4 <= arch.memory.bytes();
      bytes += plan.buffered ? double(words) * 4 : double(nest.op->getNumRegions()) * arch.dram.burstBytes;
      mapping.accesses.push_back(plan);
      continue;
    }
    double best = streamBytes(*access.affine, mapping, false);
    bool padded = access.op.getElseValue() && access.affine->view.shape.size() > arch.dramPort.addressStages;
    bool direct = true;
    double copies = mapping.unitsDim >= 0 && access.affine->dependsOn(mapping.unitsDim) ? double(mapping.units) : 1;
    for (unsigned depth = 0; depth <= firstSpread; ++depth) {
      if (depth > mapping.numParallel)
        break; // a metapipeline over reduction loops would restart the accumulators
      if (!canHold(*access.affine, mapping, depth))
        break;
      int64_t words = boxWords(*access.affine, mapping, depth);
      bool once = true; // no loop outside: loaded once, one buffer is enough
      double loads = copies;
      for (unsigned l = 0; l < depth; ++l) {
        loads *= double(mapping.loops[l].extent);
        once &= mapping.loops[l].extent == 1;
      }
      if (uint64_t(words) * 4 * (once ? 1 : mapping.bufferDepth) > arch.memory.bytes())
        continue;
      double traffic = loads * double(words) * 4;
      if (traffic < 0.9 * best || (direct && padded)) { // holding a tile must save traffic to be worth a unit
        best = traffic;
        plan = {true, depth};
        direct = false;
      }
    }
    bytes += best;
    mapping.accesses.push_back(plan);
  }
  mapping.dramCycles = bytes / arch.dram.bytesPerCycle;
}

void Search::predict(Mapping &mapping) {
  placeAccesses(mapping);
  double firings = 1, outputs = 1;
  int64_t slots = 1;
  for (auto [l, loop] : llvm::enumerate(mapping.loops)) {
    firings *= double(steps(loop, arch));
    if (l < mapping.numParallel)
      outputs *= double(steps(loop, arch));
    if (loop.role == LoopRole::Slots)
      slots = loop.extent;
  }
  double slowest = 1;
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses)) {
    if (!access.affine || !plan.buffered)
      continue;
    SmallVector<int64_t> pitches = boxPitches(*access.affine, mapping, plan.depth);
    for (const LoopPlan &loop : mapping.loops) {
      if (loop.role == LoopRole::Time)
        continue;
      int64_t stride = 0;
      for (auto [row, pitch] : llvm::zip(access.affine->coefficients, pitches))
        stride += row[loop.dim] * loop.stride * pitch;
      slowest = std::max(slowest, double(conflictCycles(stride)));
    }
  }
  mapping.computeCycles = std::max(firings * slowest, outputs * double(slots));
}

bool Search::fitsUnits(const Mapping &mapping) const {
  UnitNeed need = estimateUnits(nest, mapping, arch);
  return need.dramPorts <= arch.dramPort.count && need.memory * 4 <= arch.numMemoryUnits() * 3 &&
         need.compute * 4 <= arch.numComputeUnits() * 3;
}

Mapping Search::run() {
  if (nest.dims.empty()) {
    Mapping mapping; // a single point
    mapping.accesses.assign(nest.accesses.size(), {});
    mapping.computeCycles = 1;
    return mapping;
  }
  Spread spread = chooseSpread();
  SmallVector<unsigned> order;
  for (unsigned d = 0; d < nest.numParallel; ++d)
    order.push_back(d);
  SmallVector<int64_t> whole;
  for (const NestDim &dim : nest.dims)
    whole.push_back(dim.extent);

  // Tiles and order, for a given number of units.
  auto bestFor = [&](int unitsDim, int64_t units) {
    Mapping best;
    double bestCost = -1;
    auto consider = [&](ArrayRef<unsigned> loopOrder, ArrayRef<int64_t> tiles) {
      Mapping candidate = build(spread, loopOrder, tiles, unitsDim, units);
      predict(candidate);
      // Among equals prefer less DRAM traffic, then fewer loops.
      double cost = candidate.cycles() + 0.05 * (candidate.dramCycles + candidate.computeCycles) +
                    double(candidate.loops.size());
      if (candidate.loops.size() <= arch.compute.counters - 1 && (bestCost < 0 || cost < bestCost)) {
        best = candidate;
        bestCost = cost;
      }
    };
    SmallVector<SmallVector<unsigned>> orders = {order};
    for (unsigned front : order) { // every dimension once as the outermost
      SmallVector<unsigned> rotated = {front};
      for (unsigned d : order)
        if (d != front)
          rotated.push_back(d);
      if (front != order.front())
        orders.push_back(rotated);
    }
    for (auto &loopOrder : orders) {
      consider(loopOrder, whole);
      for (unsigned a : order)
        for (int64_t tileA = 1; tileA < whole[a]; tileA *= 2) {
          SmallVector<int64_t> tiles = whole;
          tiles[a] = tileA;
          if ((a == spread.lanes && tileA % arch.compute.lanes != 0) ||
              (int(a) == spread.slots && tileA < spread.numSlots))
            continue;
          if (int(a) == spread.slots)
            tiles[a] = tileA / spread.numSlots * spread.numSlots;
          consider(loopOrder, tiles);
          if (int(spread.lanes) < int(nest.numParallel) && a != spread.lanes)
            for (int64_t tileB = arch.compute.lanes; tileB < whole[spread.lanes]; tileB *= 4) {
              tiles[spread.lanes] = tileB;
              consider(loopOrder, tiles);
            }
        }
    }
    return best;
  };

  Mapping best = bestFor(-1, 1);
  if (isa<pat::GroupByOp>(nest.op))
    return best; // all points meet in one scratchpad
  for (unsigned dim : order)
    for (int64_t units = 2; units <= std::min<int64_t>(maxUnits, arch.numComputeUnits()); units *= 2) {
      if (units / 2 >= nest.dims[dim].extent)
        break;
      Mapping candidate = bestFor(int(dim), units);
      if (candidate.loops.empty() || !fitsUnits(candidate))
        break;
      // Another unit must pay: a tenth faster at least.
      if (candidate.cycles() * 1.1 < best.cycles())
        best = candidate;
    }
  return best;
}

} // namespace

int64_t jacquard::boxExtent(const AffineAccess &access, unsigned k, const Mapping &mapping, unsigned depth) {
  int64_t extent = 1;
  for (const LoopPlan &loop : ArrayRef(mapping.loops).drop_front(depth))
    extent += std::abs(access.coefficients[k][loop.dim] * loop.stride) * (loop.extent - 1);
  return extent;
}

SmallVector<int64_t> jacquard::boxPitches(const AffineAccess &access, const Mapping &mapping, unsigned depth) {
  SmallVector<int64_t> pitches(access.view.shape.size(), 1);
  for (int k = int(pitches.size()) - 2; k >= 0; --k) {
    pitches[k] = pitches[k + 1] * boxExtent(access, k + 1, mapping, depth);
    for (const LoopPlan &loop : mapping.loops)
      if (loop.role != LoopRole::Time && access.coefficients[k][loop.dim] != 0)
        pitches[k] |= 1;
  }
  return pitches;
}

int64_t jacquard::boxWords(const AffineAccess &access, const Mapping &mapping, unsigned depth) {
  if (access.view.shape.empty())
    return 1;
  return boxPitches(access, mapping, depth).front() * boxExtent(access, 0, mapping, depth);
}

unsigned jacquard::addressStages(pat::AtOp at) {
  unsigned stages = 0;
  for (AffineExpr expr : at.getAccessMap().getResults()) {
    stages += 3;
    expr.walk([&](AffineExpr part) {
      bool divides = part.getKind() == AffineExprKind::FloorDiv || part.getKind() == AffineExprKind::Mod ||
                     part.getKind() == AffineExprKind::CeilDiv;
      stages += divides ? 4 : isa<AffineBinaryOpExpr>(part);
    });
  }
  return stages;
}

/// Every private access costs a DRAM port (and a memory unit when buffered) per unit, every result a DRAM port.
UnitNeed jacquard::estimateUnits(const Nest &nest, const Mapping &mapping, const ArchSpec &arch) {
  UnitNeed need;
  need.dramPorts = mapping.units * nest.op->getNumResults();
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses)) {
    bool isPrivate = mapping.unitsDim >= 0 && access.affine && access.affine->dependsOn(mapping.unitsDim);
    int64_t copies = isPrivate || !access.affine ? mapping.units : 1;
    need.dramPorts += copies;
    need.memory += plan.buffered ? copies : 0;
    if (!access.affine)
      need.compute += copies * ceilDiv(addressStages(access.op), std::max(1u, arch.compute.stages - 2));
  }
  unsigned ops = 0;
  nest.op->walk([&](Operation *op) { ops += !isa<pat::AtOp, pat::YieldOp, pat::FoldOp>(op); });
  need.compute += mapping.units * (2 + ceilDiv(2 * ops, arch.compute.stages));
  return need;
}

Mapping jacquard::chooseMapping(const Nest &nest, const ArchSpec &arch, int64_t maxUnits) {
  return Search(nest, arch, maxUnits).run();
}
