// Loops.h - which buffers carried tensors of `pat.iterate` live in
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_LOOPS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_LOOPS_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"

namespace jacquard {

/// A map that copies a tensor.
pat::MapOp copyOf(mlir::OpBuilder &builder, mlir::Value value);

/// Values that live in the buffer of a loop's result: its initial value, its argument in the body, its next value.
using SharedBuffers = llvm::DenseMap<mlir::Value, mlir::Value>;

/// Patterns for which there is nothing left to do: others compute what they give, where it is wanted.
using DonePatterns = llvm::SmallPtrSet<mlir::Operation *, 8>;

/// Rewrites the loops under `root` so that every carried tensor can live in one buffer: what begins a loop and what
/// ends a trip is written by a pattern of its own. A copy is inserted where that pattern would overwrite what is still
/// read; an elementwise update is made in place, that of one row by a pattern that computes the row alone. What all trips read alike is copied in front of the loop, as far as
/// scratchpads can keep it. The condition, if it is not a constant, becomes the result of a
/// pattern in the body. Fails with a diagnostic for a loop that carries scalars.
mlir::LogicalResult prepareLoops(mlir::Operation *root, const ArchSpec &arch, SharedBuffers &shared, DonePatterns &done);

/// The tensor of rank 0 that says whether a prepared loop goes on; null when a constant does.
mlir::Value conditionTensor(pat::IterateOp loop);

/// The most trips that a prepared loop makes.
int64_t maxTrips(pat::IterateOp loop);

/// How often an operation of a prepared scope runs. Loops of which data decides how long they go on count as one trip.
int64_t runsOf(mlir::Operation *op);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_LOOPS_H
