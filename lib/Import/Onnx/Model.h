// Model.h - a parsed ONNX model, its element types and its tensors
#ifndef JACQUARD_LIB_IMPORT_ONNX_MODEL_H
#define JACQUARD_LIB_IMPORT_ONNX_MODEL_H

#include "jacquard/Support/Result.h"
#include "jacquard/Support/Tensor.h"

#include "mlir/IR/BuiltinAttributes.h"

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

/// A model in memory. Constants refer into `proto`, which they keep alive.
struct Model {
  std::shared_ptr<::onnx::ModelProto> proto;
  std::string name;   ///< the file, for messages
  std::string folder; ///< where external data is; empty: none is allowed
  uint64_t hash = 0;  ///< of the file's bytes
};

Result<Model> loadModel(const std::string &path);
/// `name` decides on the form: text if it ends in ".onnxtxt", else protobuf.
Result<Model> parseModel(llvm::StringRef bytes, const std::string &name, const std::string &folder);

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

/// Reads what `location`, `offset` and `length` of a tensor with external data say. The path is relative and must stay,
/// links resolved, inside `folder`.
Result<std::string> readExternalData(const ::onnx::TensorProto &tensor, const std::string &folder,
                                     uint64_t expectedBytes);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_MODEL_H
