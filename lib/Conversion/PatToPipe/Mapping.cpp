// Mapping.cpp - the search for the cheapest mapping of a nest
//
// Spreads over lanes and slots are ranked by a quick estimate; the best of them are tried with every way of sharing
// the nest among units, and each of these with many tiles and orders of the outer loops. The cost model decides.
#include "CostModel.h"
#include "Rivals.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

namespace {

constexpr unsigned triedSpreads = 3;
constexpr int64_t mostOfLarge = 32;  // of a nest whose operands exceed the chip: with several chains
constexpr double worthTrying = 1.15; // so many times more units than the last try

/// How the copies of a nest share its points.
struct Sharing {
  UnitPlan units, group, joined;

  int64_t copies() const { return units.count * joined.count * group.count; }
  /// What the loops of one copy walk of the units' dimension.
  int64_t chunk() const { return joined.dim >= 0 ? joined.stride : units.stride; }
};

class Search {
public:
  Search(const Nest &nest, const ArchSpec &arch, int64_t maxUnits, double fill, double scratchpadPrice, Rivals *rivals)
      : nest(nest), arch(arch), maxUnits(std::min<int64_t>(maxUnits, arch.numComputeUnits())), fill(fill),
        usable(usableComputeUnits(nest, arch, fill)), isLarge(exceedsChip()), scratchpadPrice(scratchpadPrice),
        rivals(rivals), model(nest, arch) {}
  Mapping run();

private:
  bool canUseSlots(unsigned dim, unsigned lanes) const;
  bool canGroup() const;
  SmallVector<Spread> chooseSpreads() const;
  int64_t grainOf(const Spread &spread, unsigned dim) const;
  int64_t chunkOf(int64_t extent, int64_t grain, int64_t copies) const {
    return llvm::divideCeilSigned(llvm::divideCeilSigned(extent, grain), copies) * grain;
  }
  UnitPlan shareDim(const Spread &spread, unsigned dim, int64_t copies) const;
  SmallVector<Sharing> sharings(const Spread &spread) const;
  bool isCutAtGrain(const UnitPlan &units) const;
  bool isCutLikeOperands(const UnitPlan &units) const;
  void groupUnits(const Spread &spread, const UnitPlan &all, SmallVectorImpl<Sharing> &result) const;
  bool fitsCompute(const Spread &spread, const Sharing &sharing) const;
  Sharing joinUnits(const Spread &spread, const Sharing &sharing) const;
  Mapping build(const Spread &spread, ArrayRef<unsigned> order, ArrayRef<int64_t> tiles, const Sharing &sharing) const;
  void tryTiles(const Spread &spread, const Sharing &sharing, Mapping &best, double &bestCost) const;
  bool exceedsChip() const;
  void interleaveUnits(Mapping &mapping, ArrayRef<int64_t> tiles, MutableArrayRef<LoopPlan> inner) const;
  void stageBoxes(Mapping &mapping) const;
  bool fitsUnits(const Mapping &mapping) const;
  double costOf(const Mapping &mapping) const;
  double leastCost(const Mapping &mapping) const;

