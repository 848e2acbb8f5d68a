// Movement.h - data movement: maps whose body is one read at other indices
#ifndef JACQUARD_OPERATORS_MOVEMENT_H
#define JACQUARD_OPERATORS_MOVEMENT_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// Dimension i of the result is dimension order[i] of the tensor; `order` is a permutation.
Value transpose(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> order);

/// Row-major order is kept; `shape` has as many elements as the tensor. No op where the shape stays.
Value reshape(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> shape);

/// Element i of the result along dimension d is element starts[d] + i * steps[d]; all accesses are in bounds.
Value slice(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> starts, ArrayRef<int64_t> steps,
            ArrayRef<int64_t> shape);

/// Numpy broadcasting to `shape`.
Value broadcast(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> shape);

Result<Value> concat(OpBuilder &b, Location loc, ArrayRef<Value> tensors, int64_t axis);

/// The tensor repeated repeats[d] times along dimension d.
Value tile(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> repeats);

enum class PadMode { Constant, Reflect, Edge, Wrap };
/// Adds `before` and `after` elements (negative: removes) per dimension. `fill` (a tensor with one element) is for
/// PadMode::Constant; null stands for 0.
Result<Value> pad(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> before, ArrayRef<int64_t> after,
                  PadMode mode, Value fill = {});

/// Elements on and above (`upper`) or on and below diagonal `offset` of the last two dimensions; 0 elsewhere.
Value triangle(OpBuilder &b, Location loc, Value tensor, int64_t offset, bool upper);

/// A tensor with one value everywhere, by a map; `value` has one element.
Value fill(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Value value);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_MOVEMENT_H
