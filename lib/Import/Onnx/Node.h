// Node.h - one ONNX node as the operator importers see it
#ifndef JACQUARD_LIB_IMPORT_ONNX_NODE_H
#define JACQUARD_LIB_IMPORT_ONNX_NODE_H

#include "Evaluate.h"
#include "Model.h"

#include "jacquard/Operators/Tensors.h"

#include "llvm/ADT/StringMap.h"

namespace onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
} // namespace onnx

namespace jacquard::importer {

using ops::Shape;

/// A dimension of a tensor of which data decides how many positions are there: the first `count`, a tensor<i64>.
struct Bound {
  int64_t dim;
  mlir::Value count;
};

struct Quantised;

/// What a name of the model stands for: a tensor (its value and its ONNX element type, which knows about signs), or
/// something that exists while importing only: a sequence of tensors, or an optional that is empty. An optional with an
/// element is that element. Nothing of it: absent.
struct Item {
  Item() = default;
  Item(mlir::Value value, int32_t type) : value(value), type(type) {}
  Item(std::vector<Item> sequence, int32_t type)
      : type(type), sequence(std::make_shared<const std::vector<Item>>(std::move(sequence))) {}

  mlir::Value value;
  int32_t type = 0; ///< of a sequence: of its elements
  std::shared_ptr<const std::vector<Item>> sequence;
  std::shared_ptr<const Quantised> quantised; ///< integers that stand for the tensor, where that is known
  bool isEmptyOptional = false;
  llvm::SmallVector<Bound, 1> bounds; ///< of a tensor; its other dimensions are all there

  bool isPresent() const { return value || sequence || isEmptyOptional; }
};

/// The arguments of the function whose body is being imported, for attributes that refer to them.
using AttributeScope = llvm::StringMap<const ::onnx::AttributeProto *>;

class GraphImporter;

/// Inputs, attributes and results of a node.
///
/// Errors stick: the first one is kept, accessors return harmless values from then on, and the node gives no results.
/// So an importer reads all that it needs, asks `failed()`, and builds.
class Node {
public:
  Node(GraphImporter &graph, const ::onnx::NodeProto &proto, int64_t opset, const AttributeScope *attributes,
       llvm::ArrayRef<Item> inputs, mlir::OpBuilder &builder, mlir::Location loc);

  mlir::OpBuilder &b;
  mlir::Location loc;
  GraphImporter &graph;
  const ::onnx::NodeProto &proto;
  const int64_t opset;

  llvm::StringRef op() const;
  void fail(const llvm::Twine &reason);
  bool failed() const { return !reason.empty(); }
  /// What a Result holds; on an error that becomes the node's and the value is null.
  mlir::Value take(Result<mlir::Value> result);

  // Inputs.
  size_t numInputs() const { return inputs.size(); }
  bool has(size_t i) const { return i < inputs.size() && inputs[i].isPresent(); }
  mlir::Value input(size_t i) const { return inputs[i].value; }
  /// The input, or null where it is absent.
  mlir::Value optionalInput(size_t i) const { return has(i) ? inputs[i].value : mlir::Value(); }
  /// For operators that take more than tensors.
  const Item &item(size_t i) const { return inputs[i]; }
  llvm::ArrayRef<Bound> bounds(size_t i) const { return inputs[i].bounds; }
  /// Another value of the same type for an input, with the same bounds.
  void replaceInput(size_t i, mlir::Value value);
  bool hasBounds() const;
  int32_t type(size_t i = 0) const { return has(i) ? inputs[i].type : 0; }
  bool isUnsigned(size_t i = 0) const { return isUnsignedType(type(i)); }
  llvm::ArrayRef<int64_t> shape(size_t i = 0) const { return ops::shapeOf(input(i)); }
  int64_t rank(size_t i = 0) const { return ops::rankOf(input(i)); }
  mlir::Type element(size_t i = 0) const { return ops::elementOf(input(i)); }
  /// Fails unless all present inputs from `first` on have one element type.
  void requireSameTypes(size_t first = 0);
  /// Fails unless input i holds floats.
  void requireFloat(size_t i = 0);

  // Inputs whose values must be known while compiling.
  mlir::ElementsAttr constant(size_t i);
  /// The value of input i if it is known, else null; the node does not fail.
  mlir::ElementsAttr knownValue(size_t i);
  Shape constantInts(size_t i);
  std::optional<double> constantNumber(size_t i);
  /// Fails; if the inputs in `unlessConstant` were constants, it would not.
  void failFor(const llvm::Twine &reason, llvm::ArrayRef<size_t> unlessConstant);
  /// Arguments that would have to be constants for the node to be importable.
  const std::vector<std::string> &constantsNeeded() const { return needed; }

