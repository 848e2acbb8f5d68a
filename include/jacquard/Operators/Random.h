// Random.h - random numbers as patterns: equal keys give equal numbers, on every machine and in any order of evaluation
//
// The one generator is Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
// (SC 2011). Element i of a tensor (in row-major order) uses the block of counter (i, 0, 0, 0) under the tensor's key:
// its first word, and for normal numbers and f64 its second one too.
#ifndef JACQUARD_OPERATORS_RANDOM_H
#define JACQUARD_OPERATORS_RANDOM_H

#include "jacquard/Operators/Tensors.h"

#include <array>
#include <cstdint>

namespace jacquard::ops {

struct RandomKey {
  uint32_t low = 0, high = 0;
};

/// The block of `counter` (four i32 scalars) under `key`: four i32 scalars.
std::array<Value, 4> philox(OpBuilder &b, Location loc, std::array<Value, 4> counter, RandomKey key);

/// Uniform in [0, 1): multiples of 2^-p, where p is the precision of `element`, a float type.
Value randomUniform(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, RandomKey key);
/// Normal with mean 0 and deviation 1, by Box and Muller (1958).
Value randomNormal(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, RandomKey key);

/// `count` class numbers (i64) for each row of `logits` [rows, classes], which holds logarithms of probabilities up to
/// a factor.
Result<Value> multinomial(OpBuilder &b, Location loc, Value logits, int64_t count, RandomKey key);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_RANDOM_H
