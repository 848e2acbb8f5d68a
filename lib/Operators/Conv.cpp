// Conv.cpp - convolutions: maps of sums over channels and kernel, reading at affine indices of both
#include "Transposed.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

int64_t Window::positions(size_t i, int64_t extent) const {
  int64_t room = extent + padsBegin[i] + padsEnd[i] - reach(i);
  int64_t count = 1 + (ceilMode ? llvm::divideCeilSigned(room, strides[i]) : llvm::divideFloorSigned(room, strides[i]));
  // A position that starts behind the input and its leading pads would see nothing but trailing pads.
  if (ceilMode && (count - 1) * strides[i] >= extent + padsBegin[i])
    --count;
  return std::max<int64_t>(count, 0);
}

bool Window::staysInside(size_t i, int64_t extent) const {
  int64_t last = (positions(i, extent) - 1) * strides[i] - padsBegin[i] + reach(i) - 1;
  return padsBegin[i] <= 0 && last < extent;
}

Status ops::checkWindow(const Window &window, ArrayRef<int64_t> input) {
  if (input.size() < 3)
    return Error{"input has shape " + describe(input) +
                 "; expected batch, channels and at least one spatial dimension"};
  ArrayRef<int64_t> spatial = input.drop_front(2);
  for (const Shape *list : {&window.kernel, &window.strides, &window.dilations, &window.padsBegin, &window.padsEnd})
    if (list->size() != spatial.size())
      return Error{"kernel, strides, dilations or pads have " + std::to_string(list->size()) + " entries for " +
                   std::to_string(spatial.size()) + " spatial dimensions"};
  constexpr int64_t most = int64_t(1) << 31;
  for (size_t i = 0; i < spatial.size(); ++i) {
    for (int64_t entry : {window.kernel[i], window.strides[i], window.dilations[i]})
      if (entry < 1 || entry > most)
        return Error{"kernel, stride or dilation " + std::to_string(entry) + " is not allowed; expected at least 1"};
    for (int64_t entry : {window.padsBegin[i], window.padsEnd[i]})
      if (entry < -most || entry > most)
        return Error{"pad " + std::to_string(entry) + " is out of range"};
    if (window.positions(i, spatial[i]) < 1)
      return Error{"kernel " + describe(window.kernel) + " does not fit into input " + describe(input) + " with pads " +
                   describe(window.padsBegin) + " and " + describe(window.padsEnd)};
  }
  return {};
}

namespace {

/// A convolution's extents and indices. Points of the map: [n, m, o..]; points of the fold: [c, k..]; accesses are
/// affine in both, in this order.
struct ConvShape {
  Shape result, depth;
  int64_t groups, channelsPerGroup, mapsPerGroup;
  const Window &window;

  AffineExpr dim(OpBuilder &b, unsigned i) const { return b.getAffineDimExpr(i); }
  AffineExpr channel(OpBuilder &b) const { return dim(b, result.size()); }
  AffineExpr kernel(OpBuilder &b, unsigned i) const { return dim(b, result.size() + 1 + i); }

  /// The input channel of channel c of the group that map m belongs to.
  AffineExpr inputChannel(OpBuilder &b) const {
    AffineExpr group = mapsPerGroup == 1 ? dim(b, 1) : dim(b, 1).floorDiv(mapsPerGroup);
    if (groups == 1)
      return channel(b);
    if (channelsPerGroup == 1)
      return group;
    return group * channelsPerGroup + channel(b);
  }
  SmallVector<AffineExpr> input(OpBuilder &b) const {
    SmallVector<AffineExpr> exprs = {dim(b, 0), inputChannel(b)};
    for (unsigned i = 0; i < window.rank(); ++i) {
      AffineExpr tap = window.kernel[i] == 1 ? b.getAffineConstantExpr(0) : kernel(b, i) * window.dilations[i];
      exprs.push_back(dim(b, 2 + i) * window.strides[i] + tap - window.padsBegin[i]);
    }
    return exprs;
  }
  SmallVector<AffineExpr> weight(OpBuilder &b) const {
    SmallVector<AffineExpr> exprs = {dim(b, 1), channel(b)};
    for (unsigned i = 0; i < window.rank(); ++i)
      exprs.push_back(kernel(b, i));
    return exprs;
  }
};

} // namespace

