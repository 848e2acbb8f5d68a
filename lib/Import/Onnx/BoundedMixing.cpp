// BoundedMixing.cpp - operators that mix the positions of a dimension of which data decides how much is there
//
// Where nothing is there they get what does not change the result: 0 in sums, the lowest number in maxima.
#include "BoundedRules.h"

#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

namespace {

/// What does not change a result.
enum class Neutral { Zero, One, Lowest, Highest };

Value neutral(Scalars &s, Type type, Neutral kind) {
  switch (kind) {
  case Neutral::Zero:
  case Neutral::One:
    return s.integer(type, kind == Neutral::One);
  case Neutral::Lowest:
    return s.lowest(type);
  case Neutral::Highest:
    return s.highest(type);
  }
  llvm_unreachable("all kinds are handled");
}

void mask(Node &n, size_t input, ArrayRef<int64_t> axes, Neutral kind) {
  n.replaceInput(input, maskAbsent(n, input, axes, [&](Scalars &s, Type type) { return neutral(s, type, kind); }));
}

Shape allAxes(Node &n, size_t input = 0) { return llvm::to_vector(llvm::seq<int64_t>(0, n.rank(input))); }

/// All dimensions stay.
void keep(Node &n, Bounds &bounds) { renameBounds(n, bounds, allAxes(n)); }

//===----------------------------------------------------------------------===//
// Along axes
//===----------------------------------------------------------------------===//

/// The axes of a reduction: attribute `axes`, or input 1. All where they are left out, none if the operator then does
/// nothing.
Shape reducedAxes(Node &n) {
  Shape given = n.hasAttr("axes") ? n.intsAttr("axes").value_or(Shape()) : n.has(1) ? n.constantInts(1) : Shape();
  if (n.failed())
    return {};
  if (given.empty())
    return n.intAttr("noop_with_empty_axes", 0) ? Shape() : allAxes(n);
  Result<Shape> axes = ops::normalizeAxes(given, n.rank());
  if (!axes)
    n.fail(axes.error());
  return axes ? *axes : Shape();
}

/// Reduced dimensions are gone, or have one position.
void dropAxes(Node &n, Bounds &bounds, ArrayRef<int64_t> axes) {
  bool stays = n.intAttr("keepdims", 1);
  int64_t next = 0;
  for (int64_t dim = 0; dim < n.rank(); ++dim) {
    bool isReduced = llvm::is_contained(axes, dim);
    if (const Bound *bound = findBound(n, 0, dim); bound && !isReduced)
      addBound(n, bounds, 0, *bound, next);
    next += !isReduced || stays;
  }
}

template <Neutral kind> void maskReduced(Node &n) { mask(n, 0, reducedAxes(n), kind); }

void reduced(Node &n, Bounds &bounds) { dropAxes(n, bounds, reducedAxes(n)); }

/// The sum, of which the operator's own mean is made over capacities, by the number of what is there.
void mean(Node &n, Bounds &bounds) {
  Shape axes = reducedAxes(n);
  Type type = n.element(), wide = ops::accumulatorType(type);
  Value sum = ops::reduce(n.b, n.loc, ops::Reduction::Sum, ops::convert(n.b, n.loc, n.input(0), wide, n.isUnsigned()),
                          axes, n.intAttr("keepdims", 1), n.isUnsigned());
  Extents extents = extentsOf(n);
  Value mean = ops::mapOver(n.b, n.loc, ops::shapeOf(sum), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc, n.isUnsigned());
    Value number = s.integer(b.getI64Type(), 1);
    for (int64_t axis : axes)
      number = s.mul(number, extentValue(b, n.loc, extents[axis]));
    if (wide.isInteger()) // nothing is divided by 0
      number = s.max(number, s.integer(number.getType(), 1));
    return s.cast(s.div(pat::at(b, n.loc, sum, point), s.cast(number, wide)), type);
  });
  n.result(0, mean);
  dropAxes(n, bounds, axes);
}

template <Neutral kind> void maskSearched(Node &n) { mask(n, 0, n.axisAttr("axis", 0, n.rank()), kind); }

/// Of equal elements the last one that is there.
void searched(Node &n, Bounds &bounds) {
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  dropAxes(n, bounds, axis);
  const Bound *bound = findBound(n, 0, axis);
  if (!bound || !n.intAttr("select_last_index", 0))
    return;
  Value found = n.results()[0].value;
  n.result(0,
           ops::mapOver(n.b, n.loc, ops::shapeOf(found),
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc);
                          Value last = s.sub(pat::at(b, n.loc, bound->count, {}), s.integer(b.getI64Type(), 1));
                          return s.min(pat::at(b, n.loc, found, point), last);
                        }),
           n.results()[0].type);
}

