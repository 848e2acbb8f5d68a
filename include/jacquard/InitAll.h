// InitAll.h - the one list of all dialects and passes, ours and upstream's
#ifndef JACQUARD_INITALL_H
#define JACQUARD_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace jacquard {

/// Adds the dialects of Jacquard and MLIR, and MLIR's extensions, to `registry`.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Makes the passes of Jacquard and MLIR known to pass pipelines and command lines.
void registerAllPasses();

} // namespace jacquard

#endif // JACQUARD_INITALL_H
