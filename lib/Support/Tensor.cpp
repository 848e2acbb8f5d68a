// Tensor.cpp - sizes and names of host element types
#include "jacquard/Support/Tensor.h"

#include <utility>

namespace jacquard {
namespace {

struct DTypeInfo {
  const char *name;
  unsigned bytes;
};

/// Indexed by DType.
constexpr DTypeInfo dtypes[] = {
    {"float32", 4}, {"float64", 8}, {"float16", 2}, {"bfloat16", 2}, {"int8", 1},   {"int16", 2}, {"int32", 4},
    {"int64", 8},   {"uint8", 1},   {"uint16", 2},  {"uint32", 4},   {"uint64", 8}, {"bool", 1},
};
static_assert(sizeof(dtypes) / sizeof(dtypes[0]) == unsigned(DType::Bool) + 1);

} // namespace

unsigned dtypeBytes(DType type) { return dtypes[unsigned(type)].bytes; }
const char *dtypeName(DType type) { return dtypes[unsigned(type)].name; }

Tensor makeTensor(DType type, std::vector<int64_t> shape) {
  Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.bytes.resize(size_t(tensor.numElements()) * dtypeBytes(type));
  return tensor;
}

std::string describeTensorType(DType type, const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + dtypeName(type);
}

} // namespace jacquard
