// IndexMath.h - affine index functions of known ranges: simplify, compose, turn into scalar code
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_INDEXMATH_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_INDEXMATH_H

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/IR/AffineMap.h"

namespace jacquard::pat {

using IndexRanges = llvm::SmallVector<std::optional<IndexRange>>;

/// The range of each operand, where it is known.
IndexRanges rangesOf(ValueRange operands);

/// Number of floordiv, ceildiv and mod in an expression: what an address generator pays for.
unsigned countDivisions(mlir::AffineExpr expr);

/// An equal expression with no more divisions: sums are collected, `floordiv` and `mod` by constants cancel, nest into
/// one or vanish where the ranges of the dimensions allow. Delinearising a linearised index gives the index back.
mlir::AffineExpr simplifyIndex(mlir::AffineExpr expr, llvm::ArrayRef<std::optional<IndexRange>> dims);

/// An affine function of index values.
struct Access {
  mlir::AffineMap map;
  llvm::SmallVector<Value> operands;

  /// Pulls additions, subtractions and multiplications by constants, `affine.apply` and constants out of the operands
  /// into the map, merges equal operands, drops unused ones and simplifies every result.
  void normalize();

  /// Numbers the operands in the order in which the results use them and drops the others.
  void numberByUse();
};

/// The access of a `pat.at`.
Access accessOf(AtOp op);

/// The value of `expr`(operands) as arith code at the builder. Division and remainder are by positive constants and
/// round down; where the dividend is known not to be negative, the unsigned ops are used.
Value materializeIndex(OpBuilder &b, Location loc, mlir::AffineExpr expr, ValueRange operands);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_INDEXMATH_H
