// ExpandFilter.cpp - turn filters and flat_maps into prefix sums and maps
// Why: the fabric packs nothing; where a selected point goes is the number of selected points before it.
// Needs: valid `pat`.
// Gives: no `pat.filter` and no `pat.flat_map` in a scope.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_EXPANDFILTERPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-expand-filter"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// One filter or flat_map while it is replaced. A flat_map is a filter over its domain ++ [M] that selects the first
/// `count` elements of every point.
class Expansion {
public:
  Expansion(OpBuilder &b, Operation *op, ArrayRef<int64_t> domain, int64_t capacity)
      : b(b), op(op), loc(op->getLoc()), domain(domain), capacity(capacity) {
    if (auto flatMap = dyn_cast<FlatMapOp>(op))
      this->domain.push_back(elementsPerPoint(flatMap));
    points = numPoints(this->domain);
    counter = points > INT32_MAX ? b.getI64Type() : b.getI32Type();
  }
  void run();

private:
  static int64_t elementsPerPoint(FlatMapOp op) {
    auto values = op.getBodyYield().getOperands().drop_front();
    return values.empty() ? 0 : cast<RankedTensorType>(values.front().getType()).getDimSize(0);
  }
  SmallVector<Value> evaluate(OpBuilder &b, Value point);
  Value constant(OpBuilder &b, int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(counter, value));
  }
  Value buildFlags();
  Value buildPositions(Value flags);
  Value buildCount(Value flags, Value positions);
  Value buildSources(Value flags, Value positions);
  void replaceBy(Value count, Value sources);
  void replaceEmpty();

  OpBuilder &b;
  Operation *op;
  Location loc;
  SmallVector<int64_t> domain;
  int64_t capacity, points;
  Type counter; ///< of counts and positions
};

/// Whether the point of this number in row-major order is selected (i1), then its values.
SmallVector<Value> Expansion::evaluate(OpBuilder &b, Value point) {
  SmallVector<Value> indices(domain.size());
  AffineExpr rest = b.getAffineDimExpr(0);
  for (size_t d = domain.size(); d-- > 0; rest = rest.floorDiv(domain[d]))
    indices[d] = materializeIndex(b, loc, d == 0 ? rest : rest % domain[d], point);
  Block &body = op->getRegion(0).front();
  IRMapping mapping;
  mapping.map(body.getArguments(), ArrayRef(indices).take_front(body.getNumArguments()));
  for (Operation &inner : body.without_terminator())
    b.clone(inner, mapping);
  SmallVector<Value> values = llvm::map_to_vector(body.getTerminator()->getOperands(),
                                                  [&](Value value) { return mapping.lookupOrDefault(value); });
  if (!isa<FlatMapOp>(op))
    return values;
  Value element = indices.back();
  values[0] = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, element, values[0]);
  for (Value &value : MutableArrayRef(values).drop_front())
    value = at(b, loc, value, element);
  return values;
}

/// flags[i]: 1 where point i is selected, else 0.
Value Expansion::buildFlags() {
  return MapOp::create(b, loc, points,
                       [&](OpBuilder &b, Location, ValueRange i) {
                         return SmallVector<Value>{arith::ExtUIOp::create(b, loc, counter, evaluate(b, i[0])[0])};
                       })
      ->getResult(0);
}

static SmallVector<Value> sum(OpBuilder &b, Location loc, ValueRange x, ValueRange y) {
  return {arith::AddIOp::create(b, loc, x[0], y[0])};
}

/// positions[i]: how many points before i are selected.
Value Expansion::buildPositions(Value flags) {
  auto body = [&](OpBuilder &b, Location loc, ValueRange i) { return SmallVector<Value>{at(b, loc, flags, i)}; };
  return ScanOp::create(b, loc, points, 0, constant(b, 0), /*exclusive=*/true, /*reverse=*/false, body, sum)
      ->getResult(0);
}

/// How many values the result holds.
Value Expansion::buildCount(Value flags, Value positions) {
  return MapOp::create(b, loc, ArrayRef<int64_t>(),
                       [&](OpBuilder &b, Location, ValueRange) {
                         Value last = arith::ConstantIndexOp::create(b, loc, points - 1);
                         Value before = at(b, loc, positions, last);
                         Value all = arith::AddIOp::create(b, loc, before, at(b, loc, flags, last));
                         return SmallVector<Value>{arith::MinSIOp::create(b, loc, all, constant(b, capacity))};
                       })
      ->getResult(0);
}

/// sources[j]: the number of the point whose values stand at position j; 0 where there is none.
Value Expansion::buildSources(Value flags, Value positions) {
  auto body = [&](OpBuilder &b, Location, ValueRange i) {
    Value flag = at(b, loc, flags, i);
    Value isSelected = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, flag, constant(b, 0));
    // What is not selected goes behind the last position and is dropped.
    Value position = arith::SelectOp::create(b, loc, isSelected, at(b, loc, positions, i), constant(b, capacity));
    return SmallVector<Value>{arith::IndexCastOp::create(b, loc, b.getIndexType(), position),
                              arith::IndexCastOp::create(b, loc, counter, i[0])};
  };
  return GroupByOp::create(b, loc, points, capacity, constant(b, 0), /*dropOutside=*/true, body, sum)->getResult(0);
}

void Expansion::replaceBy(Value count, Value sources) {
  auto values = MapOp::create(b, loc, capacity, [&](OpBuilder &b, Location, ValueRange j) {
    Value position = arith::IndexCastOp::create(b, loc, counter, j[0]);
    Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, position, at(b, loc, count, ValueRange()));
    Value source = arith::IndexCastOp::create(b, loc, b.getIndexType(), at(b, loc, sources, j));
    SmallVector<Value> results;
    for (Value value : ArrayRef(evaluate(b, source)).drop_front())
      results.push_back(arith::SelectOp::create(b, loc, inside, value, zeroOf(b, loc, value.getType())));
    return results;
  });
  SmallVector<Value> results(values->getResults());
  results.push_back(arith::IndexCastOp::create(b, loc, b.getIndexType(), at(b, loc, count, ValueRange())));
  op->replaceAllUsesWith(results);
}

/// No points or no room: zeros, and none of them counts.
void Expansion::replaceEmpty() {
  SmallVector<Value> results;
  for (Type type : op->getResultTypes())
    results.push_back(arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type))));
  op->replaceAllUsesWith(results);
}

void Expansion::run() {
  b.setInsertionPoint(op);
  if (points == 0 || capacity == 0) {
    replaceEmpty();
  } else {
    Value flags = buildFlags(), positions = buildPositions(flags);
    Value count = buildCount(flags, positions);
    bool onlyCounts = op->getNumResults() == 1;
    if (onlyCounts)
      op->getResult(0).replaceAllUsesWith(
          arith::IndexCastOp::create(b, loc, b.getIndexType(), at(b, loc, count, ValueRange())));
    else
      replaceBy(count, buildSources(flags, positions));
  }
  op->erase();
}

struct ExpandFilterPass : impl::ExpandFilterPassBase<ExpandFilterPass> {
  void runOnOperation() override;
};

void ExpandFilterPass::runOnOperation() {
  SmallVector<Operation *> found;
  forEachScope(getOperation(), [&](Block &scope) {
    for (Operation &op : scope)
      if (isa<FilterOp, FlatMapOp>(op))
        found.push_back(&op);
  });
  OpBuilder b(&getContext());
  for (Operation *op : found)
    Expansion(b, op, domainOf(op), op->getAttrOfType<IntegerAttr>("capacity").getInt()).run();
}

} // namespace
} // namespace jacquard::pat
