// PatBuilders.h - short ways to read tensors, and questions about combiners, for all who write or read `pat`
#ifndef JACQUARD_DIALECT_PAT_IR_PATBUILDERS_H
#define JACQUARD_DIALECT_PAT_IR_PATBUILDERS_H

#include "jacquard/Dialect/Pat/IR/PatOps.h"

namespace jacquard::pat {

/// The element of `tensor` at `indices` (one per dimension).
Value at(OpBuilder &b, Location loc, Value tensor, ValueRange indices);

/// The element at `map`(operands); `elseValue`, when not null, is the result outside the bounds.
Value at(OpBuilder &b, Location loc, Value tensor, mlir::AffineMap map, ValueRange operands, Value elseValue = {});

/// The single op that combines component `i`, when it is a commutative and associative op of arith (addf, mulf,
/// minimumf, maximumf, minnumf, maxnumf, addi, muli, minsi, maxsi, minui, maxui, andi, ori, xori) of the component's left
/// and right argument alone; null otherwise. `combiner` has 2n arguments and yields n values.
mlir::Operation *matchSimpleCombiner(mlir::Block &combiner, unsigned i);

/// What an index value can be: [min, max], both inclusive.
struct IndexRange {
  int64_t min, max;
};

/// How many values an index of a pattern takes; nothing for other values.
std::optional<int64_t> extentOfIndex(Value value);

/// The range of `value` if it is known: pattern indices, constants, and sums, differences, products, minima, maxima and
/// selections of such values.
std::optional<IndexRange> indexRangeOf(Value value);

/// The range of an affine expression of dimensions with the given ranges; nullopt where it is not known.
std::optional<IndexRange> rangeOf(mlir::AffineExpr expr, llvm::ArrayRef<std::optional<IndexRange>> dims);

/// True if every coordinate of the access is proved to lie inside the tensor.
bool isProvablyInBounds(AtOp op);

/// The coordinates of the access that are not proved to lie inside the tensor.
llvm::SmallVector<unsigned> uncertainCoordinates(AtOp op);

/// Whether the access lies inside the tensor, when coordinate k is `positionOf(k)`: an i1, or null where that is
/// proved.
mlir::Value testInBounds(mlir::OpBuilder &b, AtOp op, llvm::function_ref<mlir::Value(unsigned)> positionOf);

/// True if some coordinate of the access is proved to lie outside the tensor.
bool isProvablyOutOfBounds(AtOp op);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_IR_PATBUILDERS_H
