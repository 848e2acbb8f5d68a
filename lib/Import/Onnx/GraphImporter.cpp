// GraphImporter.cpp - walk a model's graph and build the function
#include "GraphImporter.h"

#include "Bounded.h"
#include "PatLibrary.h"

#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include "onnx/onnx_pb.h"

#include "jacquard/Dialect/Pat/IR/PatDialect.h"
#include "jacquard/Dialect/Pat/IR/ResultExtents.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

const Item *Scope::find(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (auto it = scope->items.find(name); it != scope->items.end())
      return &it->second;
  return nullptr;
}

bool Scope::isLost(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (scope->lost.contains(name))
      return true;
  return false;
}

GraphImporter::GraphImporter(MLIRContext *context, const Model &model, const OnnxImportOptions &options)
    : context(context), model(model), options(options), b(context) {
  for (const auto &opset : model.proto->opset_import())
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

Location GraphImporter::fileLocation() const { return FileLineColLoc::get(context, model.name, 0, 0); }

std::string importer::nodeName(const onnx::NodeProto &proto) {
  if (!proto.name().empty())
    return proto.name();
  for (const std::string &output : proto.output())
    if (!output.empty())
      return output;
  return "";
}

Location GraphImporter::nodeLocation(const onnx::NodeProto &proto) const {
  return NameLoc::get(StringAttr::get(context, nodeName(proto) + " (" + proto.op_type() + ")"), fileLocation());
}

void GraphImporter::report(const onnx::NodeProto &proto, int64_t opset, const std::string &reason,
                           std::vector<std::string> constantsNeeded) {
  problems.push_back(
      {proto.op_type(), domainName(proto.domain()), opset, nodeName(proto), reason, std::move(constantsNeeded)});
  problemLocations.push_back(nodeLocation(proto));
}

void GraphImporter::reportModel(const std::string &what, const std::string &reason) {
  problems.push_back({what, "", 0, "", reason, {}});
  problemLocations.push_back(fileLocation());
}

void GraphImporter::emitReport() {
  if (options.unsupported)
    *options.unsupported = problems;
  auto textOf = [](const UnsupportedNode &problem) {
    if (problem.domain.empty())
      return numberedUnlessInside(Diag::BrokenGraph, problem.op + " " + problem.reason).message;
    std::string node = "node '" + problem.node + "' (" + problem.op + ", domain " + problem.domain + ", opset " +
                       std::to_string(problem.opset) + "): ";
    return numberedUnlessInside(Diag::OperatorUse, node + problem.reason).message;
  };
  if (problems.size() == 1) {
    emitError(problemLocations[0]) << withTagInFront("cannot import '" + model.name + "': " + textOf(problems[0]));
    return;
  }
  InFlightDiagnostic diag = emitError(fileLocation())
                            << "cannot import '" << model.name << "': " << problems.size() << " problems";
  for (auto [problem, location] : llvm::zip(problems, problemLocations))
    diag.attachNote(location) << textOf(problem);
}

std::vector<std::string> GraphImporter::argumentNames(Value value) {
  std::vector<std::string> names;
  for (BlockArgument argument : ConstantEvaluator::argumentsOf(value))
    names.push_back(arguments[argument.getArgNumber()]);
  return names;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

int64_t GraphImporter::opsetOf(const Scope &scope, StringRef domain) const {
  const llvm::StringMap<int64_t> &versions = scope.opsets ? *scope.opsets : opsets;
  return versions.lookup(domain == "ai.onnx" ? "" : domain);
}

const onnx::FunctionProto *GraphImporter::findFunction(StringRef domain, StringRef name) const {
  for (const auto &function : model.proto->functions())
    if (function.domain() == domain && function.name() == name)
      return &function;
  return nullptr;
}

int32_t GraphImporter::declaredType(StringRef name) const {
  if (depth > 0)
    return 0;
  const onnx::GraphProto &graph = model.proto->graph();
  for (const auto *values : {&graph.output(), &graph.value_info()})
    for (const auto &value : *values)
      if (value.name() == name)
        return value.type().tensor_type().elem_type();
  return 0;
}

void GraphImporter::lose(Scope &scope, const onnx::NodeProto &proto) {
  for (const std::string &output : proto.output())
    scope.lost.insert(output);
}

bool GraphImporter::gatherInputs(Scope &scope, const onnx::NodeProto &proto, SmallVectorImpl<Item> &inputs) {
  for (const std::string &name : proto.input()) {
    if (name.empty()) {
      inputs.push_back({});
      continue;
    }
    if (const Item *item = scope.find(name)) {
      inputs.push_back(*item);
      continue;
    }
    if (!scope.isLost(name))
      report(proto, opsetOf(scope, proto.domain()),
             tag(Diag::BrokenGraph) + "reads '" + name + "', which no input, initializer or earlier node defines");
    return false;
  }
  return true;
}

void GraphImporter::define(Scope &scope, const onnx::NodeProto &proto, ArrayRef<Item> results) {
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty())
      continue;
    if (!results[i].isPresent())
      scope.lost.insert(proto.output(i));
    else if (!scope.items.try_emplace(proto.output(i), results[i]).second)
      report(proto, opsetOf(scope, proto.domain()), "defines '" + proto.output(i) + "', which is defined already");
  }
}

