// Tensor.h - a dense row-major tensor in host memory: what tools bind to inputs and get from outputs
#ifndef JACQUARD_SUPPORT_TENSOR_H
#define JACQUARD_SUPPORT_TENSOR_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace jacquard {

/// Element types of host tensors: all that the file readers know. The fabric stores a subset (ElementType in Arch).
enum class DType : uint8_t { F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, Bool };

unsigned dtypeBytes(DType type);
const char *dtypeName(DType type); ///< "float32", "int64", "bool" ...

struct Tensor {
  DType type = DType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes; ///< little-endian, row-major

  int64_t numElements() const {
    int64_t n = 1;
    for (int64_t extent : shape)
      n *= extent;
    return n;
  }
  template <typename T>
  const T *data() const { return reinterpret_cast<const T *>(bytes.data()); }
  template <typename T>
  T *data() { return reinterpret_cast<T *>(bytes.data()); }
};

/// A tensor of zeros.
Tensor makeTensor(DType type, std::vector<int64_t> shape);
/// "2x3xfloat32"
std::string describeTensorType(DType type, const std::vector<int64_t> &shape);

} // namespace jacquard

#endif // JACQUARD_SUPPORT_TENSOR_H
