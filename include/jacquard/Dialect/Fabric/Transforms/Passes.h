// Passes.h - partition, place and route as passes on `fabric`
#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_PASSES_H
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_PASSES_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "jacquard/Support/ContentCache.h"

#include "mlir/Pass/Pass.h"

namespace jacquard::fabric {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"

/// The same passes, whose solutions go by way of `cache`.
std::unique_ptr<mlir::Pass> createFabricPlacePass(FabricPlacePassOptions options, std::shared_ptr<ContentCache> cache);
std::unique_ptr<mlir::Pass> createFabricRoutePass(std::shared_ptr<ContentCache> cache);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_TRANSFORMS_PASSES_H
