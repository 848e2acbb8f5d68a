// Skeleton.h - a model's bytes without those of its large tensors
#ifndef JACQUARD_LIB_IMPORT_ONNX_SKELETON_H
#define JACQUARD_LIB_IMPORT_ONNX_SKELETON_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace jacquard::importer {

/// The location that external data has when it is part of the model's own file: no file can have this name.
inline const std::string ownFile("\0model", 6);

/// A serialized ModelProto in which every large `raw_data` is replaced by external data that is in the model's own file
/// (`ownFile`, offset, length). Parsing the result costs memory for the graph only, not for the weights. Bytes that
/// are no message stay as they are, for the parser to complain of.
std::string makeSkeleton(llvm::StringRef model);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_SKELETON_H
