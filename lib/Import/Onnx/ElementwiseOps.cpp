// ElementwiseOps.cpp - operators that work element by element, with numpy broadcasting
#include "Convert.h"
#include "GraphImporter.h"
#include "Quantize.h"

#include "jacquard/Operators/Activations.h"
#include "jacquard/Operators/Movement.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t boolType = 9;

//===----------------------------------------------------------------------===//
// One input
//===----------------------------------------------------------------------===//

/// Functions of several steps are computed in f32 for narrower floats, and rounded once.
static void mapElements(Node &n, ops::ElementFn fn, int32_t type = 0) {
  Type element = n.element(), wide = ops::accumulatorType(element);
  auto rounded = [&](Scalars &s, ValueRange x) {
    Value result = fn(s, s.cast(x[0], wide));
    return result.getType() == wide ? s.cast(result, element) : result;
  };
  n.result(0, ops::elementwise(n.b, n.loc, n.input(0), rounded, n.isUnsigned()), type);
}

/// A method of Scalars.
template <Value (Scalars::*fn)(Value)> static void unary(Node &n) {
  mapElements(n, [](Scalars &s, ValueRange x) { return (s.*fn)(x[0]); });
}

/// An op of the math dialect.
template <typename Op> static void unaryMath(Node &n) {
  n.result(0, ops::mapOver(n.b, n.loc, n.shape(), [&](OpBuilder &b, ValueRange i) -> Value {
             return Op::create(b, n.loc, pat::at(b, n.loc, n.input(0), i));
           }));
}

static void buildReciprocal(Node &n) {
  mapElements(n, [](Scalars &s, ValueRange x) { return s.div(s.constant(x[0].getType(), 1), x[0]); });
}

static void buildRelu(Node &n) {
  mapElements(n, [](Scalars &s, ValueRange x) { return s.max(x[0], s.integer(x[0].getType(), 0)); });
  if (n.item(0).quantised)
    n.result(0, clampDequantised(n.item(0), n.results()[0].value, ops::constantScalar(n.b, n.loc, n.element(), 0), {}));
}

static void buildLeakyRelu(Node &n) {
  double alpha = n.floatAttr("alpha", 0.01f);
  mapElements(n, [&](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    return s.select(s.less(x[0], s.constant(type, 0)), s.mul(x[0], s.constant(type, alpha)), x[0]);
  });
}

/// gamma * (alpha * exp(x) - alpha) below 0, gamma * x above.
static void buildExponentialUnit(Node &n, double alpha, double gamma) {
  mapElements(n, [&](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    Value negative = s.mul(s.constant(type, alpha), s.sub(s.exp(x[0]), s.constant(type, 1)));
    Value chosen = s.select(s.less(x[0], s.constant(type, 0)), negative, x[0]);
    return gamma == 1 ? chosen : s.mul(s.constant(type, gamma), chosen);
  });
}

static void buildElu(Node &n) { buildExponentialUnit(n, n.floatAttr("alpha", 1), 1); }

static void buildSelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.67326319217681884765625);
  buildExponentialUnit(n, alpha, n.floatAttr("gamma", 1.05070102214813232421875));
}

static void buildCelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  mapElements(n, [&](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    Value zero = s.constant(type, 0), scale = s.constant(type, alpha);
    Value negative = s.mul(scale, s.sub(s.exp(s.div(x[0], scale)), s.constant(type, 1)));
    return s.add(s.max(x[0], zero), s.min(zero, negative));
  });
}

static void buildThresholdedRelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  mapElements(n, [&](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    return s.select(s.less(s.constant(type, alpha), x[0]), x[0], s.constant(type, 0));
  });
}

static void buildHardSigmoid(Node &n) {
  double alpha = n.floatAttr("alpha", 0.2f), beta = n.floatAttr("beta", 0.5);
  mapElements(n, [&](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    Value line = s.add(s.mul(x[0], s.constant(type, alpha)), s.constant(type, beta));
    return s.clamp(line, s.constant(type, 0), s.constant(type, 1));
  });
}

static void buildHardSwish(Node &n) {
  mapElements(n, [](Scalars &s, ValueRange x) {
    Type type = x[0].getType();
    Value line = s.add(s.mul(x[0], s.constant(type, 1.0 / 6)), s.constant(type, 0.5));
    return s.mul(x[0], s.clamp(line, s.constant(type, 0), s.constant(type, 1)));
  });
}

static void buildMish(Node &n) {
  mapElements(n, [](Scalars &s, ValueRange x) { return s.mul(x[0], s.tanh(s.softplus(x[0]))); });
}

