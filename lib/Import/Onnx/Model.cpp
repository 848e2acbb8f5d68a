// Model.cpp - read and parse model files; element types
#include "Model.h"

#include "jacquard/Import/Onnx.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Hash.h"

#include "onnx/defs/parser.h"
#include "onnx/onnx_pb.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static bool isText(StringRef name) { return name.ends_with(".onnxtxt"); }

/// Whether brackets nest deeper than the parser's recursion can follow.
static bool nestsTooDeep(StringRef text) {
  constexpr int most = 1000;
  int depth = 0;
  for (char c : text) {
    depth += StringRef("{[(<").contains(c);
    depth -= StringRef("}])>").contains(c);
    if (depth > most)
      return true;
  }
  return false;
}

static Result<std::shared_ptr<onnx::ModelProto>> parseText(StringRef bytes, const std::string &name) {
  auto proto = std::make_shared<onnx::ModelProto>();
  std::string text = bytes.str(); // the parser wants a terminated string
  std::string problem;
  if (nestsTooDeep(bytes))
    return Error{"'" + name + "' is not a model in ONNX text form: its brackets are nested too deep"};
  try {
    auto status = onnx::OnnxParser::Parse(*proto, text.c_str());
    if (!status.IsOK())
      problem = status.ErrorMessage();
  } catch (const std::exception &thrown) { // numbers out of range
    problem = thrown.what();
  }
  if (problem.empty())
    return proto;
  std::replace(problem.begin(), problem.end(), '\n', ' ');
  return Error{"'" + name + "' is not a model in ONNX text form: " + problem};
}

static Result<std::shared_ptr<onnx::ModelProto>> parseBinary(StringRef bytes, const std::string &name) {
  auto proto = std::make_shared<onnx::ModelProto>();
  constexpr size_t most = (size_t(1) << 31) - 1;
  if (bytes.size() > most)
    return Error{"'" + name + "' has " + std::to_string(bytes.size()) +
                 " bytes; a protobuf file has less than 2 GiB, keep the weights in external data"};
  if (bytes.empty())
    return Error{"'" + name + "' is empty; expected an ONNX model"};
  if (!proto->ParseFromArray(bytes.data(), bytes.size()))
    return Error{"'" + name + "' is not an ONNX model: its bytes are no valid protobuf message (damaged or cut off?)"};
  return proto;
}

Result<Model> importer::parseModel(StringRef bytes, const std::string &name, const std::string &folder) {
  // Parse errors are reported by us, in one line.
  google::protobuf::LogSilencer quiet;
  auto proto = isText(name) ? parseText(bytes, name) : parseBinary(bytes, name);
  if (!proto)
    return proto.takeError();
  if (!(*proto)->has_graph())
    return Error{"'" + name + "' holds no graph; expected an ONNX model"};
  if ((*proto)->opset_import_size() == 0)
    return Error{"'" + name + "' does not say which operator set it uses (opset_import is empty)"};
  Model model;
  model.proto = *proto;
  model.name = name;
  model.folder = folder;
  model.hash = hash64(std::string_view(bytes.data(), bytes.size()));
  return model;
}

Result<Model> importer::loadModel(const std::string &path) {
  Result<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  StringRef folder = llvm::sys::path::parent_path(path);
  return parseModel(*bytes, path, folder.empty() ? "." : folder.str());
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

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
    {17, "float8e4m3fn", std::nullopt, false},
    {18, "float8e4m3fnuz", std::nullopt, false},
    {19, "float8e5m2", std::nullopt, false},
    {20, "float8e5m2fnuz", std::nullopt, false},
    {21, "uint4", std::nullopt, true},
    {22, "int4", std::nullopt, false},
    {23, "float4e2m1", std::nullopt, false},
    {24, "float8e8m0", std::nullopt, false},
    {25, "uint2", std::nullopt, true},
    {26, "int2", std::nullopt, false},
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

//===----------------------------------------------------------------------===//
// Model info
//===----------------------------------------------------------------------===//

static ModelValue describeValue(const onnx::ValueInfoProto &info) {
  ModelValue value;
  value.name = info.name();
  const onnx::TypeProto &type = info.type();
  if (!type.has_tensor_type()) {
    value.dtype = type.has_sequence_type() ? "sequence" : type.has_optional_type() ? "optional" : "unknown";
    return value;
  }
  value.dtype = elementTypeName(type.tensor_type().elem_type());
  value.type = hostType(type.tensor_type().elem_type());
  if (!type.tensor_type().has_shape())
    return value;
  value.dims.emplace();
  for (const auto &dim : type.tensor_type().shape().dim()) {
    ModelDim one;
    if (dim.has_dim_value())
      one.extent = dim.dim_value();
    else
      one.symbol = dim.dim_param();
    value.dims->push_back(one);
  }
  return value;
}

Result<ModelInfo> importer::readOnnxModelInfo(const std::string &path) {
  Result<Model> model = loadModel(path);
  if (!model)
    return model.takeError();
  const onnx::ModelProto &proto = *model->proto;
  ModelInfo info;
  info.name = proto.graph().name();
  info.producer = proto.producer_name();
  info.irVersion = proto.ir_version();
  info.numNodes = size_t(proto.graph().node_size());
  for (const auto &opset : proto.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx")
      info.opset = opset.version();
  llvm::StringSet<> initialized;
  for (const auto &tensor : proto.graph().initializer())
    initialized.insert(tensor.name());
  for (const auto &input : proto.graph().input())
    if (!initialized.contains(input.name()))
      info.inputs.push_back(describeValue(input));
  for (const auto &output : proto.graph().output())
    info.outputs.push_back(describeValue(output));
  return info;
}
