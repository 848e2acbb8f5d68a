// Digits.cpp - finds the digits of indices in the expressions that read them
#include "jacquard/Dialect/Pat/Transforms/Digits.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace jacquard;

namespace {

struct Quotient {
  unsigned dim;
  int64_t divisor;
};

/// dim, dim floordiv a, (dim floordiv a) floordiv b ..
std::optional<Quotient> asQuotient(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return Quotient{dim.getPosition(), 1};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || binary.getKind() != AffineExprKind::FloorDiv)
    return std::nullopt;
  auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
  std::optional<Quotient> inner = asQuotient(binary.getLHS());
  if (!by || !inner || by.getValue() < 1)
    return std::nullopt;
  return Quotient{inner->dim, inner->divisor * by.getValue()};
}

} // namespace

bool pat::collectDivisors(AffineExpr expr, ArrayRef<std::optional<int64_t>> extents,
                          MutableArrayRef<SmallVector<int64_t, 2>> divisors) {
  bool even = true;
  expr.walk([&](AffineExpr part) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(part);
    if (!binary || (binary.getKind() != AffineExprKind::FloorDiv && binary.getKind() != AffineExprKind::Mod))
      return;
    auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
    std::optional<Quotient> dividend = asQuotient(binary.getLHS());
    if (!by || by.getValue() < 1 || !dividend || !extents[dividend->dim] ||
        *extents[dividend->dim] % (dividend->divisor * by.getValue()) != 0) {
      even = false;
      return;
    }
    divisors[dividend->dim].push_back(dividend->divisor * by.getValue());
  });
  return even;
}

SmallVector<int64_t> pat::digitsOf(int64_t extent, ArrayRef<int64_t> divisors) {
  SmallVector<int64_t> sorted(divisors);
  llvm::sort(sorted);
  SmallVector<int64_t> digits; // the least significant first
  int64_t below = 1;
  sorted.push_back(extent);
  for (int64_t divisor : sorted) {
    if (divisor % below != 0)
      return {extent};
    if (divisor > below)
      digits.push_back(divisor / below);
    below = divisor;
  }
  if (digits.empty())
    return {extent};
  std::reverse(digits.begin(), digits.end());
  return digits;
}