static void buildSwish(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  mapElements(n, [&](Scalars &s, ValueRange x) { return ops::swish(s, x[0], alpha); });
}

static void buildSoftsign(Node &n) {
  mapElements(n,
              [](Scalars &s, ValueRange x) { return s.div(x[0], s.add(s.constant(x[0].getType(), 1), s.abs(x[0]))); });
}

static void buildShrink(Node &n) {
  double bias = n.floatAttr("bias", 0), lambda = n.floatAttr("lambd", 0.5);
  // The bounds of integers may be fractions, and negative.
  Type type = isa<FloatType>(n.element()) ? n.element() : n.b.getF64Type();
  mapElements(n, [&](Scalars &s, ValueRange in) {
    Value x = s.cast(in[0], type), zero = s.constant(type, 0), shift = s.constant(type, bias);
    Value above = s.select(s.less(s.constant(type, lambda), x), s.sub(x, shift), zero);
    Value result = s.select(s.less(x, s.constant(type, -lambda)), s.add(x, shift), above);
    return s.cast(result, n.element(), n.isUnsigned());
  });
}

static void buildGelu(Node &n) {
  std::string form = n.stringAttr("approximate", "none");
  if (form != "none" && form != "tanh")
    return n.fail("attribute 'approximate' is '" + form + "'; expected none or tanh");
  mapElements(n, [&](Scalars &s, ValueRange x) { return ops::gelu(s, x[0], form == "tanh"); });
}

/// A question about the elements of any float type, answered in bool.
static void testFloats(Node &n, llvm::function_ref<Value(Scalars &, Value)> test) {
  if (!isa<FloatType>(n.element()) && !narrowFloat(n.type()))
    return n.fail("input '" + n.inputName(0) + "' has element type " + elementTypeName(n.type()) +
                  "; expected a float type");
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange i) {
                          Scalars s(b, n.loc);
                          return test(s, widenNarrow(b, n.loc, pat::at(b, n.loc, n.input(0), i), n.type()));
                        }),
           boolType);
}

static void buildIsNaN(Node &n) {
  testFloats(n, [](Scalars &s, Value x) { return s.isNaN(x); });
}

static void buildIsInf(Node &n) {
  bool positive = n.intAttr("detect_positive", 1), negative = n.intAttr("detect_negative", 1);
  testFloats(n, [&](Scalars &s, Value x) {
    Value above = positive ? s.equal(x, s.highest(x.getType())) : s.boolean(false);
    return s.either(above, negative ? s.equal(x, s.lowest(x.getType())) : s.boolean(false));
  });
}

static void buildIdentity(Node &n) { n.result(0, n.item(0)); }

//===----------------------------------------------------------------------===//
// Two and more inputs
//===----------------------------------------------------------------------===//

/// The right operand. Before version 7 attributes say whether it broadcasts, and from which dimension of the left one
/// on.
static Value rightOperand(Node &n) {
  Value right = n.input(1);
  if (n.opset >= 7 || !n.hasAttr("axis") || !n.intAttr("broadcast", 0))
    return right;
  int64_t axis = n.axisAttr("axis", 0, n.rank()), behind = n.rank() - axis - n.rank(1);
  if (behind < 0)
    n.fail("shape " + ops::describe(n.shape(1)) + " does not fit into " + ops::describe(n.shape(0)) + " at axis " +
           llvm::Twine(axis));
  if (n.failed())
    return right;
  Shape shape(n.shape(1));
  shape.append(behind, 1);
  return ops::reshape(n.b, n.loc, right, shape);
}

static void combine(Node &n, ops::ElementFn fn, int32_t type = 0) {
  n.requireSameTypes();
  Value right = rightOperand(n);
  if (!n.failed())
    n.result(ops::elementwise(n.b, n.loc, {n.input(0), right}, fn, n.isUnsigned()), type);
}

template <Value (Scalars::*fn)(Value, Value)> static void binary(Node &n) {
  combine(n, [](Scalars &s, ValueRange x) { return (s.*fn)(x[0], x[1]); });
}

template <Value (Scalars::*fn)(Value, Value)> static void comparison(Node &n) {
  combine(n, [](Scalars &s, ValueRange x) { return (s.*fn)(x[0], x[1]); }, boolType);
}

static void buildGreater(Node &n) {
  combine(n, [](Scalars &s, ValueRange x) { return s.less(x[1], x[0]); }, boolType);
}

