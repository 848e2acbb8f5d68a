// Runs.h - finds maps that one outer dimension runs through, and which of them should take it slice by slice
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_RUNS_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_RUNS_H

#include "jacquard/Dialect/Pat/IR/PatOps.h"

namespace jacquard::pat {

/// The first dimension of more than one point; nothing if there is none.
std::optional<unsigned> outermostDim(MapOp map);

/// Whether `read` walks the outermost dimension of a map's result in step with the outermost dimension of the map
/// `reader`, which has as many points.
bool walksAlong(AtOp read, MapOp reader);

/// Maps of one scope, in order, that have `extent` points in their outermost dimension, and each of which reads results
/// of the others along it only: so each slice of that dimension can be computed through all of them on its own.
struct Run {
  llvm::SmallVector<MapOp> maps;
  int64_t extent;
  int64_t thickness; ///< points of a slice; the last one may be thinner
};

/// What reading and writing costs, and what need not be read and written.
struct SliceCosts {
  int64_t chipBytes;  ///< of tensors that may stay on chip at a time; the rest goes through DRAM
  int64_t startBytes; ///< that DRAM could bring in the time in which a pattern starts
};

/// Disjoint runs of `scope`, in order, and how thick their slices should be, so that the fewest bytes go through DRAM:
/// thin slices leave intermediates on chip, but read again whatever all slices use alike (weights). The best cut of the
/// scope is found by dynamic programming over its maps. None where all intermediates fit.
llvm::SmallVector<Run> planRuns(mlir::Block &scope, const SliceCosts &costs);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_RUNS_H
