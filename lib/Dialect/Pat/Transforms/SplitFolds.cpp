// SplitFolds.cpp - let several units work on long reductions of few results
// Why: units share the points of a map; where these are few (a mean over an image, a norm) and the fold is long, most of
// the machine waits for the few.
// Needs: flat form, final order of dimensions.
// Gives: flat form; some folds combine what a map of more points, with a part of the fold each, has combined before.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_SPLITFOLDSPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-split-folds"

using namespace mlir;

namespace jacquard::pat {
namespace {

struct SplitFoldsPass : impl::SplitFoldsPassBase<SplitFoldsPass> {
  using SplitFoldsPassBase::SplitFoldsPassBase;
  void runOnOperation() override;
};

/// A fold alone in its map, and how its points could be shared.
struct Candidate {
  MapOp map;
  FoldOp fold;
  bool lanesInFold;   ///< neighbours of a read lie along the fold, so that lanes can run over it
  int64_t wordsMoved; ///< that come from DRAM in any case
};

/// Where a fold is cut: dimension `dim` into `parts` of equal size.
struct Split {
  unsigned dim = 0;
  int64_t parts = 1;
};

/// Cycles of `units` units of `lanes` lanes for so many results of folds of so many points.
int64_t cyclesOf(const Candidate &candidate, int64_t results, int64_t points, int64_t units, int64_t lanes) {
  auto shares = [](int64_t all, int64_t each) { return llvm::divideCeilSigned(all, each); };
  int64_t cycles = shares(shares(results, lanes), units) * points;
  return candidate.lanesInFold ? std::min(cycles, shares(results, units) * shares(points, lanes)) : cycles;
}

/// The map's only fold, with what decides about it; nothing where there are none or several.
std::optional<Candidate> candidateOf(MapOp map) {
  auto folds = llvm::to_vector(map.getBody()->getOps<FoldOp>());
  if (folds.size() != 1 || map.getNumPoints() == 0 || numPoints(folds.front().getDomain()) == 0)
    return std::nullopt;
  Candidate candidate{map, folds.front(), false, 0};
  llvm::SmallPtrSet<Value, 4> seen;
  candidate.fold.walk([&](AtOp read) {
    if (AffineMap access = read.getAccessMap(); access.getNumResults() > 0)
      if (auto last = dyn_cast<AffineDimExpr>(access.getResults().back())) {
        auto index = dyn_cast<BlockArgument>(read.getIndices()[last.getPosition()]);
        candidate.lanesInFold |= index && index.getOwner() == candidate.fold.getBody();
      }
    if (!read.getTensor().getDefiningOp<MapOp>() && seen.insert(read.getTensor()).second)
      candidate.wordsMoved += read.getTensorType().getNumElements();
  });
  return candidate;
}

/// The split that saves most; one part where it saves less than `leastCycles`.
Split chooseSplit(const Candidate &candidate, int64_t units, int64_t lanes, int64_t leastCycles) {
  int64_t results = MapOp(candidate.map).getNumPoints();
  ArrayRef<int64_t> domain = FoldOp(candidate.fold).getDomain();
  int64_t points = numPoints(domain);
  // The DRAM brings no more words in a cycle than one unit has lanes.
  int64_t best = cyclesOf(candidate, results, points, units, lanes) - leastCycles, least = candidate.wordsMoved / lanes;
  Split split;
  for (auto [dim, extent] : llvm::enumerate(domain))
    for (int64_t parts = 2; parts <= std::min(extent, units); ++parts) {
      if (extent % parts != 0)
        continue;
      int64_t cycles = cyclesOf(candidate, results * parts, points / parts, units, lanes) +
                       cyclesOf(candidate, results, parts, units, lanes);
      if (std::max(cycles, least) < best) {
        best = std::max(cycles, least);
        split = {unsigned(dim), parts};
      }
    }
  return split;
}

/// Does it to one fold.
class Splitting {
public:
  Splitting(const Candidate &candidate, const Split &split)
      : map(candidate.map), fold(candidate.fold), split(split), b(map) {}
  LogicalResult run();

private:
  MapOp buildParts();
  SmallVector<Value> copyBody(OpBuilder &b, ValueRange part, ValueRange inner);
  SmallVector<Value> copyCombiner(OpBuilder &b, ValueRange left, ValueRange right);

