// TreeOps.cpp - decision forests of domain ai.onnx.ml
#include "ClassicOps.h"

#include "onnx/onnx_pb.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::DecisionForest;
using ops::DecisionNode;
using ops::Scalars;

/// More is damage.
static constexpr int64_t mostTargets = int64_t(1) << 20;

//===----------------------------------------------------------------------===//
// Forests by tree and node number
//===----------------------------------------------------------------------===//

namespace {

/// Places of nodes by the numbers of their tree and of themselves.
using NodePlaces = std::map<std::pair<int64_t, int64_t>, int64_t>;

} // namespace

static std::optional<DecisionNode::Test> testOf(StringRef mode) {
  return llvm::StringSwitch<std::optional<DecisionNode::Test>>(mode)
      .Case("LEAF", DecisionNode::Leaf)
      .Case("BRANCH_LEQ", DecisionNode::LessEqual)
      .Case("BRANCH_LT", DecisionNode::Less)
      .Case("BRANCH_GTE", DecisionNode::GreaterEqual)
      .Case("BRANCH_GT", DecisionNode::Greater)
      .Case("BRANCH_EQ", DecisionNode::Equal)
      .Case("BRANCH_NEQ", DecisionNode::NotEqual)
      .Default(std::nullopt);
}

/// An attribute with one number per node (or none at all, where that is allowed).
static Shape perNode(Node &n, StringRef name, size_t count, bool isOptional = false) {
  Shape list = n.intsAttr(name).value_or(Shape());
  if (list.empty() && isOptional)
    list.resize(count, 0);
  if (list.size() != count)
    n.fail("attribute '" + name + "' has " + llvm::Twine(list.size()) + " entries; expected " + llvm::Twine(count));
  list.resize(count, 0);
  return list;
}

static NodePlaces readNodes(Node &n, DecisionForest &forest) {
  SmallVector<std::string> modes = n.stringsAttr("nodes_modes").value_or(SmallVector<std::string>());
  size_t count = modes.size();
  Shape trees = perNode(n, "nodes_treeids", count), numbers = perNode(n, "nodes_nodeids", count);
  Shape features = perNode(n, "nodes_featureids", count);
  Shape yes = perNode(n, "nodes_truenodeids", count), no = perNode(n, "nodes_falsenodeids", count);
  Shape missing = perNode(n, "nodes_missing_value_tracks_true", count, /*isOptional=*/true);
  SmallVector<double> values = numbersAttr(n, "nodes_values");
  if (values.size() != count)
    n.fail("the nodes have " + llvm::Twine(values.size()) + " values; expected " + llvm::Twine(count));
  NodePlaces places;
  for (size_t i = 0; i < count; ++i)
    if (!places.try_emplace({trees[i], numbers[i]}, i).second)
      n.fail("node " + llvm::Twine(numbers[i]) + " of tree " + llvm::Twine(trees[i]) + " is given twice");
  // A root is the first node of its tree that is no other's successor.
  std::vector<bool> follows(count, false);
  for (size_t i = 0; i < count && !n.failed(); ++i) {
    DecisionNode node;
    std::optional<DecisionNode::Test> test = testOf(modes[i]);
    if (!test)
      n.fail("attribute 'nodes_modes' has '" + modes[i] +
             "'; expected LEAF, or BRANCH_ and LEQ, LT, GTE, GT, EQ or NEQ");
    node.test = test.value_or(DecisionNode::Leaf);
    node.feature = features[i];
    node.threshold = values[i];
    node.missingIsYes = missing[i] != 0;
    if (node.test != DecisionNode::Leaf) {
      auto first = places.find({trees[i], yes[i]}), second = places.find({trees[i], no[i]});
      if (first == places.end() || second == places.end()) {
        n.fail("node " + llvm::Twine(numbers[i]) + " of tree " + llvm::Twine(trees[i]) +
               " is followed by one that does not exist");
        break;
      }
      node.yes = first->second;
      node.no = second->second;
      follows[node.yes] = follows[node.no] = true;
    }
    forest.nodes.push_back(node);
  }
  for (size_t i = 0; i < count; ++i)
    if (!follows[i])
      forest.roots.push_back(i);
  return places;
}

