// TensorSize.h - sizes of shapes that come out of files
#ifndef JACQUARD_RUNTIME_TENSORSIZE_H
#define JACQUARD_RUNTIME_TENSORSIZE_H

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace jacquard::runtime {

/// Elements of `shape`; nothing for a negative extent or more than 2^56 elements.
inline std::optional<uint64_t> countElements(const std::vector<int64_t> &shape) {
  constexpr uint64_t most = uint64_t(1) << 56;
  uint64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > most / uint64_t(extent)))
      return std::nullopt;
    count *= uint64_t(extent);
  }
  return count;
}

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_TENSORSIZE_H
