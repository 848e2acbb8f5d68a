// Reduce.cpp - reductions along axes, searches along an axis, prefix sums
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// Which indices of a reduced tensor come from the map (kept axes) and which from the fold (reduced axes).
struct ReducedShape {
  Shape kept, reduced, result;
  SmallVector<bool> isReduced;

  ReducedShape(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes, bool keepAxes) {
    for (auto [i, extent] : llvm::enumerate(shape)) {
      bool gone = llvm::is_contained(axes, int64_t(i));
      isReduced.push_back(gone);
      (gone ? reduced : kept).push_back(extent);
      if (!gone || keepAxes)
        result.push_back(gone ? 1 : extent);
    }
  }

  /// The element's indices, from those of the result (which has the reduced axes when `keepAxes`) and those of the
  /// fold.
  SmallVector<Value> indices(ValueRange point, ValueRange inner) const {
    SmallVector<Value> all;
    bool keepAxes = point.size() == isReduced.size();
    unsigned nextPoint = 0, nextInner = 0;
    for (bool gone : isReduced) {
      all.push_back(gone ? inner[nextInner++] : point[nextPoint++]);
      nextPoint += gone && keepAxes;
    }
    return all;
  }
};

} // namespace

/// What is folded for one element.
static Value reducedTerm(Scalars &s, Reduction kind, Value x) {
  switch (kind) {
  case Reduction::L1:
    return s.abs(x);
  case Reduction::L2:
  case Reduction::SumSquare:
    return s.square(x);
  default:
    return x;
  }
}

/// What becomes of the folded value.
static Value reducedResult(Scalars &s, Reduction kind, Value x, int64_t count) {
  switch (kind) {
  case Reduction::Mean:
    return isa<FloatType>(x.getType()) ? s.mul(x, s.constant(x.getType(), 1.0 / count))
                                       : s.div(x, s.integer(x.getType(), std::max<int64_t>(count, 1)));
  case Reduction::L2:
    return s.cast(s.sqrt(s.cast(x, isa<FloatType>(x.getType()) ? x.getType() : Float64Type::get(x.getContext()))),
                  x.getType());
  case Reduction::LogSum:
    return s.log(x);
  default:
    return x;
  }
}

static Value foldReduction(OpBuilder &b, Location loc, Reduction kind, ArrayRef<int64_t> domain, Type type,
                           bool isUnsigned, IndexFn term) {
  Scalars s(b, loc, isUnsigned);
  switch (kind) {
  case Reduction::Max:
    return foldOver(
        b, loc, domain, s.lowest(type), term, [](Scalars &s, Value x, Value y) { return s.max(x, y); }, isUnsigned);
  case Reduction::Min:
    return foldOver(
        b, loc, domain, s.highest(type), term, [](Scalars &s, Value x, Value y) { return s.min(x, y); }, isUnsigned);
  case Reduction::Prod:
    return foldOver(b, loc, domain, s.integer(type, 1), term, [](Scalars &s, Value x, Value y) { return s.mul(x, y); });
  default:
    return sumOver(b, loc, domain, type, term);
  }
}

/// log of a sum of exponentials, kept from overflow by the maximum; an infinite maximum is not subtracted.
static Value logSumExp(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Type type, IndexFn element) {
  Value top = foldReduction(b, loc, Reduction::Max, domain, type, false, element);
  Scalars s(b, loc);
  Value shift = s.select(s.equal(s.abs(top), s.highest(type)), s.integer(type, 0), top);
  Value sum = sumOver(b, loc, domain, type, [&](OpBuilder &b, ValueRange inner) {
    Scalars s(b, loc);
    return s.exp(s.sub(element(b, inner), shift));
  });
  return s.add(s.log(sum), shift);
}

Value ops::reduce(OpBuilder &b, Location loc, Reduction kind, Value tensor, ArrayRef<int64_t> axes, bool keepAxes,
                  bool isUnsigned) {
  ReducedShape shape(shapeOf(tensor), axes, keepAxes);
  Type type = elementOf(tensor);
  bool exact = kind == Reduction::Max || kind == Reduction::Min;
  Type sumType = exact ? type : accumulatorType(type);
  return mapOver(b, loc, shape.result, [&](OpBuilder &b, ValueRange point) {
    auto element = [&](OpBuilder &b, ValueRange inner) {
      Scalars s(b, loc, isUnsigned);
      Value x = pat::at(b, loc, tensor, shape.indices(point, inner));
      return reducedTerm(s, kind, s.cast(x, sumType));
    };
    Scalars s(b, loc, isUnsigned);
    if (kind == Reduction::LogSumExp)
      return s.cast(logSumExp(b, loc, shape.reduced, sumType, element), type);
    Value folded = foldReduction(b, loc, kind, shape.reduced, sumType, isUnsigned, element);
    return s.cast(reducedResult(s, kind, folded, pat::numPoints(shape.reduced)), type);
  });
}

