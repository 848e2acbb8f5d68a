// Pool.h - reductions over sliding windows; inputs are [N, C, spatial..]
#ifndef JACQUARD_OPERATORS_POOL_H
#define JACQUARD_OPERATORS_POOL_H

#include "jacquard/Operators/Contract.h"

namespace jacquard::ops {

Result<Value> maxPool(OpBuilder &b, Location loc, Value input, const Window &window, bool isUnsigned = false);

/// Maxima and where they stand, as i64 positions in the flattened input (its spatial dimensions in column-major order
/// when `columnMajor`). Of equal values the first one counts.
struct MaxPoolResult {
  Value values, positions;
};
Result<MaxPoolResult> maxPoolWithPositions(OpBuilder &b, Location loc, Value input, const Window &window,
                                           bool columnMajor, bool isUnsigned = false);

/// Pads count as elements of value 0 when `countPads`; positions behind the trailing pads (ceil mode) never count.
Result<Value> averagePool(OpBuilder &b, Location loc, Value input, const Window &window, bool countPads);

/// (sum of |x|^p)^(1/p)
Result<Value> lpPool(OpBuilder &b, Location loc, Value input, const Window &window, int64_t p);

/// The sum of what the window's positions hold for each element of an image: columns [N, C * kernel.., positions..] with
/// both lists flattened -> [N, C, image..].
Result<Value> columnsToImage(OpBuilder &b, Location loc, Value columns, const Window &window, ArrayRef<int64_t> image);

/// Zeros with input's elements where they stood before maxPoolWithPositions (row-major). Larger and smaller shapes than
/// the pooled one (`output`, not empty) are filled up and cut off at the ends.
Result<Value> maxUnpool(OpBuilder &b, Location loc, Value input, Value positions, const Window &window,
                        ArrayRef<int64_t> output);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_POOL_H
