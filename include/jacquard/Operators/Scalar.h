// Scalar.h - scalar arithmetic by meaning: the op of `arith` or `math` that fits the operands' type
#ifndef JACQUARD_OPERATORS_SCALAR_H
#define JACQUARD_OPERATORS_SCALAR_H

#include "mlir/IR/Builders.h"

namespace jacquard::ops {

using mlir::Location;
using mlir::OpBuilder;
using mlir::Type;
using mlir::Value;
using mlir::ValueRange;

/// Emits scalar ops at the builder's insertion point. Operands of a call have one type: float, signless integer or
/// index. `isUnsigned` says how integers are meant where it matters (division, comparison, minimum, conversion).
class Scalars {
public:
  Scalars(OpBuilder &builder, Location loc, bool isUnsigned = false) : b(builder), loc(loc), isUnsigned(isUnsigned) {}

  Value constant(Type type, double value); ///< converted to an integer where `type` is one
  Value integer(Type type, int64_t value); ///< converted to a float where `type` is one
  Value index(int64_t value);
  Value boolean(bool value);
  Value lowest(Type type);  ///< identity of max: -infinity, or the smallest integer
  Value highest(Type type); ///< identity of min

  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y); ///< and on i1
  Value div(Value x, Value y); ///< integers: towards zero
  Value rem(Value x, Value y); ///< sign of the dividend
  Value mod(Value x, Value y); ///< sign of the divisor
  Value max(Value x, Value y); ///< NaN wins; or on i1
  Value min(Value x, Value y); ///< NaN wins; and on i1
  Value neg(Value x);
  Value abs(Value x);
  Value sign(Value x);
  Value square(Value x) { return mul(x, x); }
  Value clamp(Value x, Value low, Value high) { return min(max(x, low), high); }

  Value less(Value x, Value y);
  Value lessEqual(Value x, Value y);
  Value equal(Value x, Value y);
  Value isNaN(Value x); ///< floats
  Value select(Value condition, Value x, Value y);
  Value both(Value x, Value y); ///< bitwise and
  Value either(Value x, Value y);
  Value differ(Value x, Value y);      ///< bitwise exclusive or
  Value negate(Value x);               ///< bitwise not
  Value shiftLeft(Value x, Value by);  ///< 0 when `by` is the width or more
  Value shiftRight(Value x, Value by); ///< logical; 0 when `by` is the width or more

  // Floats only.
  Value exp(Value x);
  Value log(Value x);
  Value sqrt(Value x);
  Value rsqrt(Value x);
  Value tanh(Value x);
  Value erf(Value x);
  Value floor(Value x);
  Value ceil(Value x);
  Value roundEven(Value x);
  Value sin(Value x);
  Value cos(Value x);
  Value pow(Value x, Value y); ///< also for integers: by way of f64
  Value sigmoid(Value x);
  Value softplus(Value x); ///< log(1 + exp(x)) without overflow

  /// Converts; integers are widened, and turned into floats, as `isUnsigned` says; a float becomes an integer towards
  /// zero (of `toUnsigned` kind); anything becomes i1 by comparison with zero. A float that becomes an
  /// index fits into 32 bits.
  Value cast(Value x, Type type, bool toUnsigned = false);

private:
  OpBuilder &b;
  Location loc;
  bool isUnsigned;
};

/// The type that sums of `type` are kept in: f32 for 16-bit floats and narrower, else the type itself.
Type accumulatorType(Type type);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_SCALAR_H
