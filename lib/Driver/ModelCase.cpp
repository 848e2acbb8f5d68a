// ModelCase.cpp - read data sets, bind inputs that must be constants, compare outputs
#include "ModelCase.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/File.h"

using namespace jacquard;
using namespace jacquard::driver;
namespace fs = std::filesystem;

namespace {

/// Networks of more nodes than this accumulate rounding: their tolerance is relative to the largest output.
constexpr size_t singleOperatorNodes = 8;

/// Unsigned integers travel as signed ones of their size: the operations know how to read them.
Tensor storedAs(Tensor tensor, ElementType type) {
  if (dtypeBytes(tensor.type) == elementBytes(type) && tensor.type != DType::F32)
    tensor.type = sim::hostType(type);
  return tensor;
}

/// Tensors `prefix`_0.pb, _1.pb ... of a data set.
Result<std::vector<Tensor>> readTensors(const fs::path &set, const std::string &prefix) {
  std::vector<Tensor> tensors;
  for (unsigned i = 0;; ++i) {
    fs::path file = set / (prefix + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(file))
      return tensors;
    auto tensor = runtime::loadTensor(file.string());
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
}

/// Some files hold bfloat16 as its bits in an unsigned tensor: read them as what the model declares.
Tensor declaredAs(Tensor tensor, const importer::ModelValue &value) {
  if (value.type == DType::BF16 && tensor.type == DType::U16)
    tensor.type = DType::BF16;
  return tensor;
}

} // namespace

bool driver::isNumericTensor(const importer::ModelValue &value) { return value.isTensor && value.dtype != "string"; }

Result<bitstream::Program> driver::compileThroughBytes(Compiler &compiler) {
  std::optional<bitstream::Program> translated;
  if (compiler.runUntil(Stage::Route))
    translated = compiler.translate();
  if (!translated)
    return Error{compiler.firstError()};
  auto bytes = bitstream::writeProgram(*translated);
  if (!bytes)
    return bytes.takeError();
  return bitstream::readProgram(*bytes);
}

ModelCase::ModelCase(const CommonOptions &options, fs::path folder) : options(options), folder(std::move(folder)) {}

Status ModelCase::readModel() {
  auto read = importer::readOnnxModelInfo((folder / "model.onnx").string());
  if (!read)
    return read.takeError();
  modelInfo = std::move(*read);
  return {};
}

std::vector<fs::path> ModelCase::dataSets(const fs::path &folder) {
  std::vector<fs::path> sets;
  std::error_code code;
  for (const auto &entry : fs::directory_iterator(folder, code))
    if (entry.is_directory() && entry.path().filename().string().rfind("test_data_set_", 0) == 0)
      sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end());
  return sets;
}

std::string ModelCase::firstOtherThanTensor() const {
  auto describe = [](const char *what, const importer::ModelValue &value) {
    return what + (" '" + value.name + "' is of type ") + value.dtype +
           "; only tensors of numbers and booleans are supported";
  };
  for (const importer::ModelValue &value : modelInfo.inputs)
    if (!isNumericTensor(value))
      return describe("input", value);
  for (const importer::ModelValue &value : modelInfo.outputs)
    if (!isNumericTensor(value))
      return describe("output", value);
  return "";
}

bool ModelCase::readData(const fs::path &set, Judgement &judgement) {
  inputs.clear();
  expected.clear();
  outputOrder.clear();
  auto ins = readTensors(set, "input"), outs = readTensors(set, "output");
  if (!ins || !outs) { // sequences, optionals, strings and types below a byte are not tensors of the fabric
    std::string port = firstOtherThanTensor();
    judgement = {Verdict::Unsupported, !port.empty() ? port : !ins ? ins.error() : outs.error()};
    return false;
  }
  for (size_t i = 0; i < ins->size() && i < modelInfo.inputs.size(); ++i)
    inputs[modelInfo.inputs[i].name] = declaredAs(std::move((*ins)[i]), modelInfo.inputs[i]);
  for (size_t i = 0; i < outs->size() && i < modelInfo.outputs.size(); ++i) {
    expected[modelInfo.outputs[i].name] = declaredAs(std::move((*outs)[i]), modelInfo.outputs[i]);
    outputOrder.push_back(modelInfo.outputs[i].name);
  }
  return true;
}

std::unique_ptr<Compiler> ModelCase::load(Judgement &judgement) {
  std::vector<importer::UnsupportedNode> unsupported;
  auto request = makeRequest((folder / "model.onnx").string(), options);
  if (!request) {
    judgement.detail = request.error();
    return nullptr;
  }
  for (auto &[name, tensor] : inputs)
    request->import.shapes[name] = tensor.shape;
  request->import.unsupported = &unsupported;
  while (true) { // every round binds at least one more input
    unsupported.clear();
    auto compiler = std::make_unique<Compiler>(*request);
    if (compiler->load())
      return compiler;
    bool bound = false;
    for (const importer::UnsupportedNode &node : unsupported)
      for (const std::string &name : node.constantsNeeded)
        if (auto it = inputs.find(name); it != inputs.end())
          bound |= request->import.constantInputs.insert({name, it->second}).second;
    if (bound)
      continue;
    if (unsupported.empty())
      judgement = {Verdict::Failed, compiler->firstError()};
    else
      judgement = {Verdict::Unsupported, unsupported.front().op + ": " + unsupported.front().reason};
    return nullptr;
  }
}

std::map<std::string, Tensor> ModelCase::arguments(const bitstream::Program &program) {
  std::map<std::string, Tensor> arguments;
  for (const auto &symbol : program.inputs)
    arguments[symbol.name] = storedAs(inputs[symbol.name], symbol.type);
  return arguments;
}

std::optional<std::map<std::string, Tensor>> ModelCase::runOnHost(Compiler &compiler) {
  std::vector<Tensor> arguments;
  for (const ModelPort &port : compiler.inputs())
    arguments.push_back(inputs[port.name]);
  auto ports = compiler.outputs();
  auto results = compiler.runOnHost(arguments);
  if (!results)
    return std::nullopt;
  std::map<std::string, Tensor> found;
  for (size_t i = 0; i < ports.size(); ++i)
    found[ports[i].name] = std::move((*results)[i]);
  return found;
}

std::string ModelCase::compareAll(const std::map<std::string, Tensor> &found, Tolerance tolerance) const {
  tolerance.ofLargest = modelInfo.numNodes > singleOperatorNodes;
  for (const std::string &name : outputOrder) {
    auto it = found.find(name);
    if (it == found.end())
      return "output '" + name + "' is missing";
    Difference difference = compare(it->second, expected.at(name), tolerance);
    if (!difference.within)
      return "output '" + name + "': " + difference.problem;
  }
  return "";
}
