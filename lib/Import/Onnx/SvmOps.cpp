// SvmOps.cpp - support vector machines of domain ai.onnx.ml
#include "ClassicOps.h"

#include "jacquard/Operators/Contract.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Kernel;
using ops::Scalars;
using ops::ScoreTransform;

static Kernel kernelAttr(Node &n) {
  Kernel kernel;
  std::string name = n.stringAttr("kernel_type", "LINEAR");
  auto kind = llvm::StringSwitch<std::optional<Kernel::Kind>>(name)
                  .Case("LINEAR", Kernel::Linear)
                  .Case("POLY", Kernel::Poly)
                  .Case("RBF", Kernel::Rbf)
                  .Case("SIGMOID", Kernel::Sigmoid)
                  .Default(std::nullopt);
  if (!kind)
    n.fail("attribute 'kernel_type' is '" + name + "'; expected LINEAR, POLY, RBF or SIGMOID");
  kernel.kind = kind.value_or(Kernel::Linear);
  SmallVector<double> parameters = n.floatsAttr("kernel_params").value_or(SmallVector<double>());
  parameters.resize(3, 0);
  kernel.gamma = parameters[0];
  kernel.offset = parameters[1];
  kernel.degree = parameters[2];
  return kernel;
}

void importer::buildSVMRegressor(Node &n) {
  ScoreTransform transform = transformAttr(n);
  Kernel kernel = kernelAttr(n);
  int64_t supports = n.intAttr("n_supports", 0);
  bool isOneClass = n.intAttr("one_class", 0) != 0;
  SmallVector<double> rho = n.floatsAttr("rho").value_or(SmallVector<double>());
  if (rho.size() != 1)
    n.fail("attribute 'rho' has " + llvm::Twine(rho.size()) + " entries; expected 1");
  if (!requireMatrix(n))
    return;
  Value features = floatFeatures(n);
  Type type = ops::elementOf(features);
  // Without support vectors the coefficients themselves are multiplied with the features.
  Value vectors = supports > 0 ? matrixAttr(n, "support_vectors", supports, n.shape()[1], type)
                               : matrixAttr(n, "coefficients", 1, n.shape()[1], type);
  Value weights = supports > 0 ? matrixAttr(n, "coefficients", 1, supports, type)
                               : ops::constantTensor(n.b, n.loc, {1, 1}, type, {1});
  if (n.failed())
    return;
  if (supports <= 0)
    kernel.kind = Kernel::Linear;
  Value similarities = n.take(ops::kernelMatrix(n.b, n.loc, features, vectors, kernel));
  if (!similarities)
    return;
  ops::GemmOptions options;
  options.transposeRhs = true;
  Value offset = ops::constantTensor(n.b, n.loc, {1, 1}, type, rho);
  Value scores = n.take(ops::gemm(n.b, n.loc, similarities, weights, offset, options));
  if (scores && isOneClass)
    scores = ops::elementwise(n.b, n.loc, scores, [&](Scalars &s, ValueRange x) {
      return s.select(s.less(s.constant(type, 0), x[0]), s.constant(type, 1), s.constant(type, -1));
    });
  if (scores)
    setFloat(n, ops::transformScores(n.b, n.loc, scores, transform));
}

//===----------------------------------------------------------------------===//
// Classes
//===----------------------------------------------------------------------===//

namespace {

/// A support vector classifier decides between each two classes.
struct PairwiseVotes {
  int64_t classes = 0, vectors = 0;
  Shape first, second;         ///< classes of each pair
  SmallVector<double> weights; ///< [pairs, vectors]
  int64_t pairs() const { return int64_t(first.size()); }
};

} // namespace

/// Coefficients come as [classes - 1, vectors]: row j - 1 has what class i's vectors give against a later class j, row
/// i what j's vectors give against i.
static PairwiseVotes readPairs(Node &n, int64_t classes, ArrayRef<int64_t> perClass) {
  PairwiseVotes votes;
  votes.classes = classes;
  Shape starts;
  for (int64_t count : perClass) {
    if (count < 0 || count > INT32_MAX)
      n.fail("attribute 'vectors_per_class' holds " + llvm::Twine(count) + "; expected at least 0");
    starts.push_back(votes.vectors);
    votes.vectors += count;
  }
  SmallVector<double> coefficients = n.floatsAttr("coefficients").value_or(SmallVector<double>());
  if (int64_t(perClass.size()) != classes || classes < 2 ||
      int64_t(coefficients.size()) != (classes - 1) * votes.vectors)
    n.fail("there are " + llvm::Twine(coefficients.size()) + " coefficients for " + llvm::Twine(votes.vectors) +
           " vectors of " + llvm::Twine(perClass.size()) + " classes with " + llvm::Twine(classes) +
           " labels; expected one less than classes per vector");
  if (n.failed())
    return votes;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j) {
      SmallVector<double> row(votes.vectors, 0);
      for (int64_t v = starts[i]; v < starts[i] + perClass[i]; ++v)
        row[v] = coefficients[(j - 1) * votes.vectors + v];
      for (int64_t v = starts[j]; v < starts[j] + perClass[j]; ++v)
        row[v] = coefficients[i * votes.vectors + v];
      votes.first.push_back(i);
      votes.second.push_back(j);
      votes.weights.append(row);
    }
  return votes;
}

