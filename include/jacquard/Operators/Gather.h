// Gather.h - reading and writing at computed indices; index tensors hold i32 or i64, negative indices count from the
// end
#ifndef JACQUARD_OPERATORS_GATHER_H
#define JACQUARD_OPERATORS_GATHER_H

#include "jacquard/Operators/Tensors.h"

#include <optional>

namespace jacquard::ops {

/// Result [data before axis, indices.., data behind axis].
Value gather(OpBuilder &b, Location loc, Value data, Value indices, int64_t axis);

/// Result of the indices' shape: data[.., indices[p], ..] at dimension `axis`.
Result<Value> gatherElements(OpBuilder &b, Location loc, Value data, Value indices, int64_t axis);

/// The last dimension of `indices` holds coordinates of `data` behind its first `batch` dimensions.
Result<Value> gatherND(OpBuilder &b, Location loc, Value data, Value indices, int64_t batch);

/// What meets what is there already; Replace: the last update wins.
enum class ScatterKind { Replace, Add, Mul, Max, Min };
/// data with updates[p] at [.., indices[p], ..].
Result<Value> scatterElements(OpBuilder &b, Location loc, Value data, Value indices, Value updates, int64_t axis,
                              ScatterKind kind, bool isUnsigned = false);
Result<Value> scatterND(OpBuilder &b, Location loc, Value data, Value indices, Value updates, ScatterKind kind,
                        bool isUnsigned = false);

/// 1-of-depth coding along a new dimension `axis`: on where the index equals the position, else off. `values` is [off,
/// on]. Indices outside [-depth, depth) give off everywhere.
Value oneHot(OpBuilder &b, Location loc, Value indices, Value values, int64_t depth, int64_t axis);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_GATHER_H
