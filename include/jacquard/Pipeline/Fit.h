// Fit.h - maps a model again, section by section, until all of it fits the machine
#ifndef JACQUARD_PIPELINE_FIT_H
#define JACQUARD_PIPELINE_FIT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace jacquard {

/// `module` has reached stage Pat; `attempt` runs stages behind it in place. When sections do not fit, their patterns
/// retreat to fewer units (Effort.h) and the whole is attempted again, from the module as it was but for what `mend`
/// does to it. Errors of an attempt count only when it was made with `last`; the result is that of the last one. When
/// `outOfTime` they retreat to one unit at once, which seldom needs another attempt.
bool runUntilItFits(
    mlir::OwningOpRef<mlir::ModuleOp> &module, llvm::function_ref<bool(bool last)> attempt,
    llvm::function_ref<void(mlir::ModuleOp)> mend = [](mlir::ModuleOp) {},
    llvm::function_ref<bool()> outOfTime = [] { return false; });

} // namespace jacquard

#endif // JACQUARD_PIPELINE_FIT_H
