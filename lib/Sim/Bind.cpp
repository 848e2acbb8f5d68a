// Bind.cpp - checks names, shapes and types, then copies bytes
#include "Bind.h"
#include "jacquard/Support/Diagnostics.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>

namespace jacquard::sim {
namespace {

using namespace bitstream;

struct TypePair {
  DType host;
  ElementType stored;
  bool isUnsigned;
};

/// By DType.
constexpr TypePair typePairs[] = {
    {DType::F32, ElementType::F32, false}, {DType::F64, ElementType::F64, false},
    {DType::F16, ElementType::F16, false}, {DType::BF16, ElementType::BF16, false},
    {DType::I8, ElementType::I8, false},   {DType::I16, ElementType::I16, false},
    {DType::I32, ElementType::I32, false}, {DType::I64, ElementType::I64, false},
    {DType::U8, ElementType::I8, true},    {DType::U16, ElementType::I16, true},
    {DType::U32, ElementType::I32, true},  {DType::U64, ElementType::I64, true},
    {DType::Bool, ElementType::I1, false},
};

bool isInteger(ElementType type) { return !isFloatElement(type) && type != ElementType::I1; }

/// Bytes of a symbol, or nothing when they do not fit `limit`.
std::optional<uint64_t> bytesWithin(const TensorSymbol &symbol, uint64_t limit) {
  uint64_t bytes = elementBytes(symbol.type);
  for (int64_t extent : symbol.shape) {
    if (extent < 0 || (extent > 0 && bytes > limit / uint64_t(extent)))
      return std::nullopt;
    bytes *= uint64_t(extent);
  }
  return bytes;
}

Status checkSymbol(const TensorSymbol &symbol, const char *kind, uint64_t dramBytes) {
  std::optional<uint64_t> bytes = bytesWithin(symbol, dramBytes);
  if (bytes && symbol.address <= dramBytes && *bytes <= dramBytes - symbol.address)
    return {};
  return numbered(Diag::BadConfiguration,
                  fmt::format("{} '{}' ({}) at address {} does not fit the program's {} bytes of DRAM", kind,
                              symbol.name, describeTensorType(hostType(symbol), symbol.shape), symbol.address,
                              dramBytes));
}

std::string namesOf(const std::vector<TensorSymbol> &symbols) {
  std::string text;
  for (const TensorSymbol &symbol : symbols)
    text += (text.empty() ? "'" : ", '") + symbol.name + "'";
  return text.empty() ? "none" : text;
}

/// The tensor's shape when the program has run.
Result<std::vector<int64_t>> deliveredShape(const TensorSymbol &symbol, DramImage &image) {
  std::vector<int64_t> shape = symbol.shape;
  for (const ExtentSource &source : symbol.extents) {
    int64_t extent;
    std::memcpy(&extent, image.at(source.address), sizeof(extent));
    if (extent < 0 || extent > symbol.shape[source.dim])
      return numbered(
          Diag::ExtentOverflow,
          fmt::format("output '{}': extent {} of dimension {} was computed; expected at most its capacity {}",
                      symbol.name, extent, source.dim, symbol.shape[source.dim]));
    shape[source.dim] = extent;
  }
  return shape;
}

} // namespace

DType hostType(ElementType type, bool isUnsigned) {
  for (const TypePair &pair : typePairs)
    if (pair.stored == type && pair.isUnsigned == (isUnsigned && isInteger(type)))
      return pair.host;
  return DType::F32;
}

DType hostType(const TensorSymbol &symbol) { return hostType(symbol.type, symbol.isUnsigned); }

ElementType storedType(DType type) { return typePairs[unsigned(type)].stored; }
bool isUnsignedType(DType type) { return typePairs[unsigned(type)].isUnsigned; }

Status checkLayout(const Program &program) {
  for (const DramSegment &segment : program.segments)
    if (segment.address > program.dramBytes || segment.bytes.size() > program.dramBytes - segment.address)
      return numbered(Diag::BadConfiguration,
                      fmt::format("a segment of {} bytes at address {} does not fit the program's {} bytes of DRAM",
                                  segment.bytes.size(), segment.address, program.dramBytes));
  for (const TensorSymbol &symbol : program.inputs)
    if (Status status = checkSymbol(symbol, "input", program.dramBytes); !status)
      return status;
  for (const TensorSymbol &symbol : program.outputs)
    if (Status status = checkSymbol(symbol, "output", program.dramBytes); !status)
      return status;
  return {};
}

Status bindInputs(const Program &program, const std::map<std::string, Tensor> &inputs, DramImage &image) {
  for (const DramSegment &segment : program.segments)
    if (!segment.bytes.empty())
      std::memcpy(image.at(segment.address), segment.bytes.data(), segment.bytes.size());
  for (const auto &[name, tensor] : inputs)
    if (std::none_of(program.inputs.begin(), program.inputs.end(),
                     [&name = name](const TensorSymbol &symbol) { return symbol.name == name; }))
      return numbered(Diag::WrongTensor,
                      fmt::format("the program has no input '{}'; its inputs are {}", name, namesOf(program.inputs)));
  for (const TensorSymbol &symbol : program.inputs) {
    std::string expected = describeTensorType(hostType(symbol), symbol.shape);
    auto it = inputs.find(symbol.name);
    if (it == inputs.end())
      return numbered(Diag::WrongTensor,
                      fmt::format("input '{}' is missing; expected a tensor of {}", symbol.name, expected));
    const Tensor &tensor = it->second;
    uint64_t bytes = *bytesWithin(symbol, program.dramBytes);
    if (storedType(tensor.type) != symbol.type || tensor.shape != symbol.shape || tensor.bytes.size() != bytes)
      return numbered(Diag::WrongTensor, fmt::format("input '{}' is {}; expected {}", symbol.name,
                                                     describeTensorType(tensor.type, tensor.shape), expected));
    if (bytes)
      std::memcpy(image.at(symbol.address), tensor.bytes.data(), bytes);
  }
  return {};
}

Result<std::map<std::string, Tensor>> readOutputs(const Program &program, DramImage &image) {
  std::map<std::string, Tensor> outputs;
  for (const TensorSymbol &symbol : program.outputs) {
    Tensor tensor = makeTensor(hostType(symbol), symbol.shape);
    if (!tensor.bytes.empty())
      std::memcpy(tensor.bytes.data(), image.at(symbol.address), tensor.bytes.size());
    if (!symbol.extents.empty()) {
      Result<std::vector<int64_t>> shape = deliveredShape(symbol, image);
      if (!shape)
        return shape.takeError();
      tensor = trimTensor(tensor, *shape);
    }
    outputs[symbol.name] = std::move(tensor);
  }
  return outputs;
}

} // namespace jacquard::sim
