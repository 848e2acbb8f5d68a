// BranchOps.cpp - If: one branch where the condition is known, else both and a selection
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// The results of a branch, as many as the node has; fails the node if there are none.
static SmallVector<Item> importBranch(Node &n, const char *name) {
  const auto *branch = n.findAttr(name);
  if (!branch || !branch->has_g()) {
    n.fail(llvm::Twine("attribute '") + name + "' is missing");
    return {};
  }
  Result<SmallVector<Item>> results = Subgraph(n.graph, branch->g()).import({});
  if (results && results->size() >= n.numOutputs())
    return *results;
  n.fail(results ? "branch '" + branch->g().name() + "' has " + std::to_string(results->size()) +
                       " outputs; expected " + std::to_string(n.numOutputs())
                 : results.error());
  return {};
}

/// Both branches are computed, results are selected.
static void buildPredicated(Node &n) {
  Attempt both(n.graph);
  SmallVector<Item> yes = importBranch(n, "then_branch"), no = importBranch(n, "else_branch");
  if (n.failed())
    return n.failFor("", 0); // with a constant condition, one branch would be enough
  both.makeSpeculative();
  for (size_t i = 0; i < n.numOutputs(); ++i) {
    if (!n.wants(i))
      continue;
    Result<Item> item = selectItem(n.b, n.loc, n.input(0), yes[i], no[i]);
    if (!item)
      return n.failFor("output '" + n.proto.output(int(i)) + "' would be " + item.error(), 0);
    n.result(i, *item);
  }
}

static void buildIf(Node &n) {
  if (!n.element(0).isInteger(1) || pat::numPoints(n.shape(0)) != 1)
    return n.fail("the condition is " + elementTypeName(n.type(0)) + ops::describe(n.shape(0)) + "; expected one bool");
  if (!n.graph.evaluator().evaluate(n.input(0)))
    return buildPredicated(n);
  SmallVector<Item> results = importBranch(n, *n.constantNumber(0) != 0 ? "then_branch" : "else_branch");
  if (!n.failed())
    for (size_t i = 0; i < n.numOutputs(); ++i)
      n.result(i, results[i]);
}

ArrayRef<Operator> importer::branchOperators() {
  static const Operator table[] = {
      {"If", 1, newest, 1, 1, Takes::Bool, buildIf},
  };
  return table;
}