static void buildGreaterOrEqual(Node &n) {
  combine(n, [](Scalars &s, ValueRange x) { return s.lessEqual(x[1], x[0]); }, boolType);
}

template <Value (Scalars::*fn)(Value, Value)> static void variadic(Node &n) {
  n.requireSameTypes();
  if (n.failed())
    return;
  SmallVector<Value> tensors;
  for (size_t i = 0; i < n.numInputs(); ++i) {
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
    tensors.push_back(n.input(i));
  }
  bool isMean = n.op() == "Mean";
  n.result(ops::elementwise(
      n.b, n.loc, tensors,
      [&](Scalars &s, ValueRange x) {
        Value all = x[0];
        for (Value next : x.drop_front())
          all = (s.*fn)(all, next);
        return isMean ? s.div(all, s.integer(all.getType(), x.size())) : all;
      },
      n.isUnsigned()));
}

static void buildMod(Node &n) {
  bool truncated = n.intAttr("fmod", 0);
  combine(n, [&](Scalars &s, ValueRange x) { return truncated ? s.rem(x[0], x[1]) : s.mod(x[0], x[1]); });
}

static void buildBitShift(Node &n) {
  std::string direction = n.stringAttr("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return n.fail("attribute 'direction' is '" + direction + "'; expected LEFT or RIGHT");
  combine(n, [&](Scalars &s, ValueRange x) {
    return direction == "LEFT" ? s.shiftLeft(x[0], x[1]) : s.shiftRight(x[0], x[1]);
  });
}

/// The exponent if it is one known number: small ones need no power function.
static std::optional<double> knownExponent(Node &n) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(n.graph.evaluator().evaluate(n.input(1)));
  if (!dense || !dense.isSplat() || !isa<FloatType>(n.element(0)))
    return std::nullopt;
  Attribute value = dense.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(value))
    return number.getValueAsDouble();
  return double(cast<IntegerAttr>(value).getValue().getSExtValue());
}

/// x ^ y where `known` may say what y is. Integers go by way of f64.
static Value power(OpBuilder &b, Node &n, Value x, Value y, std::optional<double> known) {
  Scalars s(b, n.loc, n.isUnsigned(0)), exponent(b, n.loc, n.isUnsigned(1));
  Type type = x.getType();
  if (known == 1)
    return x;
  if (known == 2)
    return s.square(x);
  if (known == 3)
    return s.mul(s.square(x), x);
  if (known == 0.5)
    return s.sqrt(x);
  if (known == -1)
    return s.div(s.constant(type, 1), x);
  if (isa<FloatType>(type))
    return s.pow(x, exponent.cast(y, type));
  Type wide = b.getF64Type();
  return s.cast(s.pow(s.cast(x, wide), exponent.cast(y, wide)), type, n.isUnsigned(0));
}

static void buildPow(Node &n) {
  std::optional<double> known = knownExponent(n);
  Value exponent = rightOperand(n);
  Result<Shape> shape = ops::broadcastShapes({n.shape(0), ops::shapeOf(exponent)});
  if (!shape)
    return n.fail(shape.error());
  n.result(0, ops::mapOver(n.b, n.loc, *shape, [&](OpBuilder &b, ValueRange i) {
             Value x = ops::readBroadcast(b, n.loc, n.input(0), i), y = ops::readBroadcast(b, n.loc, exponent, i);
             return power(b, n, x, y, known);
           }));
}

static void buildPRelu(Node &n) {
  n.requireSameTypes();
  if (n.failed())
    return;
  Value slope = n.input(1);
  bool perChannel = n.opset < 7 && n.rank(1) == 1 && n.rank() > 1;
  if (perChannel) { // its dimension is the second one
    Shape channels(n.shape(1));
    channels.append(n.rank() - 2, 1);
    slope = ops::reshape(n.b, n.loc, slope, channels);
  }
  Result<Shape> shape = ops::broadcastShapes({n.shape(0), ops::shapeOf(slope)});
  if (!shape || ArrayRef<int64_t>(*shape) != n.shape(0))
    return n.fail("slope of shape " + ops::describe(n.shape(1)) + " does not broadcast to " +
                  ops::describe(n.shape(0)));
  n.result(ops::elementwise(n.b, n.loc, {n.input(0), slope}, [](Scalars &s, ValueRange x) {
    return s.select(s.less(x[0], s.integer(x[0].getType(), 0)), s.mul(x[0], x[1]), x[0]);
  }));
}

