// IntegerOps.cpp - matrix products and convolutions of quantised tensors
#include "Quantize.h"
#include "WindowOps.h"

#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, int32Type = 6;

/// Fails unless inputs are bytes.
static void requireBytes(Node &n, ArrayRef<size_t> inputs) {
  for (size_t i : inputs)
    if (!n.element(i).isInteger(8))
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) +
             "; expected int8 or uint8");
}

static Quantised operand(Node &n, size_t tensor, Value scale, Value zero) {
  return {n.input(tensor), n.type(tensor), zero, scale};
}

/// Parameters per row come as a vector; they stand in a column.
static Value perRow(Node &n, size_t i) {
  Value parameter = n.optionalInput(i);
  if (!parameter || ops::rankOf(parameter) != 1 || isOneNumber(parameter))
    return parameter && isOneNumber(parameter) ? alignParameter(n.b, n.loc, parameter, 0, 0) : parameter;
  return ops::reshape(n.b, n.loc, parameter, {ops::shapeOf(parameter)[0], 1});
}

/// Per column, a vector is right as it is.
static Value perColumn(Node &n, size_t i) {
  Value parameter = n.optionalInput(i);
  return parameter && isOneNumber(parameter) ? alignParameter(n.b, n.loc, parameter, 0, 0) : parameter;
}

/// Sets result 0 to the sums, or fails; `scale` and `zero` have to broadcast to them.
static void requantised(Node &n, const Result<Quantised> &sums, Value scale, Value zero, int32_t type) {
  if (!sums)
    return n.fail(sums.error());
  ArrayRef<int64_t> shape = ops::shapeOf(sums->values);
  for (Value parameter : {sums->scale, scale, zero}) {
    if (!parameter)
      continue;
    Result<Shape> fits = ops::broadcastShapes({shape, ops::shapeOf(parameter)});
    if (!fits || ArrayRef<int64_t>(*fits) != shape)
      return n.fail("a scale or zero point of shape " + ops::describe(ops::shapeOf(parameter)) +
                    " does not broadcast to the result's shape " + ops::describe(shape));
  }
  n.result(0, requantise(n.b, n.loc, *sums, scale, zero, type), type);
}

static void buildQLinearMatMul(Node &n) {
  for (size_t i : {1, 4, 6})
    n.requireFloat(i);
  if (n.failed())
    return;
  Quantised lhs = operand(n, 0, perRow(n, 1), perRow(n, 2)), rhs = operand(n, 3, perColumn(n, 4), perColumn(n, 5));
  requantised(n, multiply(n.b, n.loc, lhs, rhs, {}), perRow(n, 6), perRow(n, 7), n.type(7));
}

static void buildQLinearConv(Node &n) {
  for (size_t i : {1, 4, 6})
    n.requireFloat(i);
  if (n.has(8) && n.type(8) != int32Type)
    n.fail("the bias has element type " + elementTypeName(n.type(8)) + "; expected int32");
  for (size_t i : {1, 2, 4, 5, 6, 7})
    if (!isOneNumber(n.input(i)) && (i == 1 || i == 2 || n.rank(i) != 1))
      n.fail("input '" + n.inputName(i) + "' of shape " + ops::describe(n.shape(i)) +
             " is not supported; expected one number" + (i < 3 ? "" : " or one per output channel"));
  ops::Window window = readWindow(n, n.input(3));
  int64_t groups = n.intAttr("group", 1), spatial = n.rank() - 2;
  if (n.failed())
    return;
  Quantised input = operand(n, 0, n.input(1), n.input(2)), weight = operand(n, 3, n.input(4), n.input(5));
  requantised(n, convolve(n.b, n.loc, input, weight, n.optionalInput(8), window, groups),
              alignParameter(n.b, n.loc, n.input(6), 0, 1 + spatial),
              alignParameter(n.b, n.loc, n.input(7), 0, 1 + spatial), n.type(7));
}

//===----------------------------------------------------------------------===//
// com.microsoft
//===----------------------------------------------------------------------===//

