// Model.cpp - read and parse model files
#include "Model.h"
#include "PatLibrary.h"
#include "Skeleton.h"

#include "jacquard/Import/Onnx.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Hash.h"

#include "onnx/defs/parser.h"
#include "onnx/onnx_pb.h"

#include "llvm/ADT/StringMap.h"
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
    return numbered(Diag::ModelTooLarge,
                    "'" + name + "' is not a model in ONNX text form: its brackets are nested too deep");
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
  return numbered(Diag::NotAModel, "'" + name + "' is not a model in ONNX text form: " + problem);
}

/// The bytes are those of a file that constants can refer to if `isFile`.
static Result<std::shared_ptr<onnx::ModelProto>> parseBinary(StringRef bytes, const std::string &name, bool isFile) {
  auto proto = std::make_shared<onnx::ModelProto>();
  constexpr size_t most = (size_t(1) << 31) - 1;
  if (bytes.size() > most)
    return numbered(Diag::ModelTooLarge,
                    "'" + name + "' has " + std::to_string(bytes.size()) +
                        " bytes; a protobuf file has less than 2 GiB, keep the weights in external data");
  if (bytes.empty())
    return numbered(Diag::NotAModel, "'" + name + "' is empty; expected an ONNX model");
  bool ok = isFile ? proto->ParseFromString(makeSkeleton(bytes)) : proto->ParseFromArray(bytes.data(), bytes.size());
  if (!ok)
    return numbered(Diag::NotAModel,
                    "'" + name +
                        "' is not an ONNX model: its bytes are no valid protobuf message (damaged or cut off?)");
  return proto;
}

static Result<std::shared_ptr<onnx::ModelProto>> parseProto(StringRef bytes, const std::string &name, bool isFile) {
  google::protobuf::LogSilencer quiet; // parse errors are reported by us, in one line
  return isText(name) ? parseText(bytes, name) : parseBinary(bytes, name, isFile);
}

Result<Model> importer::parseModel(StringRef bytes, const std::string &name, const std::string &folder,
                                   std::shared_ptr<const MappedFile> file) {
  auto proto = parseProto(bytes, name, file != nullptr);
  if (!proto)
    return proto.takeError();
  if (!(*proto)->has_graph())
    return numbered(Diag::NotAModel, "'" + name + "' holds no graph; expected an ONNX model");
  if ((*proto)->opset_import_size() == 0)
    return numbered(Diag::BrokenGraph,
                    "'" + name + "' does not say which operator set it uses (opset_import is empty)");
  Model model;
  model.proto = *proto;
  model.name = name;
  model.folder = folder;
  model.bytes = bytes;
  model.file = std::move(file);
  return model;
}

Result<Model> importer::loadModel(const std::string &path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  StringRef folder = llvm::sys::path::parent_path(path);
  return parseModel((*file)->bytes(), path, folder.empty() ? "." : folder.str(), *file);
}

uint64_t importer::hashOf(const Model &model) {
  uint64_t hash = hash64(std::string_view(model.bytes.data(), model.bytes.size()));
  if (model.file)
    model.file->release(); // most of it is weights, which are not needed before the end
  return hash;
}

Status importer::addLibraries(MLIRContext *context, Model &model, ArrayRef<std::string> paths) {
  google::protobuf::RepeatedPtrField<onnx::FunctionProto> functions;
  auto patterns = std::make_shared<PatLibrary>();
  for (const std::string &path : paths) {
    Result<std::string> bytes = readFile(path);
    if (!bytes)
      return bytes.takeError();
    if (StringRef(path).ends_with(".mlir")) {
      if (nestsTooDeep(*bytes))
        return numbered(Diag::OperatorLibrary,
                        "operator library '" + path + "' is not MLIR text: its brackets are nested too deep");
      if (Status status = patterns->add(context, *bytes, path); !status)
        return numberedUnlessInside(Diag::OperatorLibrary, status.error());
      continue;
    }
    auto library = parseProto(*bytes, path, /*isFile=*/false);
    if (!library)
      return library.takeError();
    if ((*library)->functions_size() == 0)
      return numbered(Diag::OperatorLibrary,
                      "operator library '" + path + "' defines no functions; expected an ONNX model with functions");
    functions.MergeFrom((*library)->functions());
  }
  functions.MergeFrom(model.proto->functions());
  model.proto->mutable_functions()->Swap(&functions);
  model.library = std::move(patterns);
  return {};
}

//===----------------------------------------------------------------------===//
// Model info
//===----------------------------------------------------------------------===//

std::string importer::domainName(StringRef domain) { return domain.empty() ? "ai.onnx" : domain.str(); }

static ModelValue describeValue(const onnx::ValueInfoProto &info) {
  ModelValue value;
  value.name = info.name();
  const onnx::TypeProto &type = info.type();
  if (!type.has_tensor_type()) {
    value.dtype = type.has_sequence_type()        ? "sequence"
                  : type.has_optional_type()      ? "optional"
                  : type.has_map_type()           ? "map"
                  : type.has_sparse_tensor_type() ? "sparse tensor"
                                                  : "unknown type";
    return value;
  }
  value.isTensor = true;
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
  llvm::StringMap<int64_t> opsets;
  for (const auto &opset : proto.opset_import())
    opsets[domainName(opset.domain())] = opset.version();
  info.opset = opsets.lookup("ai.onnx");
  for (const auto &node : proto.graph().node())
    info.operators.insert({domainName(node.domain()), node.op_type(), opsets.lookup(domainName(node.domain()))});
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
