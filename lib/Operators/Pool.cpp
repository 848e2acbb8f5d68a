// Pool.cpp - reductions over sliding windows
#include "jacquard/Operators/Pool.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// Points [n, c, o..] of the map; the fold runs over the kernel.
struct PoolShape {
  Shape result;
  const Window &window;
  bool inside = true;

  SmallVector<AffineExpr> input(OpBuilder &b) const {
    SmallVector<AffineExpr> exprs = {b.getAffineDimExpr(0), b.getAffineDimExpr(1)};
    for (unsigned i = 0; i < window.rank(); ++i)
      exprs.push_back(b.getAffineDimExpr(2 + i) * window.strides[i] +
                      b.getAffineDimExpr(result.size() + i) * window.dilations[i] - window.padsBegin[i]);
    return exprs;
  }
};

} // namespace

static Result<PoolShape> poolShape(ArrayRef<int64_t> input, const Window &window) {
  if (Status status = checkWindow(window, input); !status)
    return status.takeError();
  PoolShape shape{{input[0], input[1]}, window};
  for (size_t i = 0; i < window.rank(); ++i) {
    shape.result.push_back(window.positions(i, input[2 + i]));
    shape.inside &= window.staysInside(i, input[2 + i]);
  }
  return shape;
}

static SmallVector<Value> join(ValueRange point, ValueRange tap) {
  SmallVector<Value> indices(point);
  indices.append(tap.begin(), tap.end());
  return indices;
}

Result<Value> ops::maxPool(OpBuilder &b, Location loc, Value input, const Window &window, bool isUnsigned) {
  Result<PoolShape> shape = poolShape(shapeOf(input), window);
  if (!shape)
    return shape.takeError();
  return mapOver(b, loc, shape->result, [&](OpBuilder &b, ValueRange point) {
    Value lowest = Scalars(b, loc, isUnsigned).lowest(elementOf(input));
    auto element = [&](OpBuilder &b, ValueRange tap) {
      return read(b, loc, input, shape->input(b), join(point, tap), shape->inside ? Value() : lowest);
    };
    return foldOver(
        b, loc, window.kernel, lowest, element, [](Scalars &s, Value x, Value y) { return s.max(x, y); }, isUnsigned);
  });
}

/// The position of an element in the flattened input; behind all others for pads, so that these never stand for an
/// element that equals them.
static Value flatPosition(OpBuilder &b, Location loc, ArrayRef<int64_t> input, const PoolShape &shape, ValueRange point,
                          ValueRange tap, bool columnMajor) {
  Scalars s(b, loc);
  const Window &window = shape.window;
  Shape order(window.rank());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = columnMajor ? order.size() - 1 - i : i;
  Value position = s.add(s.mul(point[0], s.index(input[1])), point[1]), inside;
  for (int64_t i : order) {
    Value place = s.add(s.mul(point[2 + i], s.index(window.strides[i])), s.mul(tap[i], s.index(window.dilations[i])));
    place = s.sub(place, s.index(window.padsBegin[i]));
    if (!window.staysInside(i, input[2 + i])) {
      Value isInside = s.both(s.lessEqual(s.index(0), place), s.less(place, s.index(input[2 + i])));
      inside = inside ? s.both(inside, isInside) : isInside;
    }
    position = s.add(s.mul(position, s.index(input[2 + i])), place);
  }
  position = s.cast(position, b.getI64Type());
  return inside ? s.select(inside, position, s.highest(b.getI64Type())) : position;
}

Result<MaxPoolResult> ops::maxPoolWithPositions(OpBuilder &b, Location loc, Value input, const Window &window,
                                                bool columnMajor, bool isUnsigned) {
  Result<PoolShape> shape = poolShape(shapeOf(input), window);
  if (!shape)
    return shape.takeError();
  auto body = [&](OpBuilder &b, Location, ValueRange point) {
    Scalars s(b, loc, isUnsigned);
    Value lowest = s.lowest(elementOf(input)), last = s.highest(b.getI64Type());
    auto element = [&](OpBuilder &b, Location, ValueRange tap) {
      Value x = read(b, loc, input, shape->input(b), join(point, tap), shape->inside ? Value() : lowest);
      return SmallVector<Value>{x, flatPosition(b, loc, shapeOf(input), *shape, point, tap, columnMajor)};
    };
    auto better = [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
      Scalars s(b, loc, isUnsigned), order(b, loc);
      Value second = s.either(s.less(x[0], y[0]), s.both(s.equal(x[0], y[0]), order.less(y[1], x[1])));
      return SmallVector<Value>{s.select(second, y[0], x[0]), s.select(second, y[1], x[1])};
    };
    auto fold = pat::FoldOp::create(b, loc, window.kernel, ValueRange{lowest, last}, element, better);
    return SmallVector<Value>(fold->getResults());
  };
  auto map = pat::MapOp::create(b, loc, shape->result, body);
  return MaxPoolResult{map->getResult(0), map->getResult(1)};
}

