// Tensor.cpp - sizes and names of host element types
#include "jacquard/Support/Tensor.h"

#include <cstring>
#include <utility>

namespace jacquard {
namespace {

struct DTypeInfo {
  const char *name;
  unsigned bits; ///< in files
};

/// Indexed by DType.
constexpr DTypeInfo dtypes[] = {
    {"float32", 32},   {"float64", 64},       {"float16", 16},   {"bfloat16", 16},    {"int8", 8},
    {"int16", 16},     {"int32", 32},         {"int64", 64},     {"uint8", 8},        {"uint16", 16},
    {"uint32", 32},    {"uint64", 64},        {"bool", 8},       {"float8e4m3fn", 8}, {"float8e4m3fnuz", 8},
    {"float8e5m2", 8}, {"float8e5m2fnuz", 8}, {"float8e8m0", 8}, {"float6e2m3", 6},   {"float6e3m2", 6},
    {"float4e2m1", 4}, {"int4", 4},           {"uint4", 4},      {"int2", 2},         {"uint2", 2},
};
static_assert(sizeof(dtypes) / sizeof(dtypes[0]) == unsigned(DType::U2) + 1);

} // namespace

unsigned dtypeBits(DType type) { return dtypes[unsigned(type)].bits; }
unsigned dtypeBytes(DType type) { return (dtypeBits(type) + 7) / 8; }
const char *dtypeName(DType type) { return dtypes[unsigned(type)].name; }

Tensor makeTensor(DType type, std::vector<int64_t> shape) {
  Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.bytes.resize(size_t(tensor.numElements()) * dtypeBytes(type));
  return tensor;
}

uint64_t packedBytes(DType type, uint64_t count) {
  unsigned bits = dtypeBits(type);
  return bits < 8 ? count / 8 * bits + (count % 8 * bits + 7) / 8 : count * (bits / 8);
}

std::vector<uint8_t> unpackElements(DType type, const uint8_t *packed, uint64_t count) {
  unsigned bits = dtypeBits(type);
  if (bits >= 8)
    return std::vector<uint8_t>(packed, packed + packedBytes(type, count));
  bool isSigned = type == DType::I4 || type == DType::I2;
  uint64_t size = packedBytes(type, count);
  std::vector<uint8_t> elements(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t byte = i * bits / 8;
    unsigned window = packed[byte] | (byte + 1 < size ? packed[byte + 1] << 8 : 0);
    unsigned value = window >> i * bits % 8 & ((1u << bits) - 1);
    bool isNegative = isSigned && value >> (bits - 1);
    elements[i] = uint8_t(isNegative ? value - (1u << bits) : value);
  }
  return elements;
}

std::vector<uint8_t> packElements(const Tensor &tensor) {
  unsigned bits = dtypeBits(tensor.type);
  if (bits >= 8)
    return tensor.bytes;
  std::vector<uint8_t> packed(packedBytes(tensor.type, tensor.bytes.size()));
  for (uint64_t i = 0; i < tensor.bytes.size(); ++i) {
    unsigned window = (tensor.bytes[i] & ((1u << bits) - 1)) << i * bits % 8;
    uint64_t byte = i * bits / 8;
    packed[byte] |= uint8_t(window);
    if (window >> 8)
      packed[byte + 1] |= uint8_t(window >> 8);
  }
  return packed;
}

Tensor trimTensor(const Tensor &tensor, const std::vector<int64_t> &shape) {
  Tensor result = makeTensor(tensor.type, shape);
  if (result.bytes.empty())
    return result;
  // Whole rows of the innermost dimension; `index` counts the others.
  size_t rank = shape.size();
  size_t rowBytes = (rank ? size_t(shape.back()) : 1) * dtypeBytes(tensor.type);
  std::vector<int64_t> index(rank ? rank - 1 : 0, 0);
  for (size_t to = 0; to < result.bytes.size(); to += rowBytes) {
    int64_t row = 0;
    for (size_t d = 0; d < index.size(); ++d)
      row = row * tensor.shape[d] + index[d];
    size_t from = size_t(rank ? row * tensor.shape.back() : 0) * dtypeBytes(tensor.type);
    std::memcpy(result.bytes.data() + to, tensor.bytes.data() + from, rowBytes);
    for (size_t d = index.size(); d-- > 0 && ++index[d] == shape[d];)
      index[d] = 0;
  }
  return result;
}

std::string describeTensorType(DType type, const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + dtypeName(type);
}

} // namespace jacquard