  MapOp map;
  FoldOp fold;
  Split split;
  OpBuilder b;
  Slice slice; ///< code of the map that the fold uses
};

SmallVector<Value> Splitting::copyBody(OpBuilder &b, ValueRange part, ValueRange inner) {
  SmallVector<BlockArgument> indices(map.getBody()->getArguments());
  llvm::append_range(indices, fold.getBody()->getArguments());
  Access images;
  llvm::append_range(images.operands, part);
  llvm::append_range(images.operands, inner);
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < indices.size(); ++i)
    exprs.push_back(b.getAffineDimExpr(i + 1));
  exprs[map.getRank() + split.dim] =
      exprs[map.getRank() + split.dim] + b.getAffineDimExpr(0) * (fold.getDomain()[split.dim] / split.parts);
  images.map = AffineMap::get(unsigned(images.operands.size()), 0, exprs, b.getContext());
  BodyCopier copier(b, indices, images);
  for (Operation *op : slice.ops)
    copier.copy(op);
  for (Operation &op : fold.getBody()->without_terminator())
    copier.copy(&op);
  return llvm::map_to_vector(fold.getBodyYield()->getOperands(), [&](Value value) { return copier.lookup(value); });
}

SmallVector<Value> Splitting::copyCombiner(OpBuilder &b, ValueRange left, ValueRange right) {
  IRMapping mapping;
  mapping.map(ValueRange(fold.getCombiner()->getArguments()).take_front(left.size()), left);
  mapping.map(ValueRange(fold.getCombiner()->getArguments()).drop_front(left.size()), right);
  for (Operation &op : fold.getCombiner()->without_terminator())
    b.clone(op, mapping);
  return llvm::map_to_vector(fold.getCombiner()->getTerminator()->getOperands(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}

/// What each part combines to; the parts are the outermost dimension.
MapOp Splitting::buildParts() {
  SmallVector<int64_t> domain = {split.parts}, inner(fold.getDomain());
  llvm::append_range(domain, map.getDomain());
  inner[split.dim] /= split.parts;
  return MapOp::create(b, fold.getLoc(), domain, [&](OpBuilder &b, Location loc, ValueRange part) {
    IRMapping mapping;
    for (Operation *op : slice.ops)
      if (op->hasTrait<OpTrait::ConstantLike>())
        b.clone(*op, mapping);
    auto inits = llvm::map_to_vector(fold.getInits(), [&](Value init) { return mapping.lookupOrDefault(init); });
    auto partial = FoldOp::create(
        b, loc, inner, inits,
        [&](OpBuilder &b, Location, ValueRange index) { return copyBody(b, part, index); },
        [&](OpBuilder &b, Location, ValueRange left, ValueRange right) { return copyCombiner(b, left, right); });
    return llvm::map_to_vector(partial.getResults(), [&](Value value) { return toElement(b, loc, value); });
  });
}

LogicalResult Splitting::run() {
  llvm::SetVector<Value> used(fold->operand_begin(), fold->operand_end());
  getUsedValuesDefinedAbove(fold->getRegions(), used);
  for (Value value : used)
    if (failed(addToSlice(value, map, slice)))
      return failure();
  for (Value init : fold.getInits())
    if (Operation *op = init.getDefiningOp(); map->isAncestor(init.getParentBlock()->getParentOp()) &&
                                              !(op && op->hasTrait<OpTrait::ConstantLike>()))
      return failure(); // it depends on the point
  MapOp parts = buildParts();
  b.setInsertionPoint(fold);
  auto whole = FoldOp::create(
      b, fold.getLoc(), {split.parts}, fold.getInits(),
      [&](OpBuilder &b, Location loc, ValueRange index) {
        SmallVector<Value> point = {index.front()};
        llvm::append_range(point, map.getIndices());
        SmallVector<Value> values;
        for (auto [result, init] : llvm::zip(parts.getResults(), fold.getInits()))
          values.push_back(fromElement(b, loc, at(b, loc, result, point), init.getType()));
        return values;
      },
      [&](OpBuilder &b, Location, ValueRange left, ValueRange right) { return copyCombiner(b, left, right); });
  fold.replaceAllUsesWith(whole.getResults());
  fold.erase();
  eraseDeadCode(*map.getBody());
  eraseDeadCode(*parts.getBody());
  return success();
}

void explain(const Candidate &candidate, const Split &split) {
  auto options = remark::RemarkOpts::name("split").category(DEBUG_TYPE);
  if (auto remark = remark::passed(FoldOp(candidate.fold).getLoc(), options))
    remark << remark::metric("Points", numPoints(FoldOp(candidate.fold).getDomain()))
           << remark::metric("Parts", split.parts);
}

void SplitFoldsPass::runOnOperation() {
  if (units < 2 || lanes < 1)
    return;
  SmallVector<MapOp> maps;
  forEachScope(getOperation(), [&](Block &scope) { llvm::append_range(maps, scope.getOps<MapOp>()); });
  for (MapOp map : maps) {
    std::optional<Candidate> candidate = candidateOf(map);
    Split split = candidate ? chooseSplit(*candidate, units, lanes, leastCycles) : Split();
    if (split.parts > 1 && succeeded(Splitting(*candidate, split).run()))
      explain(*candidate, split);
  }
}

} // namespace
} // namespace jacquard::pat
