// Passes.h - conversion from `pipe` to `fabric`
#ifndef JACQUARD_CONVERSION_PIPETOFABRIC_PASSES_H
#define JACQUARD_CONVERSION_PIPETOFABRIC_PASSES_H

#include "jacquard/Dialect/Fabric/IR/FabricDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace jacquard {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "jacquard/Conversion/PipeToFabric/Passes.h.inc"

} // namespace jacquard

#endif // JACQUARD_CONVERSION_PIPETOFABRIC_PASSES_H
