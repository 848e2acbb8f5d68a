// jacquard-opt.cpp - run passes on a .mlir file: mlir-opt with the dialects and passes of Jacquard
#include "jacquard/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  jacquard::registerAllDialects(registry);
  jacquard::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Jacquard's optimizer driver\n", registry));
}
