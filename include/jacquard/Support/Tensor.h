// Tensor.h - a dense row-major tensor in host memory: what tools bind to inputs and get from outputs
#ifndef JACQUARD_SUPPORT_TENSOR_H
#define JACQUARD_SUPPORT_TENSOR_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace jacquard {

/// Element types of host tensors: all that the file readers know. The fabric stores a subset (ElementType in Arch).
///
/// A narrow type (from F8E4M3FN on) has at most 8 bits and takes one byte of a tensor: a float its bits, the upper ones
/// zero; an integer its value, extended by its sign where it has one. Files pack them.
enum class DType : uint8_t {
  F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, Bool,
  F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0, F6E2M3, F6E3M2, F4E2M1, I4, U4, I2, U2
};

unsigned dtypeBytes(DType type);   ///< of an element of a tensor
unsigned dtypeBits(DType type);    ///< of an element in a file: less than 8 for types that are packed
const char *dtypeName(DType type); ///< "float32", "int64", "bool" ...
inline bool isNarrowFloat(DType type) { return type >= DType::F8E4M3FN && type <= DType::F4E2M1; }

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
/// Bytes that `count` elements take in a file.
uint64_t packedBytes(DType type, uint64_t count);
/// Elements in ONNX's order, the first in the lowest bits of the first byte, as bytes of a tensor, and back. `packed`
/// holds packedBytes(type, count) bytes; types that are not packed are copied.
std::vector<uint8_t> unpackElements(DType type, const uint8_t *packed, uint64_t count);
std::vector<uint8_t> packElements(const Tensor &tensor);
/// The leading part of a tensor: positions below `shape` in every dimension, none larger than the tensor's.
Tensor trimTensor(const Tensor &tensor, const std::vector<int64_t> &shape);
/// "2x3xfloat32"
std::string describeTensorType(DType type, const std::vector<int64_t> &shape);

} // namespace jacquard

#endif // JACQUARD_SUPPORT_TENSOR_H
