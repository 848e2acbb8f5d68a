// Activations.h - activation functions of one scalar; narrow floats are computed in f32
#ifndef JACQUARD_OPERATORS_ACTIVATIONS_H
#define JACQUARD_OPERATORS_ACTIVATIONS_H

#include "jacquard/Operators/Scalar.h"

namespace jacquard::ops {

/// x * Phi(x), by the error function, or approximately by tanh.
Value gelu(Scalars &s, Value x, bool byTanh = false);
/// x * sigmoid(alpha * x)
Value swish(Scalars &s, Value x, double alpha = 1);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_ACTIVATIONS_H
