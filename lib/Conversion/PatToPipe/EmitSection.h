// EmitSection.h - writes the `pipe.section` of one mapped nest
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H

#include "Mapping.h"

namespace jacquard {

/// Emits the section at the builder's insertion point. `dramOf` gives the DRAM memref of a tensor value, `results` the
/// memrefs that take the pattern's results. Fails with a diagnostic when the pattern cannot run on the fabric.
mlir::LogicalResult emitSection(mlir::OpBuilder &builder, const Nest &nest, const Mapping &mapping, const ArchSpec &arch,
                                llvm::StringRef name, llvm::function_ref<mlir::Value(mlir::Value)> dramOf,
                                mlir::ValueRange results);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H
