// Narrow.cpp - numbers of at most 8 bits that `pat` keeps as bytes, by arithmetic on the bits of f32
#include "jacquard/Operators/Narrow.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;
using llvm::APFloat;

static constexpr int f32MantissaBits = 23, f32Bias = 127;
static constexpr int64_t f32Infinity = 0x7f800000, f32Magnitude = 0x7fffffff, f32NaN = 0x7fc00000;

const llvm::fltSemantics *ops::narrowFormat(DType type) {
  switch (type) {
  case DType::F8E4M3FN:
    return &APFloat::Float8E4M3FN();
  case DType::F8E4M3FNUZ:
    return &APFloat::Float8E4M3FNUZ();
  case DType::F8E5M2:
    return &APFloat::Float8E5M2();
  case DType::F8E5M2FNUZ:
    return &APFloat::Float8E5M2FNUZ();
  case DType::F8E8M0:
    return &APFloat::Float8E8M0FNU();
  case DType::F6E2M3:
    return &APFloat::Float6E2M3FN();
  case DType::F6E3M2:
    return &APFloat::Float6E3M2FN();
  case DType::F4E2M1:
    return &APFloat::Float4E2M1FN();
  default:
    return nullptr;
  }
}

namespace {

/// A format's numbers: sign, exponent and mantissa from the top, as in IEEE 754.
struct Format {
  explicit Format(const llvm::fltSemantics &semantics)
      : size(APFloat::semanticsSizeInBits(semantics)), mantissaBits(int(APFloat::semanticsPrecision(semantics)) - 1),
        minExponent(APFloat::semanticsMinExponent(semantics)), bias(1 - minExponent),
        largest(int64_t(APFloat::getLargest(semantics).bitcastToAPInt().getZExtValue())),
        hasInfinity(APFloat::semanticsHasInf(semantics)), hasNaN(APFloat::semanticsHasNaN(semantics)) {
    if (hasNaN)
      nan = int64_t(APFloat::getNaN(semantics).bitcastToAPInt().getZExtValue());
  }

  int64_t signBit() const { return int64_t(1) << (size - 1); }
  /// The only NaN is what would be negative zero.
  bool nanIsNegativeZero() const { return hasNaN && nan == signBit(); }

  int size, mantissaBits, minExponent, bias;
  int64_t largest, nan = 0; ///< bits
  bool hasInfinity, hasNaN;
};

/// Arithmetic on the bits of an f32.
struct Bits : Scalars {
  Bits(OpBuilder &b, Location loc) : Scalars(b, loc), b(b), loc(loc), type(b.getI32Type()) {}

  Value of(int64_t value) { return integer(type, value); }
  Value ofFloat(Value x) { return arith::BitcastOp::create(b, loc, type, x); }
  Value toFloat(Value x) { return arith::BitcastOp::create(b, loc, b.getF32Type(), x); }
  Value left(Value x, int by) { return by ? arith::ShLIOp::create(b, loc, x, of(by)).getResult() : x; }
  Value right(Value x, int by) { return by ? arith::ShRUIOp::create(b, loc, x, of(by)).getResult() : x; }
  Value rightSigned(Value x, int by) { return by ? arith::ShRSIOp::create(b, loc, x, of(by)).getResult() : x; }
  Value toByte(Value x) { return arith::TruncIOp::create(b, loc, b.getI8Type(), x); }
  Value fromByte(Value x) { return arith::ExtUIOp::create(b, loc, type, x); }

  OpBuilder &b;
  Location loc;
  Type type;
};

} // namespace

/// Bits [7:0] are the exponent, and nothing else.
static bool isPowerOfTwo(const llvm::fltSemantics &format) { return !APFloat::semanticsHasSignedRepr(format); }

//===----------------------------------------------------------------------===//
// To f32
//===----------------------------------------------------------------------===//

static Value decodePowerOfTwo(Bits s, Value bits) {
  // 2^-127, the smallest, is a subnormal f32.
  Value power = s.select(s.equal(bits, s.of(0)), s.of(1 << (f32MantissaBits - 1)), s.left(bits, f32MantissaBits));
  return s.toFloat(s.select(s.equal(bits, s.of(255)), s.of(f32NaN), power));
}

Value ops::decodeNarrowFloat(OpBuilder &b, Location loc, Value value, const llvm::fltSemantics &semantics) {
  Bits s(b, loc);
  Value bits = s.fromByte(value);
  if (isPowerOfTwo(semantics))
    return decodePowerOfTwo(s, bits);
  Format format(semantics);
  Value magnitude = s.both(bits, s.of(format.signBit() - 1));
  Value sign = s.left(s.both(bits, s.of(format.signBit())), 32 - format.size);
  // In the place of f32's exponent and mantissa, and scaled by the difference of the biases: right for subnormals, too.
  Value small = s.toFloat(s.left(magnitude, f32MantissaBits - format.mantissaBits));
  Value number = s.ofFloat(s.mul(small, s.constant(b.getF32Type(), std::ldexp(1.0, f32Bias - format.bias))));
  if (format.hasInfinity) { // infinities and NaN keep their mantissa
    Value mantissa = s.left(magnitude, f32MantissaBits - format.mantissaBits);
    number = s.select(s.less(s.of(format.largest), magnitude), s.either(mantissa, s.of(f32Infinity)), number);
  } else if (format.hasNaN) {
    Value found = format.nanIsNegativeZero() ? bits : magnitude;
    number = s.select(s.equal(found, s.of(format.nan)), s.of(f32NaN), number);
  }
  return s.toFloat(s.either(number, sign));
}

