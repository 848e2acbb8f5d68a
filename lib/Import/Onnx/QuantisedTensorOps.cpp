// QuantisedTensorOps.cpp - com.microsoft's operators on quantised tensors: to floats, the operator, and back
#include "Convert.h"
#include "Quantize.h"
#include "WindowOps.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Normalize.h"
#include "jacquard/Operators/Pool.h"
#include "jacquard/Operators/Reduce.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <array>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1;

/// A scale or zero point, which these operators have one of per tensor, without dimensions; null where it is absent.
static Value parameter(Node &n, size_t i, bool isRequired) {
  if (!n.has(i)) {
    if (isRequired)
      n.fail("input " + llvm::Twine(i) + " is missing");
    return {};
  }
  if (!isOneNumber(n.input(i))) {
    n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected one number");
    return {};
  }
  return alignParameter(n.b, n.loc, n.input(i), 0, 0);
}

/// Inputs i, i + 1 (scale) and i + 2 (zero point); nothing after a failure.
static std::optional<Quantised> quantisedInput(Node &n, size_t i) {
  if (!n.has(i) || !n.has(i + 1)) {
    n.fail("input " + llvm::Twine(n.has(i) ? i + 1 : i) + " is missing");
    return std::nullopt;
  }
  if (!isQuantisedType(n.type(i)) || !isa<IntegerType>(n.element(i)) || n.type(i + 1) != floatType)
    n.fail("inputs '" + n.inputName(i) + "' and '" + n.inputName(i + 1) + "' have element types " +
           elementTypeName(n.type(i)) + " and " + elementTypeName(n.type(i + 1)) +
           "; expected integers of at most 16 bits and float");
  if (n.has(i + 2) && n.type(i + 2) != n.type(i))
    n.fail("input '" + n.inputName(i + 2) + "' has element type " + elementTypeName(n.type(i + 2)) + "; expected " +
           elementTypeName(n.type(i)));
  if (n.intAttr("channels_last", 0))
    n.fail("attribute 'channels_last' is 1; only 0 is supported");
  Value scale = parameter(n, i + 1, true), zero = parameter(n, i + 2, false);
  return n.failed() ? std::nullopt : std::optional<Quantised>({n.input(i), n.type(i), zero, scale});
}

/// The floats that they stand for; null after a failure.
static Value realInput(Node &n, size_t i) {
  std::optional<Quantised> input = quantisedInput(n, i);
  return input ? dequantise(n.b, n.loc, *input) : Value();
}

/// Sets result 0 to `real` in the type of input `like`; its scale is input i, its zero point input i + 1.
static void result(Node &n, Value real, size_t i, Rounding rounding = Rounding::BeforeZeroPoint, size_t like = 0) {
  Value scale = parameter(n, i, true), zero = parameter(n, i + 1, false);
  if (!n.failed())
    n.result(0, quantise(n.b, n.loc, real, scale, zero, n.type(like), rounding), n.type(like));
}

/// What (x - zx) * sx / s + (y - zy) * sy / s + z is computed from: sx / s, sy / s, and the part that is the same for
/// all elements.
static std::array<Value, 3> foldScales(Node &n, const Quantised &x, const Quantised &y, Value scale, Value zero) {
  auto folded = pat::MapOp::create(n.b, n.loc, ArrayRef<int64_t>(), [&](OpBuilder &b, Location loc, ValueRange) {
    Scalars s(b, loc);
    Value by = s.cast(pat::at(b, loc, scale, ValueRange()), b.getF32Type());
    auto zeroOf = [&](Value zero, int32_t type) {
      return zero ? convertScalar(b, loc, pat::at(b, loc, zero, ValueRange()), type, floatType)
                  : s.constant(b.getF32Type(), 0);
    };
    Value sx = s.div(pat::at(b, loc, x.scale, ValueRange()), by);
    Value sy = s.div(pat::at(b, loc, y.scale, ValueRange()), by);
    Value shift = s.add(s.mul(sx, zeroOf(x.zero, x.type)), s.mul(sy, zeroOf(y.zero, y.type)));
    return SmallVector<Value>{sx, sy, s.sub(zeroOf(zero, zero ? n.type(7) : n.type()), shift)};
  });
  return {folded->getResult(0), folded->getResult(1), folded->getResult(2)};
}

/// Two multiply-adds per element, in the order of ONNX Runtime: halves are frequent where the scales are simple ratios.
static void buildAdd(Node &n) {
  std::optional<Quantised> x = quantisedInput(n, 0), y = quantisedInput(n, 3);
  Value scale = parameter(n, 6, true), zero = parameter(n, 7, false);
  if (n.failed())
    return;
  Result<Shape> shape = ops::broadcastShapes({n.shape(0), n.shape(3)});
  if (!shape)
    return n.fail(shape.error());
  auto [sx, sy, rest] = foldScales(n, *x, *y, scale, zero);
  n.result(0,
           ops::mapOver(n.b, n.loc, *shape,
                        [&, sx = sx, sy = sy, rest = rest](OpBuilder &b, ValueRange point) {
                          auto scaled = [&](const Quantised &q, Value factor, Value sum) -> Value {
                            Value value = ops::readBroadcast(b, n.loc, q.values, point);
                            return math::FmaOp::create(b, n.loc, convertScalar(b, n.loc, value, q.type, floatType),
                                                       pat::at(b, n.loc, factor, ValueRange()), sum);
                          };
                          Value sum = scaled(*y, sy, pat::at(b, n.loc, rest, ValueRange()));
                          return quantiseScalar(b, n.loc, scaled(*x, sx, sum), {}, n.type());
                        }),
           n.type());
}

