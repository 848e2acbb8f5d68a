// EmitSection.h - writes a `pipe.section` of mapped nests
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H

#include "PlannedNest.h"

namespace jacquard {

/// Emits one section with a stage per nest at the builder's insertion point. Results that only the section itself reads stay in
/// scratchpads; the others go to the DRAM memref that `dramOf` names for a tensor. Of several nests one at most may have
/// a mapping on several units; it exchanges nothing with the others. Fails with a diagnostic when a pattern cannot run on
/// the fabric.
mlir::LogicalResult emitSection(mlir::OpBuilder &builder, llvm::ArrayRef<const PlannedNest *> nests,
                                const ArchSpec &arch, llvm::StringRef name,
                                llvm::function_ref<mlir::Value(mlir::Value)> dramOf);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_EMITSECTION_H
