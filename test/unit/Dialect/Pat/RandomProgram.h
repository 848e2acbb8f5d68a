// RandomProgram.h - random small `pat` programs and inputs for them, for tests that compare two ways to run them
#ifndef JACQUARD_TEST_UNIT_DIALECT_PAT_RANDOMPROGRAM_H
#define JACQUARD_TEST_UNIT_DIALECT_PAT_RANDOMPROGRAM_H

#include "jacquard/Support/Tensor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace jacquard::test {

struct RandomProgramOptions {
  unsigned statements = 6; ///< tensors that the program computes
  int64_t maxExtent = 5;   ///< of one dimension; at least 2
  bool allTypes = false;   ///< also f64 and i8, i16 and i64; f16 and bf16 for tensors, not for what is computed
  bool extended = false;   ///< also i1 and 16-bit floats that are computed with, up to 6 dimensions, filters, iterations
  bool hostOnly = true;    ///< also scan and iterate, which the fabric does not have
};

/// A module with one function `main`: 3 tensor arguments of f32 and i32, and as results every tensor that nothing
/// reads. Nested and flat patterns: chains of scalar code with broadcasting, reshapes, transposes, pads, slices,
/// concatenations, gathers, reductions, products, softmax-like nests, folds of folds, histograms, argmax, filters,
/// comparisons, scans, iterations.
///
/// Every value is finite and no result depends on the order of combination: floats are only summed where no pass may
/// regroup them, so that results compare bit by bit. Equal seeds give equal programs.
mlir::OwningOpRef<mlir::ModuleOp> randomProgram(mlir::MLIRContext &context, uint64_t seed,
                                                const RandomProgramOptions &options = {});

/// Inputs for `main`: f32 in [-2, 2), i32 in -9 .. 9.
llvm::SmallVector<Tensor> randomInputs(mlir::ModuleOp module, uint64_t seed);

} // namespace jacquard::test

#endif // JACQUARD_TEST_UNIT_DIALECT_PAT_RANDOMPROGRAM_H
