// Classic.h - classic machine learning on rows of features: decision forests, kernels, transforms of scores
#ifndef JACQUARD_OPERATORS_CLASSIC_H
#define JACQUARD_OPERATORS_CLASSIC_H

#include "jacquard/Operators/Tensors.h"

#include <vector>

namespace jacquard::ops {

/// What becomes of scores [rows, classes] at the end. SoftmaxZero: as Softmax, but scores of 0 stay near 0; Probit: the
/// inverse of the normal distribution function, by Winitzki's approximation.
enum class ScoreTransform { None, Softmax, Logistic, SoftmaxZero, Probit };
Value transformScores(OpBuilder &b, Location loc, Value scores, ScoreTransform kind);

/// A node of a decision tree: `yes` or `no` is the next one, by a test of a feature. A leaf has no test.
struct DecisionNode {
  enum Test { Leaf, LessEqual, Less, GreaterEqual, Greater, Equal, NotEqual } test = Leaf;
  int64_t feature = 0;
  double threshold = 0;
  bool missingIsYes = false; ///< NaN goes to `yes`
  int64_t yes = 0, no = 0;   ///< numbers of nodes
};

/// What a leaf gives to a target.
struct LeafWeight {
  int64_t node, target;
  double weight;
};

/// Trees that share their nodes' numbering.
struct DecisionForest {
  std::vector<DecisionNode> nodes;
  Shape roots; ///< a node per tree
  std::vector<LeafWeight> weights;
  int64_t targets = 1;
  enum Aggregate { Sum, Average, Min, Max } aggregate = Sum;
};

/// The targets' scores [rows, targets] of `features` [rows, features], in its float type: what the leaves give to each
/// target, aggregated; 0 where they give nothing.
Result<Value> forestScores(OpBuilder &b, Location loc, Value features, const DecisionForest &forest);

/// Similarity of rows to support vectors.
struct Kernel {
  enum Kind { Linear, Poly, Rbf, Sigmoid } kind = Linear;
  double gamma = 0, offset = 0, degree = 0;
};
/// kernel(row, vector) [rows, vectors] of rows [rows, features] and vectors [vectors, features].
Result<Value> kernelMatrix(OpBuilder &b, Location loc, Value rows, Value vectors, const Kernel &kernel);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_CLASSIC_H
