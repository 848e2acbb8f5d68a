// Compare.h - how far two tensors are apart, and whether that is allowed
#ifndef JACQUARD_DRIVER_COMPARE_H
#define JACQUARD_DRIVER_COMPARE_H

#include "jacquard/Support/Tensor.h"

#include <string>

namespace jacquard::driver {

/// Allowed: |found - expected| <= absolute + relative * |expected|; with `ofLargest` the magnitude is that of the largest
/// expected element (whole networks). Integers and bools must be equal. Equal infinities and NaN against NaN agree.
struct Tolerance {
  double relative = 1e-3, absolute = 1e-7;
  bool ofLargest = false;
};

struct Difference {
  double largestAbsolute = 0, largestRelative = 0;
  bool within = true;
  std::string problem; ///< first violation or mismatch of type or shape; empty when `within`
};

Difference compare(const Tensor &found, const Tensor &expected, const Tolerance &tolerance);

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_COMPARE_H
