// ResizeOps.cpp - resampling along dimensions
#include "Node.h"

#include "jacquard/Operators/Movement.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

namespace {

/// How result positions relate to input positions along one dimension, and how what lies between is found.
struct Sampling {
  std::string mode, transform, nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool excludeOutside = false, antialias = false;
};

struct Axis {
  int64_t from, to;
  double scale;              ///< result per input
  double start = 0, end = 1; ///< region of interest, of the whole
};

/// The taps of every result position: `count` input positions each, and their weights.
struct Taps {
  int64_t count = 0;
  SmallVector<int64_t> positions;
  SmallVector<double> weights;
  SmallVector<bool> outside; ///< per result position: extrapolated
};

} // namespace

static double inputPosition(const Sampling &s, const Axis &axis, int64_t i) {
  double length = axis.scale * axis.from;
  if (s.transform == "asymmetric")
    return i / axis.scale;
  if (s.transform == "align_corners")
    return length == 1 ? 0 : i * (axis.from - 1) / (length - 1);
  if (s.transform == "pytorch_half_pixel")
    return axis.to > 1 ? (i + 0.5) / axis.scale - 0.5 : 0;
  if (s.transform == "tf_half_pixel_for_nn")
    return (i + 0.5) / axis.scale;
  if (s.transform == "half_pixel_symmetric") {
    double adjustment = axis.to / length, centre = axis.from / 2.0;
    return centre * (1 - adjustment) + (i + 0.5) / axis.scale - 0.5;
  }
  if (s.transform == "tf_crop_and_resize")
    return axis.to > 1 ? axis.start * (axis.from - 1) + i * (axis.end - axis.start) * (axis.from - 1) / (length - 1)
                       : 0.5 * (axis.start + axis.end) * (axis.from - 1);
  return (i + 0.5) / axis.scale - 0.5; // half_pixel
}

/// "simple" is the rounding of version 10, where it could not be chosen.
static int64_t nearestPosition(const Sampling &s, const Axis &axis, double x) {
  bool goesUp = s.nearest == "ceil" || (s.nearest == "simple" && axis.scale < 1);
  if (goesUp)
    return int64_t(std::ceil(x));
  if (s.nearest == "floor" || s.nearest == "simple")
    return int64_t(std::floor(x));
  if (s.nearest == "round_prefer_ceil")
    return int64_t(std::floor(x + 0.5));
  return int64_t(std::ceil(x - 0.5)); // round_prefer_floor
}

static double linearWeight(double distance) { return std::max(0.0, 1 - std::fabs(distance)); }

