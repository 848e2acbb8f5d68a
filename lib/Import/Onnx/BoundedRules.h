// BoundedRules.h - how operators take tensors of which data decides how much is there
#ifndef JACQUARD_LIB_IMPORT_ONNX_BOUNDEDRULES_H
#define JACQUARD_LIB_IMPORT_ONNX_BOUNDEDRULES_H

#include "Extents.h"

namespace jacquard::importer {

using Bounds = llvm::SmallVector<Bound, 1>;

/// What is done around an operator's own importer, which builds over capacities.
struct BoundedRule {
  const char *op;
  /// Before it: puts what does not matter to the result where nothing is there. Null: nothing.
  void (*prepare)(Node &);
  /// After it: collects where the bounds are in the results. Null: the importer sets bounds itself.
  void (*apply)(Node &, Bounds &);
  size_t inputs = SIZE_MAX; ///< further inputs must all be there
};

/// Reductions, products, searches.
llvm::ArrayRef<BoundedRule> mixingRules();

/// Fails a node: which dimension, and what helps.
void failBounded(Node &n, size_t input, const Bound &bound, const llvm::Twine &why);
/// Dimension `dim` of the results is that of an input; fails the node where another one has another count.
void addBound(Node &n, Bounds &bounds, size_t input, const Bound &from, int64_t dim);
/// Null where all positions are there.
const Bound *findBound(Node &n, size_t input, int64_t dim);
/// New number of each dimension of input 0, -1 where it goes, which fails the node.
void renameBounds(Node &n, Bounds &bounds, llvm::ArrayRef<int64_t> to);
/// Operators over elements with numpy's broadcasting.
void broadcastBounds(Node &n, Bounds &bounds);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_BOUNDEDRULES_H
