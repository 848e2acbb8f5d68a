// ExplainMapping.h - says in remarks why a nest is mapped as it is
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_EXPLAINMAPPING_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_EXPLAINMAPPING_H

#include "PlannedNest.h"

namespace jacquard {

/// Whether someone listens: a search that is to be explained looks at more mappings.
bool wantsRemarks(mlir::Operation *op);

/// One remark at the pattern's node: roles and loops, what is held on chip, the prediction in its parts, what bounds
/// it, the units it takes, and its rivals. `joins`: it is not the first of its section. `nameOf` names the buffer of a
/// tensor.
void explainMapping(const PlannedNest &planned, bool joins, const ArchSpec &arch, llvm::StringRef section,
                    llvm::function_ref<std::string(mlir::Value)> nameOf);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_EXPLAINMAPPING_H
