// Activations.cpp - activation functions of one scalar
#include "jacquard/Operators/Activations.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

Value ops::gelu(Scalars &s, Value x, bool byTanh) {
  Type type = x.getType(), compute = accumulatorType(type);
  auto constant = [&](double value) { return s.constant(compute, value); };
  x = s.cast(x, compute);
  Value inner = s.mul(x, constant(0.70710678118654752)); // x / sqrt(2)
  if (byTanh)                                            // tanh of sqrt(2 / pi) * (x + 0.044715 * x^3)
    inner = s.mul(constant(0.79788456080286536), s.add(x, s.mul(constant(0.044715), s.mul(s.square(x), x))));
  Value bound = byTanh ? s.tanh(inner) : s.erf(inner);
  return s.cast(s.mul(s.mul(x, constant(0.5)), s.add(constant(1), bound)), type);
}

Value ops::swish(Scalars &s, Value x, double alpha) {
  Type type = x.getType(), compute = accumulatorType(type);
  x = s.cast(x, compute);
  Value gate = alpha == 1 ? x : s.mul(s.constant(compute, alpha), x);
  return s.cast(s.mul(x, s.sigmoid(gate)), type);
}
