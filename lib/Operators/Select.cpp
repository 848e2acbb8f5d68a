// Select.cpp - picking elements by conditions, and different elements by comparison
#include "jacquard/Operators/Select.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// The element at `number` in row-major order.
static Value readFlat(OpBuilder &b, Location loc, Value tensor, Value number) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  SmallVector<AffineExpr> exprs(shape.size());
  AffineExpr rest = b.getAffineDimExpr(0);
  for (size_t d = shape.size(); d-- > 0; rest = rest.floorDiv(shape[d]))
    exprs[d] = d == 0 ? rest : rest % shape[d];
  return pat::at(b, loc, tensor, AffineMap::get(1, 0, exprs, b.getContext()), number);
}

/// The slices of `tensor` along `axis` (elements without one) that `numbers`, a list of i64, names.
static Value takeSlices(OpBuilder &b, Location loc, Value tensor, Value numbers, std::optional<int64_t> axis) {
  int64_t capacity = shapeOf(numbers)[0];
  Shape shape = axis ? Shape(shapeOf(tensor)) : Shape{capacity};
  shape[axis.value_or(0)] = capacity;
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    Value number = pat::at(b, loc, numbers, point[axis.value_or(0)]);
    number = Scalars(b, loc).cast(number, b.getIndexType());
    if (!axis)
      return readFlat(b, loc, tensor, number);
    SmallVector<Value> place(point);
    place[*axis] = number;
    return pat::at(b, loc, tensor, place);
  });
}

static Value countTensor(OpBuilder &b, Location loc, Value count) {
  return mapOver(b, loc, {}, [&](OpBuilder &b, ValueRange) { return Scalars(b, loc).cast(count, b.getI64Type()); });
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

Counted ops::nonZero(OpBuilder &b, Location loc, Value tensor) {
  int64_t rank = rankOf(tensor), points = pat::numPoints(shapeOf(tensor));
  auto body = [&](OpBuilder &b, Location loc, ValueRange point) {
    Scalars s(b, loc);
    Value x = pat::at(b, loc, tensor, point);
    Value isSet = x.getType().isInteger(1) ? x : s.negate(s.equal(x, s.integer(x.getType(), 0)));
    SmallVector<Value> results = {isSet};
    for (Value index : point)
      results.push_back(s.cast(index, b.getI64Type()));
    return results;
  };
  auto filter = pat::FilterOp::create(b, loc, shapeOf(tensor), points, body);
  Value count = countTensor(b, loc, filter.getCount());
  if (rank == 0)
    return {constantTensor(b, loc, {0, points}, ArrayRef<int64_t>()), count};
  Value stacked = mapOver(b, loc, {rank, points}, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value row = pat::at(b, loc, filter.getValues()[0], point[1]);
    for (int64_t d = 1; d < rank; ++d)
      row = s.select(s.equal(point[0], s.index(d)), pat::at(b, loc, filter.getValues()[d], point[1]), row);
    return row;
  });
  return {stacked, count};
}

Counted ops::compress(OpBuilder &b, Location loc, Value tensor, Value condition, std::optional<int64_t> axis) {
  int64_t extent = axis ? shapeOf(tensor)[*axis] : pat::numPoints(shapeOf(tensor));
  int64_t capacity = std::min(extent, shapeOf(condition)[0]);
  auto body = [&](OpBuilder &b, Location loc, ValueRange point) {
    return SmallVector<Value>{pat::at(b, loc, condition, point), Scalars(b, loc).cast(point[0], b.getI64Type())};
  };
  auto filter = pat::FilterOp::create(b, loc, capacity, capacity, body);
  return {takeSlices(b, loc, tensor, filter.getValues()[0], axis), countTensor(b, loc, filter.getCount())};
}

//===----------------------------------------------------------------------===//
// Different slices
//===----------------------------------------------------------------------===//

namespace {

/// Slices along an axis, or elements, and how they compare.
class Slices {
public:
  Slices(OpBuilder &b, Location loc, Value tensor, std::optional<int64_t> axis, bool isUnsigned)
      : b(b), loc(loc), tensor(tensor), axis(axis), isUnsigned(isUnsigned || elementOf(tensor).isInteger(1)) {
    number = axis ? shapeOf(tensor)[*axis] : pat::numPoints(shapeOf(tensor));
    if (axis) {
      elements.assign(shapeOf(tensor).begin(), shapeOf(tensor).end());
      elements.erase(elements.begin() + *axis);
    }
    nowhere = 2 * pat::numPoints(elements);
  }

  int64_t count() const { return number; }
  /// order[i, k]: 2 * p where slice k precedes slice i by its element p, 2 * p + 1 where it follows, `nowhere` if
  /// equal.
  Value compareAll();
  Value isEqual(Scalars &s, Value order) { return s.equal(order, s.integer(order.getType(), nowhere)); }
  Value precedes(Scalars &s, Value order) {
    Value even = s.equal(s.both(order, s.integer(order.getType(), 1)), s.integer(order.getType(), 0));
    return s.both(even, s.less(order, s.integer(order.getType(), nowhere)));
  }

private:
  Value element(OpBuilder &b, Value slice, ValueRange inner);
  Value compare(OpBuilder &b, Value slice, Value other, ValueRange inner);