  /// The user's bound of what data decides on in result i (`--capacity NAME=N`).
  std::optional<int64_t> capacity(size_t i) const;

  // Attributes; one of another type than asked for is an error.
  bool hasAttr(llvm::StringRef name) const { return findAttr(name) != nullptr; }
  int64_t intAttr(llvm::StringRef name, int64_t otherwise);
  double floatAttr(llvm::StringRef name, double otherwise);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<Shape> intsAttr(llvm::StringRef name);
  std::optional<llvm::SmallVector<double>> floatsAttr(llvm::StringRef name);
  std::optional<llvm::SmallVector<std::string>> stringsAttr(llvm::StringRef name);
  const ::onnx::AttributeProto *findAttr(llvm::StringRef name) const;
  /// `axis` (attribute, or `value`) brought into [0, rank).
  int64_t axisAttr(llvm::StringRef name, int64_t otherwise, int64_t rank);
  int64_t normalizeAxis(int64_t value, int64_t rank);

  // Results.
  size_t numOutputs() const;
  /// True if result i has a name, so that somebody may use it.
  bool wants(size_t i) const;
  /// Sets result i; the type defaults to that of input 0. Null values are for nodes that failed.
  void result(size_t i, mlir::Value value, int32_t type = 0);
  void result(size_t i, Item item);
  /// Sets result i, of which only the first `count` positions of `dim` are there. A count that is known makes the shape.
  void boundedResult(size_t i, mlir::Value value, int64_t dim, mlir::Value count, int32_t type = 0);
  /// Sets result 0 or fails.
  void result(Result<mlir::Value> value, int32_t type = 0) { result(0, take(std::move(value)), type); }

  llvm::ArrayRef<Item> results() const { return outputs; }
  const std::string &failure() const { return reason; }
  std::string inputName(size_t i) const;
  std::string outputName(size_t i) const;

private:
  llvm::SmallVector<Item> inputs, outputs;
  const AttributeScope *scope;
  std::string reason;
  std::vector<std::string> needed;
};

/// What an operator takes: tensors, with such elements as its first input; Items: anything.
enum class Takes { Any, Float, Number, Integer, Bool, Items };

/// One row of the table of operators: `build` imports `op` of `domain` in versions [since, until].
struct Operator {
  const char *op;
  int64_t since, until;
  unsigned minInputs, maxInputs;
  Takes takes;
  void (*build)(Node &);
  const char *domain = "";
};

constexpr int64_t newest = INT64_MAX;
constexpr unsigned anyNumber = UINT_MAX;

/// All supported operators, a list per family.
llvm::ArrayRef<Operator> castOperators();
llvm::ArrayRef<Operator> constantOperators();
llvm::ArrayRef<Operator> elementwiseOperators();
llvm::ArrayRef<Operator> matrixOperators();
llvm::ArrayRef<Operator> windowOperators();
llvm::ArrayRef<Operator> reduceOperators();
llvm::ArrayRef<Operator> normalizationOperators();
llvm::ArrayRef<Operator> movementOperators();
llvm::ArrayRef<Operator> sliceOperators();
llvm::ArrayRef<Operator> gatherOperators();
llvm::ArrayRef<Operator> resizeOperators();
llvm::ArrayRef<Operator> sampleOperators();
llvm::ArrayRef<Operator> signalOperators();
llvm::ArrayRef<Operator> randomOperators();
llvm::ArrayRef<Operator> trainingOperators();
llvm::ArrayRef<Operator> textOperators();
llvm::ArrayRef<Operator> outsideOperators();
llvm::ArrayRef<Operator> quantizeOperators();
llvm::ArrayRef<Operator> integerOperators();
llvm::ArrayRef<Operator> quantisedTensorOperators();
llvm::ArrayRef<Operator> recurrentOperators();
llvm::ArrayRef<Operator> quantisedRecurrentOperators();
llvm::ArrayRef<Operator> branchOperators();
llvm::ArrayRef<Operator> loopOperators();
llvm::ArrayRef<Operator> sequenceOperators();
llvm::ArrayRef<Operator> attentionOperators();
llvm::ArrayRef<Operator> carriedOperators();
llvm::ArrayRef<Operator> selectOperators();
llvm::ArrayRef<Operator> microsoftOperators();
llvm::ArrayRef<Operator> microsoftAttentionOperators();
llvm::ArrayRef<Operator> treeOperators();
llvm::ArrayRef<Operator> classicOperators();

/// The row for an operator, or why there is none.
struct Lookup {
  const Operator *found = nullptr;
  std::string reason;
};
Lookup findOperator(llvm::StringRef domain, llvm::StringRef op, int64_t opset);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_NODE_H
