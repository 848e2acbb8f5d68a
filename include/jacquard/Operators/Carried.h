// Carried.h - operators of language models that carry something along a sequence: positions, caches, states
#ifndef JACQUARD_OPERATORS_CARRIED_H
#define JACQUARD_OPERATORS_CARRIED_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// Rotates pairs of elements by the angles of their positions (RoPE, arXiv 2104.09864): of tensor [B, S, H, D] the
/// first `size` elements of D, pairs being halves or (`interleaved`) neighbours; the rest stays. Cosines and sines [B
/// or 1, S, size / 2].
struct RotaryOptions {
  int64_t size = 0;
  bool interleaved = false;
};
Result<Value> rotate(OpBuilder &b, Location loc, Value tensor, Value cosines, Value sines,
                     const RotaryOptions &options);

/// The cache with `update` written along `axis`, from starts[batch] (integers [B]; null: 0) on; batch is dimension 0.
/// `wraps`: what would stand behind the end stands at the beginning, else it is dropped.
Result<Value> updateCache(OpBuilder &b, Location loc, Value cache, Value update, Value starts, int64_t axis,
                          bool wraps);

/// Linear attention, a recurrence over T with a state [B, H, K, V]; widths are packed, heads in front:
///   state = exp(decay) * state;  v = beta * (value - key . state);  state += key (x) v;  output = scale * query .
///   state
/// query [B, T, Hq * K], key [B, T, H * K], value [B, T, H * V]; decay (or null) [B, T, H * K] or [B, T, H]; beta (or
/// null: v = value) [B, T, H] or [B, T, 1]. Computed in at least f32.
struct LinearAttention {
  Value query, key, value, state, decay, beta; ///< state: null: zeros
  int64_t queryHeads = 1, heads = 1;
  double scale = 1;
};
struct LinearAttentionResult {
  Value output; ///< [B, T, Hq * V], type of the query
  Value state;  ///< type of the given state, else of the query
};
Result<LinearAttentionResult> linearAttention(OpBuilder &b, Location loc, const LinearAttention &net);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_CARRIED_H
