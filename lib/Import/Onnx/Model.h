// Model.h - a parsed ONNX model, its element types and its tensors
#ifndef JACQUARD_LIB_IMPORT_ONNX_MODEL_H
#define JACQUARD_LIB_IMPORT_ONNX_MODEL_H

#include "jacquard/Support/MappedFile.h"
#include "jacquard/Support/Result.h"
#include "jacquard/Support/Tensor.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace llvm {
struct fltSemantics;
}

namespace onnx {
class ModelProto;
class TensorProto;
} // namespace onnx

namespace jacquard::importer {

class PatLibrary;

/// Files with tensor data, by path: many tensors share one.
using DataFiles = std::map<std::string, std::shared_ptr<const MappedFile>>;

/// A model in memory. Constants refer into `proto`, the model's file or its data files, which they keep alive.
struct Model {
  std::shared_ptr<::onnx::ModelProto> proto;
  std::string name;      ///< the file, for messages
  std::string folder;    ///< where external data is; empty: none is allowed
  llvm::StringRef bytes; ///< of the file; the caller's, or those of `file`
  std::shared_ptr<const MappedFile> file; ///< null for a model that is not read from a file
  std::shared_ptr<DataFiles> dataFiles = std::make_shared<DataFiles>();
  std::shared_ptr<const PatLibrary> library; ///< never null once `addLibraries` has been called
};

/// Maps and parses a file. The bytes of large tensors are not looked at.
Result<Model> loadModel(const std::string &path);
/// `name` decides on the form: text if it ends in ".onnxtxt", else protobuf. `file` is the one that `bytes` are of.
Result<Model> parseModel(llvm::StringRef bytes, const std::string &name, const std::string &folder,
                         std::shared_ptr<const MappedFile> file = nullptr);
/// Of the file's bytes.
uint64_t hashOf(const Model &model);
/// Adds the functions of libraries; they come before the model's own of the same name. What is in `pat` (.mlir) belongs
/// to the context.
Status addLibraries(mlir::MLIRContext *context, Model &model, llvm::ArrayRef<std::string> paths);

/// The default domain may be left empty; its name is "ai.onnx".
std::string domainName(llvm::StringRef domain);

/// Element types are ONNX's numbers (TensorProto.DataType), also those that libonnx does not know yet.
std::string elementTypeName(int32_t type); ///< "float", "uint8", "float8e4m3fn", "type 99"
/// The type that stands for it in `pat` (signless integers); null where there is none.
mlir::Type mlirElementType(mlir::MLIRContext *context, int32_t type);
bool isUnsignedType(int32_t type);
/// Types of at most 8 bits that `pat` has no type for: an element is an i8 that holds a float's bits, or an integer's
/// value extended by its sign. They are moved, compared bit by bit and converted; no arithmetic is done on them.
bool isNarrowType(int32_t type);
const llvm::fltSemantics *narrowFloat(int32_t type); ///< null for other types
unsigned narrowInteger(int32_t type);                ///< its bits; 0 for other types
std::optional<DType> hostType(int32_t type);
int32_t onnxType(DType type);

/// The value of a tensor constant. Errors continue a sentence that begins with its name ("has 3 bytes of data; ...").
/// `dense` up to 16 elements and for i1, else `dense_resource` over the model's own bytes.
Result<mlir::ElementsAttr> importTensor(mlir::MLIRContext *context, const Model &model,
                                        const ::onnx::TensorProto &tensor);
/// The same for a tensor in memory, whose bytes are copied.
Result<mlir::ElementsAttr> importTensor(mlir::MLIRContext *context, const Tensor &tensor);
/// The bytes of a constant as a host tensor.
std::optional<Tensor> constantToTensor(mlir::ElementsAttr value);

/// Bytes of a tensor, and what keeps them alive.
struct TensorBytes {
  llvm::ArrayRef<char> data;
  std::shared_ptr<const void> owner;
};

/// What `location`, `offset` and `length` of a tensor with external data say. The path is relative and must stay, links
/// resolved, inside the model's folder, and the file may have no other name (hard link). It is mapped, not read.
Result<TensorBytes> findExternalData(const Model &model, const ::onnx::TensorProto &tensor, uint64_t expectedBytes);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_MODEL_H
