// Convert.h - conversion of elements between any two of ONNX's numeric types
#ifndef JACQUARD_LIB_IMPORT_ONNX_CONVERT_H
#define JACQUARD_LIB_IMPORT_ONNX_CONVERT_H

#include "Node.h"

#include "jacquard/Operators/Narrow.h"

namespace jacquard::importer {

/// What Cast lets one choose about narrow floats.
struct Conversion {
  bool saturates = true;
  ops::RoundMode mode = ops::RoundMode::Up;
};

/// A scalar of ONNX's type `from` as one of type `to`; both are numeric or bool. Floats become integers towards zero,
/// those of less than 32 bits by way of i32, of which the lowest bits are kept, as integers do.
mlir::Value convertScalar(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, int32_t from, int32_t to,
                          const Conversion &conversion = {});

/// A scalar as a number that arithmetic can be done with: narrow types become f32 or i32, others stay.
mlir::Value widenNarrow(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, int32_t type);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_CONVERT_H
