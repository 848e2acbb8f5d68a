// SmallPrograms.h - `pat` programs that use every kind of unit, small enough to compile and simulate in milliseconds
#ifndef JACQUARD_TEST_UNIT_TARGET_BITSTREAM_SMALLPROGRAMS_H
#define JACQUARD_TEST_UNIT_TARGET_BITSTREAM_SMALLPROGRAMS_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Pipeline/Stages.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"

#include <ostream>

namespace jacquard::test {

struct SmallProgram {
  llvm::StringLiteral name;
  const char *text;
};
inline void PrintTo(const SmallProgram &program, std::ostream *out) { *out << program.name.str(); }

llvm::ArrayRef<SmallProgram> smallPrograms();
/// The text of one of them; null when there is none of that name.
const char *textOf(llvm::StringRef name);

mlir::DialectRegistry makeRegistry();

/// Runs the stages up to `last`; null, with diagnostics, when one fails.
mlir::OwningOpRef<mlir::ModuleOp> compileUntil(mlir::MLIRContext &context, const char *text, llvm::StringRef arch,
                                               Stage last = Stage::Route);

/// The only device of a module that has reached Stage::Fabric.
fabric::DeviceOp deviceOf(mlir::ModuleOp module);

} // namespace jacquard::test

#endif // JACQUARD_TEST_UNIT_TARGET_BITSTREAM_SMALLPROGRAMS_H
