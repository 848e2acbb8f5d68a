// Reduce.h - reductions along axes, searches along an axis, prefix sums
#ifndef JACQUARD_OPERATORS_REDUCE_H
#define JACQUARD_OPERATORS_REDUCE_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

enum class Reduction { Sum, Mean, Max, Min, Prod, L1, L2, SumSquare, LogSum, LogSumExp };

/// Reduces along `axes` (in range, distinct, sorted); they stay as extents of 1 when `keepAxes`. Sums of narrow floats
/// are kept in f32.
Value reduce(OpBuilder &b, Location loc, Reduction kind, Value tensor, ArrayRef<int64_t> axes, bool keepAxes,
             bool isUnsigned = false);

/// The i64 position of the largest (smallest) element along `axis`; of equal ones the first or the last.
struct ArgOptions {
  bool smallest = false, last = false, keepAxis = true, isUnsigned = false;
};
Result<Value> argExtreme(OpBuilder &b, Location loc, Value tensor, int64_t axis, const ArgOptions &options);

/// The `count` largest (smallest) elements along `axis` in order, and their i64 positions; of equal ones the first
/// ones.
struct TopK {
  Value values, positions;
};
Result<TopK> topK(OpBuilder &b, Location loc, Value tensor, int64_t axis, int64_t count, bool smallest,
                  bool isUnsigned = false);

/// Running sums (products) along `axis`.
Value cumulative(OpBuilder &b, Location loc, Value tensor, int64_t axis, bool product, bool exclusive, bool reverse);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_REDUCE_H
