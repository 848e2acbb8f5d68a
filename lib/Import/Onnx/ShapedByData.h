// ShapedByData.h - data movement where data decides the shape, or the positions
//
// Each stands beside the importer of the operator for known shapes, which calls it when a list that it needs is no
// constant, or when it is not known how much of an input is there. What stands behind the counts is 0 or garbage.
#ifndef JACQUARD_LIB_IMPORT_ONNX_SHAPEDBYDATA_H
#define JACQUARD_LIB_IMPORT_ONNX_SHAPEDBYDATA_H

#include "Extents.h"

#include "jacquard/Operators/Movement.h"

namespace jacquard::importer {

/// Strides beyond this leave every tensor; sums with them do not overflow.
constexpr int64_t mostStride = int64_t(1) << 38;

/// A map over the capacities whose body gives, as i64, where the element of `tensor` is read; 0 outside of the tensor.
mlir::Value gatherOver(
    Node &n, llvm::ArrayRef<Extent> extents, mlir::Value tensor,
    llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::ValueRange)> place);
/// A position that, if negative, counts from the end of a dimension.
mlir::Value wrapNegative(ops::Scalars &s, mlir::Value value, mlir::Value extent);

void buildReshapeByData(Node &n);
void buildFlattenByData(Node &n, int64_t axis);
/// Reshapes capacities, where that keeps what is there in front: the dimension that data decides is the outermost one
/// that counts, before and after. False, with nothing done, elsewhere.
bool reshapeOutermost(Node &n, llvm::ArrayRef<int64_t> to);
void buildExpandByData(Node &n);
void buildTileByData(Node &n);
void buildConstantOfShapeByData(Node &n, mlir::Value fill, int32_t type);

/// Computes an i64 at the builder's insertion point.
using NumberFn = std::function<mlir::Value(mlir::OpBuilder &)>;

/// Positions along one axis.
struct SliceAxis {
  int64_t axis;
  NumberFn start, end, step; ///< step: null stands for 1
};
void buildSliceByData(Node &n, llvm::ArrayRef<SliceAxis> axes);
void buildSplitByData(Node &n, int64_t axis);
void buildConcatByData(Node &n, int64_t axis);
/// What is added in front of and behind one axis.
struct PadAxis {
  int64_t axis;
  NumberFn before, after;
};
/// `fill`: as for ops::pad.
void buildPadByData(Node &n, llvm::ArrayRef<PadAxis> axes, ops::PadMode mode, mlir::Value fill);
void buildOneHotByData(Node &n, int64_t axis);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_SHAPEDBYDATA_H
