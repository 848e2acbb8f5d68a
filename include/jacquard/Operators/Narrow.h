// Narrow.h - numbers of at most 8 bits that `pat` keeps as bytes: floats as their bits, integers extended by their sign
#ifndef JACQUARD_OPERATORS_NARROW_H
#define JACQUARD_OPERATORS_NARROW_H

#include "jacquard/Operators/Scalar.h"
#include "jacquard/Support/Tensor.h"

namespace llvm {
struct fltSemantics;
}

namespace jacquard::ops {

/// How numbers between two powers of two become one of them, in formats that have nothing else (E8M0).
enum class RoundMode { Up, Down, Nearest };

/// The format of a narrow float (see DType); null for other types.
const llvm::fltSemantics *narrowFormat(DType type);

/// The f32 that the i8 `bits` stands for in `format`; exact.
Value decodeNarrowFloat(OpBuilder &b, Location loc, Value bits, const llvm::fltSemantics &format);

/// The i8 with the bits of the number of `format` that is nearest to `x` (f32), ties to even. Beyond the largest
/// number: that one where `saturates` or where the format has neither infinity nor NaN, else infinity or NaN. NaN where
/// there is none: negative zero. Formats without a mantissa take the magnitude and round as `mode` says.
Value encodeNarrowFloat(OpBuilder &b, Location loc, Value x, const llvm::fltSemantics &format, bool saturates,
                        RoundMode mode = RoundMode::Up);

/// The lowest `width` bits of an integer as an i8, extended by their sign or by zeros.
Value wrapNarrowInteger(OpBuilder &b, Location loc, Value x, unsigned width, bool isUnsigned);

/// `x` (f64) as an f32 from which rounding to a narrower format gives what rounding of `x` would: cut off, the last bit
/// set where that loses something (round to odd; Boldo and Melquiond, "When double rounding is odd", 2005).
Value roundToOdd(OpBuilder &b, Location loc, Value x);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_NARROW_H