/// Sets result 0 to the sums as floats, plus a bias.
static void dequantised(Node &n, const Result<Quantised> &sums, Value bias) {
  if (!sums)
    return n.fail(sums.error());
  Value real = dequantise(n.b, n.loc, *sums);
  if (bias)
    real =
        n.take(ops::elementwise(n.b, n.loc, {real, bias}, [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); }));
  n.result(0, real, floatType);
}

/// A, B, a's scale, b's scale, a's zero, b's zero, bias
static void buildMatMulIntegerToFloat(Node &n) {
  requireBytes(n, {0, 1});
  for (size_t i : {2, 3})
    if (n.type(i) != floatType)
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected float");
  if (n.failed())
    return;
  Quantised lhs = operand(n, 0, perRow(n, 2), perRow(n, 4)), rhs = operand(n, 1, perColumn(n, 3), perColumn(n, 5));
  dequantised(n, multiply(n.b, n.loc, lhs, rhs, {}), n.optionalInput(6));
}

/// A (floats), B, b's scale, b's zero, bias
static void buildDynamicQuantizeMatMul(Node &n) {
  requireBytes(n, {1});
  if (n.type() != floatType || n.type(2) != floatType)
    n.fail("expected floats in inputs '" + n.inputName(0) + "' and '" + n.inputName(2) + "'");
  if (n.failed())
    return;
  Quantised lhs = quantiseDynamically(n.b, n.loc, n.input(0));
  dequantised(n, multiply(n.b, n.loc, lhs, operand(n, 1, perColumn(n, 2), perColumn(n, 3)), {}), n.optionalInput(4));
}

/// A, a's scale, a's zero, B, b's scale, b's zero, C (i32), y's scale, y's zero; floats without y's scale
static void buildQGemm(Node &n) {
  requireBytes(n, {0, 3});
  double alpha = n.floatAttr("alpha", 1);
  bool transposeLhs = n.intAttr("transA", 0), transposeRhs = n.intAttr("transB", 0);
  if (n.rank(0) != 2 || n.rank(3) != 2)
    n.fail("operands have shapes " + ops::describe(n.shape(0)) + " and " + ops::describe(n.shape(3)) +
           "; expected two matrices");
  if (n.has(6) && n.type(6) != int32Type)
    n.fail("input '" + n.inputName(6) + "' has element type " + elementTypeName(n.type(6)) + "; expected int32");
  if (n.failed())
    return;
  // The parameters belong to the product's columns, whether its operand is transposed or not.
  Quantised lhs = operand(n, 0, perRow(n, 1), perRow(n, 2)), rhs = operand(n, 3, perColumn(n, 4), perColumn(n, 5));
  if (transposeLhs)
    lhs.values = ops::transpose(n.b, n.loc, lhs.values, {1, 0});
  if (transposeRhs)
    rhs.values = ops::transpose(n.b, n.loc, rhs.values, {1, 0});
  if (alpha != 1)
    lhs.scale = ops::elementwise(n.b, n.loc, lhs.scale, [&](Scalars &s, ValueRange x) {
      return s.mul(s.constant(x[0].getType(), alpha), x[0]);
    });
  Result<Quantised> sums = multiply(n.b, n.loc, lhs, rhs, n.optionalInput(6));
  if (n.has(7))
    requantised(n, sums, perColumn(n, 7), perColumn(n, 8), n.has(8) ? n.type(8) : n.type(0));
  else
    dequantised(n, sums, {});
}

ArrayRef<Operator> importer::integerOperators() {
  static const Operator table[] = {
      {"DynamicQuantizeMatMul", 1, newest, 3, 5, Takes::Float, buildDynamicQuantizeMatMul, "com.microsoft"},
      {"MatMulIntegerToFloat", 1, newest, 4, 7, Takes::Integer, buildMatMulIntegerToFloat, "com.microsoft"},
      {"QGemm", 1, newest, 6, 9, Takes::Integer, buildQGemm, "com.microsoft"},
      {"QLinearConv", 10, newest, 8, 9, Takes::Integer, buildQLinearConv},
      {"QLinearMatMul", 10, newest, 8, 8, Takes::Integer, buildQLinearMatMul},
  };
  return table;
}
