// Subgraph.cpp - branches and loop bodies: import them once, many times, or on trial
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

//===----------------------------------------------------------------------===//
// Subgraphs
//===----------------------------------------------------------------------===//

Subgraph::Subgraph(GraphImporter &importer, const onnx::GraphProto &graph) : importer(importer), graph(graph) {
  if (importer.depth >= mostNested) {
    problem = "branches and functions are nested deeper than " + std::to_string(mostNested);
    return;
  }
  llvm::SaveAndRestore<int> deeper(importer.depth, importer.depth + 1);
  fixed.parent = importer.current;
  fixed.attributes = importer.current->attributes;
  fixed.opsets = importer.current->opsets;
  importer.importInitializers(fixed, graph);
  llvm::StringSet<> fromInputs;
  for (const auto &input : graph.input())
    fromInputs.insert(input.name());
  for (const onnx::NodeProto *proto : sortNodes(graph.node())) {
    SmallVector<StringRef> names;
    collectNames(*proto, names);
    if (llvm::none_of(names, [&](StringRef name) { return fromInputs.contains(name); })) {
      importer.importNode(fixed, *proto);
      continue;
    }
    varying.push_back(proto);
    for (const std::string &output : proto->output())
      fromInputs.insert(output);
  }
}

size_t Subgraph::numInputs() const { return size_t(graph.input_size()); }
size_t Subgraph::numOutputs() const { return size_t(graph.output_size()); }
std::string Subgraph::outputName(size_t i) const { return graph.output(int(i)).name(); }

Result<SmallVector<Item>> Subgraph::import(ArrayRef<Item> inputs) {
  if (!problem.empty())
    return Error{problem};
  // Half of the nodes is left for graphs that are imported once.
  if (wasImported && (importer.expanded > mostExpanded / 2 || importer.wastedNodes > 4 * mostExpanded))
    return Error{"loops that must be unrolled have more than " + std::to_string(mostExpanded / 2) + " nodes in all"};
  wasImported = true;
  llvm::SaveAndRestore<int> deeper(importer.depth, importer.depth + 1);
  Scope scope;
  scope.parent = &fixed;
  scope.attributes = fixed.attributes;
  scope.opsets = fixed.opsets;
  for (size_t i = 0; i < std::min(inputs.size(), numInputs()); ++i)
    scope.items[graph.input(int(i)).name()] = inputs[i];
  for (const onnx::NodeProto *proto : varying)
    importer.importNode(scope, *proto);
  SmallVector<Item> results;
  for (const auto &output : graph.output()) {
    const Item *item = scope.find(output.name());
    if (!item)
      return Error{scope.isLost(output.name())
                       ? "a node of graph '" + graph.name() + "' inside is not supported"
                       : "output '" + output.name() + "' of graph '" + graph.name() + "' inside is not defined"};
    if (!item->bounds.empty())
      return Error{"data decides how large output '" + output.name() + "' of graph '" + graph.name() +
                   "' inside is; expected a static shape"};
    results.push_back(*item);
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Attempts
//===----------------------------------------------------------------------===//

Attempt::Attempt(GraphImporter &importer)
    : importer(importer), block(importer.b.getInsertionBlock()), last(block->empty() ? nullptr : &block->back()),
      numProblems(importer.problems.size()), numExpanded(importer.expanded),
      numAssumptions(importer.assumptions.size()) {}

SmallVector<Operation *> Attempt::newOps() {
  SmallVector<Operation *> ops;
  for (Operation *op = last             ? last->getNextNode()
                       : block->empty() ? nullptr
                                        : &block->front();
       op; op = op->getNextNode())
    ops.push_back(op);
  return ops;
}

Attempt::Problems Attempt::undo() {
  importer.b.setInsertionPointToEnd(block);
  SmallVector<Operation *> ops = newOps();
  for (Operation *op : llvm::reverse(ops))
    importer.constants.erase(op);
  importer.assumptions.truncate(numAssumptions);
  importer.wastedNodes += importer.expanded - numExpanded;
  importer.expanded = numExpanded;
  Problems dropped;
  for (size_t i = numProblems; i < importer.problems.size(); ++i) {
    dropped.nodes.push_back(std::move(importer.problems[i]));
    dropped.locations.push_back(importer.problemLocations[i]);
  }
  importer.problems.resize(numProblems);
  importer.problemLocations.truncate(numProblems);
  return dropped;
}

void Attempt::report(const Problems &problems) {
  llvm::append_range(importer.problems, problems.nodes);
  llvm::append_range(importer.problemLocations, problems.locations);
}

/// x / d becomes x / (d == 0 ? 1 : d).
static void guardDivision(Operation *op) {
  OpBuilder b(op);
  Scalars s(b, op->getLoc());
  Value divisor = op->getOperand(1);
  APInt constant;
  if (matchPattern(divisor, m_ConstantInt(&constant)) && !constant.isZero())
    return;
  Type type = divisor.getType();
  op->setOperand(1, s.select(s.equal(divisor, s.integer(type, 0)), s.integer(type, 1), divisor));
}

void Attempt::makeSpeculative() {
  for (Operation *root : newOps())
    root->walk([](Operation *op) {
      if (isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::CeilDivSIOp, arith::CeilDivUIOp,
              arith::FloorDivSIOp>(op))
        return guardDivision(op);
      auto at = dyn_cast<pat::AtOp>(op);
      if (!at || at.getElseValue() || pat::isProvablyInBounds(at))
        return;
      OpBuilder b(op);
      at.getElseValueMutable().assign(Scalars(b, op->getLoc()).integer(at.getType(), 0));
    });
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

Value importer::readOnly(OpBuilder &b, Location loc, Value tensor) {
  SmallVector<Value> zeros(ops::rankOf(tensor), Scalars(b, loc).index(0));
  return pat::at(b, loc, tensor, zeros);
}

static std::string describeItem(const Item &item) {
  if (item.sequence)
    return "a sequence of " + std::to_string(item.sequence->size()) + " tensors";
  if (!item.value)
    return "an empty optional";
  return elementTypeName(item.type) + ops::describe(ops::shapeOf(item.value));
}

Result<Item> importer::selectItem(OpBuilder &b, Location loc, Value condition, const Item &yes, const Item &no) {
  if (yes.isEmptyOptional && no.isEmptyOptional)
    return yes;
  bool bothSequences = yes.sequence && no.sequence && yes.sequence->size() == no.sequence->size();
  bool bothTensors = yes.value && no.value && yes.value.getType() == no.value.getType() && yes.type == no.type;
  if (!bothSequences && !bothTensors)
    return Error{describeItem(yes) + " or " + describeItem(no) +
                 ", which data decides; expected equal shapes and types"};
  if (bothTensors && yes.value == no.value)
    return yes;
  if (bothTensors)
    return Item{ops::mapOver(b, loc, ops::shapeOf(yes.value),
                             [&](OpBuilder &b, ValueRange point) {
                               Value chosen = readOnly(b, loc, condition);
                               return Scalars(b, loc).select(chosen, pat::at(b, loc, yes.value, point),
                                                             pat::at(b, loc, no.value, point));
                             }),
                yes.type};
  std::vector<Item> elements;
  for (auto [one, other] : llvm::zip(*yes.sequence, *no.sequence)) {
    Result<Item> element = selectItem(b, loc, condition, one, other);
    if (!element)
      return element.takeError();
    elements.push_back(*element);
  }
  return Item(std::move(elements), yes.type);
}