  OpBuilder &b;
  Location loc;
  Value tensor;
  std::optional<int64_t> axis;
  bool isUnsigned;
  int64_t number, nowhere;
  Shape elements; ///< of a slice
};

Value Slices::element(OpBuilder &b, Value slice, ValueRange inner) {
  if (!axis)
    return readFlat(b, loc, tensor, slice);
  SmallVector<Value> place(inner);
  place.insert(place.begin() + *axis, slice);
  return pat::at(b, loc, tensor, place);
}

/// The code of one element.
Value Slices::compare(OpBuilder &b, Value slice, Value other, ValueRange inner) {
  Scalars s(b, loc, isUnsigned), plain(b, loc);
  Value mine = element(b, slice, inner), theirs = element(b, other, inner);
  Value same = s.equal(mine, theirs), less = s.less(theirs, mine);
  if (isa<FloatType>(mine.getType())) {
    Value mineIsNaN = s.isNaN(mine), theirsIsNaN = s.isNaN(theirs);
    same = s.either(same, s.both(mineIsNaN, theirsIsNaN));
    less = s.either(less, s.both(mineIsNaN, s.negate(theirsIsNaN)));
  }
  Value position = plain.index(0);
  for (auto [index, extent] : llvm::zip(inner, elements))
    position = plain.add(plain.mul(position, plain.index(extent)), index);
  Type type = b.getI64Type();
  Value twice = plain.mul(plain.cast(position, type), plain.integer(type, 2));
  Value differs = plain.select(less, twice, plain.add(twice, plain.integer(type, 1)));
  return plain.select(same, plain.integer(type, nowhere), differs);
}

Value Slices::compareAll() {
  return mapOver(b, loc, {number, number}, [&](OpBuilder &b, ValueRange pair) {
    if (elements.empty())
      return compare(b, pair[0], pair[1], {});
    Value none = Scalars(b, loc).integer(b.getI64Type(), nowhere);
    return foldOver(
        b, loc, elements, none, [&](OpBuilder &b, ValueRange inner) { return compare(b, pair[0], pair[1], inner); },
        [](Scalars &s, Value x, Value y) { return s.min(x, y); });
  });
}

} // namespace

/// A group_by of one i64 per point of [0, number) into [0, number).
static Value collect(OpBuilder &b, Location loc, int64_t number, IndexFn key, IndexFn value, bool add) {
  auto body = [&](OpBuilder &b, Location, ValueRange point) {
    return SmallVector<Value>{key(b, point), value(b, point)};
  };
  auto combine = [&](OpBuilder &b, Location loc, ValueRange x, ValueRange y) {
    Scalars s(b, loc);
    return SmallVector<Value>{add ? s.add(x[0], y[0]) : s.max(x[0], y[0])};
  };
  Value zero = Scalars(b, loc).integer(b.getI64Type(), 0);
  return pat::GroupByOp::create(b, loc, number, number, zero, /*dropOutside=*/true, body, combine)->getResult(0);
}

Unique ops::unique(OpBuilder &b, Location loc, Value tensor, std::optional<int64_t> axis, bool sorted,
                   bool isUnsigned) {
  Slices slices(b, loc, tensor, axis, isUnsigned);
  int64_t number = slices.count();
  if (number == 0) {
    Value none = constantTensor(b, loc, {0}, ArrayRef<int64_t>());
    return {takeSlices(b, loc, tensor, none, axis), none, none, none, constantTensor(b, loc, {}, {int64_t(0)})};
  }
  Type type = b.getI64Type();
  Value order = slices.compareAll();
  // The first slice that equals this one.
  Value first = mapOver(b, loc, number, [&](OpBuilder &b, ValueRange i) {
    return foldOver(
        b, loc, number, Scalars(b, loc).integer(type, number),
        [&](OpBuilder &b, ValueRange k) {
          Scalars s(b, loc);
          Value isSame = slices.isEqual(s, pat::at(b, loc, order, {i[0], k[0]}));
          return s.select(isSame, s.cast(k[0], type), s.integer(type, number));
        },
        [](Scalars &s, Value x, Value y) { return s.min(x, y); });
  });
  auto isFirst = [&](OpBuilder &b, Value k) {
    Scalars s(b, loc);
    return s.equal(pat::at(b, loc, first, k), s.cast(k, type));
  };
  // How many of the first ones come before this one's value.
  Value rank = mapOver(b, loc, number, [&](OpBuilder &b, ValueRange i) {
    return sumOver(b, loc, number, type, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      Value before = sorted ? slices.precedes(s, pat::at(b, loc, order, {i[0], k[0]}))
                            : s.less(s.cast(k[0], type), pat::at(b, loc, first, i));
      return s.select(s.both(before, isFirst(b, k[0])), s.integer(type, 1), s.integer(type, 0));
    });
  });
  Value count = mapOver(b, loc, {}, [&](OpBuilder &b, ValueRange) {
    return sumOver(b, loc, number, type, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      return s.select(isFirst(b, k[0]), s.integer(type, 1), s.integer(type, 0));
    });
  });
  auto rankOf = [&](OpBuilder &b, ValueRange i) {
    return Scalars(b, loc).cast(pat::at(b, loc, rank, i), b.getIndexType());
  };
  Value positions = collect(
      b, loc, number,
      [&](OpBuilder &b, ValueRange i) {
        Scalars s(b, loc);
        return s.select(isFirst(b, i[0]), rankOf(b, i), s.index(number));
      },
      [&](OpBuilder &b, ValueRange i) { return Scalars(b, loc).cast(i[0], type); }, /*add=*/false);
  Value repeats = collect(
      b, loc, number, rankOf, [&](OpBuilder &b, ValueRange) { return Scalars(b, loc).integer(type, 1); },
      /*add=*/true);
  return {takeSlices(b, loc, tensor, positions, axis), positions, rank, repeats, count};
}
