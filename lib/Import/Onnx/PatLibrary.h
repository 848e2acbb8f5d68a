// PatLibrary.h - operators that functions of `pat` patterns define
#ifndef JACQUARD_LIB_IMPORT_ONNX_PATLIBRARY_H
#define JACQUARD_LIB_IMPORT_ONNX_PATLIBRARY_H

#include "Node.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace jacquard::importer {

/// What an operator computes for inputs of one list of types and one set of attributes.
struct PatFunction {
  mlir::func::FuncOp func;
  /// The node's, all of them: f32, i64, strings, `array<f32>` and `array<i64>`.
  mlir::DictionaryAttr attributes;
  int64_t numOps; ///< nested ones included
};

/// The functions of .mlir files, by operator.
class PatLibrary {
public:
  /// Parses and verifies a file. Of several files the first with a function that fits counts.
  Status add(mlir::MLIRContext *context, llvm::StringRef text, const std::string &path);

  /// All functions of an operator; empty: the library does not define it.
  llvm::ArrayRef<PatFunction> find(llvm::StringRef domain, llvm::StringRef op) const;

private:
  Status addFunction(mlir::func::FuncOp func, const std::string &path);

  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
  llvm::StringMap<llvm::SmallVector<PatFunction>> functions;
};

/// Imports a node as a copy of the one function that has its types and attributes. The node fails if there is none.
void importPatFunction(Node &node, llvm::ArrayRef<PatFunction> functions);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_PATLIBRARY_H