/// Before version 13 all dimensions from `axis` on are one row.
void maskRows(Node &n) {
  bool isOneAxis = n.opset >= 13;
  int64_t axis = n.axisAttr("axis", isOneAxis ? -1 : 1, n.rank() + (!isOneAxis && n.rank() == 1 ? 1 : 0));
  Shape axes;
  for (int64_t dim = std::min(axis, n.rank() - 1); dim < (isOneAxis ? axis + 1 : n.rank()); ++dim)
    axes.push_back(dim);
  mask(n, 0, axes, Neutral::Lowest);
}

template <Neutral kind> void maskCumulated(Node &n) { mask(n, 0, allAxes(n), kind); }

//===----------------------------------------------------------------------===//
// Selections
//===----------------------------------------------------------------------===//

void maskZeros(Node &n) { mask(n, 0, allAxes(n), Neutral::Zero); }

void maskOrdered(Node &n) {
  bool smallest = n.opset >= 11 && !n.intAttr("largest", 1);
  mask(n, 0, n.axisAttr("axis", -1, n.rank()), smallest ? Neutral::Highest : Neutral::Lowest);
}

/// There are no more than there are, and no more than k, which may be decided by data as well.
void ordered(Node &n, Bounds &bounds) {
  int64_t axis = n.axisAttr("axis", -1, n.rank()), k = ops::shapeOf(n.results()[0].value)[axis];
  for (const Bound &bound : n.bounds(0))
    if (bound.dim != axis)
      addBound(n, bounds, 0, bound, bound.dim);
  if (const Bound *bound = findBound(n, 0, axis)) {
    Value most = n.results()[0].bounds.empty() ? Value() : n.results()[0].bounds[0].count;
    bounds.push_back({axis, countOf(n, [&](OpBuilder &b, Scalars &s) {
                        return s.min(extentValue(b, n.loc, {k, most}), pat::at(b, n.loc, bound->count, {}));
                      })});
  } else {
    llvm::append_range(bounds, n.results()[0].bounds);
  }
}

/// Indices count from the end of what is there.
void wrapIndices(Node &n) {
  const Bound *bound = n.rank() ? findBound(n, 0, n.axisAttr("axis", 0, n.rank())) : nullptr;
  if (!bound)
    return;
  n.replaceInput(1, ops::mapOver(n.b, n.loc, n.shape(1), [&](OpBuilder &b, ValueRange point) {
                   Scalars s(b, n.loc);
                   Value index = pat::at(b, n.loc, n.input(1), point);
                   Value count = s.cast(pat::at(b, n.loc, bound->count, {}), index.getType());
                   return s.select(s.less(index, s.integer(index.getType(), 0)), s.add(index, count), index);
                 }));
}

/// Rank of the indices in place of the axis.
void gathered(Node &n, Bounds &bounds) {
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  for (const Bound &bound : n.bounds(0))
    if (bound.dim != axis)
      addBound(n, bounds, 0, bound, bound.dim < axis ? bound.dim : bound.dim + n.rank(1) - 1);
  for (const Bound &bound : n.bounds(1))
    addBound(n, bounds, 1, bound, axis + bound.dim);
}