static void buildWhere(Node &n) {
  if (n.type(0) != boolType)
    return n.fail("the condition has element type " + elementTypeName(n.type(0)) + "; expected bool");
  n.requireSameTypes(1);
  if (!n.failed())
    n.result(ops::elementwise(n.b, n.loc, {n.input(0), n.input(1), n.input(2)},
                              [](Scalars &s, ValueRange x) { return s.select(x[0], x[1], x[2]); }),
             n.type(1));
}

/// A limit of Clip: a scalar input, or an attribute of old versions; null where there is none.
static Value clipLimit(Node &n, OpBuilder &b, size_t input, StringRef attribute, double otherwise) {
  if (n.opset < 11)
    return n.hasAttr(attribute) ? Scalars(b, n.loc).constant(n.element(), n.floatAttr(attribute, otherwise)) : Value();
  if (!n.has(input))
    return {};
  SmallVector<AffineExpr> origin(n.rank(input), b.getAffineConstantExpr(0));
  return ops::read(b, n.loc, n.input(input), origin, {});
}

/// A limit of Clip as a tensor without dimensions; null where there is none.
static Value scalarInput(Node &n, size_t i) {
  return n.has(i) && n.rank(i) ? ops::reshape(n.b, n.loc, n.input(i), {}) : n.optionalInput(i);
}