/// What leaves give, from attributes that begin with `prefix`.
static void readWeights(Node &n, const std::string &prefix, const NodePlaces &places, DecisionForest &forest) {
  SmallVector<double> weights = numbersAttr(n, prefix + "_weights");
  size_t count = weights.size();
  Shape trees = perNode(n, prefix + "_treeids", count), nodes = perNode(n, prefix + "_nodeids", count);
  Shape targets = perNode(n, prefix + "_ids", count);
  for (size_t i = 0; i < count && !n.failed(); ++i) {
    auto place = places.find({trees[i], nodes[i]});
    if (place == places.end())
      return n.fail("a weight is given at node " + llvm::Twine(nodes[i]) + " of tree " + llvm::Twine(trees[i]) +
                    ", which does not exist");
    forest.weights.push_back({place->second, targets[i], weights[i]});
  }
}

/// Scores plus base values, one per column.
static Value addBase(Node &n, Value scores, ArrayRef<double> base) {
  if (base.empty() || !scores)
    return scores;
  if (int64_t(base.size()) != ops::shapeOf(scores)[1]) {
    n.fail("there are " + llvm::Twine(base.size()) + " base values; expected " + llvm::Twine(ops::shapeOf(scores)[1]));
    return {};
  }
  Value row = ops::constantTensor(n.b, n.loc, int64_t(base.size()), ops::elementOf(scores), base);
  return n.take(
      ops::elementwise(n.b, n.loc, {scores, row}, [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); }));
}

static void buildTreeEnsembleRegressor(Node &n) {
  DecisionForest forest;
  NodePlaces places = readNodes(n, forest);
  readWeights(n, "target", places, forest);
  forest.targets = n.intAttr("n_targets", 1);
  std::string aggregate = n.stringAttr("aggregate_function", "SUM");
  if (aggregate == "AVERAGE")
    forest.aggregate = DecisionForest::Average;
  else if (aggregate == "MIN")
    forest.aggregate = DecisionForest::Min;
  else if (aggregate == "MAX")
    forest.aggregate = DecisionForest::Max;
  else if (aggregate != "SUM")
    n.fail("attribute 'aggregate_function' is '" + aggregate + "'; expected SUM, AVERAGE, MIN or MAX");
  if (forest.targets < 1 || forest.targets > mostTargets)
    n.fail("attribute 'n_targets' is " + llvm::Twine(forest.targets) + "; expected 1 to " + llvm::Twine(mostTargets));
  ops::ScoreTransform transform = transformAttr(n);
  SmallVector<double> base = numbersAttr(n, "base_values");
  if (n.failed())
    return;
  Value scores = addBase(n, n.take(ops::forestScores(n.b, n.loc, floatFeatures(n), forest)), base);
  if (!scores)
    return;
  scores = ops::transformScores(n.b, n.loc, scores, transform);
  n.result(0, ops::convert(n.b, n.loc, scores, n.b.getF32Type()), onnx::TensorProto::FLOAT);
}

//===----------------------------------------------------------------------===//
// Classes
//===----------------------------------------------------------------------===//

/// Two classes of which only one has weights: its score alone decides. With weights that are probabilities the other's
/// is what is missing to 1, else it is the opposite.
static void setTwoClasses(Node &n, Value score, ArrayRef<int64_t> labels, bool isProbability,
                          ops::ScoreTransform transform) {
  ArrayRef<int64_t> rows = ops::shapeOf(score).take_front(1);
  Value places = ops::mapOver(n.b, n.loc, rows, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, score, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    Value isSecond = s.less(s.constant(x.getType(), isProbability ? 0.5 : 0), x);
    return s.select(isSecond, s.integer(b.getI64Type(), 1), s.integer(b.getI64Type(), 0));
  });
  Value both = ops::mapOver(n.b, n.loc, {rows[0], 2}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, score, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    Value other = isProbability ? s.sub(s.constant(x.getType(), 1), x) : s.neg(x);
    return s.select(s.equal(p[1], s.index(0)), other, x);
  });
  setClasses(n, places, labels, isProbability ? both : ops::transformScores(n.b, n.loc, both, transform));
}

