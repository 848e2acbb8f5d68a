// Signal.h - Fourier transforms, and the constants of signal processing
#ifndef JACQUARD_OPERATORS_SIGNAL_H
#define JACQUARD_OPERATORS_SIGNAL_H

#include "jacquard/Operators/Tensors.h"

#include <vector>

namespace jacquard::ops {

/// sum over n of x[n] exp(-2 pi i k n / length), or of exp(+2 pi i ..) / length when `inverse`, along dimension 1 of a
/// tensor [outer, n, inner, parts]: one part is real, two are real and imaginary. The signal is cut off or filled up
/// with zeros to `length`. `oneSided`: forward, only k up to length / 2 is computed; inverse, only these are given,
/// and the result is real. Result [outer, k, inner, parts].
///
/// Long transforms are split by Cooley and Tukey (1965) where the length has factors: matrices then stay small.
struct FourierOptions {
  int64_t length = 1;
  bool inverse = false, oneSided = false;
};
Result<Value> fourier(OpBuilder &b, Location loc, Value signal, const FourierOptions &options);

/// Frames of `length` elements of a signal [batch, n, parts], `step` apart, times `window` [w] (null: ones; 0 behind
/// its end): [batch, frames, length, parts].
Result<Value> frames(OpBuilder &b, Location loc, Value signal, Value window, int64_t length, int64_t step);

/// sum over t of coefficients[t] * cos(2 pi t n / period), n below `size`.
std::vector<double> cosineWindow(int64_t size, double period, ArrayRef<double> coefficients);

/// Triangular filters whose edges are equally far apart on the mel scale, as rows of spectrum bins:
/// [length / 2 + 1, bins]. Frequencies in hertz. Filters or parts of them outside the spectrum are left out.
struct MelOptions {
  int64_t bins = 1, length = 1;
  double rate = 1, lowest = 0, highest = 0;
};
std::vector<double> melWeights(const MelOptions &options);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_SIGNAL_H
