// Evaluate.h - values of `pat` programs that depend on constants only
#ifndef JACQUARD_LIB_IMPORT_ONNX_EVALUATE_H
#define JACQUARD_LIB_IMPORT_ONNX_EVALUATE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace jacquard::importer {

/// Shapes are computed by patterns like everything else. Short programs are interpreted, op by op through `fold`,
/// because there are hundreds of them in a model; long ones run on the host target.
class ConstantEvaluator {
public:
  /// The value of a tensor; null when it depends on arguments or cannot be computed (division by zero, index out of
  /// bounds).
  mlir::ElementsAttr evaluate(mlir::Value value);

  /// The function's arguments that a value depends on.
  static llvm::SetVector<mlir::BlockArgument> argumentsOf(mlir::Value value);
  /// True if a value depends on the iteration number or a carried value of a loop around it.
  static bool dependsOnLoop(mlir::Value value);

  /// Erases an op that nobody uses.
  void erase(mlir::Operation *op);

  /// Replaces what depends on constants only by its value, where that does not need much more memory than its operands,
  /// and erases what is not used then.
  void foldConstants(mlir::func::FuncOp func);

private:
  /// By interpretation or by the host target, as cost demands.
  mlir::ElementsAttr compute(mlir::Value value, llvm::ArrayRef<mlir::Operation *> slice);

  llvm::DenseMap<mlir::Value, mlir::ElementsAttr> known;
};

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_EVALUATE_H
