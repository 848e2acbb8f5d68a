// Digits.h - indices that are read at quotients and remainders, seen as numbers of several digits
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_DIGITS_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_DIGITS_H

#include "mlir/IR/AffineMap.h"

#include <optional>

namespace jacquard::pat {

/// Adds to divisors[d] the numbers by which `floordiv` and `mod` in `expr` divide dimension d. False if one divides
/// anything but a dimension alone, or a dimension into unequal parts; `extents` are those of the dimensions, nothing
/// where unknown.
bool collectDivisors(mlir::AffineExpr expr, llvm::ArrayRef<std::optional<int64_t>> extents,
                     llvm::MutableArrayRef<llvm::SmallVector<int64_t, 2>> divisors);

/// Cuts an index of `extent` values into digits, so that each quotient by a divisor is made of whole digits: their
/// extents, the most significant first. One digit where no such cut exists (12 divided by 4 and by 6).
llvm::SmallVector<int64_t> digitsOf(int64_t extent, llvm::ArrayRef<int64_t> divisors);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_DIGITS_H
