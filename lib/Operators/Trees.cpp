// Trees.cpp - decision forests: all trees step down by one node at a time, their nodes being rows of tables
#include "jacquard/Operators/Classic.h"

#include "jacquard/Operators/Movement.h"

#include <limits>
#include <set>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// Forests of up to this depth get a map per step, deeper ones a loop.
static constexpr int64_t mostUnrolled = 32;
/// Leaves times targets; more would be beyond any model's size.
static constexpr int64_t mostWeights = int64_t(1) << 24;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static Status checkForest(const DecisionForest &forest, ArrayRef<int64_t> features) {
  if (features.size() != 2)
    return Error{"input has shape " + describe(features) + "; expected [rows, features]"};
  int64_t count = int64_t(forest.nodes.size());
  if (forest.roots.empty())
    return Error{"the trees have no root; expected at least one tree"};
  if (llvm::any_of(forest.roots, [&](int64_t root) { return root < 0 || root >= count; }))
    return Error{"a tree's root is a node that does not exist"};
  if (forest.targets < 1 || count > mostWeights / forest.targets)
    return Error{std::to_string(count) + " nodes with " + std::to_string(forest.targets) +
                 " targets; expected at most " + std::to_string(mostWeights) + " weights"};
  for (const DecisionNode &node : forest.nodes) {
    if (node.test == DecisionNode::Leaf)
      continue;
    if (node.yes < 0 || node.yes >= count || node.no < 0 || node.no >= count)
      return Error{"a tree's node refers to a node that does not exist"};
    if (node.feature < 0 || node.feature >= features[1])
      return Error{"a tree's node tests feature " + std::to_string(node.feature) + " of an input of shape " +
                   describe(features)};
  }
  for (const LeafWeight &weight : forest.weights)
    if (weight.target < 0 || weight.target >= forest.targets || weight.node < 0 || weight.node >= count ||
        forest.nodes[weight.node].test != DecisionNode::Leaf)
      return Error{"a weight is given for target " + std::to_string(weight.target) + " of " +
                   std::to_string(forest.targets) + ", or at a node that is no leaf"};
  return {};
}

/// The most tests between a root and a leaf.
static Result<int64_t> depthOf(const DecisionForest &forest) {
  constexpr int64_t unknown = -1, open = -2;
  std::vector<int64_t> depths(forest.nodes.size(), unknown);
  SmallVector<int64_t> stack(forest.roots);
  int64_t deepest = 0;
  while (!stack.empty()) {
    int64_t number = stack.back();
    const DecisionNode &node = forest.nodes[number];
    if (node.test == DecisionNode::Leaf)
      depths[number] = 0;
    if (depths[number] >= 0) {
      deepest = std::max(deepest, depths[number]);
      stack.pop_back();
      continue;
    }
    bool isReady = depths[node.yes] >= 0 && depths[node.no] >= 0;
    if (isReady) {
      depths[number] = 1 + std::max(depths[node.yes], depths[node.no]);
      continue;
    }
    if (depths[number] == open && (depths[node.yes] == open || depths[node.no] == open))
      return Error{"a tree's node leads back to itself"};
    depths[number] = open;
    for (int64_t next : {node.yes, node.no})
      if (depths[next] == unknown)
        stack.push_back(next);
      else if (depths[next] == open)
        return Error{"a tree's node leads back to itself"};
  }
  return deepest;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {

/// A row per node, leaves first; a leaf is followed by itself.
struct Tables {
  Value features, thresholds, yes, no; ///< [nodes]
  Value tests, missing;                ///< [nodes], or null where all nodes are alike
  Value weights;                       ///< [leaves, targets]
  DecisionNode::Test onlyTest = DecisionNode::LessEqual;
  std::set<DecisionNode::Test> usedTests;
  Shape roots;
};

} // namespace

static double identityOf(DecisionForest::Aggregate aggregate) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return aggregate == DecisionForest::Min ? infinity : aggregate == DecisionForest::Max ? -infinity : 0;
}

/// Weights by leaf and target; several of one pair aggregate at once.
static std::vector<double> weightTable(const DecisionForest &forest, ArrayRef<int64_t> rows, int64_t leaves) {
  std::vector<double> table(leaves * forest.targets, identityOf(forest.aggregate));
  for (const LeafWeight &weight : forest.weights) {
    double &entry = table[rows[weight.node] * forest.targets + weight.target];
    entry = forest.aggregate == DecisionForest::Min   ? std::min(entry, weight.weight)
            : forest.aggregate == DecisionForest::Max ? std::max(entry, weight.weight)
                                                      : entry + weight.weight;
  }
  return table;
}

