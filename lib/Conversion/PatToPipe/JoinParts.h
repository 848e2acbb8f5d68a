// JoinParts.h - lets patterns write their results where a concatenation wants them
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H

#include "Loops.h"

namespace jacquard {

/// On a pattern whose result is a part of a larger tensor: the element of that where the result begins, then its shape.
constexpr llvm::StringLiteral partAttr = "jacquard.part";

/// On the same pattern: units that share it should begin at multiples of so many elements of the larger tensor. Each
/// scratchpad has one writer, so where all parts are cut alike the whole takes the fewest.
constexpr llvm::StringLiteral partGrainAttr = "jacquard.part_grain";

/// Tensors -> the concatenation whose part they are.
using WholeTensors = llvm::DenseMap<mlir::Value, mlir::Value>;

/// Lets each part of the concatenations under `root` be written in place by the pattern that computes it or by a copy,
/// and read there. `wholes` receives the parts, `done` the concatenations for which there is nothing left to do.
/// `mostLoops`: of a nest.
void joinParts(mlir::Operation *root, unsigned mostLoops, const SharedBuffers &shared, WholeTensors &wholes,
               DonePatterns &done);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_JOINPARTS_H
