// FloatFormat.cpp - conversions by scaling: a subnormal is a multiple of the smallest step, as all values of one binade
// are
#include "jacquard/Support/FloatFormat.h"

#include <algorithm>
#include <cmath>

namespace jacquard {
namespace {

struct Layout {
  int exponentBits, fractionBits;
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  int maxExponent() const { return (1 << exponentBits) - 1; }
};

constexpr Layout layouts[] = {{5, 10}, {8, 7}};

} // namespace

uint16_t toFloatBits(FloatFormat format, double value) {
  const Layout &layout = layouts[int(format)];
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  int infinity = layout.maxExponent() << layout.fractionBits;
  if (std::isnan(value))
    return uint16_t(sign | infinity | 1 << (layout.fractionBits - 1));
  double magnitude = std::fabs(value);
  if (magnitude == 0)
    return sign;
  if (std::isinf(magnitude))
    return uint16_t(sign | infinity);
  // The binade's exponent, or that of the subnormals; counting in its steps, a carry runs into the exponent by itself.
  int exponent = std::max(std::ilogb(magnitude), 1 - layout.bias());
  double steps =
      std::nearbyint(std::ldexp(magnitude, layout.fractionBits - exponent)); // the rounding mode is never changed
  int bits = int(steps) + ((exponent + layout.bias() - 1) << layout.fractionBits);
  if (exponent + layout.bias() > layout.maxExponent() || bits > infinity)
    bits = infinity;
  return uint16_t(sign | bits);
}

float fromFloatBits(FloatFormat format, uint16_t bits) {
  const Layout &layout = layouts[int(format)];
  int fraction = bits & ((1 << layout.fractionBits) - 1);
  int exponent = bits >> layout.fractionBits & layout.maxExponent();
  float magnitude;
  if (exponent == layout.maxExponent())
    magnitude = fraction ? NAN : INFINITY;
  else if (exponent == 0)
    magnitude = std::ldexp(float(fraction), 1 - layout.bias() - layout.fractionBits);
  else
    magnitude =
        std::ldexp(float(fraction + (1 << layout.fractionBits)), exponent - layout.bias() - layout.fractionBits);
  return std::copysign(magnitude, bits & 0x8000 ? -1.0f : 1.0f);
}

} // namespace jacquard
