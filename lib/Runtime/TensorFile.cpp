// TensorFile.cpp - chooses the format by the ending of the file's name
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include <fmt/format.h>

namespace jacquard::runtime {
namespace {

bool endsWith(const std::string &text, std::string_view ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

Error inFile(const std::string &path, const std::string &message) {
  return numbered(Diag::BadTensorFile, fmt::format("'{}': {}", path, message));
}

} // namespace

Result<Tensor> loadTensor(const std::string &path) {
  bool npy = endsWith(path, ".npy");
  if (!npy && !endsWith(path, ".pb"))
    return inFile(path, "unknown kind of tensor file; expected .npy or .pb");
  Result<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  if (npy) {
    Result<Tensor> tensor = readNpy(*bytes);
    return tensor ? std::move(tensor) : inFile(path, tensor.error());
  }
  Result<NamedTensor> named = readTensorProto(*bytes);
  if (!named)
    return inFile(path, named.error());
  return std::move(named->tensor);
}

Status saveTensor(const std::string &path, const Tensor &tensor) {
  if (endsWith(path, ".pb"))
    return writeFile(path, writeTensorProto({"", tensor}));
  if (!endsWith(path, ".npy"))
    return inFile(path, "unknown kind of tensor file; expected .npy or .pb");
  Result<std::string> bytes = writeNpy(tensor);
  return bytes ? writeFile(path, *bytes) : Status(inFile(path, bytes.error()));
}

} // namespace jacquard::runtime
