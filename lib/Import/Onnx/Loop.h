// Loop.h - repeat a body: what Loop, Scan and SequenceMap have in common
#ifndef JACQUARD_LIB_IMPORT_ONNX_LOOP_H
#define JACQUARD_LIB_IMPORT_ONNX_LOOP_H

#include "Subgraph.h"

namespace jacquard::importer {

/// One iteration.
struct LoopStep {
  std::optional<int64_t> number; ///< known where the body is copied per iteration
  mlir::Value index;             ///< the same as a value
};

/// A loop whose body's results are: a condition (if it gives one), the next carried items, and items to stack.
struct LoopPlan {
  explicit LoopPlan(Subgraph &body) : body(body) {}

  Subgraph &body;
  llvm::SmallVector<Item> initial;
  size_t numStacks = 0;
  bool givesCondition = false;
  std::optional<int64_t> trips; ///< at most so many iterations, if known
  mlir::Value runtimeTrips;     ///< the same as a tensor with one integer; null: known, or no limit
  mlir::Value start;            ///< whether there is a first iteration, a tensor with one i1; null: there is
  /// What the body gets in an iteration.
  std::function<llvm::SmallVector<Item>(const LoopStep &, llvm::ArrayRef<Item> carried)> inputs;
  /// Whether an iteration counts, a tensor with one i1: if not, carried items stay and 0 is stacked. Null: all count.
  std::function<mlir::Value(const LoopStep &)> counts;

  bool startsByData() const { return runtimeTrips || start; }
};

struct LoopResult {
  llvm::SmallVector<Item> carried;
  llvm::SmallVector<Item> stacks; ///< [iterations, shape of the item..]
};

/// Builds the loop at the node's place. Short loops with a known end are unrolled, others become a `pat.iterate`; where
/// the one is impossible (shapes that change; values that must be constants), the other is tried. Where data decides on
/// the end, stacks have a capacity and a count.
Result<LoopResult> buildLoop(Node &node, const LoopPlan &plan);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_LOOP_H
