// DeformConv.cpp - convolution whose taps stand between elements
#include "Between.h"

#include "jacquard/Operators/Sample.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// Extents of a deformable convolution. Points of the map: [n, m, o..]; of the fold: [c, k.., t..], where t is the
/// lower or the upper neighbour of the tap along each dimension. Accesses are affine in both, in this order.
struct DeformShape {
  Shape result, depth;
  const Window &window;
  int64_t channelsPerGroup, mapsPerGroup, channelsPerOffset;

  int64_t rank() const { return window.rank(); }
  AffineExpr dim(OpBuilder &b, unsigned i) const { return b.getAffineDimExpr(i); }
  AffineExpr kernel(OpBuilder &b, unsigned i) const { return dim(b, result.size() + 1 + i); }
  AffineExpr channel(OpBuilder &b) const {
    return dim(b, 1).floorDiv(mapsPerGroup) * channelsPerGroup + dim(b, result.size());
  }
  /// The tap's number among those of all offset groups.
  AffineExpr tap(OpBuilder &b) const {
    AffineExpr number = channel(b).floorDiv(channelsPerOffset);
    for (int64_t i = 0; i < rank(); ++i)
      number = number * window.kernel[i] + kernel(b, i);
    return number;
  }
  /// Row `channel` of offsets or mask at the result's position.
  SmallVector<AffineExpr> atResult(OpBuilder &b, AffineExpr channel) const {
    SmallVector<AffineExpr> exprs = {dim(b, 0), channel};
    for (int64_t i = 0; i < rank(); ++i)
      exprs.push_back(dim(b, 2 + i));
    return exprs;
  }
};

} // namespace

static Status checkExtra(const char *name, Value tensor, int64_t channels, ArrayRef<int64_t> result) {
  Shape expected(result);
  expected[1] = channels;
  if (!tensor || shapeOf(tensor) == ArrayRef<int64_t>(expected))
    return {};
  return Error{std::string(name) + " have shape " + describe(shapeOf(tensor)) + "; expected " + describe(expected)};
}

static Result<DeformShape> deformShape(const DeformConvOperands &x, const Window &window, int64_t groups,
                                       int64_t offsetGroups) {
  ArrayRef<int64_t> input = shapeOf(x.input), weight = shapeOf(x.weight);
  if (Status status = checkWindow(window, input); !status)
    return status.takeError();
  if (groups < 1 || offsetGroups < 1 || input[1] % groups || weight[0] % groups || input[1] % offsetGroups)
    return Error{std::to_string(groups) + " groups and " + std::to_string(offsetGroups) +
                 " offset groups do not divide " + std::to_string(input[1]) + " input and " +
                 std::to_string(weight[0]) + " output channels"};
  if (weight.size() != input.size() || weight[1] != input[1] / groups ||
      weight.drop_front(2) != ArrayRef<int64_t>(window.kernel))
    return Error{"weight has shape " + describe(weight) + "; expected " + std::to_string(input[1] / groups) +
                 " channels and kernel " + describe(window.kernel)};
  if (x.bias && shapeOf(x.bias) != weight.take_front(1))
    return Error{"bias has shape " + describe(shapeOf(x.bias)) + "; expected [" + std::to_string(weight[0]) + "]"};
  if (input[1] == 0)
    return Error{"input has no channels"};
  DeformShape shape{{input[0], weight[0]}, {weight[1]}, window, weight[1], weight[0] / groups, input[1] / offsetGroups};
  for (size_t i = 0; i < window.rank(); ++i)
    shape.result.push_back(window.positions(i, input[2 + i]));
  shape.depth.append(window.kernel.begin(), window.kernel.end());
  shape.depth.append(window.rank(), 2);
  int64_t taps = offsetGroups * pat::numPoints(window.kernel);
  if (Status status = checkExtra("offsets", x.offsets, taps * shape.rank(), shape.result); !status)
    return status.takeError();
  if (Status status = checkExtra("mask values", x.mask, taps, shape.result); !status)
    return status.takeError();
  return shape;
}

/// One neighbour of one tap: its value times the weight of the interpolation.
static Value neighbour(OpBuilder &b, Location loc, const DeformConvOperands &x, const DeformShape &shape,
                       ValueRange indices, Type sumType) {
  Scalars s(b, loc);
  const Window &window = shape.window;
  SmallVector<AffineExpr> exprs = {shape.dim(b, 0), shape.channel(b)};
  SmallVector<Value> operands(indices);
  Value weight;
  for (int64_t i = 0; i < shape.rank(); ++i) {
    AffineExpr row = shape.tap(b) * shape.rank() + i;
    Value offset = s.cast(read(b, loc, x.offsets, shape.atResult(b, row), indices), sumType);
    size_t firstTap = shape.result.size() + 1;
    Value start = s.add(s.mul(indices[2 + i], s.index(window.strides[i])),
                        s.mul(indices[firstTap + i], s.index(window.dilations[i])));
    Value position = s.add(s.cast(s.sub(start, s.index(window.padsBegin[i])), sumType), offset);
    Value element = s.add(s.floor(position), s.cast(indices[firstTap + shape.rank() + i], sumType));
    Value share = linearWeight(s, s.sub(position, element));
    weight = weight ? s.mul(weight, share) : share;
    Value inside = isWithin(s, element, 0, double(shapeOf(x.input)[2 + i] - 1));
    exprs.push_back(b.getAffineDimExpr(operands.size()));
    operands.push_back(indexOrOutside(s, b, element, inside));
  }
  Value value = read(b, loc, x.input, exprs, operands, s.integer(elementOf(x.input), 0));
  return s.mul(weight, s.cast(value, sumType));
}

Result<Value> ops::deformConv(OpBuilder &b, Location loc, const DeformConvOperands &x, const Window &window,
                              int64_t groups, int64_t offsetGroups) {
  Result<DeformShape> shape = deformShape(x, window, groups, offsetGroups);
  if (!shape)
    return shape.takeError();
  Type type = elementOf(x.input), sumType = accumulatorType(type);
  return mapOver(b, loc, shape->result, [&](OpBuilder &b, ValueRange point) {
    Value sum = sumOver(b, loc, shape->depth, sumType, [&](OpBuilder &b, ValueRange tap) {
      SmallVector<Value> indices(point);
      indices.append(tap.begin(), tap.end());
      Scalars s(b, loc);
      SmallVector<AffineExpr> exprs = {shape->dim(b, 1), shape->dim(b, shape->result.size())};
      for (int64_t i = 0; i < shape->rank(); ++i)
        exprs.push_back(shape->kernel(b, i));
      Value factor = s.cast(read(b, loc, x.weight, exprs, indices), sumType);
      if (x.mask)
        factor = s.mul(factor, s.cast(read(b, loc, x.mask, shape->atResult(b, shape->tap(b)), indices), sumType));
      return s.mul(factor, neighbour(b, loc, x, *shape, indices, sumType));
    });
    Scalars s(b, loc);
    if (x.bias)
      sum = s.add(sum, s.cast(pat::at(b, loc, x.bias, point[1]), sumType));
    return s.cast(sum, type);
  });
}
