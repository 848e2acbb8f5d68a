// Attention.h - attention and what goes with it: masks, rotary positions, states carried along a sequence
//
// Heads stand in front: queries [B, Hq, L, D], keys [B, H, S, D], values [B, H, S, E]. Hq is a multiple of H; key head
// h serves the query heads from h * Hq / H on (multi-head, grouped and multi-query attention are one).
#ifndef JACQUARD_OPERATORS_ATTENTION_H
#define JACQUARD_OPERATORS_ATTENTION_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// [B, S, H * D] as [B, H, S, D], and back.
Result<Value> splitHeads(OpBuilder &b, Location loc, Value tensor, int64_t heads);
Value joinHeads(OpBuilder &b, Location loc, Value tensor);

/// Checks that the three fit as described above.
Status checkAttention(Value query, Value key, Value value);

/// Sums over d of (query * sqrt(scale)) * (key * sqrt(scale)), which cannot overflow where the scores do not:
/// [B, Hq, L, S], in the type of the query.
Value attentionScores(OpBuilder &b, Location loc, Value query, Value key, double scale);

/// cap * tanh(score / cap)
Value capScores(OpBuilder &b, Location loc, Value scores, double cap);

/// Which keys a query sees. Query i stands at position i + offset among the keys.
struct AttentionMask {
  /// Added to the scores, or (i1) tells which keys are seen; broadcasts to them. Null: none. A last dimension that is
  /// shorter hides the keys beyond.
  Value bias;
  bool isCausal = false;                          ///< nothing behind the query's position
  std::optional<int64_t> leftWindow, rightWindow; ///< as many positions before and behind it
  int64_t offset = 0;
  Value lengths;                 ///< integers [B]: how many keys are there; null: all
  bool isOffsetByLength = false; ///< the offset is the length - L instead

  bool hidesNothing() const { return !bias && !isCausal && !leftWindow && !rightWindow && !lengths; }
};
/// The scores with the bias added, and -infinity where a key is not seen.
Result<Value> maskScores(OpBuilder &b, Location loc, Value scores, const AttentionMask &mask);

/// Softmax over the keys, in `compute`; a query that sees none has weights of 0.
Value attentionWeights(OpBuilder &b, Location loc, Value scores, Type compute);

/// Sums over the keys of weight * value: [B, Hq, L, E] of type `result`.
Value attend(OpBuilder &b, Location loc, Value weights, Value value, Type result);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_ATTENTION_H
