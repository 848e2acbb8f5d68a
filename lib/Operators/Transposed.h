// Transposed.h - windows the other way round: which positions of a window reach a result's element
#ifndef JACQUARD_LIB_OPERATORS_TRANSPOSED_H
#define JACQUARD_LIB_OPERATORS_TRANSPOSED_H

#include "jacquard/Operators/Contract.h"

namespace jacquard::ops {

/// Element `out` is reached through `tap` from position (out + pad - tap * dilation) / stride, here along spatial
/// dimension i: true where that is a whole number; null where it always is.
inline Value isReached(Scalars &s, const Window &window, size_t i, Value out, Value tap) {
  int64_t stride = window.strides[i];
  if (stride == 1)
    return {};
  // The kernel's reach in whole strides keeps the dividend positive, where remainder and modulo agree.
  int64_t lift = ((window.reach(i) + std::max<int64_t>(-window.padsBegin[i], 0)) / stride + 1) * stride;
  Value shift = s.mul(tap, s.index(window.dilations[i]));
  Value dividend = s.sub(s.add(out, s.index(window.padsBegin[i] + lift)), shift);
  return s.equal(s.rem(dividend, s.index(stride)), s.index(0));
}

/// The position itself, rounded down, from the expressions of `out` and `tap`.
inline mlir::AffineExpr reachedFrom(const Window &window, size_t i, mlir::AffineExpr out, mlir::AffineExpr tap) {
  mlir::AffineExpr place = out + window.padsBegin[i] - tap * window.dilations[i];
  return window.strides[i] == 1 ? place : place.floorDiv(window.strides[i]);
}

} // namespace jacquard::ops

#endif // JACQUARD_LIB_OPERATORS_TRANSPOSED_H
