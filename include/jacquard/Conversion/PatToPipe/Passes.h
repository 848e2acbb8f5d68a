// Passes.h - conversion from `pat` to `pipe`
#ifndef JACQUARD_CONVERSION_PATTOPIPE_PASSES_H
#define JACQUARD_CONVERSION_PATTOPIPE_PASSES_H

#include "jacquard/Dialect/Pipe/IR/PipeDialect.h"
#include "jacquard/Support/ContentCache.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace jacquard {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "jacquard/Conversion/PatToPipe/Passes.h.inc"

/// The same pass, whose searches go by way of `cache`.
std::unique_ptr<mlir::Pass> createConvertPatToPipePass(ConvertPatToPipePassOptions options,
                                                       std::shared_ptr<ContentCache> cache);

} // namespace jacquard

#endif // JACQUARD_CONVERSION_PATTOPIPE_PASSES_H
