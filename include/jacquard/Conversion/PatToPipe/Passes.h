// Passes.h - conversion from `pat` to `pipe`
#ifndef JACQUARD_CONVERSION_PATTOPIPE_PASSES_H
#define JACQUARD_CONVERSION_PATTOPIPE_PASSES_H

#include "jacquard/Dialect/Pipe/IR/PipeDialect.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace jacquard {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "jacquard/Conversion/PatToPipe/Passes.h.inc"

} // namespace jacquard

#endif // JACQUARD_CONVERSION_PATTOPIPE_PASSES_H
