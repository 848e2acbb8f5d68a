// JoinParts.h - lets patterns write their results where a concatenation wants them
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H

#include "Loops.h"

namespace jacquard {

/// On a pattern whose result is a part of a larger tensor: the element of that where the result begins, then its shape.
constexpr llvm::StringLiteral partAttr = "jacquard.part";

/// Tensors -> the concatenation whose part they are.
using WholeTensors = llvm::DenseMap<mlir::Value, mlir::Value>;

/// Concatenations under `root` for which there is nothing left to do: each of their parts is written in place by the
/// pattern that computes it or by a copy, and read there. `wholes` receives the parts.
llvm::SmallPtrSet<mlir::Operation *, 8> joinParts(mlir::Operation *root, const SharedBuffers &shared,
                                                  WholeTensors &wholes);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H
