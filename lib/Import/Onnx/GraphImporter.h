// GraphImporter.h - walks a model's graph and builds the function
#ifndef JACQUARD_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
#define JACQUARD_LIB_IMPORT_ONNX_GRAPHIMPORTER_H

#include "Node.h"

#include "jacquard/Import/Onnx.h"

#include "llvm/ADT/StringSet.h"

#include <google/protobuf/repeated_ptr_field.h>

namespace onnx {
class FunctionProto;
class TensorProto;
class ValueInfoProto;
} // namespace onnx

namespace jacquard::importer {

/// Calls and branches may nest this deep; recursion of functions ends here.
constexpr int mostNested = 64;
/// Nodes that calls and branches may expand to: a few functions that call one another twice reach any number.
constexpr int64_t mostExpanded = 1 << 17;

/// The names that nodes of one graph see: its own and, for branches, those around it.
struct Scope {
  llvm::StringMap<Item> items;
  /// Results of nodes that could not be imported; what reads them is not reported again.
  llvm::StringSet<> lost;
  const Scope *parent = nullptr;
  /// Attributes of the function call whose body this is.
  const AttributeScope *attributes = nullptr;
  /// Versions of the operator sets, by domain; null: the model's.
  const llvm::StringMap<int64_t> *opsets = nullptr;

  const Item *find(llvm::StringRef name) const;
  bool isLost(llvm::StringRef name) const;
};

class GraphImporter {
public:
  GraphImporter(mlir::MLIRContext *context, const Model &model, const OnnxImportOptions &options);

  /// The module, or null after reporting everything that stood in the way.
  mlir::OwningOpRef<mlir::ModuleOp> run();
  /// The same, node by node, for a report; the module is thrown away. `needs`: options that are wanted, by input.
  CheckReport check(const llvm::StringMap<std::set<std::string>> &needs);

  // For nodes.
  ConstantEvaluator &evaluator() { return constants; }
  const Model &getModel() const { return model; }
  std::optional<int64_t> capacityOf(llvm::StringRef name) const {
    auto it = options.capacities.find(name);
    return it == options.capacities.end() ? std::nullopt : std::optional<int64_t>(it->second);
  }
  /// The program is right only if `count`, a tensor<i64>, is at most `most`: it stops with an error where it is not.
  /// False if that cannot be seen from outside, since it is computed in a loop. `isGiven`: by the user, so that it has
  /// to be seen; what only broken data would violate is checked where that is possible.
  bool assumeAtMost(mlir::Value count, int64_t most, bool isGiven);
  uint64_t seed() const { return options.seed; }
  /// Says that a node draws random numbers; gives how many of this name did so before (in functions and loops).
  uint32_t noteRandom(llvm::StringRef name) { return draws[name]++; }
  /// Names of the function's arguments that a value depends on.
  std::vector<std::string> argumentNames(mlir::Value value);
  /// A constant of the model; null, with the node failed, if it cannot be read.
  mlir::Value constant(Node &node, const ::onnx::TensorProto &tensor);
  mlir::OpBuilder &builder() { return b; }
  /// The element type that the model declares for a value of its main graph; 0: none, or a node further inside asks.
  int32_t declaredType(llvm::StringRef name) const;
  /// Counts what a call expands to; false if that is too much.
  bool countExpanded(int64_t n) { return (expanded += n) <= mostExpanded; }

private:
  friend class Attempt;
  friend class NodeChecker;
  friend class Subgraph;

  /// An empty module with an empty function, into which the builder is set.
  mlir::OwningOpRef<mlir::ModuleOp> begin();
  void importInputs(Scope &scope);
  void importInitializers(Scope &scope, const ::onnx::GraphProto &graph);
  std::optional<Shape> inputShape(const ::onnx::ValueInfoProto &input);
  void importNodes(Scope &scope, const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes);
  void importNode(Scope &scope, const ::onnx::NodeProto &proto);
  void build(Scope &scope, Node &node, const Operator &row);
  /// The node's inputs; false if one of them is not there, which has been reported.
  bool gatherInputs(Scope &scope, const ::onnx::NodeProto &proto, llvm::SmallVectorImpl<Item> &inputs);
  void importCall(Scope &scope, const ::onnx::NodeProto &proto, const ::onnx::FunctionProto &function,
                  llvm::ArrayRef<Item> inputs);
  bool importBySchema(Scope &scope, const ::onnx::NodeProto &proto, int64_t opset, llvm::ArrayRef<Item> inputs);
  void finish(const Scope &scope, mlir::func::FuncOp func);
  /// Lets the extent of an output exceed its capacity where a count does that no output depends on.
  void guardAssumptions(llvm::MutableArrayRef<Item> outputs);

  void define(Scope &scope, const ::onnx::NodeProto &proto, llvm::ArrayRef<Item> results);
  void lose(Scope &scope, const ::onnx::NodeProto &proto);
  int64_t opsetOf(const Scope &scope, llvm::StringRef domain) const;
  const ::onnx::FunctionProto *findFunction(llvm::StringRef domain, llvm::StringRef name) const;

  void report(const ::onnx::NodeProto &proto, int64_t opset, const std::string &reason,
              std::vector<std::string> constantsNeeded = {});
  void reportModel(const std::string &what, const std::string &reason);
  void emitReport();
  mlir::Location fileLocation() const;
  mlir::Location nodeLocation(const ::onnx::NodeProto &proto) const;

  mlir::MLIRContext *context;
  const Model &model;
  const OnnxImportOptions &options;
  mlir::OpBuilder b;
  ConstantEvaluator constants;
  llvm::StringMap<int64_t> opsets;
  llvm::SmallVector<std::string> arguments; ///< names, by number
  std::vector<UnsupportedNode> problems;
  /// Where each entry of `problems` is.
  llvm::SmallVector<mlir::Location> problemLocations;
  /// Function calls and branches around the node that is being imported.
  int depth = 0;
  /// Nodes imported inside calls and branches so far.
  int64_t expanded = 0;
  int64_t wastedNodes = 0; ///< of those, nodes that were taken back
  const Scope *current = nullptr; ///< of that node
  struct Assumption {
    mlir::Value count;
    int64_t most;
    bool isGiven;
  };
  llvm::SmallVector<Assumption> assumptions;
  llvm::StringMap<uint32_t> draws; ///< per name of a random result
};

/// The node's name, or that of its first output.
std::string nodeName(const ::onnx::NodeProto &proto);
/// True if ONNX defines the operator by others.
bool hasSchemaBody(llvm::StringRef domain, llvm::StringRef op, int64_t opset);

/// The names that a node reads, those that its branches' nodes read included.
void collectNames(const ::onnx::NodeProto &proto, llvm::SmallVectorImpl<llvm::StringRef> &names, int depth = 0);

/// The nodes with producers before consumers, otherwise in their own order. ONNX asks for that, not all exporters
/// comply. Nodes of a cycle come in an order in which one of them reads what is not defined yet.
llvm::SmallVector<const ::onnx::NodeProto *>
sortNodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
