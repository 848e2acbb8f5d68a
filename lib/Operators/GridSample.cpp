// GridSample.cpp - reading at the positions of a grid, and making such grids
#include "Between.h"

#include "jacquard/Operators/Sample.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// How one spatial dimension is read.
struct Line {
  const GridSampleOptions &options;
  int64_t extent;
  double low = options.alignCorners ? 0 : -0.5;
  double high = double(extent) - (options.alignCorners ? 1 : 0.5);

  Value position(Scalars &s, Value normalized) const;
  Value mirror(Scalars &s, Value x) const;
  Value index(Scalars &s, OpBuilder &b, Value tap) const;
};

} // namespace

/// x reflected at both borders as often as it takes to come inside.
Value Line::mirror(Scalars &s, Value x) const {
  Type type = x.getType();
  if (high <= low)
    return s.constant(type, low);
  Value first = s.constant(type, low), last = s.constant(type, high), span = s.constant(type, high - low);
  Value below = s.less(x, first);
  Value beyond = s.select(below, s.sub(first, x), s.sub(x, last));
  Value turns = s.floor(s.div(beyond, span));
  Value rest = s.sub(beyond, s.mul(turns, span));
  Value half = s.mul(turns, s.constant(type, 0.5));
  Value odd = s.less(s.floor(half), half);
  // After an even number of turns the way leads back from the border that was crossed.
  Value folded = s.select(s.differ(below, odd), s.add(first, rest), s.sub(last, rest));
  return s.select(isWithin(s, x, low, high), x, folded);
}

/// From [-1, 1] to elements.
Value Line::position(Scalars &s, Value normalized) const {
  Type type = normalized.getType();
  Value fromStart = s.add(normalized, s.constant(type, 1)), half = s.constant(type, 0.5);
  Value x = options.alignCorners
                ? s.mul(s.mul(fromStart, half), s.constant(type, double(extent - 1)))
                : s.mul(s.sub(s.mul(fromStart, s.constant(type, double(extent))), s.constant(type, 1)), half);
  if (options.mode == SampleMode::Nearest)
    x = s.roundEven(x);
  return options.surrounding == Surrounding::Mirror ? mirror(s, x) : x;
}

/// The index of a whole position.
Value Line::index(Scalars &s, OpBuilder &b, Value tap) const {
  double last = double(extent - 1);
  if (options.surrounding == Surrounding::Zeros)
    return indexOrOutside(s, b, tap, isWithin(s, tap, 0, last));
  if (options.surrounding == Surrounding::Mirror)
    tap = mirror(s, tap);
  return s.cast(keepWithin(s, tap, 0, last), b.getIndexType());
}

/// Keys' cubic convolution kernel (1981), a = -0.75.
static Value cubicWeight(Scalars &s, Value distance) {
  Type type = distance.getType();
  auto number = [&](double value) { return s.constant(type, value); };
  constexpr double a = -0.75;
  Value x = s.abs(distance);
  Value near = s.add(s.mul(s.mul(s.sub(s.mul(number(a + 2), x), number(a + 3)), x), x), number(1));
  Value far = s.sub(s.mul(s.add(s.mul(s.sub(s.mul(number(a), x), number(5 * a)), x), number(8 * a)), x), number(4 * a));
  return s.select(s.lessEqual(x, number(1)), near, far);
}

static Status checkGrid(ArrayRef<int64_t> input, ArrayRef<int64_t> grid) {
  if (input.size() < 3 || grid.size() != input.size() || grid[0] != input[0] ||
      grid.back() != int64_t(input.size()) - 2)
    return Error{"a grid of shape " + describe(grid) + " does not fit an input of shape " + describe(input) +
                 "; expected [batch, out.., number of spatial dimensions]"};
  for (int64_t extent : input.drop_front(2))
    if (extent < 1)
      return Error{"there is nothing to sample: shape " + describe(input)};
  return {};
}

