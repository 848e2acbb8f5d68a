// Extents.h - extents of dimensions, some of which data decides
//
// A dimension that data decides has a capacity, which is in the tensor's type, and a count: how many of its positions
// are there. Operators compute a count like any other value; the capacity is the most that the count can be, which
// follows from how it is computed, or which the user gives.
#ifndef JACQUARD_LIB_IMPORT_ONNX_EXTENTS_H
#define JACQUARD_LIB_IMPORT_ONNX_EXTENTS_H

#include "Node.h"

namespace jacquard::importer {

/// All `most` positions are there or, with a count (a tensor<i64>), the first `count`.
struct Extent {
  Extent(int64_t most, mlir::Value count = {}) : most(most), count(count) {}

  int64_t most;
  mlir::Value count;
};
using Extents = llvm::SmallVector<Extent>;

/// The dimensions of input i.
Extents extentsOf(Node &n, size_t i = 0);
Shape capacities(llvm::ArrayRef<Extent> extents);
/// How many positions are there, an i64.
mlir::Value extentValue(mlir::OpBuilder &b, mlir::Location loc, const Extent &extent);

/// An integer that a list (input `input` of a node) holds at `place`, an i64; a constant where it is known.
mlir::Value listElement(Node &n, mlir::OpBuilder &b, size_t input, int64_t place);
/// A list that may be left out and has to be constant: an attribute before version `since`, input `input` from then on.
std::optional<Shape> constantList(Node &n, llvm::StringRef attribute, int64_t since, size_t input);
/// The number of elements of a list of int64 or int32; fails the node where input `input` is none.
int64_t listLength(Node &n, size_t input);
/// True if some of these inputs is there, and not a constant.
bool decidesByData(Node &n, llvm::ArrayRef<size_t> inputs);

/// A number computed from scalars, an i64, as a tensor<i64>.
mlir::Value countOf(Node &n, llvm::function_ref<mlir::Value(mlir::OpBuilder &, ops::Scalars &)> number);

/// Dimension `dim` of result `result` has `count` positions: as a constant if it is one, else with the most that it can
/// be as capacity, but not more than `most` or than the user allows. Where no bound is known the node fails; constants
/// for `inputs` would help.
Extent decide(Node &n, size_t result, int64_t dim, mlir::Value count, llvm::ArrayRef<size_t> inputs,
              int64_t most = INT64_MAX);

/// Sets result i, whose shape are the capacities.
void setResult(Node &n, size_t i, mlir::Value value, llvm::ArrayRef<Extent> extents, int32_t type = 0);

/// True if two counts are computed in the same way.
bool isSameCount(mlir::Value a, mlir::Value b);

/// `input` with `fill` (of its element type) where positions of `axes` are not there.
mlir::Value maskAbsent(Node &n, size_t input, llvm::ArrayRef<int64_t> axes,
                       llvm::function_ref<mlir::Value(ops::Scalars &, mlir::Type)> fill);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_EXTENTS_H
