// Ngrams.h - counting short sequences of numbers
#ifndef JACQUARD_OPERATORS_NGRAMS_H
#define JACQUARD_OPERATORS_NGRAMS_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// Sequences of one length.
struct Grams {
  int64_t length = 1;
  SmallVector<int64_t> elements; ///< [grams, length]
  SmallVector<int64_t> slots;    ///< per gram: where its count is added
};

/// How often the grams of each slot occur in each row of an integer tensor [rows, columns]: f32 [rows, slots]. Elements
/// of an occurrence have the same distance, of at most `skips` elements between them.
Value ngramCounts(OpBuilder &b, Location loc, Value rows, ArrayRef<Grams> pools, int64_t slots, int64_t skips);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_NGRAMS_H