/// How many pairs each class wins, i64 [rows, classes]; the first class of a pair wins with a positive score.
static Value countVotes(Node &n, const PairwiseVotes &votes, Value scores) {
  Value first = ops::constantTensor(n.b, n.loc, votes.pairs(), votes.first);
  Value second = ops::constantTensor(n.b, n.loc, votes.pairs(), votes.second);
  Type type = n.b.getI64Type();
  return ops::mapOver(n.b, n.loc, {ops::shapeOf(scores)[0], votes.classes}, [&](OpBuilder &b, ValueRange p) {
    return ops::sumOver(b, n.loc, votes.pairs(), type, [&](OpBuilder &b, ValueRange pair) {
      Scalars s(b, n.loc);
      Value score = pat::at(b, n.loc, scores, ValueRange{p[0], pair[0]});
      Value wins = s.less(s.constant(score.getType(), 0), score);
      Value winner = s.select(wins, pat::at(b, n.loc, first, pair), pat::at(b, n.loc, second, pair));
      return s.select(s.equal(winner, s.cast(p[1], type)), s.integer(type, 1), s.integer(type, 0));
    });
  });
}

/// The only score, and its opposite in front.
static Value withOpposite(Node &n, Value scores) {
  return ops::mapOver(n.b, n.loc, {ops::shapeOf(scores)[0], 2}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, scores, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    return s.select(s.equal(p[1], s.index(0)), s.neg(x), x);
  });
}

/// Platt's probabilities of two classes from their score.
static Value twoProbabilities(Node &n, Value scores, double slope, double offset) {
  Type type = ops::elementOf(scores);
  return ops::mapOver(n.b, n.loc, {ops::shapeOf(scores)[0], 2}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, scores, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    Value one = s.constant(type, 1);
    Value first = s.sub(one, s.sigmoid(s.add(s.mul(x, s.constant(type, slope)), s.constant(type, offset))));
    first = s.clamp(first, s.constant(type, 1e-7), s.constant(type, 1 - 1e-7));
    return s.select(s.equal(p[1], s.index(0)), first, s.sub(one, first));
  });
}

/// features * weights^T + offsets, all constants but the features.
static Value linear(Node &n, Value features, Value weights, Value offsets) {
  ops::GemmOptions options;
  options.transposeRhs = true;
  return n.take(ops::gemm(n.b, n.loc, features, weights, offsets, options));
}

/// Without support vectors: a linear score per class, with one offset.
static void buildLinearSVM(Node &n, ArrayRef<int64_t> labels, ScoreTransform transform) {
  Value features = floatFeatures(n);
  Type type = ops::elementOf(features);
  Value weights = matrixAttr(n, "coefficients", int64_t(labels.size()), n.shape()[1], type);
  double offset = n.floatsAttr("rho").value_or(SmallVector<double>{0})[0];
  if (n.failed())
    return;
  Value scores = linear(n, features, weights, ops::constantTensor(n.b, n.loc, {1, 1}, type, {offset}));
  if (scores)
    setClasses(n, bestClass(n, scores), labels, ops::transformScores(n.b, n.loc, scores, transform));
}

void importer::buildSVMClassifier(Node &n) {
  ScoreTransform transform = transformAttr(n);
  Kernel kernel = kernelAttr(n);
  Shape labels = integerLabels(n, "classlabels_ints", "classlabels_strings");
  Shape perClass = n.intsAttr("vectors_per_class").value_or(Shape());
  SmallVector<double> slopes = n.floatsAttr("prob_a").value_or(SmallVector<double>());
  SmallVector<double> offsets = n.floatsAttr("prob_b").value_or(SmallVector<double>());
  SmallVector<double> rho = n.floatsAttr("rho").value_or(SmallVector<double>());
  if (rho.empty() || labels.size() < 2)
    n.fail("there are " + llvm::Twine(rho.size()) + " offsets ('rho') and " + llvm::Twine(labels.size()) +
           " labels; expected at least one and two");
  if (slopes.size() != offsets.size() || (!slopes.empty() && labels.size() != 2))
    n.fail("probabilities ('prob_a', 'prob_b') are supported for two classes only; leave them out to get the votes");
  if (!requireMatrix(n))
    return;
  if (perClass.empty())
    return buildLinearSVM(n, labels, transform);
  PairwiseVotes votes = readPairs(n, int64_t(labels.size()), perClass);
  if (int64_t(rho.size()) != votes.pairs())
    n.fail("attribute 'rho' has " + llvm::Twine(rho.size()) + " entries; expected " + llvm::Twine(votes.pairs()) +
           ", one per pair of classes");
  if (n.failed())
    return;
  Value features = floatFeatures(n);
  Type type = ops::elementOf(features);
  Value vectors = matrixAttr(n, "support_vectors", votes.vectors, n.shape()[1], type);
  Value similarities = n.failed() ? Value() : n.take(ops::kernelMatrix(n.b, n.loc, features, vectors, kernel));
  if (!similarities)
    return;
  Value weights = ops::constantTensor(n.b, n.loc, {votes.pairs(), votes.vectors}, type, votes.weights);
  Value scores = linear(n, similarities, weights, ops::constantTensor(n.b, n.loc, {1, votes.pairs()}, type, rho));
  Value best = scores ? bestClass(n, countVotes(n, votes, scores)) : Value();
  if (!best)
    return;
  if (!slopes.empty())
    scores = twoProbabilities(n, scores, slopes[0], offsets[0]);
  else if (votes.pairs() == 1)
    scores = withOpposite(n, scores);
  setClasses(n, best, labels, ops::transformScores(n.b, n.loc, scores, transform));
}
