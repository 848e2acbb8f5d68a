// InitAll.cpp - the one list of all dialects and passes
#include "jacquard/InitAll.h"

#include "jacquard/Dialect/Pat/IR/PatDialect.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"
#include "jacquard/Target/Host/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void jacquard::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<pat::PatDialect>();
}

void jacquard::registerAllPasses() {
  mlir::registerAllPasses();
  host::registerTargetHostPasses();
  pat::registerPatPasses();
}
