// PatternNumbers.h - how passes behind stage Pat point at the patterns of a module
#ifndef JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H
#define JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallSet.h"

namespace jacquard {

using PatternNumbers = llvm::SmallSet<int64_t, 8>;

/// Numbers the patterns of a module at stage Pat. Copies for slices of a batch share a number: what helps one of them
/// is done to all, as equal patterns are searched once. Sections carry the numbers of the patterns they were made of.
void numberPatterns(mlir::ModuleOp module);
void forgetNumbers(mlir::ModuleOp module);

/// The patterns of the sections that carry the attribute `mark`.
PatternNumbers patternsOfSections(mlir::ModuleOp module, llvm::StringRef mark);

/// All patterns of a module at stage Pat, with their numbers.
void forEachPattern(mlir::ModuleOp module, llvm::function_ref<void(mlir::Operation *, int64_t number)> visit);

} // namespace jacquard

#endif // JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H