static void buildMul(Node &n) {
  Value x = realInput(n, 0), y = realInput(n, 3);
  if (n.failed())
    return;
  Value real = n.take(ops::elementwise(n.b, n.loc, {x, y}, [](Scalars &s, ValueRange v) { return s.mul(v[0], v[1]); }));
  if (real)
    result(n, real, 6, Rounding::AfterZeroPoint);
}

static void unary(Node &n, ops::ElementFn fn) {
  if (Value x = realInput(n, 0))
    result(n, ops::elementwise(n.b, n.loc, x, fn), 3);
}

static void buildSigmoid(Node &n) {
  unary(n, [](Scalars &s, ValueRange x) { return s.sigmoid(x[0]); });
}

static void buildLeakyRelu(Node &n) {
  double alpha = n.floatAttr("alpha", 0.01);
  unary(n, [&](Scalars &s, ValueRange x) {
    Value zero = s.constant(x[0].getType(), 0);
    return s.select(s.less(x[0], zero), s.mul(x[0], s.constant(x[0].getType(), alpha)), x[0]);
  });
}

static void buildAveragePool(Node &n) {
  ops::Window window = readWindow(n, {});
  bool countPads = n.intAttr("count_include_pad", 0);
  if (Value x = realInput(n, 0))
    if (Value real = n.take(ops::averagePool(n.b, n.loc, x, window, countPads)))
      result(n, real, 3, Rounding::AfterZeroPoint);
}

static void buildGlobalAveragePool(Node &n) {
  if (n.rank() < 3)
    return n.fail("input has shape " + ops::describe(n.shape()) + "; expected spatial dimensions");
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank()));
  if (Value x = realInput(n, 0))
    result(n, ops::reduce(n.b, n.loc, ops::Reduction::Mean, x, axes, /*keepAxes=*/true), 3);
}

/// Scale and zero point of the result, then three inputs per tensor.
static void buildConcat(Node &n) {
  if (n.numInputs() % 3 != 2)
    return n.fail("has " + llvm::Twine(n.numInputs()) + " inputs; expected 2 and 3 per tensor");
  SmallVector<Value> tensors;
  for (size_t i = 2; i < n.numInputs(); i += 3) {
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
    tensors.push_back(realInput(n, i));
  }
  int64_t axis = n.axisAttr("axis", 0, n.rank(2));
  if (n.failed())
    return;
  if (Value real = n.take(ops::concat(n.b, n.loc, tensors, axis)))
    result(n, real, 0, Rounding::BeforeZeroPoint, 2);
}

/// Like Softmax; before version 13, which attribute `opset` tells, all dimensions from `axis` on form one row.
static void buildSoftmax(Node &n) {
  bool isFlat = n.intAttr("opset", 13) < 13;
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  Value x = realInput(n, 0);
  if (n.failed())
    return;
  if (!isFlat)
    return result(n, ops::softmax(n.b, n.loc, x, axis), 3);
  Shape rows = {pat::numPoints(n.shape().take_front(axis)), pat::numPoints(n.shape().drop_front(axis))};
  Value flat = ops::softmax(n.b, n.loc, ops::reshape(n.b, n.loc, x, rows), 1);
  result(n, ops::reshape(n.b, n.loc, flat, n.shape()), 3);
}

ArrayRef<Operator> importer::quantisedTensorOperators() {
  static const Operator table[] = {
      {"QLinearAdd", 1, newest, 2, 8, Takes::Integer, buildAdd, "com.microsoft"},
      {"QLinearAveragePool", 1, newest, 2, 5, Takes::Integer, buildAveragePool, "com.microsoft"},
      {"QLinearConcat", 1, newest, 5, anyNumber, Takes::Float, buildConcat, "com.microsoft"},
      {"QLinearGlobalAveragePool", 1, newest, 2, 5, Takes::Integer, buildGlobalAveragePool, "com.microsoft"},
      {"QLinearLeakyRelu", 1, newest, 2, 5, Takes::Integer, buildLeakyRelu, "com.microsoft"},
      {"QLinearMul", 1, newest, 2, 8, Takes::Integer, buildMul, "com.microsoft"},
      {"QLinearSigmoid", 1, newest, 2, 5, Takes::Integer, buildSigmoid, "com.microsoft"},
      {"QLinearSoftmax", 1, newest, 2, 5, Takes::Integer, buildSoftmax, "com.microsoft"},
  };
  return table;
}
