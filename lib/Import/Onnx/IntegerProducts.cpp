// IntegerProducts.cpp - matrix products and convolutions of dequantised integers, in integers
//
// What DequantizeLinear gives is (q - z) * s, so a sum of products of two such tensors is s1 * s2 * sum((q1 - z1) *
// (q2 - z2)) as long as the scales do not change along the summed dimensions. The sum is exact in i32; a QuantizeLinear
// behind it takes it as it is and rounds once. Against the sum in floats the result differs only where that had lost
// bits, or where the product of all scales rounds to another side of a half (relative 2^-23).
#include "GraphImporter.h"
#include "Quantize.h"

#include "jacquard/Operators/Movement.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, int32Type = 6;

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static ops::QuantizedOperand operandOf(const Quantised &tensor, Value zero) {
  return {tensor.values, zero, isUnsignedType(tensor.type)};
}

/// The elementwise product of two scales that broadcast.
static Result<Value> multiplyScales(OpBuilder &b, Location loc, Value x, Value y) {
  return ops::elementwise(b, loc, {x, y}, [&](Scalars &s, ValueRange scales) {
    return s.mul(s.cast(scales[0], b.getF32Type()), s.cast(scales[1], b.getF32Type()));
  });
}

static Quantised sumsOf(Value sums, Value scale) {
  Quantised result{sums, int32Type, {}, scale};
  result.isSum = true;
  return result;
}

Result<Quantised> importer::convolve(OpBuilder &b, Location loc, const Quantised &input, const Quantised &weight,
                                     Value bias, const ops::Window &window, int64_t groups) {
  // Per output channel: dimension 0 of the weight, dimension 1 of the result.
  auto perChannel = [&](Value parameter, int64_t ones) { return alignParameter(b, loc, parameter, 0, 1 + ones); };
  Result<Value> sums = ops::convInteger(b, loc, operandOf(input, perChannel(input.zero, 0)),
                                        operandOf(weight, perChannel(weight.zero, 0)), bias, window, groups);
  if (!sums)
    return sums.takeError();
  int64_t spatial = ops::rankOf(weight.values) - 2;
  Result<Value> scale = multiplyScales(b, loc, perChannel(input.scale, spatial), perChannel(weight.scale, spatial));
  if (!scale)
    return scale.takeError();
  return sumsOf(*sums, *scale);
}

Result<Quantised> importer::multiply(OpBuilder &b, Location loc, const Quantised &lhs, const Quantised &rhs,
                                     Value bias) {
  Result<Value> sums = ops::matmulInteger(b, loc, operandOf(lhs, lhs.zero), operandOf(rhs, rhs.zero));
  if (!sums)
    return sums.takeError();
  if (bias) {
    Result<Shape> fits = ops::broadcastShapes({ops::shapeOf(*sums), ops::shapeOf(bias)});
    if (!fits || ArrayRef<int64_t>(*fits) != ops::shapeOf(*sums))
      return Error{"bias of shape " + ops::describe(ops::shapeOf(bias)) + " does not broadcast to " +
                   ops::describe(ops::shapeOf(*sums))};
    sums = ops::elementwise(b, loc, {*sums, bias}, [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); });
    if (!sums)
      return sums.takeError();
  }
  Result<Value> scale = multiplyScales(b, loc, lhs.scale, rhs.scale);
  if (!scale)
    return scale.takeError();
  return sumsOf(*sums, *scale);
}

Quantised importer::transposed(OpBuilder &b, Location loc, Quantised matrix) {
  auto flip = [&](Value tensor) {
    if (!tensor || isOneNumber(tensor))
      return tensor;
    if (ops::rankOf(tensor) == 1)
      return ops::reshape(b, loc, tensor, {ops::shapeOf(tensor)[0], 1});
    return ops::transpose(b, loc, tensor, {1, 0});
  };
  matrix.values = flip(matrix.values);
  matrix.zero = flip(matrix.zero);
  matrix.scale = flip(matrix.scale);
  return matrix;
}

//===----------------------------------------------------------------------===//
// Of operators on floats
//===----------------------------------------------------------------------===//

/// The integers that an input stands for; null where it is a float, has limits, or is a sum itself.
static const Quantised *integersOf(Node &n, size_t i) {
  const Quantised *found = n.has(i) ? n.item(i).quantised.get() : nullptr;
  bool isUsable = found && !found->isSum && !found->low && !found->high && dtypeBits(*hostType(found->type)) <= 16;
  return isUsable ? found : nullptr;
}

/// The largest difference of a stored number and the zero point.
static int64_t largestOf(const Quantised &tensor) {
  int64_t bits = dtypeBits(*hostType(tensor.type));
  bool isZero = !tensor.zero || matchPattern(tensor.zero, m_Zero());
  return isZero && !isUnsignedType(tensor.type) ? int64_t(1) << (bits - 1) : (int64_t(1) << bits) - 1;
}

/// True if no sum of `depth` products leaves half of i32's range; the other half is the bias's.
static bool sumsFit(const Quantised &x, const Quantised &y, int64_t depth) {
  return depth <= (int64_t(1) << 30) / (largestOf(x) * largestOf(y));
}

/// True if the extents of `parameter` are 1 but for dimension `but`, which is counted from the end of the shape.
static bool isFlatBut(Value parameter, int64_t but) {
  ArrayRef<int64_t> shape = ops::shapeOf(parameter);
  for (int64_t i = 0; i < int64_t(shape.size()); ++i)
    if (shape[i] != 1 && int64_t(shape.size()) - 1 - i != but)
      return false;
  return true;
}