static bool takesType(Takes takes, Type type, int32_t onnxType) {
  if (isNarrowType(onnxType)) // not the integers that they are kept in
    return takes == Takes::Any;
  bool isFloat = isa<FloatType>(type), isBool = type.isInteger(1);
  switch (takes) {
  case Takes::Any:
  case Takes::Items:
    return true;
  case Takes::Float:
    return isFloat;
  case Takes::Number:
    return !isBool;
  case Takes::Integer:
    return !isFloat && !isBool;
  case Takes::Bool:
    return isBool;
  }
  return false;
}

/// Fails the node unless its inputs are as many, and of such types, as the operator takes.
static void checkInputs(Node &node, const Operator &row) {
  if (node.numInputs() < row.minInputs || (row.maxInputs != anyNumber && node.numInputs() > row.maxInputs))
    return node.fail("has " + llvm::Twine(node.numInputs()) + " inputs; expected " +
                     (row.maxInputs == row.minInputs ? std::to_string(row.minInputs)
                      : row.maxInputs == anyNumber
                          ? "at least " + std::to_string(row.minInputs)
                          : std::to_string(row.minInputs) + " to " + std::to_string(row.maxInputs)));
  for (unsigned i = 0; i < row.minInputs; ++i)
    if (!node.has(i))
      return node.fail("input " + llvm::Twine(i) + " is missing");
  if (row.takes == Takes::Items)
    return;
  for (unsigned i = 0; i < node.numInputs(); ++i)
    if (node.has(i) && !node.input(i))
      return node.fail("input '" + node.inputName(i) + "' is " +
                       (node.item(i).sequence ? "a sequence" : "an empty optional") + "; expected a tensor");
  if (node.has(0) && !takesType(row.takes, node.element(0), node.type(0)))
    node.fail("input '" + node.inputName(0) + "' has element type " + elementTypeName(node.type(0)) +
              ", which the operator does not take");
}

/// Fails a node with a result that is missing, or too large to be meant.
static void checkResults(Node &node) {
  for (size_t i = 0; i < node.numOutputs() && !node.failed(); ++i) {
    Value value = node.results()[i].value;
    if (!node.results()[i].isPresent() && node.wants(i))
      node.fail("output " + llvm::Twine(i) + " ('" + node.proto.output(int(i)) + "') is not supported");
    else if (value && !ops::isPossibleShape(ops::shapeOf(value)))
      node.fail("the result would have the impossible shape " + ops::describe(ops::shapeOf(value)));
  }
}

void GraphImporter::build(Scope &scope, Node &node, const Operator &row) {
  checkInputs(node, row);
  if (node.failed())
    return;
  llvm::SaveAndRestore<const Scope *> around(current, &scope);
  if (node.hasBounds())
    importBounded(node, row);
  else
    row.build(node);
}

void GraphImporter::importNode(Scope &scope, const onnx::NodeProto &proto) {
  int64_t opset = opsetOf(scope, proto.domain());
  if (depth > 0 && ++expanded > mostExpanded) {
    if (expanded == mostExpanded + 1)
      report(proto, opset, "branches and functions expand to more than " + std::to_string(mostExpanded) + " nodes");
    return lose(scope, proto);
  }
  ArrayRef<PatFunction> patterns = model.library->find(proto.domain(), proto.op_type());
  const onnx::FunctionProto *function = patterns.empty() ? findFunction(proto.domain(), proto.op_type()) : nullptr;
  Lookup row = function || !patterns.empty() ? Lookup() : findOperator(proto.domain(), proto.op_type(), opset);
  SmallVector<Item> inputs;
  bool complete = gatherInputs(scope, proto, inputs);
  if (function) {
    if (complete)
      return importCall(scope, proto, *function, inputs);
    return lose(scope, proto);
  }
  if (!row.found && patterns.empty()) {
    bool isExpanded = complete ? importBySchema(scope, proto, opset, inputs)
                               : hasSchemaBody(proto.domain(), proto.op_type(), opset);
    if (!isExpanded)
      report(proto, opset,
             opset ? tag(Diag::UnknownOperator) + row.reason
                   : tag(Diag::BrokenGraph) + "the model does not import the operator's domain");
    if (!isExpanded || !complete)
      lose(scope, proto);
    return;
  }
  if (!complete)
    return lose(scope, proto);
  Node node(*this, proto, opset, scope.attributes, inputs, b, nodeLocation(proto));
  if (row.found)
    build(scope, node, *row.found);
  else if (node.hasBounds())
    node.fail("data decides how large an input is, which operators of a library do not take; make the shape static "
              "in the model");
  else
    importPatFunction(node, patterns);
  if (!node.failed())
    checkResults(node);
  if (!node.failed())
    return define(scope, proto, node.results());
  report(proto, opset, node.failure(), node.constantsNeeded());
  lose(scope, proto);
}

