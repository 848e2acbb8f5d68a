// Subgraph.h - branches and loop bodies: import them once, many times, or on trial
#ifndef JACQUARD_LIB_IMPORT_ONNX_SUBGRAPH_H
#define JACQUARD_LIB_IMPORT_ONNX_SUBGRAPH_H

#include "GraphImporter.h"

namespace jacquard::importer {

/// The graph of an attribute of the node that is being imported. Its nodes see the names around the node.
class Subgraph {
public:
  /// Imports what does not depend on the graph's inputs, which is then there once for all imports.
  Subgraph(GraphImporter &importer, const ::onnx::GraphProto &graph);

  size_t numInputs() const;
  size_t numOutputs() const;
  std::string outputName(size_t i) const;

  /// Imports the nodes for these inputs at the importer's insertion point and returns the graph's results. What is
  /// wrong with a node is reported as the node's.
  Result<llvm::SmallVector<Item>> import(llvm::ArrayRef<Item> inputs);

private:
  GraphImporter &importer;
  const ::onnx::GraphProto &graph;
  Scope fixed; ///< initializers, and results of nodes that do not depend on inputs
  llvm::SmallVector<const ::onnx::NodeProto *> varying;
  bool wasImported = false;
  std::string problem;
};

/// Remembers where the importer stands, to take back what was imported since.
class Attempt {
public:
  explicit Attempt(GraphImporter &importer);

  /// Problems of nodes, taken from the importer.
  struct Problems {
    std::vector<UnsupportedNode> nodes;
    llvm::SmallVector<mlir::Location> locations;
  };
  /// Erases the ops and takes the problems.
  Problems undo();
  void report(const Problems &problems);

  /// Makes the ops safe to run where the model would not run them: they read inside of tensors only, and do not divide
  /// integers by zero.
  void makeSpeculative();

private:
  llvm::SmallVector<mlir::Operation *> newOps();

  GraphImporter &importer;
  mlir::Block *block;
  mlir::Operation *last; ///< before the attempt; null if the block was empty
  size_t numProblems;
  int64_t numExpanded;
  size_t numAssumptions;
};

/// `yes` where the scalar condition (a tensor with one element) holds, else `no`. Both must be of one shape and type.
Result<Item> selectItem(mlir::OpBuilder &b, mlir::Location loc, mlir::Value condition, const Item &yes, const Item &no);

/// The only element of a tensor.
mlir::Value readOnly(mlir::OpBuilder &b, mlir::Location loc, mlir::Value tensor);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_SUBGRAPH_H
