// Check.cpp - try every node of a model and say what becomes of it
#include "GraphImporter.h"
#include "PatLibrary.h"

#include "jacquard/Support/Diagnostics.h"

#include "onnx/onnx_pb.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// Extents that stand in for dynamic ones. Leading dimensions are batches; 64 is a multiple of what networks divide
/// images and windows by.
static constexpr int64_t leadingExtent = 1, otherExtent = 64;

/// An input's shape, with stand-ins for what the options that `needs` gets would give.
static std::vector<int64_t> standInShape(const onnx::ValueInfoProto &input, const OnnxImportOptions &options,
                                         std::set<std::string> &needs) {
  std::vector<int64_t> shape;
  for (const auto &dim : input.type().tensor_type().shape().dim()) {
    auto given = options.dims.find(dim.dim_param());
    if (dim.has_dim_value() || given != options.dims.end()) {
      shape.push_back(dim.has_dim_value() ? dim.dim_value() : given->second);
      continue;
    }
    needs.insert(dim.dim_param().empty() ? "--shape " + input.name() + "=..." : "--dim " + dim.dim_param() + "=N");
    shape.push_back(shape.empty() ? leadingExtent : otherExtent);
  }
  return shape;
}

namespace jacquard::importer {

/// Runs an importer node by node and watches.
class NodeChecker {
public:
  NodeChecker(GraphImporter &importer, const llvm::StringMap<std::set<std::string>> &needs)
      : importer(importer), needs(needs) {}
  CheckReport run();

private:
  CheckedNode check(const onnx::NodeProto &proto);
  NodeVerdict verdictOf(const onnx::NodeProto &proto, int64_t opset, ArrayRef<Item> inputs);
  bool isConstant(const Item &item) const;

  GraphImporter &importer;
  Scope scope;
  llvm::StringMap<std::set<std::string>> needs; ///< options that values, by name, need
  llvm::DenseSet<Value> constants;              ///< results that depend on nothing else
};

} // namespace jacquard::importer

bool NodeChecker::isConstant(const Item &item) const {
  if (!item.value)
    return true; // absent, or known while importing
  return item.value.getDefiningOp<arith::ConstantOp>() || constants.contains(item.value);
}

/// Of a node that has been imported.
NodeVerdict NodeChecker::verdictOf(const onnx::NodeProto &proto, int64_t opset, ArrayRef<Item> inputs) {
  SmallVector<StringRef> names;
  collectNames(proto, names);
  bool readsConstants = llvm::all_of(inputs, [&](const Item &item) { return isConstant(item); }) &&
                        names.size() == size_t(proto.input_size()); // else branches read more
  bool isFolded = true;
  for (const std::string &name : proto.output())
    if (const Item *item = scope.find(name); item && item->value) {
      if (readsConstants)
        constants.insert(item->value);
      isFolded &= isConstant(*item);
    }
  if (isFolded)
    return NodeVerdict::Folded;
  bool isDefined = !importer.model.library->find(proto.domain(), proto.op_type()).empty() ||
                   importer.findFunction(proto.domain(), proto.op_type()) ||
                   !findOperator(proto.domain(), proto.op_type(), opset).found;
  return isDefined ? NodeVerdict::Expanded : NodeVerdict::Native;
}

CheckedNode NodeChecker::check(const onnx::NodeProto &proto) {
  CheckedNode node;
  node.op = proto.op_type();
  node.domain = domainName(proto.domain());
  node.opset = importer.opsetOf(scope, proto.domain());
  node.node = nodeName(proto);
  SmallVector<StringRef> names;
  collectNames(proto, names);
  for (StringRef name : names)
    if (auto found = needs.find(name); found != needs.end())
      node.needs.insert(found->second.begin(), found->second.end());
  if (!node.needs.empty())
    for (const std::string &output : proto.output())
      needs[output] = node.needs;
  SmallVector<Item> inputs;
  for (const std::string &name : proto.input())
    if (const Item *item = name.empty() ? nullptr : scope.find(name)) {
      inputs.push_back(*item);
      node.types.push_back(elementTypeName(item->type));
    }
  size_t numProblems = importer.problems.size();
  importer.importNode(scope, proto);
  for (const UnsupportedNode &problem : ArrayRef(importer.problems).drop_front(numProblems)) {
    bool isInside = problem.node != node.node || problem.op != node.op;
    std::string where = isInside ? "node '" + problem.node + "' (" + problem.op + ") inside: " : "";
    node.reasons.push_back(numberedUnlessInside(Diag::OperatorUse, where + problem.reason).message);
  }
  bool isLost = llvm::any_of(proto.output(), [&](const std::string &name) { return scope.isLost(name); });
  node.verdict = !node.reasons.empty() ? NodeVerdict::Unsupported
                 : isLost              ? NodeVerdict::Unknown
                                       : verdictOf(proto, node.opset, inputs);
  return node;
}

CheckReport NodeChecker::run() {
  OwningOpRef<ModuleOp> module = importer.begin();
  const onnx::GraphProto &graph = importer.model.proto->graph();
  CheckReport report;
  importer.importInitializers(scope, graph);
  importer.importInputs(scope);
  llvm::StringSet<> shapeless;
  for (auto &[name, options] : needs) {
    report.needs.insert(options.begin(), options.end());
    shapeless.insert(("input '" + name + "'").str());
  }
  size_t atNodes = importer.problems.size();
  for (const onnx::NodeProto *proto : sortNodes(graph.node()))
    report.nodes.push_back(check(*proto));
  size_t atOutputs = importer.problems.size();
  importer.finish(scope, *module->getOps<func::FuncOp>().begin());
  for (auto [i, problem] : llvm::enumerate(importer.problems))
    if ((i < atNodes && !shapeless.contains(problem.op)) || i >= atOutputs)
      report.problems.push_back(numberedUnlessInside(Diag::BrokenGraph, problem.op + " " + problem.reason).message);
  return report;
}

CheckReport GraphImporter::check(const llvm::StringMap<std::set<std::string>> &needs) {
  return NodeChecker(*this, needs).run();
}

Result<CheckReport> importer::checkOnnx(MLIRContext *context, const std::string &path,
                                        const OnnxImportOptions &options) {
  Result<Model> model = loadModel(path);
  if (!model)
    return model.takeError();
  if (Status status = addLibraries(context, *model, options.libraries); !status)
    return status.takeError();
  const onnx::GraphProto &graph = model->proto->graph();
  llvm::StringSet<> initialized;
  for (const auto &tensor : graph.initializer())
    initialized.insert(tensor.name());
  OnnxImportOptions filled = options;
  llvm::StringMap<std::set<std::string>> needs;
  for (const auto &input : graph.input()) {
    if (initialized.contains(input.name()) || options.constantInputs.contains(input.name()) ||
        options.shapes.contains(input.name()) || !input.type().has_tensor_type())
      continue;
    std::set<std::string> own;
    if (!input.type().tensor_type().has_shape())
      own.insert("--shape " + input.name() + "=...");
    else if (auto shape = standInShape(input, options, own); !own.empty())
      filled.shapes[input.name()] = shape;
    if (!own.empty())
      needs[input.name()] = own;
  }
  return GraphImporter(context, *model, filled).check(needs);
}