Result<Value> ops::gridSample(OpBuilder &b, Location loc, Value input, Value grid, const GridSampleOptions &options) {
  ArrayRef<int64_t> from = shapeOf(input), by = shapeOf(grid);
  if (Status status = checkGrid(from, by); !status)
    return status.takeError();
  SmallVector<Line> lines;
  for (int64_t extent : from.drop_front(2))
    lines.push_back({options, extent});
  Shape result = {from[0], from[1]};
  result.append(by.begin() + 1, by.end() - 1);
  Type type = elementOf(input), place = accumulatorType(elementOf(grid));
  if (type.isF64())
    place = type;
  int64_t count = options.mode == SampleMode::Cubic ? 4 : 2;

  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    SmallVector<Value> positions;
    for (size_t i = 0; i < lines.size(); ++i) {
      SmallVector<Value> at = {point[0]};
      at.append(point.begin() + 2, point.end());
      at.push_back(s.index(int64_t(lines.size() - 1 - i)));
      positions.push_back(lines[i].position(s, s.cast(pat::at(b, loc, grid, at), place)));
    }
    auto element = [&](OpBuilder &b, Scalars &s, ArrayRef<Value> taps) {
      SmallVector<Value> at = {point[0], point[1]};
      for (auto [line, tap] : llvm::zip(lines, taps))
        at.push_back(line.index(s, b, tap));
      bool reaches = options.surrounding == Surrounding::Zeros;
      return reaches ? readOr(b, loc, input, at, s.integer(type, 0)) : pat::at(b, loc, input, at);
    };
    if (options.mode == SampleMode::Nearest)
      return element(b, s, positions);
    Value sum = sumOver(b, loc, Shape(lines.size(), count), place, [&](OpBuilder &b, ValueRange tap) {
      Scalars s(b, loc);
      SmallVector<Value> taps;
      Value weight;
      for (auto [x, k] : llvm::zip(positions, tap)) {
        taps.push_back(s.add(s.floor(x), s.sub(s.cast(k, place), s.constant(place, double(count / 2 - 1)))));
        Value distance = s.sub(x, taps.back());
        Value one = count == 4 ? cubicWeight(s, distance) : linearWeight(s, distance);
        weight = weight ? s.mul(weight, one) : one;
      }
      return s.mul(weight, s.cast(element(b, s, taps), place));
    });
    return s.cast(sum, type);
  });
}

Result<Value> ops::affineGrid(OpBuilder &b, Location loc, Value theta, ArrayRef<int64_t> size, bool alignCorners) {
  int64_t rank = size.size();
  ArrayRef<int64_t> from = shapeOf(theta);
  if (from.size() != 3 || rank < 1 || from[1] != rank || from[2] != rank + 1)
    return Error{"theta has shape " + describe(from) + "; expected [batch, " + std::to_string(rank) + ", " +
                 std::to_string(rank + 1) + "] for a grid of extents " + describe(size)};
  Shape result = {from[0]};
  result.append(size.begin(), size.end());
  result.push_back(rank);
  Type type = elementOf(theta), sumType = accumulatorType(type);
  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    auto factor = [&](int64_t k) {
      return s.cast(pat::at(b, loc, theta, {point[0], point.back(), s.index(k)}), sumType);
    };
    Value sum = factor(rank);
    for (int64_t k = 0; k < rank; ++k) {
      // Column k is for the k-th dimension from the end; steps of 2 over the extent.
      int64_t dim = rank - 1 - k, extent = size[dim];
      double step = alignCorners ? (extent > 1 ? 2.0 / double(extent - 1) : 0) : 2.0 / double(extent);
      double start = alignCorners ? -1 : -1 + step / 2;
      Value x = s.add(s.mul(s.cast(point[1 + dim], sumType), s.constant(sumType, step)), s.constant(sumType, start));
      sum = s.add(sum, s.mul(factor(k), x));
    }
    return s.cast(sum, type);
  });
}