/// How many of the window's taps count at each position along spatial dimension `i`.
static SmallVector<double> countTaps(const Window &window, size_t i, int64_t extent, int64_t positions,
                                     bool countPads) {
  SmallVector<double> counts;
  int64_t low = countPads ? -window.padsBegin[i] : 0, high = countPads ? extent + window.padsEnd[i] : extent;
  int64_t step = window.dilations[i];
  for (int64_t o = 0; o < positions; ++o) {
    // Tap k stands at first + k * step.
    int64_t first = o * window.strides[i] - window.padsBegin[i];
    int64_t from = first < low ? (low - first + step - 1) / step : 0;
    int64_t to = high > first ? (high - first + step - 1) / step : 0;
    counts.push_back(double(std::max<int64_t>(std::min(to, window.kernel[i]) - from, 0)));
  }
  return counts;
}

/// The number of counted taps as a product of one factor per spatial dimension: a number where it is the same at all
/// positions, else read from a small constant tensor made here.
static SmallVector<std::pair<double, Value>> countFactors(OpBuilder &b, Location loc, const PoolShape &shape,
                                                          ArrayRef<int64_t> input, Type type, bool countPads) {
  SmallVector<std::pair<double, Value>> factors;
  for (size_t i = 0; i < shape.window.rank(); ++i) {
    SmallVector<double> counts = countTaps(shape.window, i, input[2 + i], shape.result[2 + i], countPads);
    if (llvm::all_equal(counts))
      factors.push_back({counts.front(), Value()});
    else
      factors.push_back({0, constantTensor(b, loc, {shape.result[2 + i]}, type, counts)});
  }
  return factors;
}

Result<Value> ops::averagePool(OpBuilder &b, Location loc, Value input, const Window &window, bool countPads) {
  Result<PoolShape> shape = poolShape(shapeOf(input), window);
  if (!shape)
    return shape.takeError();
  constexpr int64_t mostPositions = int64_t(1) << 24; // counts are kept per position
  for (int64_t extent : ArrayRef<int64_t>(shape->result).drop_front(2))
    if (extent > mostPositions)
      return Error{"the result would have the impossible shape " + describe(shape->result)};
  Type type = elementOf(input), sumType = accumulatorType(type);
  auto factors = countFactors(b, loc, *shape, shapeOf(input), sumType, countPads);
  return mapOver(b, loc, shape->result, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value zero = s.integer(type, 0);
    Value sum = sumOver(b, loc, window.kernel, sumType, [&](OpBuilder &b, ValueRange tap) {
      Value x = read(b, loc, input, shape->input(b), join(point, tap), shape->inside ? Value() : zero);
      return Scalars(b, loc).cast(x, sumType);
    });
    double uniform = 1;
    Value count;
    for (auto [i, factor] : llvm::enumerate(factors)) {
      uniform *= factor.second ? 1 : factor.first;
      if (!factor.second)
        continue;
      Value here = pat::at(b, loc, factor.second, point[2 + i]);
      count = count ? s.mul(count, here) : here;
    }
    Value average = s.mul(sum, s.constant(sumType, 1 / uniform));
    return s.cast(count ? s.div(average, count) : average, type);
  });
}

Result<Value> ops::lpPool(OpBuilder &b, Location loc, Value input, const Window &window, int64_t p) {
  Result<PoolShape> shape = poolShape(shapeOf(input), window);
  if (!shape)
    return shape.takeError();
  Type type = elementOf(input), sumType = accumulatorType(type);
  return mapOver(b, loc, shape->result, [&](OpBuilder &b, ValueRange point) {
    Value zero = Scalars(b, loc).integer(type, 0);
    Value sum = sumOver(b, loc, window.kernel, sumType, [&](OpBuilder &b, ValueRange tap) {
      Scalars s(b, loc);
      Value x = read(b, loc, input, shape->input(b), join(point, tap), shape->inside ? Value() : zero);
      x = s.cast(x, sumType);
      return p == 1 ? s.abs(x) : p == 2 ? s.square(x) : s.pow(s.abs(x), s.constant(sumType, p));
    });
    Scalars s(b, loc);
    Value root = p == 1 ? sum : p == 2 ? s.sqrt(sum) : s.pow(sum, s.constant(sumType, 1.0 / p));
    return s.cast(root, type);
  });
}
