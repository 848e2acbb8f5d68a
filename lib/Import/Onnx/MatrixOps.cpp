// MatrixOps.cpp - matrix products
#include "MatrixOps.h"
#include "Quantize.h"

#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t int32Type = 6;

static void buildMatMul(Node &n) {
  n.requireSameTypes();
  if (n.failed())
    return;
  if (std::optional<Item> sums = multiplyDequantised(n))
    n.result(0, *sums);
  else
    n.result(ops::matmul(n.b, n.loc, n.input(0), n.input(1)));
}

ops::GemmOptions importer::readGemmOptions(Node &n) {
  ops::GemmOptions options;
  options.alpha = n.floatAttr("alpha", 1);
  options.beta = n.floatAttr("beta", 1);
  options.transposeLhs = n.intAttr("transA", 0);
  options.transposeRhs = n.intAttr("transB", 0);
  return options;
}

static void buildGemm(Node &n) {
  n.requireSameTypes();
  ops::GemmOptions options = readGemmOptions(n);
  if (n.failed())
    return;
  if (std::optional<Item> sums = multiplyDequantised(n, options))
    n.result(0, *sums);
  else
    n.result(ops::gemm(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), options));
}

/// Zero points per row of the left operand come as a vector; they stand in a column.
static Value rowZeroPoint(Node &n, size_t i) {
  Value zero = n.optionalInput(i);
  if (!zero || ops::rankOf(zero) != 1 || ops::shapeOf(zero)[0] == 1)
    return zero;
  return ops::reshape(n.b, n.loc, zero, {ops::shapeOf(zero)[0], 1});
}

static void buildMatMulInteger(Node &n) {
  ops::QuantizedOperand lhs{n.input(0), rowZeroPoint(n, 2), n.isUnsigned(0)};
  ops::QuantizedOperand rhs{n.input(1), n.optionalInput(3), n.isUnsigned(1)};
  n.result(ops::matmulInteger(n.b, n.loc, lhs, rhs), int32Type);
}

static void buildEinsum(Node &n) {
  std::string equation = n.stringAttr("equation", "");
  n.requireSameTypes();
  SmallVector<Value> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.optionalInput(i));
  if (llvm::is_contained(operands, Value()))
    n.fail("an operand is missing; expected one per term of equation '" + equation + "'");
  if (!n.failed())
    n.result(ops::einsum(n.b, n.loc, operands, equation));
}

static void buildDet(Node &n) { n.result(ops::determinant(n.b, n.loc, n.input(0))); }

ArrayRef<Operator> importer::matrixOperators() {
  static const Operator table[] = {
      {"Det", 11, newest, 1, 1, Takes::Float, buildDet},
      {"Einsum", 12, newest, 1, anyNumber, Takes::Number, buildEinsum},
      {"Gemm", 6, newest, 2, 3, Takes::Number, buildGemm},
      {"MatMul", 1, newest, 2, 2, Takes::Number, buildMatMul},
      {"MatMulInteger", 10, newest, 2, 4, Takes::Integer, buildMatMulInteger},
  };
  return table;
}
