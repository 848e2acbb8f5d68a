// ConstantBytes.h - the bytes of constant tensors
#ifndef JACQUARD_DIALECT_UTILS_CONSTANTBYTES_H
#define JACQUARD_DIALECT_UTILS_CONSTANTBYTES_H

#include "mlir/IR/BuiltinAttributes.h"

namespace jacquard {

/// The bytes of a constant, element after element in row-major order, little-endian, one byte per i1; empty where they
/// are not stored so: splats, and bits.
llvm::ArrayRef<char> rawBytes(mlir::ElementsAttr value);

} // namespace jacquard

#endif // JACQUARD_DIALECT_UTILS_CONSTANTBYTES_H