static Tables makeTables(OpBuilder &b, Location loc, const DecisionForest &forest, Type type) {
  int64_t count = int64_t(forest.nodes.size()), leaves = 0, inner = 0;
  for (const DecisionNode &node : forest.nodes)
    leaves += node.test == DecisionNode::Leaf;
  Shape rows; // of each node
  int64_t nextLeaf = 0;
  for (const DecisionNode &node : forest.nodes)
    rows.push_back(node.test == DecisionNode::Leaf ? nextLeaf++ : leaves + inner++);
  Shape features(count, 0), yes(count), no(count), tests(count, 0), missing(count, 0);
  std::vector<double> thresholds(count, 0);
  Tables tables;
  for (auto [node, row] : llvm::zip(forest.nodes, rows)) {
    yes[row] = no[row] = row;
    if (node.test == DecisionNode::Leaf)
      continue;
    features[row] = node.feature;
    thresholds[row] = node.threshold;
    yes[row] = rows[node.yes];
    no[row] = rows[node.no];
    tests[row] = node.test;
    missing[row] = node.missingIsYes;
    tables.usedTests.insert(node.test);
  }
  tables.features = constantTensor(b, loc, count, features);
  tables.thresholds = constantTensor(b, loc, count, type, thresholds);
  tables.yes = constantTensor(b, loc, count, yes);
  tables.no = constantTensor(b, loc, count, no);
  if (tables.usedTests.size() > 1)
    tables.tests = constantTensor(b, loc, count, tests);
  if (llvm::is_contained(missing, 1))
    tables.missing = constantTensor(b, loc, count, missing);
  tables.weights = constantTensor(b, loc, {leaves, forest.targets}, type, weightTable(forest, rows, leaves));
  for (int64_t root : forest.roots)
    tables.roots.push_back(rows[root]);
  return tables;
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

static Value applyTest(Scalars &s, DecisionNode::Test test, Value x, Value threshold) {
  switch (test) {
  case DecisionNode::Less:
    return s.less(x, threshold);
  case DecisionNode::GreaterEqual:
    return s.lessEqual(threshold, x);
  case DecisionNode::Greater:
    return s.less(threshold, x);
  case DecisionNode::Equal:
    return s.equal(x, threshold);
  case DecisionNode::NotEqual:
    return s.negate(s.equal(x, threshold));
  case DecisionNode::Leaf:
  case DecisionNode::LessEqual:
    break;
  }
  return s.lessEqual(x, threshold);
}

/// The next nodes of all rows in all trees.
static Value stepDown(OpBuilder &b, Location loc, const Tables &tables, Value features, Value nodes) {
  return mapOver(b, loc, shapeOf(nodes), [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    Type index = b.getIndexType();
    Value node = s.cast(pat::at(b, loc, nodes, p), index);
    Value x = pat::at(b, loc, features, ValueRange{p[0], s.cast(pat::at(b, loc, tables.features, node), index)});
    Value threshold = pat::at(b, loc, tables.thresholds, node), goes;
    for (DecisionNode::Test test : tables.usedTests) {
      Value outcome = applyTest(s, test, x, threshold);
      if (goes) {
        Value mine = pat::at(b, loc, tables.tests, node);
        outcome = s.select(s.equal(mine, s.integer(mine.getType(), test)), outcome, goes);
      }
      goes = outcome;
    }
    if (tables.missing) {
      Value takesMissing = s.cast(pat::at(b, loc, tables.missing, node), b.getI1Type());
      goes = s.either(goes, s.both(s.isNaN(x), takesMissing));
    }
    return s.select(goes, pat::at(b, loc, tables.yes, node), pat::at(b, loc, tables.no, node));
  });
}

/// The leaves [rows, trees] at which the rows arrive.
static Value walk(OpBuilder &b, Location loc, const Tables &tables, Value features, int64_t depth) {
  Value roots = constantTensor(b, loc, int64_t(tables.roots.size()), tables.roots);
  Value nodes = broadcast(b, loc, roots, {shapeOf(features)[0], shapeOf(roots)[0]});
  if (depth > mostUnrolled)
    return pat::IterateOp::create(b, loc, depth, nodes,
                                  [&](OpBuilder &b, Location, ValueRange arguments) {
                                    Value next = stepDown(b, loc, tables, features, arguments[1]);
                                    return SmallVector<Value>{Scalars(b, loc).boolean(true), next};
                                  })
        .getResult(0);
  for (int64_t i = 0; i < depth; ++i)
    nodes = stepDown(b, loc, tables, features, nodes);
  return nodes;
}

Result<Value> ops::forestScores(OpBuilder &b, Location loc, Value features, const DecisionForest &forest) {
  if (Status status = checkForest(forest, shapeOf(features)); !status)
    return status.takeError();
  Result<int64_t> depth = depthOf(forest);
  if (!depth)
    return depth.takeError();
  Type type = elementOf(features);
  Tables tables = makeTables(b, loc, forest, type);
  Value leaves = walk(b, loc, tables, features, *depth);
  int64_t trees = shapeOf(leaves)[1];
  double identity = identityOf(forest.aggregate);
  return mapOver(b, loc, {shapeOf(features)[0], forest.targets}, [&](OpBuilder &b, ValueRange p) {
    auto weight = [&](OpBuilder &b, ValueRange tree) {
      Value leaf = pat::at(b, loc, leaves, ValueRange{p[0], tree[0]});
      Scalars s(b, loc);
      return pat::at(b, loc, tables.weights, ValueRange{s.cast(leaf, b.getIndexType()), p[1]});
    };
    Value init = Scalars(b, loc).constant(type, identity);
    Value score = foldOver(b, loc, trees, init, weight, [&](Scalars &s, Value x, Value y) {
      return forest.aggregate == DecisionForest::Min   ? s.min(x, y)
             : forest.aggregate == DecisionForest::Max ? s.max(x, y)
                                                       : s.add(x, y);
    });
    Scalars s(b, loc);
    if (forest.aggregate == DecisionForest::Average)
      return s.div(score, s.constant(type, double(trees)));
    if (forest.aggregate == DecisionForest::Sum)
      return score;
    return s.select(s.equal(score, s.constant(type, identity)), s.constant(type, 0), score);
  });
}
