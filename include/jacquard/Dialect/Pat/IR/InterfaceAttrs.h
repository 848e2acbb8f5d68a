// InterfaceAttrs.h - what a model's function says about its arguments and results
//
// Attributes of the argument or result: `jacquard.name` is its name in the model, `jacquard.dtype` ("uint8") its ONNX
// element type where MLIR's type alone does not tell.
#ifndef JACQUARD_DIALECT_PAT_IR_INTERFACEATTRS_H
#define JACQUARD_DIALECT_PAT_IR_INTERFACEATTRS_H

#include "mlir/IR/BuiltinAttributes.h"

#include <string>

namespace jacquard::pat {

/// The name that the importer gave, or `fallback` and the number. `attributes` may be null.
std::string interfaceName(mlir::DictionaryAttr attributes, llvm::StringRef fallback, unsigned number);
/// True for integers without sign; `attributes` may be null.
bool isUnsignedInterface(mlir::DictionaryAttr attributes);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_IR_INTERFACEATTRS_H
