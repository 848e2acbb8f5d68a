// Overlap.h - how long two things take that go on at the same time
#ifndef JACQUARD_DIALECT_UTILS_OVERLAP_H
#define JACQUARD_DIALECT_UTILS_OVERLAP_H

#include <algorithm>
#include <cmath>

namespace jacquard {

/// Cycles of a stream that one side brings in `a` cycles and the other uses in `b`. Buffers even out only some of their
/// ups and downs: the nearer the two are, the more often each waits for the other; a smooth maximum, up to 6 % above the
/// larger one.
inline double sideBySide(double a, double b) {
  double larger = std::max(a, b);
  if (larger <= 0)
    return 0;
  double ratio = std::min(a, b) / larger, square = ratio * ratio, sixth = square * square * square;
  return larger * std::cbrt(std::sqrt(std::sqrt(1 + sixth * sixth)));
}

} // namespace jacquard

#endif // JACQUARD_DIALECT_UTILS_OVERLAP_H
