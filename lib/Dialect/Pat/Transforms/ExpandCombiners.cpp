// ExpandCombiners.cpp - turn folds with composed combiners into trees of maps
// Why: the fabric reduces with one commutative op per component; argmax or a mean-and-variance combiner is none.
// Needs: pat-verify-flat holds.
// Gives: pat-verify-flat holds, and matchSimpleCombiner holds for every component of every fold.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/RegionUtils.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_EXPANDCOMBINERSPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-expand-combiners"

using namespace mlir;

namespace jacquard::pat {
namespace {

bool isSimple(FoldOp fold) {
  for (unsigned i = 0; i < fold.getNumResults(); ++i)
    if (!matchSimpleCombiner(*fold.getCombiner(), i))
      return false;
  return true;
}

/// One fold in its map, while it is replaced.
class Expansion {
public:
  Expansion(OpBuilder &b, MapOp map, FoldOp fold) : b(b), map(map), fold(fold), outer(map.getRank()) {}
  LogicalResult run();

private:
  MapOp buildLeaves();
  MapOp buildLevel(MapOp below, ArrayRef<int64_t> shape, int64_t points);
  SmallVector<Value> readLevel(MapOp below, AffineExpr point, ArrayRef<int64_t> shape, ValueRange indices,
                               ValueRange otherwise, Location loc);
  IRMapping openBody(ValueRange indices);
  SmallVector<int64_t> over(ArrayRef<int64_t> inner) {
    SmallVector<int64_t> domain(map.getDomain());
    llvm::append_range(domain, inner);
    return domain;
  }

  OpBuilder &b;
  MapOp map;
  FoldOp fold;
  size_t outer;
  Slice slice; ///< code of the map that the fold uses
};

IRMapping Expansion::openBody(ValueRange indices) {
  IRMapping mapping;
  for (auto [old, index] : llvm::zip(map.getIndices(), indices))
    mapping.map(old, index);
  for (Operation *op : slice.ops)
    b.clone(*op, mapping);
  return mapping;
}

/// The values to combine, one point of the fold each.
MapOp Expansion::buildLeaves() {
  return MapOp::create(b, fold.getLoc(), over(fold.getDomain()), [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping = openBody(indices.take_front(outer));
    for (auto [old, index] : llvm::zip(fold.getIndices(), indices.drop_front(outer)))
      mapping.map(old, index);
    for (Operation &op : fold.getBody()->without_terminator())
      b.clone(op, mapping);
    return llvm::map_to_vector(fold.getBodyYield().getOperands(),
                               [&](Value v) { return toElement(b, loc, mapping.lookupOrDefault(v)); });
  });
}

/// Reads every component at (outer indices, delinearised `point` of the last index).
SmallVector<Value> Expansion::readLevel(MapOp below, AffineExpr point, ArrayRef<int64_t> shape, ValueRange indices,
                                        ValueRange otherwise, Location loc) {
  SmallVector<AffineExpr> results(shape.size());
  for (size_t i = shape.size(); i-- > 1; point = point.floorDiv(shape[i]))
    results[i] = point % shape[i];
  results[0] = point; // not wrapped: beyond the last point it is out of bounds
  for (size_t i = 0; i < outer; ++i)
    results.insert(results.begin() + i, b.getAffineDimExpr(i));
  Access access{AffineMap::get(outer + 1, 0, results, b.getContext()), llvm::to_vector(indices)};
  access.normalize();
  SmallVector<Value> values;
  for (auto [i, result] : llvm::enumerate(below->getResults())) {
    Value absent = otherwise.empty() ? Value() : toElement(b, loc, otherwise[i]);
    Value element = at(b, loc, result, access.map, access.operands, absent);
    values.push_back(fromElement(b, loc, element, fold.getResultTypes()[i]));
  }
  return values;
}

/// t'[.., j] = combine(t[.., 2j], t[.., 2j+1]), with the identity where 2j+1 is beyond the last point.
MapOp Expansion::buildLevel(MapOp below, ArrayRef<int64_t> shape, int64_t points) {
  return MapOp::create(b, fold.getLoc(), over((points + 1) / 2), [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping = openBody(indices.take_front(outer));
    SmallVector<Value> inits =
        llvm::map_to_vector(fold.getInits(), [&](Value v) { return mapping.lookupOrDefault(v); });
    AffineExpr j = b.getAffineDimExpr(outer);
    SmallVector<Value> lhs = readLevel(below, j * 2, shape, indices, {}, loc);
    SmallVector<Value> rhs =
        readLevel(below, j * 2 + 1, shape, indices, points % 2 ? ValueRange(inits) : ValueRange(), loc);
    mapping.map(fold.getLhsArguments(), lhs);
    mapping.map(fold.getRhsArguments(), rhs);
    for (Operation &op : fold.getCombiner()->without_terminator())
      b.clone(op, mapping);
    return llvm::map_to_vector(fold.getCombinerYield().getOperands(),
                               [&](Value v) { return toElement(b, loc, mapping.lookupOrDefault(v)); });
  });
}

LogicalResult Expansion::run() {
  int64_t points = fold.getNumPoints();
  if (points == 0) {
    fold.replaceAllUsesWith(fold.getInits());
    fold.erase();
    return success();
  }
  SetVector<Value> captured(fold->operand_begin(), fold->operand_end());
  getUsedValuesDefinedAbove(fold->getRegions(), captured);
  for (Value value : captured)
    if (failed(addToSlice(value, map, slice)))
      return fold.emitOpError(
          "uses values that are not scalar code of its map; expected the flat form (run pat-flatten)");
  b.setInsertionPoint(map);
  MapOp level = buildLeaves();
  SmallVector<int64_t> shape(fold.getDomain());
  for (; points > 1; points = (points + 1) / 2, shape = {points})
    level = buildLevel(level, shape, points);
  b.setInsertionPoint(fold);
  SmallVector<Value> indices(map.getIndices().begin(), map.getIndices().end());
  SmallVector<AffineExpr> results;
  for (size_t i = 0; i < outer; ++i)
    results.push_back(b.getAffineDimExpr(i));
  results.append(shape.size(), b.getAffineConstantExpr(0));
  AffineMap access = AffineMap::get(outer, 0, results, b.getContext());
  for (auto [old, result] : llvm::zip(fold.getResults(), level->getResults())) {
    Value element = at(b, fold.getLoc(), result, access, indices);
    old.replaceAllUsesWith(fromElement(b, fold.getLoc(), element, old.getType()));
  }
  fold.erase();
  return success();
}

struct ExpandCombinersPass : impl::ExpandCombinersPassBase<ExpandCombinersPass> {
  void runOnOperation() override;
};

void ExpandCombinersPass::runOnOperation() {
  SmallVector<std::pair<MapOp, FoldOp>> found;
  forEachScope(getOperation(), [&](Block &scope) {
    for (auto map : scope.getOps<MapOp>())
      for (auto fold : map.getBody()->getOps<FoldOp>())
        if (!isSimple(fold))
          found.emplace_back(map, fold);
  });
  OpBuilder b(&getContext());
  for (auto [map, fold] : found)
    if (failed(Expansion(b, map, fold).run()))
      return signalPassFailure();
  for (Block &block : getOperation().getFunctionBody())
    eraseDeadCode(block);
}

} // namespace
} // namespace jacquard::pat
