// MergeEqual.h - merge equal operations, among them equal patterns
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_MERGEEQUAL_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_MERGEEQUAL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace jacquard::pat {

/// Merges operations that compute the same, as upstream's elimination of common subexpressions does, in time that grows
/// with the size of the function however many patterns of one shape it has.
void mergeEqual(mlir::func::FuncOp func);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_MERGEEQUAL_H
