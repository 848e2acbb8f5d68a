// Recurrent.h - recurrent networks: cells that are applied along a time axis
#ifndef JACQUARD_OPERATORS_RECURRENT_H
#define JACQUARD_OPERATORS_RECURRENT_H

#include "jacquard/Operators/Tensors.h"

#include <functional>
#include <optional>

namespace jacquard::ops {

/// The scalar functions of cells; alpha and beta mean what ONNX's RNN says.
struct Activation {
  enum class Kind {
    Relu,
    Tanh,
    Sigmoid,
    Affine,          ///< alpha * x + beta
    LeakyRelu,       ///< x, or alpha * x below 0
    ThresholdedRelu, ///< x, or 0 below alpha
    ScaledTanh,      ///< alpha * tanh(beta * x)
    HardSigmoid,     ///< alpha * x + beta within [0, 1]
    Elu,             ///< x, or alpha * (exp(x) - 1) below 0
    Softsign,        ///< x / (1 + |x|)
    Softplus         ///< log(1 + exp(x))
  };
  Kind kind = Kind::Tanh;
  double alpha = 0, beta = 0;

  bool operator==(const Activation &other) const {
    return kind == other.kind && alpha == other.alpha && beta == other.beta;
  }
};

/// One pass over the sequence, with the functions of its cell: f (Rnn), f, g (Gru), f, g, h (Lstm).
struct RecurrentPass {
  bool isReverse = false;
  SmallVector<Activation, 3> activations;
};

enum class RecurrentCell { Rnn, Gru, Lstm };

/// Extents: T steps, N sequences, I inputs, H states, D passes, G gates (1, 3: z r h, 4: i o f c).
/// Tensors have floats of one type; computed in f32 where they are narrower.
struct RecurrentNetwork {
  RecurrentCell cell = RecurrentCell::Rnn;
  Value input;        ///< [T, N, I]
  Value weights;      ///< [D, G*H, I]
  Value recurrence;   ///< [D, G*H, H]
  Value bias;         ///< [D, 2*G*H], of the input and of the recurrence; or null
  Value lengths;      ///< [N] integers, at most T; null: all are T
  Value initialState; ///< [D, N, H] or null
  Value initialCell;  ///< [D, N, H] or null; Lstm
  Value peepholes;    ///< [D, 3*H] (i o f) or null; Lstm
  SmallVector<RecurrentPass> passes;
  std::optional<double> clip; ///< arguments of f and g are kept in [-clip, clip]; that of h is not, as in ONNX Runtime
  bool isBatchFirst = false;  ///< input [N, T, I]; states and results have N in front as well
  bool resetsBehind = false;  ///< Gru: the reset gate applies to the recurrence's product, not to its argument
  bool couplesForget = false; ///< Lstm: the forget gate is 1 - the input gate
  /// Lstm: computes the products with the weights of a pass, those of the input or of the recurrence, in its own way:
  /// from rows [R, I or H] the sums [R, G*H] in f32. The weights themselves then only tell the extents.
  std::function<Value(OpBuilder &b, Value rows, unsigned pass, bool ofInput)> product;
};

/// Null where not asked for. Steps beyond a sequence's length give 0 and leave the state.
struct RecurrentResult {
  Value sequence; ///< [T, D, N, H]
  Value state;    ///< [D, N, H]
  Value cell;     ///< [D, N, H]; Lstm
};

/// The products with the input are one contraction over all steps. Short sequences become one copy of the cell per
/// step, long ones a `pat.iterate`. The cells of passes with the same
/// functions are computed as one, with the passes as a dimension.
Result<RecurrentResult> recurrent(OpBuilder &b, Location loc, const RecurrentNetwork &network, bool wantsSequence);

/// The first lengths[n] elements of each sequence n in reverse order, the others as they are; `timeAxis` and
/// `batchAxis` are distinct.
Result<Value> reverseSequence(OpBuilder &b, Location loc, Value tensor, Value lengths, int64_t timeAxis,
                              int64_t batchAxis);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_RECURRENT_H