/// The result is where the indices are.
void gatheredElements(Node &n, Bounds &bounds) {
  for (const Bound &bound : n.bounds(1))
    addBound(n, bounds, 1, bound, bound.dim);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The dimensions of two matrices (the last two, or the only one) that a product sums over, and those that stay: -1
/// where there is none.
struct Contraction {
  int64_t leftSum, leftRow, rightSum, rightColumn;
};

Contraction contraction(Node &n) {
  int64_t left = n.rank(0), right = n.rank(1);
  if (n.op() == "Gemm") {
    bool transposesLeft = n.intAttr("transA", 0), transposesRight = n.intAttr("transB", 0);
    return {!transposesLeft, transposesLeft, transposesRight, !transposesRight};
  }
  return {left - 1, left > 1 ? left - 2 : -1, right > 1 ? right - 2 : 0, right > 1 ? right - 1 : -1};
}

void maskSummed(Node &n) {
  if (n.rank(0) == 0 || n.rank(1) == 0)
    return n.fail("an operand has no dimensions; expected at least one");
  Contraction sum = contraction(n);
  const Bound *left = findBound(n, 0, sum.leftSum), *right = findBound(n, 1, sum.rightSum);
  if (bool(left) != bool(right))
    return failBounded(n, left ? 0 : 1, left ? *left : *right, "the other factor always has all of them");
  if (left && !isSameCount(left->count, right->count))
    return failBounded(n, 0, *left, "the other factor has another number of them");
  mask(n, 0, sum.leftSum, Neutral::Zero);
  mask(n, 1, sum.rightSum, Neutral::Zero);
}

void multiplied(Node &n, Bounds &bounds) {
  Contraction sum = contraction(n);
  int64_t rank = ops::rankOf(n.results()[0].value), batch = rank - (sum.leftRow >= 0) - (sum.rightColumn >= 0);
  for (size_t i : {0, 1})
    for (const Bound &bound : n.bounds(i)) {
      if (bound.dim == (i == 0 ? sum.leftSum : sum.rightSum))
        continue;
      bool isMatrix = bound.dim == (i == 0 ? sum.leftRow : sum.rightColumn);
      if (isMatrix) {
        addBound(n, bounds, i, bound, i == 0 ? batch : rank - 1);
        continue;
      }
      // A dimension of the batch: broadcast.
      int64_t dim = bound.dim + batch - std::max<int64_t>(n.rank(i) - 2, 0);
      int64_t other = dim - (batch - std::max<int64_t>(n.rank(1 - i) - 2, 0));
      addBound(n, bounds, i, bound, dim);
      if (other >= 0 && n.shape(1 - i)[other] != 1 && !findBound(n, 1 - i, other))
        failBounded(n, i, bound, "input '" + n.inputName(1 - i) + "' always has " + llvm::Twine(n.shape(1 - i)[other]));
    }
  // A summand is broadcast: where it has a row or column at all, it has as many.
  for (int64_t dim = 0; n.has(2) && dim < n.rank(2); ++dim) {
    int64_t at = dim + rank - n.rank(2);
    const Bound *mine = findBound(n, 2, dim);
    auto *theirs = llvm::find_if(bounds, [&](const Bound &bound) { return bound.dim == at; });
    if (mine && (theirs == bounds.end() || !isSameCount(mine->count, theirs->count)))
      failBounded(n, 2, *mine, "the product has another number of them");
    if (!mine && theirs != bounds.end() && n.shape(2)[dim] != 1)
      n.fail("input '" + n.inputName(2) + "' always has " + llvm::Twine(n.shape(2)[dim]) + " positions in dimension " +
             llvm::Twine(dim) + ", of which data decides how many the product has");
  }
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Rows from `axis` on are normalised one by one.
void normalized(Node &n, Bounds &bounds) {
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  for (const Bound &bound : n.bounds(0))
    if (bound.dim >= axis)
      failBounded(n, 0, bound, "the operator needs all of them");
    else
      addBound(n, bounds, 0, bound, bound.dim);
}

} // namespace

ArrayRef<BoundedRule> importer::mixingRules() {
  static const BoundedRule rules[] = {
      {"ArgMax", maskSearched<Neutral::Lowest>, searched},
      {"ArgMin", maskSearched<Neutral::Highest>, searched},
      {"CumProd", maskCumulated<Neutral::One>, keep, 1},
      {"CumSum", maskCumulated<Neutral::Zero>, keep, 1},
      {"Gather", wrapIndices, gathered},
      {"GatherElements", wrapIndices, gatheredElements},
      {"Gemm", maskSummed, multiplied},
      {"Hardmax", maskRows, keep},
      {"LayerNormalization", nullptr, normalized, 1},
      {"LogSoftmax", maskRows, keep},
      {"MatMul", maskSummed, multiplied},
      {"NonZero", maskZeros, nullptr},
      {"RMSNormalization", nullptr, normalized, 1},
      {"ReduceL1", maskReduced<Neutral::Zero>, reduced, 1},
      {"ReduceL2", maskReduced<Neutral::Zero>, reduced, 1},
      {"ReduceLogSum", maskReduced<Neutral::Zero>, reduced, 1},
      {"ReduceLogSumExp", maskReduced<Neutral::Lowest>, reduced, 1},
      {"ReduceMax", maskReduced<Neutral::Lowest>, reduced, 1},
      {"ReduceMean", maskReduced<Neutral::Zero>, mean, 1},
      {"ReduceMin", maskReduced<Neutral::Highest>, reduced, 1},
      {"ReduceProd", maskReduced<Neutral::One>, reduced, 1},
      {"ReduceSum", maskReduced<Neutral::Zero>, reduced, 1},
      {"ReduceSumSquare", maskReduced<Neutral::Zero>, reduced, 1},
      {"Softmax", maskRows, keep},
      {"TopK", maskOrdered, ordered, 1},
  };
  return rules;
}