static double cubicWeight(double distance, double a) {
  double x = std::fabs(distance);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/// Weights of the input positions around `x`; with antialiasing the kernel is as wide as the result's step.
static void addTaps(const Sampling &s, const Axis &axis, double x, Taps &taps) {
  double stretch = s.antialias && axis.scale < 1 ? axis.scale : 1;
  bool cubic = s.mode == "cubic";
  int64_t first = int64_t(std::floor(x)) - taps.count / 2 + 1;
  SmallVector<double> weights;
  double sum = 0;
  for (int64_t k = 0; k < taps.count; ++k) {
    int64_t at = first + k;
    double distance = (x - at) * stretch;
    double weight = cubic ? cubicWeight(distance, s.cubicA) : linearWeight(distance);
    if (s.excludeOutside && (at < 0 || at >= axis.from))
      weight = 0;
    weights.push_back(weight);
    sum += weight;
    taps.positions.push_back(std::clamp<int64_t>(at, 0, axis.from - 1));
  }
  for (double weight : weights)
    taps.weights.push_back(sum == 0 ? 0 : weight / sum);
}

static Taps computeTaps(const Sampling &s, const Axis &axis) {
  Taps taps;
  double stretch = s.antialias && axis.scale < 1 ? axis.scale : 1;
  if (s.mode == "nearest")
    taps.count = 1;
  else
    taps.count = 2 * int64_t(std::ceil((s.mode == "cubic" ? 2 : 1) / stretch));
  for (int64_t i = 0; i < axis.to; ++i) {
    double x = inputPosition(s, axis, i);
    taps.outside.push_back(s.transform == "tf_crop_and_resize" && (x < 0 || x > axis.from - 1));
    if (s.mode != "nearest") {
      addTaps(s, axis, x, taps);
      continue;
    }
    taps.positions.push_back(std::clamp<int64_t>(nearestPosition(s, axis, x), 0, axis.from - 1));
    taps.weights.push_back(1);
  }
  return taps;
}

namespace {

/// Neighbours in the input among which the taps of every result position are. Where they begin is affine in the digits
/// of the result position, so that nothing has to be gathered: after `period` results it is `step` inputs further on,
/// and one more within a period after half of it (if `half` is not 0).
struct Window {
  int64_t step, period, half;
  int64_t first = 0, count = 0;

  int64_t begin(int64_t i) const { return step * (i / period) + first + (half ? i / half % 2 : 0); }
  AffineExpr begin(AffineExpr i) const {
    AffineExpr whole = i.floorDiv(period) * step + first;
    return half ? whole + i.floorDiv(half) % 2 : whole;
  }
};

} // namespace

/// The narrowest window for these taps; none where that would be much wider than they are.
static std::optional<Window> windowOf(const Taps &taps, int64_t from) {
  int64_t to = taps.outside.size(), common = std::gcd(from, to);
  auto fit = [&](int64_t half) {
    Window window{from / common, to / common, half};
    int64_t lowest = taps.positions[0] - window.begin(0), highest = lowest;
    for (auto [k, position] : llvm::enumerate(taps.positions)) {
      int64_t shift = position - window.begin(int64_t(k) / taps.count);
      lowest = std::min(lowest, shift);
      highest = std::max(highest, shift);
    }
    window.first = lowest;
    window.count = highest - lowest + 1;
    return window;
  };
  Window window = fit(0);
  if (window.step == 1 && window.period % 2 == 0)
    if (Window other = fit(window.period / 2); other.count < window.count)
      window = other;
  int64_t most = taps.count == 1 ? 1 : 2 * taps.count;
  return window.count <= most ? std::optional(window) : std::nullopt;
}

/// The weights of all places of the window, for every result position.
static SmallVector<double> weightsIn(const Window &window, const Taps &taps) {
  SmallVector<double> weights(taps.outside.size() * window.count, 0);
  for (auto [k, position, weight] : llvm::enumerate(taps.positions, taps.weights)) {
    int64_t i = int64_t(k) / taps.count;
    weights[i * window.count + position - window.begin(i)] += weight; // at a border, several taps are one element
  }
  return weights;
}

/// Resamples one dimension: a map that reads one position, or sums weighted ones.
static Value resample(Node &n, Value tensor, int64_t dim, const Taps &taps, const Sampling &sampling) {
  OpBuilder &b = n.b;
  Shape shape(ops::shapeOf(tensor));
  std::optional<Window> window = windowOf(taps, shape[dim]);
  shape[dim] = taps.outside.size();
  bool extrapolates = llvm::is_contained(taps.outside, true);
  Type type = ops::elementOf(tensor), weightType = isa<FloatType>(type) ? type : Type(b.getF32Type());
  int64_t count = window ? window->count : taps.count;
  Shape tableShape = {shape[dim], count};
  Value positions = window ? Value() : ops::constantTensor(b, n.loc, tableShape, taps.positions), weights;
  if (taps.count > 1)
    weights = ops::constantTensor(b, n.loc, tableShape, weightType, window ? weightsIn(*window, taps) : taps.weights);
  Value mask;
  if (extrapolates) {
    SmallVector<double> flags(taps.outside.begin(), taps.outside.end());
    mask = ops::constantTensor(b, n.loc, {shape[dim]}, weightType, flags);
  }
  return ops::mapOver(b, n.loc, shape, [&](OpBuilder &b, ValueRange point) {
    auto tap = [&](OpBuilder &b, Value k) {
      SmallVector<AffineExpr> exprs;
      SmallVector<Value> operands(point);
      for (unsigned i = 0; i < shape.size(); ++i)
        exprs.push_back(b.getAffineDimExpr(i));
      if (!window) {
        operands[dim] = Scalars(b, n.loc).cast(pat::at(b, n.loc, positions, {point[dim], k}), b.getIndexType());
        return ops::read(b, n.loc, tensor, exprs, operands);
      }
      operands.push_back(k);
      exprs[dim] = window->begin(exprs[dim]) + b.getAffineDimExpr(shape.size());
      Value beyond = count > 1 ? Scalars(b, n.loc).constant(type, 0) : Value(); // its weight is 0
      return ops::read(b, n.loc, tensor, exprs, operands, beyond);
    };
    Scalars s(b, n.loc);
    Value result;
    if (taps.count == 1) {
      result = tap(b, s.index(0));
    } else {
      result = ops::sumOver(b, n.loc, count, type, [&](OpBuilder &b, ValueRange k) {
        return Scalars(b, n.loc).mul(tap(b, k[0]), pat::at(b, n.loc, weights, {point[dim], k[0]}));
      });
    }
    if (!mask)
      return result;
    Value outside = s.less(s.constant(weightType, 0), pat::at(b, n.loc, mask, point[dim]));
    return s.select(outside, s.constant(type, sampling.extrapolation), result);
  });
}

//===----------------------------------------------------------------------===//
// Attributes and inputs
//===----------------------------------------------------------------------===//

static SmallVector<double> constantFloats(Node &n, size_t i) {
  SmallVector<double> list;
  auto dense = dyn_cast_or_null<DenseElementsAttr>(n.constant(i));
  if (!dense)
    return list;
  if (!isa<FloatType>(dense.getElementType())) {
    n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected a float type");
    return list;
  }
  for (APFloat value : dense.getValues<APFloat>()) {
    bool loses;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
    list.push_back(value.convertToDouble());
  }
  return list;
}

static Sampling readSampling(Node &n) {
  Sampling s;
  s.mode = n.stringAttr("mode", "nearest");
  s.transform = n.stringAttr("coordinate_transformation_mode", n.opset < 11 ? "asymmetric" : "half_pixel");
  s.nearest = n.opset < 11 ? "simple" : n.stringAttr("nearest_mode", "round_prefer_floor");
  s.cubicA = n.floatAttr("cubic_coeff_a", -0.75);
  s.extrapolation = n.floatAttr("extrapolation_value", 0);
  s.excludeOutside = n.intAttr("exclude_outside", 0);
  s.antialias = n.intAttr("antialias", 0);
  static const char *const modes[] = {"nearest", "linear", "cubic"};
  static const char *const transforms[] = {
      "asymmetric",           "align_corners",      "pytorch_half_pixel", "tf_half_pixel_for_nn",
      "half_pixel_symmetric", "tf_crop_and_resize", "half_pixel"};
  if (!llvm::is_contained(modes, StringRef(s.mode)))
    n.fail("attribute 'mode' is '" + s.mode + "'; expected nearest, linear or cubic");
  static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  if (n.opset >= 11 && !llvm::is_contained(roundings, StringRef(s.nearest)))
    n.fail("attribute 'nearest_mode' is '" + s.nearest +
           "'; expected round_prefer_floor, round_prefer_ceil, floor or ceil");
  if (!llvm::is_contained(transforms, StringRef(s.transform)))
    n.fail("attribute 'coordinate_transformation_mode' is '" + s.transform + "', which is not known");
  if (s.mode == "nearest")
    s.antialias = false;
  return s;
}

/// One scale for all resized dimensions, so that the aspect ratio stays and no extent goes beyond (or below) what is
/// asked.
static void keepAspect(SmallVectorImpl<Axis> &axes, ArrayRef<int64_t> dims, bool notLarger) {
  double scale = notLarger ? INFINITY : 0;
  for (int64_t dim : dims)
    scale = notLarger ? std::min(scale, axes[dim].scale) : std::max(scale, axes[dim].scale);
  for (int64_t dim : dims) {
    axes[dim].scale = scale;
    axes[dim].to = int64_t(std::floor(scale * axes[dim].from + 0.5));
  }
}

/// The extents and scales of all dimensions, from scales or sizes for `dims`.
static SmallVector<Axis> readAxes(Node &n, ArrayRef<int64_t> dims, size_t scalesInput, size_t sizesInput) {
  SmallVector<Axis> axes;
  for (int64_t extent : n.shape())
    axes.push_back({extent, extent, 1});
  bool bySizes = sizesInput != 0 && n.has(sizesInput) && pat::numPoints(n.shape(sizesInput)) != 0;
  SmallVector<double> scales;
  Shape sizes;
  if (bySizes)
    sizes = n.constantInts(sizesInput);
  else if (n.has(scalesInput))
    scales = constantFloats(n, scalesInput);
  else if (auto attribute = n.floatsAttr("scales"))
    scales = *attribute;
  if (!n.failed() && (bySizes ? sizes.size() : scales.size()) != dims.size())
    n.fail("there are " + llvm::Twine(bySizes ? sizes.size() : scales.size()) + " scales or sizes for " +
           llvm::Twine(dims.size()) + " dimensions");
  for (size_t i = 0; i < dims.size() && !n.failed(); ++i) {
    Axis &axis = axes[dims[i]];
    double to = bySizes ? double(sizes[i]) : std::floor(axis.from * scales[i]);
    if (!(to >= 1 && to < 1e7) || axis.from < 1)
      n.fail("dimension " + llvm::Twine(dims[i]) + " of shape " + ops::describe(n.shape()) + " cannot be resized to " +
             std::to_string(to));
    axis.to = int64_t(to);
    axis.scale = bySizes ? to / axis.from : scales[i];
  }
  return axes;
}

/// Numbers of a float type as elements of the node's input: integers are rounded, and kept in their range.
static Value toElements(Node &n, Value value) {
  Type type = n.element(), wide = ops::elementOf(value);
  if (wide == type || isa<FloatType>(type))
    return ops::convert(n.b, n.loc, value, type);
  int64_t width = type.getIntOrFloatBitWidth(), signBits = n.isUnsigned() ? 0 : 1;
  double low = n.isUnsigned() ? 0 : -std::ldexp(1.0, width - 1);
  // The largest number of `wide` that the type holds.
  double high = std::ldexp(1.0, width - signBits) - (width > 52 ? std::ldexp(1.0, width - signBits - 53) : 1);
  Value whole = ops::elementwise(n.b, n.loc, value, [&](Scalars &s, ValueRange x) {
    return s.clamp(s.roundEven(x[0]), s.constant(wide, low), s.constant(wide, high));
  });
  return ops::convert(n.b, n.loc, whole, type, /*fromUnsigned=*/false, n.isUnsigned());
}

/// What lies between elements is computed in f32 or f64, and becomes the element type again at the end.
static void resize(Node &n, const Sampling &sampling, ArrayRef<Axis> axes, ArrayRef<int64_t> dims) {
  if (n.failed())
    return;
  Type type = n.element(), wide = isa<FloatType>(type) ? ops::accumulatorType(type) : n.b.getF64Type();
  Value value = n.input(0);
  for (int64_t dim : dims) {
    bool stays = axes[dim].from == axes[dim].to && axes[dim].scale == 1 && sampling.transform != "tf_crop_and_resize";
    if (stays)
      continue;
    if (sampling.mode != "nearest")
      value = ops::convert(n.b, n.loc, value, wide, n.isUnsigned());
    value = resample(n, value, dim, computeTaps(sampling, axes[dim]), sampling);
  }
  n.result(0, ops::elementOf(value) == type ? value : toElements(n, value));
}

static void buildResize(Node &n) {
  Sampling sampling = readSampling(n);
  bool old = n.opset < 11;
  Shape dims = llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  if (auto axes = n.intsAttr("axes")) {
    dims = *axes;
    for (int64_t &dim : dims)
      dim = n.normalizeAxis(dim, n.rank());
  }
  if (n.failed())
    return;
  SmallVector<Axis> axes = readAxes(n, dims, old ? 1 : 2, old ? 0 : 3);
  if (sampling.transform == "tf_crop_and_resize" && !n.failed()) {
    SmallVector<double> region = constantFloats(n, 1);
    if (region.size() != 2 * dims.size())
      return n.fail("the region of interest has " + llvm::Twine(region.size()) +
                    " numbers; expected two for each dimension");
    for (auto [i, dim] : llvm::enumerate(dims)) {
      axes[dim].start = region[i];
      axes[dim].end = region[dims.size() + i];
    }
  }
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && !n.failed())
    keepAspect(axes, dims, policy == "not_larger");
  resize(n, sampling, axes, dims);
}

static void buildUpsample(Node &n) {
  Sampling sampling;
  sampling.mode = n.stringAttr("mode", "nearest");
  sampling.transform = "asymmetric";
  sampling.nearest = "floor";
  Shape dims = llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  SmallVector<Axis> axes = readAxes(n, dims, 1, 0);
  resize(n, sampling, axes, dims);
}

ArrayRef<Operator> importer::resizeOperators() {
  static const Operator table[] = {
      {"Resize", 10, newest, 1, 4, Takes::Number, buildResize},
      {"Upsample", 7, 9, 1, 2, Takes::Number, buildUpsample},
  };
  return table;
}
