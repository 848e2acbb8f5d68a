// Compare.h - how far two tensors are apart, and whether that is allowed
#ifndef JACQUARD_DRIVER_COMPARE_H
#define JACQUARD_DRIVER_COMPARE_H

#include "jacquard/Support/Tensor.h"

#include <string>

namespace jacquard::driver {

/// Allowed: |found - expected| <= absolute + relative * |expected| + rounding * largest |expected|; with `ofLargest` the
/// relative part too counts from the largest expected element (whole networks). `rounding`, 4 units in f32's last place,
/// is for sums whose terms cancel: what is left of them is noise in any implementation. Integers and bools must be
/// equal. Equal infinities and NaN against NaN agree.
struct Tolerance {
  double relative = 1e-3, absolute = 1e-7, rounding = 0x1p-21;
  bool ofLargest = false;
};

struct Difference {
  double largestAbsolute = 0, largestRelative = 0;
  bool within = true;
  std::string problem; ///< first violation or mismatch of type or shape; empty when `within`
};

/// Equal shapes and types; integers of one size are one type.
bool isLike(const Tensor &a, const Tensor &b);

Difference compare(const Tensor &found, const Tensor &expected, const Tolerance &tolerance);

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_COMPARE_H
