// ElementTypes.cpp - ONNX's element types: names, host types, types in `pat`
#include "Model.h"

#include "jacquard/Operators/Narrow.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

namespace {

struct ElementTypeInfo {
  int32_t number;
  const char *name;
  std::optional<DType> host;
  bool isUnsigned;
};

const ElementTypeInfo elementTypes[] = {
    {1, "float", DType::F32, false},
    {2, "uint8", DType::U8, true},
    {3, "int8", DType::I8, false},
    {4, "uint16", DType::U16, true},
    {5, "int16", DType::I16, false},
    {6, "int32", DType::I32, false},
    {7, "int64", DType::I64, false},
    {8, "string", std::nullopt, false},
    {9, "bool", DType::Bool, true},
    {10, "float16", DType::F16, false},
    {11, "double", DType::F64, false},
    {12, "uint32", DType::U32, true},
    {13, "uint64", DType::U64, true},
    {14, "complex64", std::nullopt, false},
    {15, "complex128", std::nullopt, false},
    {16, "bfloat16", DType::BF16, false},
    {17, "float8e4m3fn", DType::F8E4M3FN, false},
    {18, "float8e4m3fnuz", DType::F8E4M3FNUZ, false},
    {19, "float8e5m2", DType::F8E5M2, false},
    {20, "float8e5m2fnuz", DType::F8E5M2FNUZ, false},
    {21, "uint4", DType::U4, true},
    {22, "int4", DType::I4, false},
    {23, "float4e2m1", DType::F4E2M1, false},
    {24, "float8e8m0", DType::F8E8M0, false},
    {25, "uint2", DType::U2, true},
    {26, "int2", DType::I2, false},
    {27, "float6e2m3", DType::F6E2M3, false},
    {28, "float6e3m2", DType::F6E3M2, false},
};

} // namespace

static const ElementTypeInfo *findType(int32_t type) {
  for (const ElementTypeInfo &info : elementTypes)
    if (info.number == type)
      return &info;
  return nullptr;
}

std::string importer::elementTypeName(int32_t type) {
  const ElementTypeInfo *info = findType(type);
  return info ? info->name : "type " + std::to_string(type);
}

bool importer::isUnsignedType(int32_t type) {
  const ElementTypeInfo *info = findType(type);
  return info && info->isUnsigned;
}

std::optional<DType> importer::hostType(int32_t type) {
  const ElementTypeInfo *info = findType(type);
  return info ? info->host : std::nullopt;
}

int32_t importer::onnxType(DType type) {
  for (const ElementTypeInfo &info : elementTypes)
    if (info.host == type)
      return info.number;
  return 0;
}

Type importer::mlirElementType(MLIRContext *context, int32_t type) {
  std::optional<DType> host = hostType(type);
  if (!host)
    return {};
  switch (*host) {
  case DType::F32:
    return Float32Type::get(context);
  case DType::F64:
    return Float64Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::Bool:
    return IntegerType::get(context, 1);
  default:
    return IntegerType::get(context, dtypeBytes(*host) * 8);
  }
}

bool importer::isNarrowType(int32_t type) {
  std::optional<DType> host = hostType(type);
  return host && (isNarrowFloat(*host) || dtypeBits(*host) < 8);
}

const llvm::fltSemantics *importer::narrowFloat(int32_t type) {
  return ops::narrowFormat(hostType(type).value_or(DType::F32));
}

unsigned importer::narrowInteger(int32_t type) {
  std::optional<DType> host = hostType(type);
  return host && !isNarrowFloat(*host) && dtypeBits(*host) < 8 ? dtypeBits(*host) : 0;
}
