// Bodies.h - questions about the bodies of patterns, and ways to copy code from one body into another
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_BODIES_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_BODIES_H

#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace jacquard::pat {

/// True for every op of `pat` with a body.
bool isPattern(mlir::Operation *op);

/// The domain of a pattern; empty for `pat.iterate`.
llvm::ArrayRef<int64_t> domainOf(mlir::Operation *pattern);

/// The patterns that stand directly in `block`, in order.
llvm::SmallVector<mlir::Operation *> patternsIn(mlir::Block &block);

/// True for code without patterns, regions, memory or tensors (but for the tensor that a `pat.at` reads).
bool isScalarCode(mlir::Operation *op);

/// True for scalar code that is worth a store and a load rather than a second computation: divisions and what
/// a special-function unit does.
bool isExpensive(mlir::Operation *op);

/// Scopes are the blocks in which flat patterns stand: the function's blocks and the bodies of `pat.iterate`.
/// Calls `visit` for every scope in `root`, outer ones first.
void forEachScope(mlir::Operation *root, llvm::function_ref<void(mlir::Block &)> visit);

/// Erases patterns and scalar code without use in `scope` and in the bodies of what stays.
void eraseDeadCode(mlir::Block &scope);

/// The code inside `top` that computes some values.
struct Slice {
  llvm::SetVector<mlir::Operation *> ops;       ///< in an order in which they can be copied
  llvm::SetVector<mlir::BlockArgument> indices; ///< arguments of enclosing bodies that they use
  bool expensive = false;
};

/// Adds to `slice` what computes `value` inside the regions of `top`. Fails when that takes more than scalar code.
mlir::LogicalResult addToSlice(Value value, mlir::Operation *top, Slice &slice);

/// Values of index type cannot be elements of tensors: they are stored as i64.
Value toElement(OpBuilder &b, Location loc, Value value);
Value fromElement(OpBuilder &b, Location loc, Value element, mlir::Type type);

/// Copies a body to a place where its index arguments are affine functions of other values. Accesses compose into the
/// maps of the copied `pat.at`; scalar code sees the indices as arith code, which is only made on demand.
class BodyCopier {
public:
  /// `images.map` has one result per argument of `indices`.
  BodyCopier(OpBuilder &b, llvm::ArrayRef<mlir::BlockArgument> indices, const Access &images);

  /// Copies one op and what its regions hold; its results are found by `lookup`.
  mlir::Operation *copy(mlir::Operation *op);
  /// The copy of a value; the value itself when it comes from outside.
  Value lookup(Value value);
  /// Guards the copied reads: every access that is not proved in bounds gets a zero `else`.
  void setGuarded() { guarded = true; }

private:
  mlir::Operation *copyAt(AtOp op);
  void materializeOperands(mlir::Operation *op);

  OpBuilder &b;
  Access images;
  llvm::DenseMap<Value, unsigned> position; ///< index argument -> result of images.map
  mlir::IRMapping mapping;
  bool guarded = false;
};

/// A zero of an integer or float type.
Value zeroOf(OpBuilder &b, Location loc, mlir::Type type);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_BODIES_H