static Status checkGroups(ArrayRef<int64_t> input, ArrayRef<int64_t> weight, Value bias, int64_t groups, int64_t maps) {
  if (bias && shapeOf(bias) != ArrayRef<int64_t>{maps})
    return Error{"bias has shape " + describe(shapeOf(bias)) + "; expected [" + std::to_string(maps) + "]"};
  if (groups < 1 || input[1] % groups || maps % groups)
    return Error{std::to_string(groups) + " groups do not divide " + std::to_string(input[1]) + " input and " +
                 std::to_string(maps) + " output channels"};
  return {};
}

static Result<ConvShape> convShape(ArrayRef<int64_t> input, ArrayRef<int64_t> weight, Value bias, const Window &window,
                                   int64_t groups) {
  if (Status status = checkWindow(window, input); !status)
    return status.takeError();
  if (weight.size() != input.size())
    return Error{"weight has shape " + describe(weight) + " for an input of shape " + describe(input) +
                 "; expected equal ranks"};
  if (Status status = checkGroups(input, weight, bias, groups, weight[0]); !status)
    return status.takeError();
  if (weight[1] != input[1] / groups || weight.drop_front(2) != ArrayRef<int64_t>(window.kernel))
    return Error{"weight has shape " + describe(weight) + "; expected " + std::to_string(input[1] / groups) +
                 " channels and kernel " + describe(window.kernel)};
  ConvShape shape{{input[0], weight[0]}, {weight[1]}, groups, weight[1], weight[0] / groups, window};
  for (size_t i = 0; i < window.rank(); ++i) {
    shape.result.push_back(window.positions(i, input[2 + i]));
    shape.depth.push_back(window.kernel[i]);
  }
  return shape;
}

static bool staysInside(const Window &window, ArrayRef<int64_t> input) {
  for (size_t i = 0; i < window.rank(); ++i)
    if (!window.staysInside(i, input[2 + i]))
      return false;
  return true;
}

/// The map of folds: `product` computes one term of the sum from the concatenated indices.
static Value buildConv(OpBuilder &b, Location loc, const ConvShape &shape, Type sumType, Type resultType, Value bias,
                       llvm::function_ref<Value(OpBuilder &, ValueRange)> product) {
  return mapOver(b, loc, shape.result, [&](OpBuilder &b, ValueRange point) {
    Value sum = sumOver(b, loc, shape.depth, sumType, [&](OpBuilder &b, ValueRange tap) {
      SmallVector<Value> indices(point);
      indices.append(tap.begin(), tap.end());
      return product(b, indices);
    });
    Scalars s(b, loc);
    if (bias)
      sum = s.add(sum, s.cast(pat::at(b, loc, bias, point[1]), sumType));
    return s.cast(sum, resultType);
  });
}

Result<Value> ops::conv(OpBuilder &b, Location loc, Value input, Value weight, Value bias, const Window &window,
                        int64_t groups) {
  Result<ConvShape> shape = convShape(shapeOf(input), shapeOf(weight), bias, window, groups);
  if (!shape)
    return shape.takeError();
  Type type = elementOf(input), sumType = accumulatorType(type);
  bool inside = staysInside(window, shapeOf(input));
  return buildConv(b, loc, *shape, sumType, type, bias, [&](OpBuilder &b, ValueRange indices) {
    Scalars s(b, loc);
    Value outside = inside ? Value() : s.integer(type, 0);
    Value x = read(b, loc, input, shape->input(b), indices, outside);
    Value w = read(b, loc, weight, shape->weight(b), indices);
    return s.mul(s.cast(x, sumType), s.cast(w, sumType));
  });
}