Result<Value> ops::argExtreme(OpBuilder &b, Location loc, Value tensor, int64_t axis, const ArgOptions &options) {
  if (shapeOf(tensor)[axis] == 0)
    return Error{"the searched axis has extent 0; expected at least one element"};
  ReducedShape shape(shapeOf(tensor), axis, options.keepAxis);
  return mapOver(b, loc, shape.result, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc, options.isUnsigned);
    Type type = elementOf(tensor), position = b.getI64Type();
    // The identity loses every comparison, ties included.
    Value worst = options.smallest ? s.highest(type) : s.lowest(type);
    Value nowhere = options.last ? s.integer(position, -1) : Scalars(b, loc).highest(position);
    auto element = [&](OpBuilder &b, Location, ValueRange inner) {
      Value x = pat::at(b, loc, tensor, shape.indices(point, inner));
      return SmallVector<Value>{x, Scalars(b, loc).cast(inner[0], position)};
    };
    auto better = [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
      Scalars s(b, loc, options.isUnsigned), order(b, loc);
      Value wins = options.smallest ? s.less(y[0], x[0]) : s.less(x[0], y[0]);
      Value onTie = options.last ? order.less(x[1], y[1]) : order.less(y[1], x[1]);
      Value second = s.either(wins, s.both(s.equal(x[0], y[0]), onTie));
      return SmallVector<Value>{s.select(second, y[0], x[0]), s.select(second, y[1], x[1])};
    };
    auto fold = pat::FoldOp::create(b, loc, shape.reduced, ValueRange{worst, nowhere}, element, better);
    return Value(fold->getResult(1));
  });
}

/// How many elements along `axis` stand before the one at `point` in the order of topK.
static Value rankOfElement(OpBuilder &b, Location loc, Value tensor, int64_t axis, ValueRange point, bool smallest,
                           bool isUnsigned) {
  Value mine = pat::at(b, loc, tensor, point);
  return sumOver(b, loc, shapeOf(tensor)[axis], b.getI64Type(), [&](OpBuilder &b, ValueRange other) {
    Scalars s(b, loc, isUnsigned);
    SmallVector<Value> place(point);
    place[axis] = other[0];
    Value theirs = pat::at(b, loc, tensor, place);
    Value wins = smallest ? s.less(theirs, mine) : s.less(mine, theirs);
    Value earlier = s.both(s.equal(theirs, mine), s.less(other[0], point[axis]));
    return Scalars(b, loc, true).cast(s.either(wins, earlier), b.getI64Type());
  });
}

Result<TopK> ops::topK(OpBuilder &b, Location loc, Value tensor, int64_t axis, int64_t count, bool smallest,
                       bool isUnsigned) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  if (count < 0 || count > shape[axis])
    return Error{"k is " + std::to_string(count) + " for an axis of extent " + std::to_string(shape[axis]) +
                 "; expected at most the extent"};
  Value ranks = mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    return rankOfElement(b, loc, tensor, axis, point, smallest, isUnsigned);
  });
  // Ranks are distinct: each key gets one value, and the combination is with the identity only.
  Shape keys(shape);
  keys[axis] = count;
  Scalars s(b, loc);
  Type type = elementOf(tensor), position = b.getI64Type();
  auto scatter = [&](OpBuilder &b, Location, ValueRange point) {
    Scalars s(b, loc);
    SmallVector<Value> yields(point);
    yields[axis] = s.cast(pat::at(b, loc, ranks, point), b.getIndexType());
    yields.push_back(pat::at(b, loc, tensor, point));
    yields.push_back(s.cast(point[axis], position));
    return yields;
  };
  auto combine = [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
    Scalars s(b, loc), values(b, loc, isUnsigned);
    return SmallVector<Value>{values.max(x[0], y[0]), s.max(x[1], y[1])};
  };
  SmallVector<Value> identities = {Scalars(b, loc, isUnsigned).lowest(type), s.lowest(position)};
  auto group = pat::GroupByOp::create(b, loc, shape, keys, identities, /*dropOutside=*/true, scatter, combine);
  return TopK{group->getResult(0), group->getResult(1)};
}

Value ops::cumulative(OpBuilder &b, Location loc, Value tensor, int64_t axis, bool product, bool exclusive,
                      bool reverse) {
  Value init = Scalars(b, loc).integer(elementOf(tensor), product ? 1 : 0);
  auto scan = pat::ScanOp::create(
      b, loc, shapeOf(tensor), axis, init, exclusive, reverse,
      [&](OpBuilder &b, Location, ValueRange point) { return SmallVector<Value>{pat::at(b, loc, tensor, point)}; },
      [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
        Scalars s(b, loc);
        return SmallVector<Value>{product ? s.mul(x[0], y[0]) : s.add(x[0], y[0])};
      });
  return scan->getResult(0);
}
