// ExternalData.cpp - find tensor data in files beside the model, and from nowhere else
#include "Model.h"
#include "Skeleton.h"

#include "jacquard/Support/Diagnostics.h"

#include "onnx/onnx_pb.h"

#include "llvm/ADT/StringRef.h"

#include <filesystem>
#include <limits>

using namespace jacquard;
using namespace jacquard::importer;

namespace fs = std::filesystem;

namespace {

struct Location {
  std::string path;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

} // namespace

static Result<Location> parseLocation(const onnx::TensorProto &tensor) {
  Location location;
  for (const auto &entry : tensor.external_data()) {
    if (entry.key() == "location") {
      location.path = entry.value();
      continue;
    }
    bool isOffset = entry.key() == "offset";
    if (!isOffset && entry.key() != "length")
      continue; // checksum, basepath and what else a file may say: nothing we rely on
    uint64_t number = 0;
    if (llvm::StringRef(entry.value()).getAsInteger(10, number))
      return numbered(Diag::ExternalData,
                      "external data has " + entry.key() + " '" + entry.value() + "'; expected a number");
    if (isOffset)
      location.offset = number;
    else
      location.length = number;
  }
  if (location.path.empty())
    return numbered(Diag::ExternalData, "external data has no location");
  return location;
}

/// The file that `relative` names, with all links resolved; an error if it is not inside `folder`.
static Result<fs::path> resolveInside(const std::string &relative, const std::string &folder) {
  fs::path path(relative);
  if (relative.find('\0') != std::string::npos || path.is_absolute())
    return numbered(Diag::ExternalData,
                    "external data is at '" + relative + "'; expected a path relative to the model's folder");
  for (const fs::path &part : path)
    if (part == "..")
      return numbered(Diag::ExternalData, "external data is at '" + relative + "', outside the model's folder");
  std::error_code failure;
  fs::path base = fs::canonical(folder, failure);
  if (failure)
    return numbered(Diag::ExternalData, "cannot open the model's folder '" + folder + "': " + failure.message());
  fs::path resolved = fs::canonical(base / path, failure);
  if (failure)
    return numbered(Diag::ExternalData, "cannot open external data '" + relative + "': " + failure.message());
  auto [baseEnd, unused] = std::mismatch(base.begin(), base.end(), resolved.begin(), resolved.end());
  if (baseEnd != base.end())
    return numbered(Diag::ExternalData,
                    "external data is at '" + relative + "', a link that leaves the model's folder");
  if (!fs::is_regular_file(resolved, failure))
    return numbered(Diag::ExternalData, "external data '" + relative + "' is not a regular file");
  // Links of this kind have no target to compare: the other name may be outside, as the ONNX checker also says.
  if (auto names = fs::hard_link_count(resolved, failure); failure || names != 1)
    return numbered(Diag::ExternalData, "external data '" + relative + "' is a file with " + std::to_string(names) +
                                            " names (hard links), maybe outside of the model's folder; expected one, "
                                            "make a copy of its own");
  return resolved;
}

/// The bytes of the file that the tensor's data is in; the model's own, or one in its folder.
static Result<TensorBytes> findFile(const Model &model, const std::string &location) {
  if (location == ownFile && model.file)
    return TensorBytes{{model.bytes.data(), model.bytes.size()}, model.file};
  if (model.folder.empty())
    return numbered(Diag::ExternalData, "external data is not allowed for a model that is not read from a file");
  Result<fs::path> path = resolveInside(location, model.folder);
  if (!path)
    return path.takeError();
  std::shared_ptr<const MappedFile> &file = (*model.dataFiles)[path->string()];
  if (!file) {
    auto opened = MappedFile::open(path->string());
    if (!opened)
      return opened.takeError();
    file = *opened;
  }
  return TensorBytes{{file->bytes().data(), file->bytes().size()}, file};
}

Result<TensorBytes> importer::findExternalData(const Model &model, const onnx::TensorProto &tensor,
                                               uint64_t expectedBytes) {
  Result<Location> location = parseLocation(tensor);
  if (!location)
    return location.takeError();
  Result<TensorBytes> file = findFile(model, location->path);
  if (!file)
    return file.takeError();
  uint64_t size = file->data.size();
  uint64_t length = location->length.value_or(location->offset <= size ? size - location->offset : 0);
  if (location->offset > size || length > size - location->offset)
    return numbered(Diag::ExternalData, "external data '" + location->path + "' has " + std::to_string(size) +
                                            " bytes; bytes " + std::to_string(location->offset) + " to " +
                                            std::to_string(location->offset) + "+" + std::to_string(length) +
                                            " are wanted");
  if (length != expectedBytes && location->path == ownFile)
    return Error{"has " + std::to_string(length) + " bytes of data; expected " + std::to_string(expectedBytes)};
  if (length != expectedBytes)
    return numbered(Diag::ExternalData, "external data '" + location->path + "' gives " + std::to_string(length) +
                                            " bytes; expected " + std::to_string(expectedBytes));
  return TensorBytes{file->data.slice(location->offset, length), file->owner};
}