Result<Value> ops::convInteger(OpBuilder &b, Location loc, const QuantizedOperand &input,
                               const QuantizedOperand &weight, Value bias, const Window &window, int64_t groups) {
  Result<ConvShape> shape = convShape(shapeOf(input.tensor), shapeOf(weight.tensor), bias, window, groups);
  if (!shape)
    return shape.takeError();
  if (input.zeroPoint && rankOf(input.zeroPoint) != 0)
    return Error{"zero point of the input has shape " + describe(shapeOf(input.zeroPoint)) + "; expected a scalar"};
  if (weight.zeroPoint && rankOf(weight.zeroPoint) != 0 &&
      shapeOf(weight.zeroPoint) != shapeOf(weight.tensor).take_front(1))
    return Error{"zero point of the weight has shape " + describe(shapeOf(weight.zeroPoint)) +
                 "; expected a scalar or one per output channel"};
  Type sumType = b.getI32Type();
  return buildConv(b, loc, *shape, sumType, sumType, bias, [&](OpBuilder &b, ValueRange indices) {
    // Padding stands for the zero point, so that it adds nothing.
    Scalars in(b, loc, input.isUnsigned), by(b, loc, weight.isUnsigned);
    Value zero =
        input.zeroPoint ? pat::at(b, loc, input.zeroPoint, ValueRange()) : in.integer(elementOf(input.tensor), 0);
    Value outside = staysInside(window, shapeOf(input.tensor)) ? Value() : zero;
    Value x = in.cast(read(b, loc, input.tensor, shape->input(b), indices, outside), sumType);
    Value w = by.cast(read(b, loc, weight.tensor, shape->weight(b), indices), sumType);
    if (input.zeroPoint)
      x = in.sub(x, in.cast(zero, sumType));
    if (weight.zeroPoint) {
      ValueRange perMap = rankOf(weight.zeroPoint) ? indices.slice(1, 1) : ValueRange();
      w = by.sub(w, by.cast(pat::at(b, loc, weight.zeroPoint, perMap), sumType));
    }
    return in.mul(x, w);
  });
}

Result<Value> ops::convTranspose(OpBuilder &b, Location loc, Value input, Value weight, Value bias,
                                 const Window &window, int64_t groups, ArrayRef<int64_t> output) {
  ArrayRef<int64_t> in = shapeOf(input), w = shapeOf(weight);
  if (in.size() < 3 || w.size() != in.size() || output.size() != in.size() - 2 || window.rank() != output.size() ||
      w[0] != in[1])
    return Error{"weight of shape " + describe(w) + " does not fit an input of shape " + describe(in)};
  if (Status status = checkGroups(in, w, bias, groups, w[1] * groups); !status)
    return status.takeError();
  int64_t mapsPerGroup = w[1], channelsPerGroup = in[1] / groups;
  Shape result = {in[0], mapsPerGroup * groups}, depth = {channelsPerGroup};
  result.append(output.begin(), output.end());
  depth.append(window.kernel.begin(), window.kernel.end());
  Type type = elementOf(input), sumType = accumulatorType(type);
  ConvShape shape{result, depth, groups, channelsPerGroup, mapsPerGroup, window};
  return buildConv(b, loc, shape, sumType, type, bias, [&](OpBuilder &b, ValueRange indices) {
    // Result position o gets x[i] * w[k] where i * stride = o + pad - k * dilation: where the division leaves no rest.
    Scalars s(b, loc);
    SmallVector<AffineExpr> at = {shape.dim(b, 0), shape.inputChannel(b)};
    AffineExpr map = groups == 1 ? shape.dim(b, 1) : shape.dim(b, 1) % mapsPerGroup;
    SmallVector<AffineExpr> tap = {shape.inputChannel(b), mapsPerGroup == 1 ? b.getAffineConstantExpr(0) : map};
    Value aligned;
    for (unsigned i = 0; i < window.rank(); ++i) {
      at.push_back(reachedFrom(window, i, shape.dim(b, 2 + i), shape.kernel(b, i)));
      tap.push_back(shape.kernel(b, i));
      Value hit = isReached(s, window, i, indices[2 + i], indices[result.size() + 1 + i]);
      if (hit)
        aligned = aligned ? s.both(aligned, hit) : hit;
    }
    Value zero = s.integer(type, 0);
    Value x = read(b, loc, input, at, indices, zero);
    if (aligned)
      x = s.select(aligned, x, zero);
    Value factor = read(b, loc, weight, tap, indices);
    return s.mul(s.cast(x, sumType), s.cast(factor, sumType));
  });
}