static void buildTreeEnsembleClassifier(Node &n) {
  DecisionForest forest;
  NodePlaces places = readNodes(n, forest);
  readWeights(n, "class", places, forest);
  Shape labels = integerLabels(n, "classlabels_int64s", "classlabels_strings");
  ops::ScoreTransform transform = transformAttr(n);
  SmallVector<double> base = numbersAttr(n, "base_values");
  if (labels.size() < 2)
    n.fail("attribute 'classlabels_int64s' has " + llvm::Twine(labels.size()) + " entries; expected at least 2");
  if (n.failed())
    return;
  auto hasFirstTarget = [&](const ops::LeafWeight &weight) { return weight.target == forest.weights[0].target; };
  bool isBinary = labels.size() == 2 && llvm::all_of(forest.weights, hasFirstTarget);
  bool allPositive = llvm::all_of(forest.weights, [](const ops::LeafWeight &weight) { return weight.weight >= 0; });
  forest.targets = isBinary ? 1 : int64_t(labels.size());
  if (isBinary)
    for (ops::LeafWeight &weight : forest.weights)
      weight.target = 0;
  if (isBinary && base.size() == 2)
    base.erase(base.begin());
  Value scores = addBase(n, n.take(ops::forestScores(n.b, n.loc, floatFeatures(n), forest)), base);
  if (!scores)
    return;
  if (isBinary)
    return setTwoClasses(n, scores, labels, allPositive, transform);
  if (Value best = bestClass(n, scores))
    setClasses(n, best, labels, ops::transformScores(n.b, n.loc, scores, transform));
}

//===----------------------------------------------------------------------===//
// TreeEnsemble: nodes and leaves apart
//===----------------------------------------------------------------------===//

namespace {

/// The attributes of a TreeEnsemble while nodes are added to a forest: leaf i is node i, inner nodes follow.
struct EnsembleReader {
  Node &n;
  DecisionForest &forest;
  Shape features, yes, no, yesIsLeaf, noIsLeaf, missing;
  SmallVector<double> modes, splits;
  SmallVector<SmallVector<double>> members; ///< of nodes that test membership, in the order of their numbers
  std::vector<int64_t> placeOf;             ///< of inner node i, or -1

  void read();
  int64_t next(int64_t number, bool isLeaf);
  void addNodes();
};

enum EnsembleMode { ModeLeq, ModeLt, ModeGte, ModeGt, ModeEq, ModeNeq, ModeMember };

} // namespace

void EnsembleReader::read() {
  features = n.intsAttr("nodes_featureids").value_or(Shape());
  size_t count = features.size();
  yes = perNode(n, "nodes_truenodeids", count);
  no = perNode(n, "nodes_falsenodeids", count);
  yesIsLeaf = perNode(n, "nodes_trueleafs", count);
  noIsLeaf = perNode(n, "nodes_falseleafs", count);
  missing = perNode(n, "nodes_missing_value_tracks_true", count, /*isOptional=*/true);
  modes = tensorNumbers(n, "nodes_modes");
  splits = tensorNumbers(n, "nodes_splits");
  if (modes.size() != count || splits.size() != count)
    n.fail("attributes 'nodes_modes' and 'nodes_splits' have " + llvm::Twine(modes.size()) + " and " +
           llvm::Twine(splits.size()) + " entries; expected " + llvm::Twine(count));
  // Sets follow one another, each closed by a NaN.
  SmallVector<double> set;
  for (double member : tensorNumbers(n, "membership_values")) {
    if (!std::isnan(member)) {
      set.push_back(member);
      continue;
    }
    members.push_back(set);
    set.clear();
  }
  if (size_t(llvm::count(modes, double(ModeMember))) != members.size())
    n.fail("attribute 'membership_values' has " + llvm::Twine(members.size()) + " sets; expected " +
           llvm::Twine(llvm::count(modes, double(ModeMember))) + ", one per node that tests membership");
}

/// The place of a leaf or of an inner node; fails on a number that is out of range.
int64_t EnsembleReader::next(int64_t number, bool isLeaf) {
  int64_t count = isLeaf ? int64_t(forest.weights.size()) : int64_t(placeOf.size());
  if (number < 0 || number >= count) {
    n.fail("a node is followed by " + llvm::Twine(isLeaf ? "leaf " : "node ") + llvm::Twine(number) + " of " +
           llvm::Twine(count));
    return 0;
  }
  return isLeaf ? number : placeOf[number];
}

