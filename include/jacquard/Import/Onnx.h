// Onnx.h - from an ONNX model file to a module of `pat` patterns
#ifndef JACQUARD_IMPORT_ONNX_H
#define JACQUARD_IMPORT_ONNX_H

#include "jacquard/Support/Result.h"
#include "jacquard/Support/Tensor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace jacquard::importer {

/// A node that cannot be imported, and why.
struct UnsupportedNode {
  std::string op, domain; ///< "Conv", "ai.onnx"
  int64_t opset = 0;      ///< version of the domain that the model imports; 0 if it does not say
  std::string node;       ///< the node's name, or that of its first output
  std::string reason;
  /// Graph inputs that would have to be constants (`constantInputs`) for this node to be importable.
  std::vector<std::string> constantsNeeded;
};

struct OnnxImportOptions {
  /// Shapes of graph inputs: win over what the model declares.
  llvm::StringMap<std::vector<int64_t>> shapes;
  /// Values of symbolic dimensions ("batch").
  llvm::StringMap<int64_t> dims;
  /// Largest extents of what data decides on, by the name of the node's output.
  llvm::StringMap<int64_t> capacities;
  /// Graph inputs that are bound at compile time. They are then no arguments of the function.
  llvm::StringMap<Tensor> constantInputs;
  /// For nodes that draw random numbers and have no seed of their own.
  uint64_t seed = 1;
  /// Files with functions for operators that the model does not define itself, or that are to be defined otherwise:
  /// ONNX models (.onnx, .onnxtxt), of which the functions count and nothing else, or functions of `pat` patterns
  /// (.mlir) with the attributes `jacquard.domain`, `jacquard.op` and possibly `jacquard.attributes`, which come first.
  std::vector<std::string> libraries;
  /// When given: filled with the nodes that the diagnostic lists.
  std::vector<UnsupportedNode> *unsupported = nullptr;
};

/// Reads a model (.onnx: protobuf; .onnxtxt: libonnx's text form) and builds its function.
///
/// The module holds `func.func @main`. Every argument and result is a static tensor and carries `jacquard.name` (the
/// tensor's name in the model) and, where the element type alone does not tell, `jacquard.dtype` ("uint8"). Module
/// attributes: `jacquard.model` (the graph's name), `jacquard.model_hash` (64-bit hash of the file), and `jacquard.random`
/// where random numbers are drawn, whose values no other implementation can be expected to draw. Weights are
/// `dense_resource` constants over the bytes of the file; constants of at most 16 elements are `dense`.
///
/// A result of which data decides how much is there has its capacity as shape; how that is told is in
/// Dialect/Pat/IR/ResultExtents.h.
///
/// Errors are diagnostics on the context; a null module is returned. All nodes that are not supported are reported at
/// once. Dialects needed (func, arith, math, pat) are loaded.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext *context, llvm::StringRef path,
                                             const OnnxImportOptions &options = {});

/// The same for a model in memory. `name` stands for the file in diagnostics; external data is looked for in `folder`
/// (none is allowed when it is empty).
mlir::OwningOpRef<mlir::ModuleOp> importOnnxBytes(mlir::MLIRContext *context, llvm::StringRef bytes,
                                                  llvm::StringRef name, llvm::StringRef folder,
                                                  const OnnxImportOptions &options = {});

enum class NodeVerdict {
  Native,      ///< has its own importer
  Expanded,    ///< by the definition that ONNX, the model or a library gives
  Folded,      ///< depends on constants and shapes only
  Unsupported, ///< see reasons
  Unknown,     ///< reads what an unsupported node or input should give
};

struct CheckedNode {
  std::string op, domain; ///< "Conv", "ai.onnx"
  int64_t opset = 0;      ///< version of the domain that the model imports
  std::string node;       ///< the node's name, or that of its first output
  std::vector<std::string> types; ///< of the elements of its inputs, as far as known, in order
  NodeVerdict verdict = NodeVerdict::Native;
  std::vector<std::string> reasons; ///< why it is unsupported; of nodes inside of it too
  std::set<std::string> needs;      ///< options that dynamic dimensions which reach it ask for: "--dim batch=N"
};

struct CheckReport {
  std::vector<CheckedNode> nodes;    ///< of the main graph, producers first
  std::vector<std::string> problems; ///< of inputs, initializers and outputs
  std::set<std::string> needs;       ///< of all inputs
};

/// Tries every node of the main graph, without reading weights more than shape arithmetic needs. Dynamic dimensions
/// that the options do not give get stand-ins. An error: the file is no model.
Result<CheckReport> checkOnnx(mlir::MLIRContext *context, const std::string &path,
                              const OnnxImportOptions &options = {});

/// One dimension of an input or output as the model declares it.
struct ModelDim {
  std::optional<int64_t> extent; ///< absent: dynamic
  std::string symbol;            ///< its name, if it has one
};

struct ModelValue {
  std::string name;
  std::string dtype; ///< ONNX's spelling in small letters: "float", "int64", "sequence" for what is not a tensor
  bool isTensor = false;
  std::optional<DType> type;
  std::optional<std::vector<ModelDim>> dims; ///< absent: unknown rank
};

/// An operator in the version that the model imports.
struct OperatorUse {
  std::string domain, op; ///< "ai.onnx", "Conv"
  int64_t opset = 0;
  friend bool operator<(const OperatorUse &a, const OperatorUse &b) {
    return std::tie(a.domain, a.op, a.opset) < std::tie(b.domain, b.op, b.opset);
  }
};

struct ModelInfo {
  std::string name, producer;
  int64_t irVersion = 0, opset = 0; ///< opset of the default domain
  size_t numNodes = 0;              ///< of the main graph
  std::set<OperatorUse> operators;  ///< of the main graph's nodes
  std::vector<ModelValue> inputs;   ///< without those that have an initializer
  std::vector<ModelValue> outputs;
};

/// What a model takes and gives, without importing it.
Result<ModelInfo> readOnnxModelInfo(const std::string &path);

} // namespace jacquard::importer

#endif // JACQUARD_IMPORT_ONNX_H