void importer::collectNames(const onnx::NodeProto &proto, SmallVectorImpl<StringRef> &names, int depth) {
  names.append(proto.input().begin(), proto.input().end());
  if (depth >= mostNested)
    return;
  for (const auto &attribute : proto.attribute()) {
    for (const onnx::NodeProto &inner : attribute.g().node())
      collectNames(inner, names, depth + 1);
    for (const auto &output : attribute.g().output())
      names.push_back(output.name());
  }
}

SmallVector<const onnx::NodeProto *>
importer::sortNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes) {
  llvm::StringMap<int> producers;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &output : nodes[i].output())
      if (!output.empty())
        producers.try_emplace(output, i);
  SmallVector<const onnx::NodeProto *> sorted;
  std::vector<char> isEntered(nodes.size()), isDone(nodes.size());
  for (int root = 0; root < nodes.size(); ++root) {
    SmallVector<int> stack = {root};
    while (!stack.empty()) {
      int top = stack.back();
      if (isEntered[top]) {
        stack.pop_back();
        if (!isDone[top])
          sorted.push_back(&nodes[top]);
        isDone[top] = true;
        continue;
      }
      isEntered[top] = true;
      SmallVector<StringRef> names;
      collectNames(nodes[top], names);
      for (StringRef name : llvm::reverse(names))
        if (auto producer = producers.find(name); producer != producers.end() && !isEntered[producer->second])
          stack.push_back(producer->second);
    }
  }
  return sorted;
}

