// Session.cpp - binds files to inputs and outputs
#include "jacquard/Runtime/Session.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Runtime/Random.h"
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/FloatFormat.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>

namespace jacquard::runtime {
namespace {

using bitstream::TensorSymbol;
using sim::hostType;

std::string namesOf(const std::vector<TensorSymbol> &symbols) {
  std::string text;
  for (const TensorSymbol &symbol : symbols)
    text += fmt::format("{}'{}' ({})", text.empty() ? "" : ", ", symbol.name,
                        describeTensorType(hostType(symbol), symbol.shape));
  return text.empty() ? "none" : text;
}

/// Names and files may both contain '=': the first split whose left side is an input counts.
Result<std::pair<const TensorSymbol *, std::string>> splitBinding(const std::vector<TensorSymbol> &inputs,
                                                                  const std::string &binding) {
  if (binding.find('=') == std::string::npos)
    return numbered(Diag::BadOption, fmt::format("'{}' is not a binding; expected NAME=FILE", binding));
  for (size_t at = binding.find('='); at != std::string::npos; at = binding.find('=', at + 1))
    for (const TensorSymbol &symbol : inputs)
      if (symbol.name == binding.substr(0, at))
        return std::pair(&symbol, binding.substr(at + 1));
  return numbered(Diag::WrongTensor, fmt::format("the program has no input '{}'; its inputs are {}",
                                                 binding.substr(0, binding.find('=')), namesOf(inputs)));
}

/// Signed and unsigned integers of one size have the same bits, and bfloat16, which NumPy does not have, comes as its
/// bits in uint16.
bool holds(const Tensor &tensor, const TensorSymbol &symbol) {
  bool bits = symbol.type == ElementType::BF16 && tensor.type == DType::U16;
  return (bits || sim::storedType(tensor.type) == symbol.type) && tensor.shape == symbol.shape;
}

Status checkTensor(const Tensor &tensor, const TensorSymbol &symbol, const std::string &file) {
  if (holds(tensor, symbol))
    return {};
  return numbered(Diag::WrongTensor,
                  fmt::format("'{}' holds {}; input '{}' is {}", file, describeTensorType(tensor.type, tensor.shape),
                              symbol.name, describeTensorType(hostType(symbol), symbol.shape)));
}

/// As NumPy can hold it: bfloat16 becomes float32, exactly.
Tensor forNumpy(const Tensor &tensor) {
  if (tensor.type != DType::BF16)
    return tensor;
  Tensor floats = makeTensor(DType::F32, tensor.shape);
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    floats.data<float>()[i] = fromFloatBits(FloatFormat::BF16, tensor.data<uint16_t>()[i]);
  return floats;
}

} // namespace

Result<bitstream::Program> loadProgram(const std::string &path) {
  Result<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  Result<bitstream::Program> program = bitstream::readProgram(*bytes);
  if (!program)
    return numberedUnlessInside(Diag::BadConfiguration, fmt::format("'{}': {}", path, program.error()));
  return program;
}

Result<std::map<std::string, Tensor>> loadInputs(const std::vector<TensorSymbol> &inputs,
                                                 const std::vector<std::string> &bindings, uint64_t seed) {
  std::map<std::string, Tensor> tensors;
  for (const std::string &binding : bindings) {
    auto split = splitBinding(inputs, binding);
    if (!split)
      return split.takeError();
    const auto &[symbol, file] = *split;
    Result<Tensor> tensor = loadTensor(file);
    if (!tensor)
      return tensor.takeError();
    if (Status status = checkTensor(*tensor, *symbol, file); !status)
      return status.takeError();
    tensor->type = hostType(*symbol);
    if (!tensors.emplace(symbol->name, std::move(*tensor)).second)
      return numbered(Diag::WrongTensor, fmt::format("input '{}' is given twice", symbol->name));
  }
  for (const TensorSymbol &symbol : inputs)
    if (!tensors.count(symbol.name))
      tensors[symbol.name] = randomTensor(symbol, seed);
  return tensors;
}

std::string fileNameFor(const std::string &tensorName) {
  std::string name = tensorName;
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_')
      c = '_';
  if (name.empty() || name[0] == '.')
    name.insert(0, "_");
  return name;
}

Result<std::vector<std::string>> saveOutputs(const std::map<std::string, Tensor> &outputs,
                                             const std::string &directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure)
    return numbered(Diag::FileAccess, fmt::format("cannot make folder '{}': {}", directory, failure.message()));
  std::vector<std::string> paths;
  for (const auto &[name, tensor] : outputs) {
    std::string stem = (std::filesystem::path(directory) / fileNameFor(name)).string(), path = stem + ".npy";
    for (unsigned n = 2; std::find(paths.begin(), paths.end(), path) != paths.end(); ++n)
      path = fmt::format("{}_{}.npy", stem, n);
    if (Status status = saveTensor(path, forNumpy(tensor)); !status)
      return status.takeError();
    paths.push_back(path);
  }
  return paths;
}

} // namespace jacquard::runtime
