// PatternNumbers.h - how passes behind stage Pat point at the patterns of a module
#ifndef JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H
#define JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallSet.h"

namespace jacquard {

using PatternNumbers = llvm::SmallSet<int64_t, 8>;

/// Numbers the patterns of a module at stage Pat. Sections carry the numbers of the patterns they were made of.
void numberPatterns(mlir::ModuleOp module);
void forgetNumbers(mlir::ModuleOp module);

/// The patterns of the sections that carry the attribute `mark`.
PatternNumbers patternsOfSections(mlir::ModuleOp module, llvm::StringRef mark);

/// The patterns with these numbers, at stage Pat.
void forEachPattern(mlir::ModuleOp module, const PatternNumbers &numbers,
                    llvm::function_ref<void(mlir::Operation *)> visit);

} // namespace jacquard

#endif // JACQUARD_LIB_PIPELINE_PATTERNNUMBERS_H
