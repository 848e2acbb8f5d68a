// TensorProto.cpp - ONNX tensors: raw data, or one of five typed fields
#include "TensorSize.h"

#include "jacquard/Runtime/TensorIO.h"

#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <onnx/onnx_pb.h>

namespace jacquard::runtime {
namespace {

using Proto = onnx::TensorProto;

struct TypeCode {
  int code;
  DType type;
};
constexpr TypeCode typeCodes[] = {
    {Proto::FLOAT, DType::F32},     {Proto::UINT8, DType::U8},   {Proto::INT8, DType::I8},
    {Proto::UINT16, DType::U16},    {Proto::INT16, DType::I16},  {Proto::INT32, DType::I32},
    {Proto::INT64, DType::I64},     {Proto::BOOL, DType::Bool},  {Proto::FLOAT16, DType::F16},
    {Proto::DOUBLE, DType::F64},    {Proto::UINT32, DType::U32}, {Proto::UINT64, DType::U64},
    {Proto::BFLOAT16, DType::BF16},
    // Newer than the library.
    {17, DType::F8E4M3FN},          {18, DType::F8E4M3FNUZ},     {19, DType::F8E5M2},
    {20, DType::F8E5M2FNUZ},        {21, DType::U4},             {22, DType::I4},
    {23, DType::F4E2M1},            {24, DType::F8E8M0},         {25, DType::U2},
    {26, DType::I2},                {27, DType::F6E2M3},         {28, DType::F6E3M2},
};

/// Names of types that are known but not supported.
const char *unsupportedName(int code) {
  switch (code) {
  case Proto::STRING:
    return "string";
  case Proto::COMPLEX64:
    return "complex64";
  case Proto::COMPLEX128:
    return "complex128";
  default:
    return nullptr;
  }
}

Result<DType> typeOf(const Proto &proto) {
  for (const TypeCode &known : typeCodes)
    if (known.code == proto.data_type())
      return known.type;
  if (proto.data_type() == 0)
    return Error{"TensorProto: no element type; the file is not an ONNX tensor"};
  const char *name = unsupportedName(proto.data_type());
  return Error{
      fmt::format("TensorProto: element type {}{} is not supported; expected a bool, an integer of 2 to 64 bits or "
                  "a float of 4 to 64",
                  proto.data_type(), name ? fmt::format(" ({})", name) : "")};
}

/// Copies a typed field, element by element; values that the tensor's type cannot hold are an error.
template <typename To, typename Field> Status copyField(const Field &field, Tensor &tensor) {
  if (uint64_t(field.size()) != uint64_t(tensor.numElements()))
    return Error{fmt::format("TensorProto: {} values do not make {}", field.size(),
                             describeTensorType(tensor.type, tensor.shape))};
  tensor.bytes.resize(size_t(field.size()) * sizeof(To));
  for (int i = 0; i < field.size(); ++i) {
    To value = To(field.Get(i));
    if (std::is_integral_v<To> && field.Get(i) != decltype(field.Get(i))(value))
      return Error{
          fmt::format("TensorProto: value {} at position {} does not fit {}", field.Get(i), i, dtypeName(tensor.type))};
    std::memcpy(&tensor.bytes[size_t(i) * sizeof(To)], &value, sizeof(To));
  }
  return {};
}

/// Types of less than 8 bits: every entry of the field is one byte of packed elements.
Status copyPacked(const Proto &proto, Tensor &tensor) {
  std::vector<uint8_t> packed(proto.int32_data().begin(), proto.int32_data().end());
  uint64_t count = uint64_t(tensor.numElements());
  if (packed.size() != packedBytes(tensor.type, count))
    return Error{fmt::format("TensorProto: {} bytes of packed values do not make {}", packed.size(),
                             describeTensorType(tensor.type, tensor.shape))};
  tensor.bytes = unpackElements(tensor.type, packed.data(), count);
  return {};
}

Status copyTyped(const Proto &proto, Tensor &tensor) {
  if (dtypeBits(tensor.type) < 8)
    return copyPacked(proto, tensor);
  switch (tensor.type) {
  case DType::F32:
    return copyField<float>(proto.float_data(), tensor);
  case DType::F64:
    return copyField<double>(proto.double_data(), tensor);
  case DType::F16: // bit patterns
  case DType::BF16:
  case DType::U16:
    return copyField<uint16_t>(proto.int32_data(), tensor);
  case DType::I8:
    return copyField<int8_t>(proto.int32_data(), tensor);
  case DType::I16:
    return copyField<int16_t>(proto.int32_data(), tensor);
  case DType::I32:
    return copyField<int32_t>(proto.int32_data(), tensor);
  case DType::I64:
    return copyField<int64_t>(proto.int64_data(), tensor);
  case DType::U32:
    return copyField<uint32_t>(proto.uint64_data(), tensor);
  case DType::U64:
    return copyField<uint64_t>(proto.uint64_data(), tensor);
  default: // a byte each
    return copyField<uint8_t>(proto.int32_data(), tensor);
  }
}

} // namespace

Result<NamedTensor> readTensorProto(std::string_view bytes) {
  Proto proto;
  if (bytes.empty())
    return Error{"TensorProto: the file is empty"};
  if (bytes.size() > size_t(std::numeric_limits<int>::max()))
    return Error{fmt::format("TensorProto: {} bytes; expected less than 2 GiB", bytes.size())};
  if (!proto.ParseFromArray(bytes.data(), int(bytes.size())))
    return Error{"TensorProto: the file is truncated or not an ONNX tensor"};
  Result<DType> type = typeOf(proto);
  if (!type)
    return type.takeError();
  if (proto.data_location() == Proto::EXTERNAL)
    return Error{"TensorProto: the data are in another file; save them in the tensor itself"};
  if (proto.has_segment())
    return Error{"TensorProto: segments are not supported; save the whole tensor"};

  Tensor tensor{*type, {proto.dims().begin(), proto.dims().end()}, {}};
  std::optional<uint64_t> elements = countElements(tensor.shape);
  if (!elements)
    return Error{fmt::format("TensorProto: the shape of {} is not possible", describeTensorType(*type, tensor.shape))};
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != packedBytes(*type, *elements))
      return Error{fmt::format("TensorProto: {} bytes of data do not make {}", proto.raw_data().size(),
                               describeTensorType(*type, tensor.shape))};
    tensor.bytes = unpackElements(*type, reinterpret_cast<const uint8_t *>(proto.raw_data().data()), *elements);
  } else if (Status status = copyTyped(proto, tensor); !status) {
    return status.takeError();
  }
  if (tensor.type == DType::Bool)
    for (uint8_t &byte : tensor.bytes)
      byte = byte != 0;
  return NamedTensor{proto.name(), std::move(tensor)};
}

std::string writeTensorProto(const NamedTensor &named) {
  Proto proto;
  proto.set_name(named.name);
  for (int64_t extent : named.tensor.shape)
    proto.add_dims(extent);
  for (const TypeCode &known : typeCodes)
    if (known.type == named.tensor.type)
      proto.set_data_type(known.code);
  std::vector<uint8_t> packed = packElements(named.tensor);
  proto.set_raw_data(packed.data(), packed.size());
  return proto.SerializeAsString();
}

} // namespace jacquard::runtime
