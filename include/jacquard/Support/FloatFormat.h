// FloatFormat.h - IEEE-like floats of 16 bits: their bits and their values
#ifndef JACQUARD_SUPPORT_FLOATFORMAT_H
#define JACQUARD_SUPPORT_FLOATFORMAT_H

#include <cstdint>

namespace jacquard {

enum class FloatFormat { F16, BF16 };

/// The bits of `value` in `format`: rounded to nearest, ties to even; too large becomes infinite, a NaN a quiet NaN.
uint16_t toFloatBits(FloatFormat format, double value);

/// The value of `bits`; every one is exact in binary32.
float fromFloatBits(FloatFormat format, uint16_t bits);

} // namespace jacquard

#endif // JACQUARD_SUPPORT_FLOATFORMAT_H
