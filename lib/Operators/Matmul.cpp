// Matmul.cpp - matrix products: maps of sums of products
#include "jacquard/Operators/Contract.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// The index space of a product: batch ++ [M] ++ [N], without M or N where that side is a vector.
struct MatmulShape {
  Shape batch, result;
  int64_t depth = 0;
  bool lhsIsVector = false, rhsIsVector = false;
};

} // namespace

static Result<MatmulShape> matmulShape(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  if (lhs.empty() || rhs.empty())
    return Error{"operands of shapes " + describe(lhs) + " and " + describe(rhs) +
                 " cannot be multiplied; expected at least one dimension each"};
  MatmulShape shape;
  shape.lhsIsVector = lhs.size() == 1;
  shape.rhsIsVector = rhs.size() == 1;
  shape.depth = lhs.back();
  int64_t rhsDepth = shape.rhsIsVector ? rhs[0] : rhs[rhs.size() - 2];
  if (shape.depth != rhsDepth)
    return Error{"shapes " + describe(lhs) + " and " + describe(rhs) + " cannot be multiplied: inner extents are " +
                 std::to_string(shape.depth) + " and " + std::to_string(rhsDepth) + "; expected equal ones"};
  Result<Shape> batch =
      broadcastShapes({lhs.drop_back(shape.lhsIsVector ? 1 : 2), rhs.drop_back(shape.rhsIsVector ? 1 : 2)});
  if (!batch)
    return batch.takeError();
  shape.batch = shape.result = *batch;
  if (!shape.lhsIsVector)
    shape.result.push_back(lhs[lhs.size() - 2]);
  if (!shape.rhsIsVector)
    shape.result.push_back(rhs.back());
  return shape;
}

/// Indices of one operand: its part of the batch, then its matrix dimensions (row and column; null ones are left out).
static Value readMatrix(OpBuilder &b, Location loc, Value tensor, ValueRange batch, Value row, Value column) {
  SmallVector<Value> indices(batch);
  if (row)
    indices.push_back(row);
  if (column)
    indices.push_back(column);
  // The matrix dimensions of extent 1 are read at 0 as well, which is where their index stands.
  return readBroadcast(b, loc, tensor, indices);
}

/// The map of folds; `element` turns an operand's (0: left, 1: right) element into a factor, given where it stands.
static Value buildMatmul(OpBuilder &b, Location loc, Value lhs, Value rhs, const MatmulShape &shape, Type sumType,
                         Type resultType,
                         llvm::function_ref<Value(OpBuilder &, int, Value, ValueRange, Value, Value)> element) {
  return mapOver(b, loc, shape.result, [&](OpBuilder &b, ValueRange point) {
    ValueRange batch = point.take_front(shape.batch.size());
    Value row = shape.lhsIsVector ? Value() : point[shape.batch.size()];
    Value column = shape.rhsIsVector ? Value() : point.back();
    Value sum = sumOver(b, loc, shape.depth, sumType, [&](OpBuilder &b, ValueRange depth) {
      Value x = element(b, 0, readMatrix(b, loc, lhs, batch, row, depth[0]), batch, row, depth[0]);
      Value y = element(b, 1, readMatrix(b, loc, rhs, batch, depth[0], column), batch, depth[0], column);
      return Scalars(b, loc).mul(x, y);
    });
    return Scalars(b, loc).cast(sum, resultType);
  });
}

Result<Value> ops::matmul(OpBuilder &b, Location loc, Value lhs, Value rhs) {
  Result<MatmulShape> shape = matmulShape(shapeOf(lhs), shapeOf(rhs));
  if (!shape)
    return shape.takeError();
  Type type = elementOf(lhs), sumType = accumulatorType(type);
  return buildMatmul(
      b, loc, lhs, rhs, *shape, sumType, type,
      [&](OpBuilder &b, int, Value x, ValueRange, Value, Value) { return Scalars(b, loc).cast(x, sumType); });
}

Result<Value> ops::matmulInteger(OpBuilder &b, Location loc, const QuantizedOperand &lhs, const QuantizedOperand &rhs) {
  Result<MatmulShape> shape = matmulShape(shapeOf(lhs.tensor), shapeOf(rhs.tensor));
  if (!shape)
    return shape.takeError();
  const QuantizedOperand *operands[] = {&lhs, &rhs};
  for (const QuantizedOperand *operand : operands)
    if (operand->zeroPoint)
      if (auto fits = broadcastShapes({shapeOf(operand->tensor), shapeOf(operand->zeroPoint)}); !fits)
        return fits.takeError();
  Type sumType = b.getI32Type();
  return buildMatmul(b, loc, lhs.tensor, rhs.tensor, *shape, sumType, sumType,
                     [&](OpBuilder &b, int side, Value x, ValueRange batch, Value row, Value column) {
                       const QuantizedOperand &operand = *operands[side];
                       Scalars s(b, loc, operand.isUnsigned);
                       Value wide = s.cast(x, sumType);
                       if (!operand.zeroPoint)
                         return wide;
                       Value zero = readMatrix(b, loc, operand.zeroPoint, batch, row, column);
                       return s.sub(wide, s.cast(zero, sumType));
                     });
}

Result<Value> ops::gemm(OpBuilder &b, Location loc, Value lhs, Value rhs, Value bias, const GemmOptions &options) {
  ArrayRef<int64_t> left = shapeOf(lhs), right = shapeOf(rhs);
  if (left.size() != 2 || right.size() != 2)
    return Error{"operands have shapes " + describe(left) + " and " + describe(right) + "; expected two matrices"};
  int64_t rows = left[options.transposeLhs], columns = right[!options.transposeRhs];
  int64_t depth = left[!options.transposeLhs], rightDepth = right[options.transposeRhs];
  if (depth != rightDepth)
    return Error{"matrices of shapes " + describe(left) + " and " + describe(right) +
                 " cannot be multiplied: inner extents are " + std::to_string(depth) + " and " +
                 std::to_string(rightDepth) + "; expected equal ones"};
  if (bias) {
    Result<Shape> fits = broadcastShapes({shapeOf(bias), {rows, columns}});
    if (!fits)
      return fits.takeError();
    if (*fits != Shape{rows, columns})
      return Error{"bias of shape " + describe(shapeOf(bias)) + " does not broadcast to " + describe({rows, columns})};
  }
  Type type = elementOf(lhs), sumType = accumulatorType(type);
  return mapOver(b, loc, {rows, columns}, [&](OpBuilder &b, ValueRange point) {
    Value sum = sumOver(b, loc, depth, sumType, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      Value x = options.transposeLhs ? pat::at(b, loc, lhs, {k[0], point[0]}) : pat::at(b, loc, lhs, {point[0], k[0]});
      Value y = options.transposeRhs ? pat::at(b, loc, rhs, {point[1], k[0]}) : pat::at(b, loc, rhs, {k[0], point[1]});
      return s.mul(s.cast(x, sumType), s.cast(y, sumType));
    });
    Scalars s(b, loc);
    if (options.alpha != 1)
      sum = s.mul(sum, s.constant(sumType, options.alpha));
    if (bias) {
      Value c = s.cast(readBroadcast(b, loc, bias, point), sumType);
      sum = s.add(sum, options.beta == 1 ? c : s.mul(c, s.constant(sumType, options.beta)));
    }
    return s.cast(sum, type);
  });
}
