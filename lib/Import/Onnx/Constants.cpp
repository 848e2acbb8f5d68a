// Constants.cpp - tensor constants: attributes over the model's own bytes
#include "Model.h"

#include "jacquard/Operators/Tensors.h"

#include "onnx/onnx_pb.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SmallVector.h"

#include <cstring>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// Constants of more elements are resources.
static constexpr int64_t mostInline = 16;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// A `dense` attribute from packed little-endian elements (booleans: one byte each).
static ElementsAttr makeDense(RankedTensorType type, ArrayRef<char> bytes) {
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<bool> flags;
  for (char byte : bytes)
    flags.push_back(byte != 0);
  return DenseElementsAttr::get(type, flags);
}

/// True if all elements have the same bytes.
static bool isSplat(ArrayRef<char> bytes, size_t width) {
  return bytes.size() > width && std::memcmp(bytes.data(), bytes.data() + width, bytes.size() - width) == 0;
}

/// `owner` keeps `bytes` alive for as long as the resource lives, that is, as the context.
template <typename Owner>
static ElementsAttr makeConstant(RankedTensorType type, ArrayRef<char> bytes, StringRef name, Owner owner) {
  if (type.getNumElements() <= mostInline || type.getElementType().isInteger(1))
    return makeDense(type, bytes);
  size_t width = type.getElementType().getIntOrFloatBitWidth() / 8;
  if (isSplat(bytes, width))
    return DenseElementsAttr::getFromRawBuffer(type, bytes.take_front(width));
  auto release = [owner](void *, size_t, size_t) mutable { owner.reset(); };
  // Data inside of files begins anywhere.
  bool isAligned = reinterpret_cast<uintptr_t>(bytes.data()) % width == 0;
  AsmResourceBlob blob(bytes, isAligned ? width : 1, std::move(release), /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

//===----------------------------------------------------------------------===//
// Shapes and bytes
//===----------------------------------------------------------------------===//

static Result<RankedTensorType> tensorType(MLIRContext *context, const onnx::TensorProto &tensor) {
  Type element = mlirElementType(context, tensor.data_type());
  if (!element)
    return Error{"has elements of type " + elementTypeName(tensor.data_type()) + ", which are not supported"};
  constexpr int64_t mostBytes = int64_t(1) << 40;
  int64_t bytes = dtypeBytes(*hostType(tensor.data_type()));
  SmallVector<int64_t> shape;
  bool isEmpty = llvm::is_contained(tensor.dims(), 0);
  for (int64_t extent : tensor.dims()) {
    if (extent < 0 || (!isEmpty && __builtin_mul_overflow(bytes, extent, &bytes)) || bytes > mostBytes ||
        extent > mostBytes)
      return Error{"has an impossible extent " + std::to_string(extent)};
    shape.push_back(extent);
  }
  if (!ops::isPossibleShape(shape))
    return Error{"has the impossible shape " + ops::describe(shape)};
  return RankedTensorType::get(shape, element);
}

template <typename To, typename Field> static std::string packField(const Field &field) {
  std::string bytes(field.size() * sizeof(To), '\0');
  for (int i = 0; i < field.size(); ++i) {
    To value = static_cast<To>(field.Get(i));
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
  return bytes;
}

/// The elements of the typed fields, packed.
static std::string packTypedData(const onnx::TensorProto &tensor, DType type) {
  switch (type) {
  case DType::F32:
    return packField<float>(tensor.float_data());
  case DType::F64:
    return packField<double>(tensor.double_data());
  case DType::I64:
    return packField<int64_t>(tensor.int64_data());
  case DType::U64:
    return packField<uint64_t>(tensor.uint64_data());
  case DType::U32:
    return packField<uint32_t>(tensor.uint64_data());
  case DType::I32:
    return packField<int32_t>(tensor.int32_data());
  case DType::I16:
  case DType::U16:
  case DType::F16:
  case DType::BF16:
    return packField<uint16_t>(tensor.int32_data());
  default: // one byte of an element, or of several that are packed
    return packField<uint8_t>(tensor.int32_data());
  }
}

static Status checkSize(const onnx::TensorProto &tensor, RankedTensorType type, size_t given, size_t expected) {
  if (given == expected)
    return {};
  return Error{"has " + std::to_string(given) + " bytes of data; expected " + std::to_string(expected) + " for " +
               std::to_string(type.getNumElements()) + " elements of " + elementTypeName(tensor.data_type())};
}

Result<ElementsAttr> importer::importTensor(MLIRContext *context, const Model &model, const onnx::TensorProto &tensor) {
  Result<RankedTensorType> type = tensorType(context, tensor);
  if (!type)
    return type.takeError();
  DType host = *hostType(tensor.data_type());
  size_t expected = packedBytes(host, uint64_t(type->getNumElements()));
  TensorBytes bytes;
  auto own = std::make_shared<std::string>();
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    Result<TensorBytes> data = findExternalData(model, tensor, expected);
    if (!data)
      return Error{StringRef(data.error()).starts_with("has ") ? data.error() : "cannot be read: " + data.error()};
    bytes = *data;
  } else if (tensor.has_raw_data()) {
    bytes = {ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size()), model.proto};
  } else {
    *own = packTypedData(tensor, host);
    bytes = {ArrayRef<char>(own->data(), own->size()), own};
  }
  if (Status status = checkSize(tensor, *type, bytes.data.size(), expected); !status)
    return status.takeError();
  if (dtypeBits(host) < 8) {
    auto *packed = reinterpret_cast<const uint8_t *>(bytes.data.data());
    std::vector<uint8_t> elements = unpackElements(host, packed, uint64_t(type->getNumElements()));
    own->assign(elements.begin(), elements.end());
    bytes = {ArrayRef<char>(own->data(), own->size()), own};
  }
  return makeConstant(*type, bytes.data, tensor.name(), bytes.owner);
}

Result<ElementsAttr> importer::importTensor(MLIRContext *context, const Tensor &tensor) {
  auto type = RankedTensorType::get(tensor.shape, mlirElementType(context, onnxType(tensor.type)));
  auto bytes = std::make_shared<std::string>(tensor.bytes.begin(), tensor.bytes.end());
  if (bytes->size() != size_t(tensor.numElements()) * dtypeBytes(tensor.type))
    return Error{"has " + std::to_string(bytes->size()) + " bytes; expected those of " +
                 describeTensorType(tensor.type, tensor.shape)};
  return makeConstant(type, ArrayRef<char>(bytes->data(), bytes->size()), "folded", bytes);
}

//===----------------------------------------------------------------------===//
// Back to tensors
//===----------------------------------------------------------------------===//

static std::optional<DType> signedHostType(Type type) {
  for (DType candidate :
       {DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8, DType::I16, DType::I32, DType::I64, DType::Bool})
    if (mlirElementType(type.getContext(), onnxType(candidate)) == type)
      return candidate;
  return std::nullopt;
}

std::optional<Tensor> importer::constantToTensor(ElementsAttr value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  std::optional<DType> host = type ? signedHostType(type.getElementType()) : std::nullopt;
  if (!host)
    return std::nullopt;
  Tensor tensor = makeTensor(*host, type.getShape().vec());
  if (tensor.bytes.empty())
    return tensor;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != tensor.bytes.size())
      return std::nullopt;
    std::memcpy(tensor.bytes.data(), blob->getData().data(), tensor.bytes.size());
    return tensor;
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return std::nullopt;
  if (*host == DType::Bool) {
    for (auto [i, flag] : llvm::enumerate(dense.getValues<bool>()))
      tensor.bytes[i] = flag;
    return tensor;
  }
  ArrayRef<char> raw = dense.getRawData();
  if (dense.isSplat()) {
    for (size_t at = 0; at < tensor.bytes.size(); at += raw.size())
      std::memcpy(tensor.bytes.data() + at, raw.data(), raw.size());
    return tensor;
  }
  std::memcpy(tensor.bytes.data(), raw.data(), tensor.bytes.size());
  return tensor;
}
