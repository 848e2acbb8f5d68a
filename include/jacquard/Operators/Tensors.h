// Tensors.h - what all tensor operators are made of: reading at affine indices, maps with broadcasting, sums
//
// Operators take static ranked tensors and build patterns at the builder's insertion point. Shapes that do not fit are
// returned as errors ("shapes [2, 3] and [4] do not broadcast"); nothing is built then.
#ifndef JACQUARD_OPERATORS_TENSORS_H
#define JACQUARD_OPERATORS_TENSORS_H

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Operators/Scalar.h"
#include "jacquard/Support/Result.h"

#include "mlir/IR/AffineExpr.h"

#include <string>

namespace jacquard::ops {

using llvm::ArrayRef;
using llvm::SmallVector;
using Shape = SmallVector<int64_t>;

ArrayRef<int64_t> shapeOf(Value tensor);
Type elementOf(Value tensor);
int64_t rankOf(Value tensor);
/// "[2, 3]"; of long lists the beginning.
std::string describe(ArrayRef<int64_t> shape);
/// Whether a tensor can have this shape: at most 64 dimensions and 2^38 elements, more than DRAM of terabytes holds.
/// Anything beyond is a damaged model.
bool isPossibleShape(ArrayRef<int64_t> shape);

/// numpy's rule over any number of shapes.
Result<Shape> broadcastShapes(ArrayRef<ArrayRef<int64_t>> shapes);

/// An axis in [-rank, rank) as one in [0, rank).
Result<int64_t> normalizeAxis(int64_t axis, int64_t rank);
/// The same for a list; an axis given twice is an error. Sorted.
Result<Shape> normalizeAxes(ArrayRef<int64_t> axes, int64_t rank);

/// The element at `exprs` (one per dimension of the tensor) of `operands`; operands that are not used are left out, and
/// splat constants become scalars. Outside the bounds: `elseValue`, which may be null when no access is outside.
Value read(OpBuilder &b, Location loc, Value tensor, ArrayRef<mlir::AffineExpr> exprs, ValueRange operands,
           Value elseValue = {});

/// The element of `tensor` that stands at `indices` of a shape that it broadcasts to.
Value readBroadcast(OpBuilder &b, Location loc, Value tensor, ValueRange indices);

/// Computes a scalar from the scalars of one point.
using ElementFn = llvm::function_ref<Value(Scalars &, ValueRange)>;
/// Computes a scalar from indices.
using IndexFn = llvm::function_ref<Value(OpBuilder &, ValueRange)>;

/// A map over `domain` with one result.
Value mapOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, IndexFn body);

/// `fn` over the broadcast elements of the tensors.
Result<Value> elementwise(OpBuilder &b, Location loc, ArrayRef<Value> tensors, ElementFn fn, bool isUnsigned = false);
/// The same for one tensor, which cannot fail.
Value elementwise(OpBuilder &b, Location loc, Value tensor, ElementFn fn, bool isUnsigned = false);

/// The fold of `body` over `domain` (an empty one has one point) by the op of `combine`.
Value foldOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Value init, IndexFn body,
               llvm::function_ref<Value(Scalars &, Value, Value)> combine, bool isUnsigned = false);
/// The sum of `body`, whose values are of `type`, over `domain`.
Value sumOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Type type, IndexFn body);

/// A tensor as it is, or converted elementwise.
Value convert(OpBuilder &b, Location loc, Value tensor, Type element, bool fromUnsigned = false,
              bool toUnsigned = false);

/// A constant tensor of i64 or of a float type.
Value constantTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, ArrayRef<int64_t> values);
Value constantTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, ArrayRef<double> values);
/// A tensor without dimensions.
Value constantScalar(OpBuilder &b, Location loc, Type element, double value);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_TENSORS_H
