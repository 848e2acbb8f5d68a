// ClassicOps.h - attributes that operators of classic machine learning share
#ifndef JACQUARD_LIB_IMPORT_ONNX_CLASSICOPS_H
#define JACQUARD_LIB_IMPORT_ONNX_CLASSICOPS_H

#include "Node.h"

#include "jacquard/Operators/Classic.h"

namespace jacquard::importer {

constexpr const char *classicDomain = "ai.onnx.ml";

/// The numbers of a list of floats, or of a tensor `name` + "_as_tensor"; empty if neither is there.
llvm::SmallVector<double> numbersAttr(Node &n, llvm::StringRef name);
/// The numbers of a tensor attribute; empty if it is not there.
llvm::SmallVector<double> tensorNumbers(Node &n, llvm::StringRef name);

/// The attribute 'post_transform' by its name.
ops::ScoreTransform transformAttr(Node &n);

/// Input 0 as floats: f64 as it is, all else as f32.
mlir::Value floatFeatures(Node &n);

/// Sets the results of a classifier: labels of the classes in columns of `places` (i64 [rows]), and the scores in f32.
/// Fails where the labels are strings.
void setClasses(Node &n, mlir::Value places, llvm::ArrayRef<int64_t> labels, mlir::Value scores);

/// The integer labels in attribute `name`. Fails where attribute `strings` gives strings instead.
Shape integerLabels(Node &n, llvm::StringRef name, llvm::StringRef strings);

/// A constant [rows, columns] from an attribute.
mlir::Value matrixAttr(Node &n, llvm::StringRef name, int64_t rows, int64_t columns, mlir::Type type);

/// Fails unless input 0 is a matrix.
bool requireMatrix(Node &n);

/// Sets result 0, converted to f32 (null where the node failed).
void setFloat(Node &n, mlir::Value value);

/// Columns of the largest scores (the first of equal ones), i64 [rows].
mlir::Value bestClass(Node &n, mlir::Value scores);

void buildSVMClassifier(Node &n);
void buildSVMRegressor(Node &n);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_CLASSICOPS_H
