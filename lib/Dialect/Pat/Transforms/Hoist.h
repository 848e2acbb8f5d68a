// Hoist.h - patterns over the indices of the bodies around them
#ifndef JACQUARD_LIB_DIALECT_PAT_TRANSFORMS_HOIST_H
#define JACQUARD_LIB_DIALECT_PAT_TRANSFORMS_HOIST_H

#include "jacquard/Dialect/Pat/Transforms/Bodies.h"

namespace jacquard::pat {

/// What code inside a pattern depends on: the index arguments of the bodies around it, outermost first, and scalar
/// code.
struct Context {
  llvm::SmallVector<mlir::BlockArgument> indices;
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<mlir::Operation *> code;
};

Context contextOf(const Slice &slice);

/// True if `op` runs in the bodies (not the combiners) of patterns, all the way up to `top`.
bool runsInBodiesOf(mlir::Operation *op, mlir::Operation *top);

/// Starts a body over `indices`, which stand for those of the context, and copies the context's code into it.
mlir::IRMapping openBody(OpBuilder &b, const Context &context, ValueRange indices);

/// The map over the context that computes `value` at every point; an index is stored as i64.
MapOp storeScalar(OpBuilder &b, Value value, const Context &context);

/// The pattern over the context's indices ++ the domain of `nested` that computes all of its instances; null when there
/// is no such pattern. Its results have the context's extents in front; scalars become tensors of them.
mlir::Operation *buildHoisted(OpBuilder &b, mlir::Operation *nested, const Context &context);

} // namespace jacquard::pat

#endif // JACQUARD_LIB_DIALECT_PAT_TRANSFORMS_HOIST_H