static void buildClip(Node &n) {
  n.requireSameTypes();
  for (size_t i = 1; i < n.numInputs(); ++i)
    if (n.has(i) && pat::numPoints(n.shape(i)) != 1)
      n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected a scalar");
  if (n.failed())
    return;
  n.result(0, ops::mapOver(n.b, n.loc, n.shape(), [&](OpBuilder &b, ValueRange i) {
             Scalars s(b, n.loc, n.isUnsigned());
             Value x = pat::at(b, n.loc, n.input(0), i);
             if (Value low = clipLimit(n, b, 1, "min", 0))
               x = s.max(x, low);
             if (Value high = clipLimit(n, b, 2, "max", 0))
               x = s.min(x, high);
             return x;
           }));
  if (n.item(0).quantised && n.opset >= 11)
    n.result(0, clampDequantised(n.item(0), n.results()[0].value, scalarInput(n, 1), scalarInput(n, 2)));
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

ArrayRef<Operator> importer::elementwiseOperators() {
  static const Operator table[] = {
      {"Abs", 6, newest, 1, 1, Takes::Number, unary<&Scalars::abs>},
      {"Acos", 7, newest, 1, 1, Takes::Float, unaryMath<math::AcosOp>},
      {"Acosh", 9, newest, 1, 1, Takes::Float, unaryMath<math::AcoshOp>},
      {"Add", 6, newest, 2, 2, Takes::Number, binary<&Scalars::add>},
      {"And", 1, newest, 2, 2, Takes::Bool, binary<&Scalars::both>},
      {"Asin", 7, newest, 1, 1, Takes::Float, unaryMath<math::AsinOp>},
      {"Asinh", 9, newest, 1, 1, Takes::Float, unaryMath<math::AsinhOp>},
      {"Atan", 7, newest, 1, 1, Takes::Float, unaryMath<math::AtanOp>},
      {"Atanh", 9, newest, 1, 1, Takes::Float, unaryMath<math::AtanhOp>},
      {"BitShift", 11, newest, 2, 2, Takes::Integer, buildBitShift},
      {"BitwiseAnd", 18, newest, 2, 2, Takes::Integer, binary<&Scalars::both>},
      {"BitwiseNot", 18, newest, 1, 1, Takes::Integer, unary<&Scalars::negate>},
      {"BitwiseOr", 18, newest, 2, 2, Takes::Integer, binary<&Scalars::either>},
      {"BitwiseXor", 18, newest, 2, 2, Takes::Integer, binary<&Scalars::differ>},
      {"Ceil", 6, newest, 1, 1, Takes::Float, unary<&Scalars::ceil>},
      {"Celu", 12, newest, 1, 1, Takes::Float, buildCelu},
      {"Clip", 6, newest, 1, 3, Takes::Number, buildClip},
      {"Cos", 7, newest, 1, 1, Takes::Float, unaryMath<math::CosOp>},
      {"Cosh", 9, newest, 1, 1, Takes::Float, unaryMath<math::CoshOp>},
      {"Div", 6, newest, 2, 2, Takes::Number, binary<&Scalars::div>},
      {"Elu", 6, newest, 1, 1, Takes::Float, buildElu},
      {"Equal", 1, newest, 2, 2, Takes::Any, comparison<&Scalars::equal>},
      {"Erf", 9, newest, 1, 1, Takes::Float, unary<&Scalars::erf>},
      {"Exp", 6, newest, 1, 1, Takes::Float, unary<&Scalars::exp>},
      {"Floor", 6, newest, 1, 1, Takes::Float, unary<&Scalars::floor>},
      {"Gelu", 20, newest, 1, 1, Takes::Float, buildGelu},
      {"Greater", 1, newest, 2, 2, Takes::Number, buildGreater},
      {"GreaterOrEqual", 12, newest, 2, 2, Takes::Number, buildGreaterOrEqual},
      {"HardSigmoid", 6, newest, 1, 1, Takes::Float, buildHardSigmoid},
      {"HardSwish", 14, newest, 1, 1, Takes::Float, buildHardSwish},
      {"Identity", 1, newest, 1, 1, Takes::Items, buildIdentity},
      {"IsInf", 10, newest, 1, 1, Takes::Any, buildIsInf},
      {"IsNaN", 9, newest, 1, 1, Takes::Any, buildIsNaN},
      {"LeakyRelu", 6, newest, 1, 1, Takes::Float, buildLeakyRelu},
      {"Less", 1, newest, 2, 2, Takes::Number, comparison<&Scalars::less>},
      {"LessOrEqual", 12, newest, 2, 2, Takes::Number, comparison<&Scalars::lessEqual>},
      {"Log", 6, newest, 1, 1, Takes::Float, unary<&Scalars::log>},
      {"Max", 6, newest, 1, anyNumber, Takes::Number, variadic<&Scalars::max>},
      {"Mean", 6, newest, 1, anyNumber, Takes::Float, variadic<&Scalars::add>},
      {"Min", 6, newest, 1, anyNumber, Takes::Number, variadic<&Scalars::min>},
      {"Mish", 18, newest, 1, 1, Takes::Float, buildMish},
      {"Mod", 10, newest, 2, 2, Takes::Number, buildMod},
      {"Mul", 6, newest, 2, 2, Takes::Number, binary<&Scalars::mul>},
      {"Neg", 6, newest, 1, 1, Takes::Number, unary<&Scalars::neg>},
      {"Not", 1, newest, 1, 1, Takes::Bool, unary<&Scalars::negate>},
      {"Or", 1, newest, 2, 2, Takes::Bool, binary<&Scalars::either>},
      {"PRelu", 6, newest, 2, 2, Takes::Number, buildPRelu},
      {"Pow", 1, newest, 2, 2, Takes::Number, buildPow},
      {"Reciprocal", 6, newest, 1, 1, Takes::Float, buildReciprocal},
      {"Relu", 6, newest, 1, 1, Takes::Number, buildRelu},
      {"Round", 11, newest, 1, 1, Takes::Float, unary<&Scalars::roundEven>},
      {"Selu", 6, newest, 1, 1, Takes::Float, buildSelu},
      {"Shrink", 9, newest, 1, 1, Takes::Number, buildShrink},
      {"Sigmoid", 6, newest, 1, 1, Takes::Float, unary<&Scalars::sigmoid>},
      {"Sign", 9, newest, 1, 1, Takes::Number, unary<&Scalars::sign>},
      {"Sin", 7, newest, 1, 1, Takes::Float, unaryMath<math::SinOp>},
      {"Sinh", 9, newest, 1, 1, Takes::Float, unaryMath<math::SinhOp>},
      {"Softplus", 1, newest, 1, 1, Takes::Float, unary<&Scalars::softplus>},
      {"Softsign", 1, newest, 1, 1, Takes::Float, buildSoftsign},
      {"Sqrt", 6, newest, 1, 1, Takes::Float, unary<&Scalars::sqrt>},
      {"Sub", 6, newest, 2, 2, Takes::Number, binary<&Scalars::sub>},
      {"Sum", 6, newest, 1, anyNumber, Takes::Float, variadic<&Scalars::add>},
      {"Swish", 24, newest, 1, 1, Takes::Float, buildSwish},
      {"Tan", 7, newest, 1, 1, Takes::Float, unaryMath<math::TanOp>},
      {"Tanh", 6, newest, 1, 1, Takes::Float, unary<&Scalars::tanh>},
      {"ThresholdedRelu", 10, newest, 1, 1, Takes::Float, buildThresholdedRelu},
      {"Where", 9, newest, 3, 3, Takes::Any, buildWhere},
      {"Xor", 1, newest, 2, 2, Takes::Bool, binary<&Scalars::differ>},
  };
  return table;
}