  const Nest &nest;
  const ArchSpec &arch;
  int64_t maxUnits;
  double fill;    ///< share of the machine's units and ports
  int64_t usable; ///< compute units
  bool isLarge;   ///< a bare fold whose operands do not fit on chip, nor is its result kept there
  double scratchpadPrice;
  Rivals *rivals; ///< null when nobody wants to know them
  CostModel model;
};

bool Search::canUseSlots(unsigned dim, unsigned lanes) const {
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

/// Whether members of a group can bring their results out through one chain.
bool Search::canGroup() const {
  if (!nest.fold || !arch.compute.resultChains)
    return false;
  unsigned results = llvm::count_if(nest.fold.getResults(), [](Value result) { return !result.use_empty(); });
  unsigned reads = llvm::count_if(nest.accesses, [](const NestAccess &access) { return access.inFold; });
  return results + reads <= arch.compute.ports.vectorIn &&
         llvm::all_of(nest.accesses, [](const NestAccess &access) { return !access.inFold || access.affine; });
}

/// The most promising spreads, best first.
SmallVector<Spread> Search::chooseSpreads() const {
  int64_t maxSlots = std::min<int64_t>(arch.compute.stages / stagesPerSlot(nest), arch.compute.lanes);
  SmallVector<std::pair<double, Spread>> ranked;
  for (unsigned lanes = 0; lanes < nest.dims.size(); ++lanes) {
    SmallVector<Spread> options = {Spread{lanes}};
    for (unsigned slots = 0; slots < nest.numParallel && maxSlots > 1; ++slots)
      if (canUseSlots(slots, lanes))
        options.push_back({lanes, int(slots), std::min(maxSlots, nest.dims[slots].extent)});
    for (const Spread &option : options)
      ranked.push_back({model.spreadCost(option), option});
  }
  llvm::sort(ranked, [](auto &a, auto &b) { // equal costs: the earlier option
    return std::tie(a.first, a.second.lanes, a.second.slots) < std::tie(b.first, b.second.lanes, b.second.slots);
  });
  SmallVector<Spread> result;
  for (auto &[cost, spread] : ranked)
    if (result.size() < triedSpreads && cost <= 4 * ranked.front().first)
      result.push_back(spread);
  return result;
}

int64_t Search::grainOf(const Spread &spread, unsigned dim) const {
  return dim == spread.lanes ? arch.compute.lanes : int(dim) == spread.slots ? spread.numSlots : 1;
}

/// Cuts a dimension into at most `copies` chunks.
UnitPlan Search::shareDim(const Spread &spread, unsigned dim, int64_t copies) const {
  int64_t grain = grainOf(spread, dim), extent = nest.dims[dim].extent;
  int64_t chunk = chunkOf(extent, grain, copies);
  int64_t count = llvm::divideCeilSigned(extent, chunk);
  return count > 1 ? UnitPlan{int(dim), count, chunk} : UnitPlan();
}

/// Whether the units begin where the result has to be cut, if that is not everywhere.
bool Search::isCutAtGrain(const UnitPlan &units) const {
  return nest.resultGrain > 1 && nest.result.strideAlong(units.dim) * units.stride % nest.resultGrain == 0;
}

/// Whether the units read an operand in parts that begin where the units which wrote it parted: then no memory unit
/// that holds it has to be cut once more.
bool Search::isCutLikeOperands(const UnitPlan &units) const {
  return llvm::any_of(nest.accesses, [&](const NestAccess &access) {
    if (!access.affine || access.residence.cuts.empty() || !access.affine->dependsOn(units.dim))
      return false;
    int64_t step = access.affine->strideAlong(units.dim) * units.stride;
    return llvm::all_of(llvm::seq<int64_t>(1, units.count), [&](int64_t unit) {
      int64_t begin = access.affine->firstElement() + unit * step;
      return llvm::any_of(access.residence.cuts, [&](auto &cut) { return cut.first <= begin && begin <= cut.second; });
    });
  });
}

/// All units as groups of several sizes: the larger the groups, the fewer the ports.
void Search::groupUnits(const Spread &spread, const UnitPlan &all, SmallVectorImpl<Sharing> &result) const {
  result.push_back({all, {}, {}});
  if (!canGroup() || all.count < 2)
    return;
  for (int64_t groups = llvm::divideCeilSigned(all.count, mostMembers); 2 * groups <= all.count;
       groups += std::max<int64_t>(1, groups / 2)) {
    int64_t size = llvm::divideCeilSigned(all.count, groups);
    if (groups * size > maxUnits)
      continue;
    UnitPlan units = groups > 1 ? UnitPlan{all.dim, groups, all.stride * size} : UnitPlan();
    result.push_back({units, {all.dim, size, all.stride}, {}});
  }
}

bool Search::fitsCompute(const Spread &spread, const Sharing &sharing) const {
  return computeUnits(nest, sharing.units.count, sharing.copies(), spread.numSlots, arch) <= usable;
}

/// The same copies in fewer units, where what follows their folds takes too many: as few of them together as will do.
Sharing Search::joinUnits(const Spread &spread, const Sharing &sharing) const {
  const UnitPlan &units = sharing.units, &group = sharing.group;
  if (isLarge || !nest.joinUnits)
    return sharing;
  for (int64_t count = 2; count * group.count <= mostMembers && !fitsCompute(spread, sharing); ++count) {
    if (units.count % count != 0)
      continue;
    UnitPlan fewer = {units.dim, units.count / count, units.stride * count}, joined = {units.dim, count, units.stride};
    if (Sharing together = {fewer.count > 1 ? fewer : UnitPlan(), group, joined}; fitsCompute(spread, together))
      return together;
  }
  return sharing;
}

/// Ways to share the points among units: chunks of one dimension, or units along one and the members of their groups
/// along another.
SmallVector<Sharing> Search::sharings(const Spread &spread) const {
  SmallVector<Sharing> result = {{}};
  if (isa<pat::GroupByOp>(nest.op))
    return result; // all points meet in one scratchpad
  for (unsigned dim = 0; dim < nest.numParallel; ++dim) {
    int64_t last = 1;
    for (int64_t copies = 2; copies <= maxUnits; ++copies) {
      UnitPlan all = shareDim(spread, dim, copies);
      bool isMore = double(copies) >= worthTrying * double(last) || copies == maxUnits;
      if (all.count != copies || (!isMore && !isCutAtGrain(all) && !isCutLikeOperands(all)))
        continue;
      last = copies;
      groupUnits(spread, all, result);
    }
  }
  if (!canGroup())
    return result;
  for (unsigned across = 0; across < nest.numParallel; ++across)
    for (unsigned within = 0; within < nest.numParallel; ++within)
      for (int64_t members = 2; members <= (isLarge ? mostOfLarge : mostMembers); ++members) {
        UnitPlan group = shareDim(spread, within, members);
        if (across == within || group.count != members)
          continue;
        int64_t last = 0;
        auto addGroups = [&](int64_t most) {
          UnitPlan plan = shareDim(spread, across, most);
          if (plan.count > 1 && plan.count != last)
            result.push_back(joinUnits(spread, {plan, group, {}}));
          last = plan.count;
        };
        double most = std::floor(fill * double(maxUnits)) / double(members);
        if (int64_t all = std::min(usable, maxUnits) / members; double(all) > most)
          addGroups(all);
        for (int64_t like = 2; double(like) < most; ++like)
          if (UnitPlan plan = shareDim(spread, across, like); plan.count == like && isCutLikeOperands(plan))
            addGroups(like);
        for (; most >= 2; most /= worthTrying)
          addGroups(int64_t(most));
      }
  return result;
}

/// Loops for a spread: tiles of the parallel dimensions outside in `order`, then the rest inside, reductions last. The
/// tiles of a group's members lie side by side.
Mapping Search::build(const Spread &spread, ArrayRef<unsigned> order, ArrayRef<int64_t> tiles,
                      const Sharing &sharing) const {
  Mapping mapping;
  mapping.units = sharing.units;
  mapping.joined = sharing.joined;
  mapping.group = sharing.group;
  SmallVector<int64_t> extents;
  for (const NestDim &dim : nest.dims)
    extents.push_back(dim.extent);
  for (const UnitPlan &plan : {sharing.units, sharing.joined})
    if (plan.dim >= 0)
      extents[plan.dim] = sharing.chunk();
  SmallVector<LoopPlan> inner;
  for (unsigned dim : order) {
    int64_t tile = std::min(tiles[dim], extents[dim]), step = tile;
    if (int(dim) == mapping.group.dim) {
      mapping.group.stride = tile;
      step *= mapping.group.count;
    }
    if (step < extents[dim])
      mapping.loops.push_back({dim, llvm::divideCeilSigned(extents[dim], step), step, LoopRole::Time});
  }
  for (unsigned dim : order) {
    int64_t tile = std::min(tiles[dim], extents[dim]);
    if (dim == spread.lanes)
      inner.push_back({dim, tile, 1, LoopRole::Lanes});
    else if (int(dim) == spread.slots)
      inner.push_back({dim, llvm::divideCeilSigned(tile, spread.numSlots), spread.numSlots, LoopRole::Time});
    else if (tile > 1)
      inner.push_back({dim, tile, 1, LoopRole::Time});
  }
  if (isLarge)
    interleaveUnits(mapping, tiles, inner);
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

/// Whether the nest is a fold and nothing else, its results leave the chip, and the scratchpads together are too small for
/// what it reads.
bool Search::exceedsChip() const {
  if (!isBareFold(nest, arch) || nest.mostHomes > 0)
    return false;
  double words = 0;
  for (const NestAccess &access : nest.accesses)
    words += double(access.op.getTensorType().getNumElements());
  return words * 4 > double(arch.memory.bytes()) * double(arch.numMemoryUnits());
}

/// Puts what is left of the memory units in front of scratchpads with room for one box.
void Search::stageBoxes(Mapping &mapping) const {
  int64_t spare = int64_t(fill * double(arch.numMemoryUnits())) - estimateUnits(nest, mapping, arch).memory;
  if (spare <= 0)
    return;
  mapping.stages = spare;
  model.predict(mapping);
}

/// Units that advance in one loop take its steps in turn: what they load and store at a time then lies side by side in
/// DRAM, in rows that are open.
void Search::interleaveUnits(Mapping &mapping, ArrayRef<int64_t> tiles, MutableArrayRef<LoopPlan> inner) const {
  UnitPlan &units = mapping.units;
  if (units.dim < 0 || units.dim == mapping.group.dim || tiles[units.dim] < units.stride)
    return;
  for (LoopPlan &loop : inner)
    if (int(loop.dim) == units.dim && loop.role == LoopRole::Time) {
      units.stride = loop.stride;
      loop.stride *= units.count;
    }
}

bool Search::fitsUnits(const Mapping &mapping) const {
  UnitNeed need = estimateUnits(nest, mapping, arch);
  return need.dramPorts <= arch.dramPort.count && need.boxes <= nest.mostBoxes &&
         double(need.memory) <= fill * double(arch.numMemoryUnits()) && need.compute <= usable;
}

/// Among equals prefer less DRAM traffic, then fewer loops and units: another unit must pay. Scratchpads that are left
/// can keep intermediates of other sections.
double Search::costOf(const Mapping &mapping) const {
  double scratchpads = double(estimateUnits(nest, mapping, arch).memory) / double(arch.numMemoryUnits());
  return mapping.readersWait + mapping.cycles() * (1 + 0.002 * double(mapping.copies()) + scratchpadPrice * scratchpads) +
         0.02 * (mapping.dramCycles + mapping.computeCycles) + double(mapping.loops.size());
}

/// What a candidate costs at least; its accesses are not placed yet.
double Search::leastCost(const Mapping &mapping) const {
  double compute = model.computeCycles(mapping), cycles = model.latencyOf(mapping, mapping.copies()) + compute;
  return cycles * (1 + 0.002 * double(mapping.copies())) + 0.02 * compute;
}

/// Tile sizes of a dimension: all of it, then ever smaller parts, down to the grain.
static SmallVector<int64_t> tileSizes(int64_t extent, int64_t grain) {
  SmallVector<int64_t> sizes = {extent};
  for (int64_t parts : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512, 1024}) {
    int64_t size = llvm::divideCeilSigned(llvm::divideCeilSigned(extent, parts), grain) * grain;
    if (size < sizes.back())
      sizes.push_back(size);
  }
  if (grain < sizes.back())
    sizes.push_back(grain);
  return sizes;
}

/// Every dimension once as the outermost; tiles of one dimension, and of it and the lanes.
void Search::tryTiles(const Spread &spread, const Sharing &sharing, Mapping &best, double &bestCost) const {
  if (sharing.copies() > 1 && !fitsCompute(spread, sharing) && !rivals) // whatever the tiles
    return;
  SmallVector<unsigned> order;
  SmallVector<int64_t> whole;
  for (unsigned d = 0; d < nest.numParallel; ++d)
    order.push_back(d);
  for (const NestDim &dim : nest.dims)
    whole.push_back(dim.extent);
  for (const UnitPlan &plan : {sharing.units, sharing.joined})
    if (plan.dim >= 0)
      whole[plan.dim] = sharing.chunk();
  if (int dim = sharing.group.dim; dim >= 0)
    whole[dim] = chunkOf(whole[dim], grainOf(spread, dim), sharing.group.count);
  if (!best.loops.empty() && !rivals && leastCost(build(spread, order, whole, sharing)) >= bestCost)
    return; // tiles only add to it
  auto weigh = [&](Mapping candidate) {
    if (candidate.loops.size() + (candidate.group.dim >= 0) > arch.compute.counters - 1)
      return;
    bool isFirst = best.loops.empty();
    double limit = std::numeric_limits<double>::infinity(); // its cost exceeds its cycles
    if (!isFirst)
      limit = rivals ? rivals->limit(candidate) : bestCost;
    if ((rivals ? model.firingsOf(candidate) : leastCost(candidate)) >= limit)
      return;
    if (!model.predict(candidate, limit))
      return;
    if (candidate.bufferDepth == 1)
      stageBoxes(candidate);
    if (candidate.cycles() >= limit)
      return;
    double cost = costOf(candidate);
    bool isBest = isFirst || cost < bestCost;
    if (!isBest && !rivals)
      return;
    bool fits = candidate.copies() == 1 || fitsUnits(candidate);
    if (rivals)
      rivals->add(candidate, cost, estimateUnits(nest, candidate, arch), fits);
    if (isBest && fits) {
      best = candidate;
      bestCost = cost;
    }
  };
  auto consider = [&](ArrayRef<unsigned> loopOrder, ArrayRef<int64_t> tiles) {
    Mapping candidate = build(spread, loopOrder, tiles, sharing);
    weigh(candidate);
    if (!isLarge)
      return;
    candidate.bufferDepth = 1;
    weigh(candidate);
  };
  SmallVector<unsigned> tiled; // dimensions of one point make no difference
  llvm::copy_if(order, std::back_inserter(tiled), [&](unsigned d) { return whole[d] > 1; });
  SmallVector<SmallVector<unsigned>> orders = {order};
  for (unsigned front : ArrayRef(tiled).drop_front(tiled.empty() ? 0 : 1)) {
    SmallVector<unsigned> rotated = {front};
    llvm::copy_if(order, std::back_inserter(rotated), [&](unsigned d) { return d != front; });
    orders.push_back(rotated);
  }
  SmallVector<int64_t> laneTiles;
  if (spread.lanes < nest.numParallel)
    laneTiles = tileSizes(whole[spread.lanes], arch.compute.lanes);
  for (auto &loopOrder : orders) {
    consider(loopOrder, whole);
    for (unsigned a : tiled)
      for (int64_t tileA : tileSizes(whole[a], grainOf(spread, a))) {
        if (tileA == whole[a])
          continue;
        SmallVector<int64_t> tiles = whole;
        tiles[a] = tileA;
        consider(loopOrder, tiles);
        for (int64_t tileB : laneTiles) {
          if (a == spread.lanes || tileB == whole[spread.lanes])
            continue;
          tiles[spread.lanes] = tileB;
          consider(loopOrder, tiles);
        }
      }
  }
}

Mapping Search::run() {
  Mapping best;
  double bestCost = 0;
  if (nest.dims.empty()) { // a single point
    model.predict(best, std::numeric_limits<double>::infinity());
    return best;
  }
  for (const Spread &spread : chooseSpreads()) {
    SmallVector<Sharing> tried = sharings(spread);
    SmallVector<std::pair<int64_t, size_t>> ordered; // the most copies first, so that the rest is soon seen to be worse
    for (auto [number, sharing] : llvm::enumerate(tried))
      ordered.push_back({-sharing.copies(), number});
    llvm::sort(ordered);
    for (auto [copies, number] : ordered)
      tryTiles(spread, tried[number], best, bestCost);
  }
  return best;
}

} // namespace

Mapping jacquard::chooseMapping(const Nest &nest, const ArchSpec &arch, int64_t maxUnits, double fill,
                                double scratchpadPrice, Rivals *rivals) {
  return Search(nest, arch, maxUnits, fill, scratchpadPrice, rivals).run();
}