/// True if constants are the same but for rounding.
static bool isSameScale(Node &n, Value x, Value y) {
  ElementsAttr a = n.graph.evaluator().evaluate(x), b = n.graph.evaluator().evaluate(y);
  if (!a || !b)
    return false;
  std::optional<Tensor> s = constantToTensor(a), t = constantToTensor(b);
  if (!s || !t || s->type != DType::F32 || t->type != DType::F32)
    return false;
  int64_t count = std::max(s->numElements(), t->numElements());
  if ((s->numElements() != count && s->numElements() != 1) || (t->numElements() != count && t->numElements() != 1))
    return false;
  for (int64_t i = 0; i < count; ++i) {
    float p = s->data<float>()[s->numElements() == 1 ? 0 : i], q = t->data<float>()[t->numElements() == 1 ? 0 : i];
    if (!(std::abs(p - q) <= std::ldexp(std::abs(q), -22)))
      return false;
  }
  return true;
}

/// True for constants in the half of i32's range that sumsFit leaves.
static bool isModest(Node &n, Value integers) {
  ElementsAttr value = n.graph.evaluator().evaluate(integers);
  std::optional<Tensor> tensor = value ? constantToTensor(value) : std::nullopt;
  if (!tensor || tensor->type != DType::I32)
    return false;
  for (int64_t i = 0; i < tensor->numElements(); ++i)
    if (std::abs(int64_t(tensor->data<int32_t>()[i])) >= int64_t(1) << 30)
      return false;
  return true;
}

/// Input 2 as i32 with the scale of the products, per position of its only dimension; null where it is something else.
static Value integerBias(Node &n, Value scale) {
  const Quantised *bias = n.has(2) && n.rank(2) <= 1 ? n.item(2).quantised.get() : nullptr;
  bool isPlain = bias && bias->type == int32Type && !bias->isSum && (!bias->zero || matchPattern(bias->zero, m_Zero()));
  return isPlain && isModest(n, bias->values) && isSameScale(n, bias->scale, scale) ? bias->values : Value();
}

/// The sums as floats, plus a bias that is none of integers.
static Item resultOf(Node &n, const Quantised &sums, Value floatBias) {
  Value real = dequantise(n.b, n.loc, sums);
  if (!floatBias) {
    Item result(real, floatType);
    result.quantised = std::make_shared<Quantised>(sums);
    return result;
  }
  return {n.take(ops::elementwise(n.b, n.loc, {real, floatBias},
                                  [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); })),
          floatType};
}

std::optional<Item> importer::convolveDequantised(Node &n, const ops::Window &window, int64_t groups) {
  const Quantised *input = integersOf(n, 0), *weight = integersOf(n, 1);
  if (!input || !weight || n.rank(1) < 3)
    return std::nullopt;
  int64_t rank = n.rank(1);
  for (Value parameter : {input->scale, input->zero})
    if (parameter && !isOneNumber(parameter))
      return std::nullopt;
  for (Value parameter : {weight->scale, weight->zero})
    if (parameter && !isFlatBut(parameter, rank - 1))
      return std::nullopt;
  if (n.has(2) && n.rank(2) != 1)
    return std::nullopt;
  if (!sumsFit(*input, *weight, pat::numPoints(n.shape(1).drop_front())))
    return std::nullopt;
  Result<Value> scale = multiplyScales(n.b, n.loc, input->scale, weight->scale);
  if (!scale)
    return std::nullopt;
  Value bias = integerBias(n, *scale);
  Result<Quantised> sums = convolve(n.b, n.loc, *input, *weight, bias, window, groups);
  if (!sums)
    return std::nullopt;
  Value added = bias ? Value() : n.optionalInput(2);
  return resultOf(n, *sums, alignParameter(n.b, n.loc, added, 0, rank - 1));
}

std::optional<Item> importer::multiplyDequantised(Node &n, const ops::GemmOptions &options) {
  const Quantised *left = integersOf(n, 0), *right = integersOf(n, 1);
  if (!left || !right || n.rank(0) < 2 || n.rank(1) < 2 || options.alpha != 1 || (n.has(2) && options.beta != 1))
    return std::nullopt;
  Quantised lhs = options.transposeLhs ? transposed(n.b, n.loc, *left) : *left;
  Quantised rhs = options.transposeRhs ? transposed(n.b, n.loc, *right) : *right;
  if (!isOneNumber(lhs.scale) || !isFlatBut(rhs.scale, 0))
    return std::nullopt;
  if (!sumsFit(lhs, rhs, ops::shapeOf(lhs.values).back()))
    return std::nullopt;
  Result<Value> scale = multiplyScales(n.b, n.loc, lhs.scale, rhs.scale);
  Value bias = scale ? integerBias(n, *scale) : Value();
  Result<Quantised> sums = multiply(n.b, n.loc, lhs, rhs, bias);
  if (!sums)
    return std::nullopt;
  return resultOf(n, *sums, bias ? Value() : n.optionalInput(2));
}

Item importer::clampDequantised(const Item &input, Value clamped, Value low, Value high) {
  Item result(clamped, input.type);
  bool isFirst = input.quantised && input.quantised->isSum && !input.quantised->low && !input.quantised->high;
  if (!isFirst)
    return result;
  auto limited = std::make_shared<Quantised>(*input.quantised);
  limited->low = low;
  limited->high = high;
  result.quantised = std::move(limited);
  return result;
}
