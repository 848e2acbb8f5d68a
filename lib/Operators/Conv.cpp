// Conv.cpp - convolutions: maps of sums over channels and kernel, reading at affine indices of both
#include "jacquard/Operators/Contract.h"

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

namespace {

/// One dimension of a transposed convolution. Result position o gets x[i] * w[k] where
/// i * stride = o + pad - k * dilation. With o = stride * q + r and k * dilation = r + pad + stride * t, that is
/// i = q - t: every phase r is a convolution of its own, over the taps t, in which no product is with a zero between
/// the positions of the input.
struct Phases {
  int64_t stride, pad, dilation, reach, firstTap, taps;

  Phases(const Window &window, size_t i)
      : stride(window.strides[i]), pad(window.padsBegin[i]), dilation(window.dilations[i]), reach(window.reach(i)) {
    if (stride == 1) { // no phases: all positions of the kernel and only they
      firstTap = 0, taps = window.kernel[i];
      return;
    }
    firstTap = llvm::divideCeilSigned(1 - stride - pad, stride);
    taps = llvm::divideFloorSigned(reach - 1 - pad, stride) - firstTap + 1;
  }
  AffineExpr input(AffineExpr o, AffineExpr t) const {
    return stride == 1 ? o + pad - t * dilation : o.floorDiv(stride) - t - firstTap;
  }
  /// dilation * the position in the kernel.
  AffineExpr reached(AffineExpr o, AffineExpr t) const {
    return stride == 1 ? t * dilation : o % stride + pad + (t + firstTap) * stride;
  }
  bool usesWholeKernel() const {
    return stride == 1 || (pad + firstTap * stride >= 0 && stride - 1 + pad + (taps - 1 + firstTap) * stride < reach);
  }
  bool staysInside(int64_t output, int64_t input) const {
    int64_t first = stride == 1 ? pad - (reach - 1) : 1 - taps - firstTap;
    int64_t last = stride == 1 ? output - 1 + pad : (output - 1) / stride - firstTap;
    return first >= 0 && last < input;
  }
};

} // namespace

Result<Value> ops::convTranspose(OpBuilder &b, Location loc, Value input, Value weight, Value bias,
                                 const Window &window, int64_t groups, ArrayRef<int64_t> output) {
  ArrayRef<int64_t> in = shapeOf(input), w = shapeOf(weight);
  if (in.size() < 3 || w.size() != in.size() || output.size() != in.size() - 2 || window.rank() != output.size() ||
      w[0] != in[1])
    return Error{"weight of shape " + describe(w) + " does not fit an input of shape " + describe(in)};
  if (Status status = checkGroups(in, w, bias, groups, w[1] * groups); !status)
    return status.takeError();
  int64_t mapsPerGroup = w[1], channelsPerGroup = in[1] / groups;
  Shape result = {in[0], mapsPerGroup * groups}, depth = {channelsPerGroup}, wanted = result;
  wanted.append(output.begin(), output.end());
  SmallVector<Phases> phases;
  for (unsigned i = 0; i < window.rank(); ++i) {
    depth.push_back(phases.emplace_back(window, i).taps);
    // Whole strides, so that position and phase are digits of an index; what is too much is cut off.
    result.push_back(int64_t(llvm::alignTo(uint64_t(output[i]), uint64_t(window.strides[i]))));
  }
  Type type = elementOf(input), sumType = accumulatorType(type);
  ConvShape shape{result, depth, groups, channelsPerGroup, mapsPerGroup, window};
  AffineExpr m = shape.dim(b, 1);
  SmallVector<AffineExpr> at = {shape.dim(b, 0), shape.inputChannel(b)};
  SmallVector<AffineExpr> tap = {shape.inputChannel(b), groups == 1 ? m : m % mapsPerGroup};
  bool inside = true, whole = true;
  for (auto [i, p] : llvm::enumerate(phases)) {
    AffineExpr o = shape.dim(b, 2 + i), t = shape.kernel(b, i);
    at.push_back(p.input(o, t));
    tap.push_back(p.reached(o, t).floorDiv(p.dilation));
    inside &= p.staysInside(result[2 + i], in[2 + i]);
    whole &= p.usesWholeKernel();
  }
  Value sums = buildConv(b, loc, shape, sumType, type, bias, [&](OpBuilder &b, ValueRange indices) {
    Scalars s(b, loc);
    Value zero = s.integer(type, 0);
    Value x = read(b, loc, input, at, indices, inside ? Value() : zero);
    Value factor = read(b, loc, weight, tap, indices, whole ? Value() : zero);
    for (auto [i, p] : llvm::enumerate(phases)) {
      if (p.stride == 1 || p.dilation == 1)
        continue;
      // Zero between two positions of the kernel. What is reached is above -stride; `lift` makes it positive, where
      // remainder and modulo agree.
      int64_t lift = llvm::divideCeilSigned(p.stride, p.dilation) * p.dilation;
      Value phase = s.rem(indices[2 + i], s.index(p.stride)), t = indices[result.size() + 1 + i];
      Value reached = s.add(s.add(phase, s.mul(t, s.index(p.stride))), s.index(p.pad + p.firstTap * p.stride + lift));
      factor = s.select(s.equal(s.rem(reached, s.index(p.dilation)), s.index(0)), factor, zero);
    }
    return s.mul(s.cast(x, sumType), s.cast(factor, sumType));
  });
  if (result == wanted)
    return sums;
  return mapOver(b, loc, wanted, [&](OpBuilder &b, ValueRange point) { return pat::at(b, loc, sums, point); });
}