//===----------------------------------------------------------------------===//
// From f32
//===----------------------------------------------------------------------===//

static Value encodePowerOfTwo(Bits s, Value x, bool saturates, RoundMode mode) {
  Value bits = s.both(s.ofFloat(x), s.of(f32Magnitude));
  constexpr int64_t smallestNormal = 1 << f32MantissaBits, smallest = smallestNormal / 2;
  // Subnormal numbers from 2^-127 on have one bit less behind their leading one.
  Value isSubnormal = s.less(bits, s.of(smallestNormal));
  Value rest = s.both(bits, s.select(isSubnormal, s.of(smallest - 1), s.of(smallestNormal - 1)));
  Value code = s.right(bits, f32MantissaBits);
  if (mode != RoundMode::Down) {
    Value limit = mode == RoundMode::Up ? s.of(1) : s.select(isSubnormal, s.of(smallest / 2), s.of(smallest));
    code = s.add(code, s.select(s.less(rest, limit), s.of(0), s.of(1)));
  }
  constexpr int64_t largest = 254, nan = 255;
  code = s.select(s.less(s.of(largest), code), s.of(saturates ? largest : nan), code);
  code = s.select(s.less(bits, s.of(smallest)), s.of(saturates ? 0 : nan), code);
  return s.toByte(s.select(s.less(s.of(f32Infinity), bits), s.of(nan), code));
}

/// The magnitude of a number, rounded to the format's mantissa; as if there were no largest one.
static Value roundMagnitude(Bits s, Value magnitude, const Format &format) {
  int drop = f32MantissaBits - format.mantissaBits;
  Value isOdd = s.both(s.right(magnitude, drop), s.of(1));
  Value rounded = s.right(s.add(s.add(magnitude, s.of((int64_t(1) << (drop - 1)) - 1)), isOdd), drop);
  Value normal = s.sub(rounded, s.of(int64_t(f32Bias - format.bias) << format.mantissaBits));
  // Beside this number, f32's last bit is worth as much as the format's last bit of subnormals: the sum rounds.
  Type f32 = s.b.getF32Type();
  double beside = std::ldexp(1.0, format.minExponent + drop);
  Value sum = s.ofFloat(s.add(s.toFloat(magnitude), s.constant(f32, beside)));
  Value subnormal = s.sub(sum, s.ofFloat(s.constant(f32, beside)));
  Value isSubnormal = s.less(magnitude, s.of(int64_t(format.minExponent + f32Bias) << f32MantissaBits));
  return s.select(isSubnormal, subnormal, normal);
}

Value ops::encodeNarrowFloat(OpBuilder &b, Location loc, Value x, const llvm::fltSemantics &semantics, bool saturates,
                             RoundMode mode) {
  Bits s(b, loc);
  if (isPowerOfTwo(semantics))
    return encodePowerOfTwo(s, x, saturates, mode);
  Format format(semantics);
  Value bits = s.ofFloat(x);
  Value magnitude = s.both(bits, s.of(f32Magnitude));
  Value sign = s.both(s.right(bits, 32 - format.size), s.of(format.signBit()));
  Value code = roundMagnitude(s, magnitude, format);
  int64_t beyond = saturates || !format.hasNaN ? format.largest : format.hasInfinity ? format.largest + 1 : format.nan;
  code = s.select(s.less(s.of(format.largest), code), s.of(beyond), code);
  if (format.nanIsNegativeZero()) // zero has no sign
    sign = s.select(s.equal(code, s.of(0)), s.of(0), sign);
  Value isNaN = s.less(s.of(f32Infinity), magnitude);
  if (format.hasNaN)
    code = s.select(isNaN, s.of(format.nan), code);
  else
    code = s.select(isNaN, s.of(0), code);
  if (!format.hasNaN)
    sign = s.select(isNaN, s.of(format.signBit()), sign);
  return s.toByte(s.either(code, sign));
}

//===----------------------------------------------------------------------===//
// Integers, and from f64
//===----------------------------------------------------------------------===//

Value ops::wrapNarrowInteger(OpBuilder &b, Location loc, Value x, unsigned width, bool isUnsigned) {
  Bits s(b, loc);
  Value upper = s.left(s.cast(x, b.getI32Type()), 32 - int(width));
  return s.toByte(isUnsigned ? s.right(upper, 32 - int(width)) : s.rightSigned(upper, 32 - int(width)));
}

Value ops::roundToOdd(OpBuilder &b, Location loc, Value x) {
  Bits s(b, loc);
  Value nearest = s.cast(x, b.getF32Type());
  Value back = s.cast(nearest, x.getType());
  Value bits = s.ofFloat(nearest);
  // Numbers of one sign are ordered as their bits: one less is the next one towards zero.
  Value towardsZero = s.select(s.less(s.abs(x), s.abs(back)), s.sub(bits, s.of(1)), bits);
  Value isExact = s.either(s.equal(back, x), s.isNaN(x));
  return s.toFloat(s.select(isExact, bits, s.either(towardsZero, s.of(1))));
}