void EnsembleReader::addNodes() {
  // Membership is a chain of tests for equality, one for each member.
  auto lengthOf = [&](size_t i, size_t set) {
    return modes[i] == ModeMember ? std::max<size_t>(members[set].size(), 1) : 1;
  };
  int64_t place = int64_t(forest.nodes.size());
  size_t set = 0;
  for (size_t i = 0; i < features.size(); ++i) {
    placeOf.push_back(place);
    place += int64_t(lengthOf(i, set));
    set += modes[i] == ModeMember;
  }
  static const DecisionNode::Test tests[] = {DecisionNode::LessEqual, DecisionNode::Less,  DecisionNode::GreaterEqual,
                                             DecisionNode::Greater,   DecisionNode::Equal, DecisionNode::NotEqual};
  set = 0;
  for (size_t i = 0; i < features.size() && !n.failed(); ++i) {
    DecisionNode node;
    node.feature = features[i];
    node.threshold = splits[i];
    node.missingIsYes = missing[i] != 0;
    node.yes = next(yes[i], yesIsLeaf[i] != 0);
    node.no = next(no[i], noIsLeaf[i] != 0);
    if (modes[i] < 0 || modes[i] > ModeMember)
      return n.fail("attribute 'nodes_modes' holds " + llvm::Twine(int64_t(modes[i])) + "; expected 0 to 6");
    if (modes[i] != ModeMember) {
      node.test = tests[int64_t(modes[i])];
      forest.nodes.push_back(node);
      continue;
    }
    node.test = DecisionNode::Equal;
    SmallVector<double> values = members[set++];
    if (values.empty())
      values.push_back(std::numeric_limits<double>::quiet_NaN()); // equal to nothing
    for (auto [k, value] : llvm::enumerate(values)) {
      DecisionNode one = node;
      one.threshold = value;
      if (k + 1 < values.size())
        one.no = int64_t(forest.nodes.size()) + 1;
      forest.nodes.push_back(one);
    }
  }
}

static void buildTreeEnsemble(Node &n) {
  DecisionForest forest;
  SmallVector<double> weights = tensorNumbers(n, "leaf_weights");
  Shape targets = perNode(n, "leaf_targetids", weights.size());
  for (auto [i, weight] : llvm::enumerate(weights)) {
    forest.nodes.push_back({});
    forest.weights.push_back({int64_t(i), targets[i], weight});
  }
  EnsembleReader reader{n, forest, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  reader.read();
  if (!n.failed())
    reader.addNodes();
  for (int64_t root : n.intsAttr("tree_roots").value_or(Shape()))
    if (!n.failed())
      forest.roots.push_back(reader.next(root, /*isLeaf=*/false));
  static const DecisionForest::Aggregate aggregates[] = {DecisionForest::Average, DecisionForest::Sum,
                                                         DecisionForest::Min, DecisionForest::Max};
  static const ops::ScoreTransform transforms[] = {ops::ScoreTransform::None, ops::ScoreTransform::Softmax,
                                                   ops::ScoreTransform::Logistic, ops::ScoreTransform::SoftmaxZero,
                                                   ops::ScoreTransform::Probit};
  int64_t aggregate = n.intAttr("aggregate_function", 1), transform = n.intAttr("post_transform", 0);
  if (aggregate < 0 || aggregate > 3 || transform < 0 || transform > 4)
    return n.fail("attributes 'aggregate_function' and 'post_transform' are " + llvm::Twine(aggregate) + " and " +
                  llvm::Twine(transform) + "; expected 0 to 3 and 0 to 4");
  forest.aggregate = aggregates[aggregate];
  forest.targets = n.intAttr("n_targets", 1);
  if (forest.targets < 1 || forest.targets > mostTargets)
    n.fail("attribute 'n_targets' is " + llvm::Twine(forest.targets) + "; expected 1 to " + llvm::Twine(mostTargets));
  if (n.failed())
    return;
  Value scores = n.take(ops::forestScores(n.b, n.loc, floatFeatures(n), forest));
  if (scores)
    n.result(0, ops::convert(n.b, n.loc, ops::transformScores(n.b, n.loc, scores, transforms[transform]), n.element()));
}

ArrayRef<Operator> importer::treeOperators() {
  static const Operator table[] = {
      {"TreeEnsemble", 5, newest, 1, 1, Takes::Float, buildTreeEnsemble, classicDomain},
      {"TreeEnsembleClassifier", 1, newest, 1, 1, Takes::Number, buildTreeEnsembleClassifier, classicDomain},
      {"TreeEnsembleRegressor", 1, newest, 1, 1, Takes::Number, buildTreeEnsembleRegressor, classicDomain},
  };
  return table;
}