void GraphImporter::importNodes(Scope &scope, const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes) {
  for (const onnx::NodeProto *proto : sortNodes(nodes))
    importNode(scope, *proto);
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

bool GraphImporter::assumeAtMost(Value count, int64_t most, bool isGiven) {
  if (!isa<func::FuncOp>(count.getParentRegion()->getParentOp()))
    return false;
  assumptions.push_back({count, most, isGiven});
  return true;
}

void GraphImporter::guardAssumptions(MutableArrayRef<Item> outputs) {
  llvm::erase_if(assumptions, [&](const Assumption &assumption) {
    return llvm::any_of(outputs, [&](const Item &item) {
      return llvm::any_of(item.bounds, [&](const Bound &bound) {
        return bound.count == assumption.count && ops::shapeOf(item.value)[bound.dim] <= assumption.most;
      });
    });
  });
  auto *guard = llvm::find_if(outputs, [](const Item &item) { return ops::rankOf(item.value) > 0; });
  if (assumptions.empty() || !problems.empty())
    return;
  bool mustHold = llvm::any_of(assumptions, [](const Assumption &assumption) { return assumption.isGiven; });
  if (guard == outputs.end() && !mustHold)
    return;
  if (guard == outputs.end())
    return reportModel("graph '" + model.proto->graph().name() + "'",
                       "has outputs without dimensions only, so that nobody would see when more is there than a "
                       "capacity allows; give one of them a dimension");
  auto *bound = llvm::find_if(guard->bounds, [](const Bound &bound) { return bound.dim == 0; });
  Value count = ops::mapOver(b, fileLocation(), {}, [&](OpBuilder &b, ValueRange) {
    ops::Scalars s(b, fileLocation());
    int64_t capacity = ops::shapeOf(guard->value)[0];
    auto number = [&](int64_t value) { return s.integer(b.getI64Type(), value); };
    Value extent = bound == guard->bounds.end() ? number(capacity) : pat::at(b, fileLocation(), bound->count, {});
    for (const Assumption &assumption : assumptions) {
      Value found = pat::at(b, fileLocation(), assumption.count, {});
      Value isOutside = s.either(s.less(found, number(0)), s.less(number(assumption.most), found));
      extent = s.select(isOutside, number(capacity + 1), extent);
    }
    return extent;
  });
  if (bound == guard->bounds.end())
    guard->bounds.push_back({0, count});
  else
    bound->count = count;
}

static void nameValue(SmallVectorImpl<NamedAttribute> &attributes, OpBuilder &b, StringRef name, int32_t type) {
  attributes.push_back(b.getNamedAttr("jacquard.name", b.getStringAttr(name)));
  if (isNarrowType(type) || (isUnsignedType(type) && type != onnx::TensorProto::BOOL))
    attributes.push_back(b.getNamedAttr("jacquard.dtype", b.getStringAttr(elementTypeName(type))));
}

void GraphImporter::finish(const Scope &scope, func::FuncOp func) {
  Block *entry = &func.getBody().front();
  SmallVector<Value> results;
  SmallVector<Item> items;
  for (const auto &output : model.proto->graph().output()) {
    const Item *item = scope.find(output.name());
    if (!item && !scope.isLost(output.name()))
      reportModel("output '" + output.name() + "'", "is not defined by any node");
    if (!item)
      continue;
    if (!item->value) {
      reportModel("output '" + output.name() + "'",
                  tag(Diag::UnsupportedType) + (item->sequence ? "is a sequence" : "is an empty optional") +
                      "; only tensors leave a model, so a sequence must be consumed inside (SequenceAt, "
                      "ConcatFromSequence)");
      continue;
    }
    results.push_back(item->value);
    items.push_back(*item);
  }
  guardAssumptions(items);
  // Behind what the model gives: how much of it is there.
  for (const Item &item : items)
    for (const Bound &bound : item.bounds)
      if (!llvm::is_contained(ArrayRef(results).drop_front(items.size()), bound.count))
        results.push_back(bound.count);
  if (results.empty() && problems.empty())
    reportModel("graph '" + model.proto->graph().name() + "'", "has no outputs");
  func::ReturnOp::create(b, fileLocation(), results);
  func.setType(b.getFunctionType(entry->getArgumentTypes(), ValueRange(results).getTypes()));
  if (!problems.empty())
    return;
  for (auto [i, name] : llvm::enumerate(arguments)) {
    SmallVector<NamedAttribute> attributes;
    nameValue(attributes, b, name, scope.find(name)->type);
    func.setArgAttrs(i, attributes);
  }
  for (auto [i, item] : llvm::enumerate(items)) {
    SmallVector<NamedAttribute> attributes;
    nameValue(attributes, b, model.proto->graph().output(i).name(), item.type);
    func.setResultAttrs(i, attributes);
    SmallVector<pat::ResultExtent> extents;
    for (const Bound &bound : item.bounds) {
      auto count = llvm::find(ArrayRef(results).drop_front(items.size()), bound.count);
      extents.push_back({bound.dim, unsigned(count - results.begin())});
    }
    if (!extents.empty())
      pat::setResultExtents(func, i, extents);
  }
  for (size_t i = items.size(); i < results.size(); ++i)
    pat::hideResult(func, i);
}

OwningOpRef<ModuleOp> GraphImporter::begin() {
  context->loadDialect<arith::ArithDialect, func::FuncDialect, math::MathDialect, pat::PatDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLocation());
  const onnx::GraphProto &graph = model.proto->graph();
  (*module)->setAttr("jacquard.model", b.getStringAttr(graph.name()));
  b.setInsertionPointToStart(module->getBody());
  auto func = func::FuncOp::create(b, fileLocation(), "main", b.getFunctionType({}, {}));
  b.setInsertionPointToStart(func.addEntryBlock());
  return module;
}

OwningOpRef<ModuleOp> GraphImporter::run() {
  OwningOpRef<ModuleOp> module = begin();
  auto func = *module->getOps<func::FuncOp>().begin();
  const onnx::GraphProto &graph = model.proto->graph();
  Scope scope;
  importInitializers(scope, graph);
  importInputs(scope);
  importNodes(scope, graph.node());
  finish(scope, func);
  if (!problems.empty()) {
    emitReport();
    return {};
  }
  if (failed(verify(*module)))
    return {};
  (*module)->setAttr("jacquard.model_hash", b.getI64IntegerAttr(int64_t(hashOf(model))));
  if (!draws.empty())
    (*module)->setAttr("jacquard.random", b.getUnitAttr());
  constants.foldConstants(func);
  return module;
}

static OwningOpRef<ModuleOp> importModel(MLIRContext *context, Result<Model> model, StringRef name,
                                         const OnnxImportOptions &options) {
  Status status = model ? addLibraries(context, *model, options.libraries) : Status(model.takeError());
  if (status)
    return GraphImporter(context, *model, options).run();
  emitError(FileLineColLoc::get(context, name, 0, 0)) << status.error();
  return {};
}

OwningOpRef<ModuleOp> importer::importOnnxBytes(MLIRContext *context, StringRef bytes, StringRef name, StringRef folder,
                                                const OnnxImportOptions &options) {
  return importModel(context, parseModel(bytes, name.str(), folder.str()), name, options);
}

OwningOpRef<ModuleOp> importer::importOnnx(MLIRContext *context, StringRef path, const OnnxImportOptions &options) {
  return importModel(context, loadModel(path.str()), path, options);
}
