// Contract.h - sums of products: matrix products and convolutions
#ifndef JACQUARD_OPERATORS_CONTRACT_H
#define JACQUARD_OPERATORS_CONTRACT_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// numpy's matmul: [.., M, K] x [.., K, N] -> [.., M, N], leading dimensions broadcast; a vector on the left is [1, K],
/// on the right [K, 1], and the extra dimension is dropped. Sums of narrow floats are kept in f32.
Result<Value> matmul(OpBuilder &b, Location loc, Value lhs, Value rhs);

/// The same for quantised integers: elements are widened to i32 (as unsigned or signed), less their zero point.
struct QuantizedOperand {
  Value tensor;
  Value zeroPoint; ///< null, a scalar, or a tensor that broadcasts against `tensor`
  bool isUnsigned = false;
};
Result<Value> matmulInteger(OpBuilder &b, Location loc, const QuantizedOperand &lhs, const QuantizedOperand &rhs);

/// alpha * op(lhs) * op(rhs) + beta * bias; `bias` broadcasts to the result and may be null.
struct GemmOptions {
  double alpha = 1, beta = 1;
  bool transposeLhs = false, transposeRhs = false;
};
Result<Value> gemm(OpBuilder &b, Location loc, Value lhs, Value rhs, Value bias, const GemmOptions &options);

/// numpy's einsum: sums of products by an equation such as "bij,bjk->bik", with ellipses, diagonals and broadcasting of
/// extents of 1. More than two operands are contracted in pairs, the smallest result first.
Result<Value> einsum(OpBuilder &b, Location loc, ArrayRef<Value> operands, llvm::StringRef equation);

/// Determinants of [.., M, M] by elimination with partial pivoting.
Result<Value> determinant(OpBuilder &b, Location loc, Value matrices);

/// How a window slides: one entry per spatial dimension. Pads are counted in elements; negative ones crop.
struct Window {
  Shape kernel, strides, dilations, padsBegin, padsEnd;
  bool ceilMode = false;

  size_t rank() const { return kernel.size(); }
  /// Extent of the dilated kernel.
  int64_t reach(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
  /// Number of positions over an input of this extent.
  int64_t positions(size_t i, int64_t extent) const;
  /// True if no position reaches outside an input of this extent.
  bool staysInside(size_t i, int64_t extent) const;
};

/// Checks that all lists have one positive entry per spatial dimension of `input` ([N, C, spatial..]) and that the
/// kernel fits at least once.
Status checkWindow(const Window &window, ArrayRef<int64_t> input);

/// input [N, C, spatial..] * weight [M, C/groups, kernel..] + bias [M] (or null) -> [N, M, spatial..].
Result<Value> conv(OpBuilder &b, Location loc, Value input, Value weight, Value bias, const Window &window,
                   int64_t groups);
/// The same for quantised integers, with i32 result.
Result<Value> convInteger(OpBuilder &b, Location loc, const QuantizedOperand &input, const QuantizedOperand &weight,
                          Value bias, const Window &window, int64_t groups);

/// The transpose of conv: weight [C, M/groups, kernel..]; `output` holds the spatial extents of the result. The
/// window's pads are taken off the full result; padsEnd is not used.
Result<Value> convTranspose(OpBuilder &b, Location loc, Value input, Value weight, Value bias, const Window &window,
                            int64_t groups, ArrayRef<int64_t> output);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_CONTRACT_H
