// InitAll.cpp - the one list of all dialects and passes
#include "jacquard/InitAll.h"

#include "jacquard/Conversion/PatToPipe/Passes.h"
#include "jacquard/Conversion/PipeToFabric/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Pat/IR/PatDialect.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"
#include "jacquard/Dialect/Pipe/IR/PipeDialect.h"
#include "jacquard/Target/Host/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void jacquard::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<pat::PatDialect, pipe::PipeDialect, fabric::FabricDialect>();
}

void jacquard::registerAllPasses() {
  mlir::registerAllPasses();
  host::registerTargetHostPasses();
  pat::registerPatPasses();
  registerPatToPipePasses();
  registerPipeToFabricPasses();
  fabric::registerFabricPasses();
}
