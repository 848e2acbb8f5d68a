// Scalar.cpp - scalar arithmetic by meaning
#include "jacquard/Operators/Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace jacquard::ops;

static bool isFloat(Value x) { return isa<FloatType>(x.getType()); }
static bool isBool(Value x) { return x.getType().isInteger(1); }

Type jacquard::ops::accumulatorType(Type type) {
  if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32)
    return Float32Type::get(type.getContext());
  return type;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value Scalars::constant(Type type, double value) {
  if (!isa<FloatType>(type))
    return integer(type, int64_t(value));
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value Scalars::integer(Type type, int64_t value) {
  if (isa<FloatType>(type))
    return constant(type, double(value));
  if (type.isIndex())
    return index(value);
  APInt bits = APInt(64, value, true).sextOrTrunc(type.getIntOrFloatBitWidth());
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, bits));
}

Value Scalars::index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

Value Scalars::boolean(bool value) { return arith::ConstantOp::create(b, loc, b.getBoolAttr(value)); }

Value Scalars::lowest(Type type) {
  if (auto floats = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, APFloat::getInf(floats.getFloatSemantics(), true)));
  unsigned width = type.getIntOrFloatBitWidth();
  bool fromZero = isUnsigned || width == 1;
  return arith::ConstantOp::create(
      b, loc, b.getIntegerAttr(type, fromZero ? APInt::getZero(width) : APInt::getSignedMinValue(width)));
}

Value Scalars::highest(Type type) {
  if (auto floats = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, APFloat::getInf(floats.getFloatSemantics())));
  unsigned width = type.getIntOrFloatBitWidth();
  bool fromZero = isUnsigned || width == 1;
  return arith::ConstantOp::create(
      b, loc, b.getIntegerAttr(type, fromZero ? APInt::getAllOnes(width) : APInt::getSignedMaxValue(width)));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Scalars::add(Value x, Value y) {
  if (isFloat(x))
    return arith::AddFOp::create(b, loc, x, y);
  return arith::AddIOp::create(b, loc, x, y);
}

Value Scalars::sub(Value x, Value y) {
  if (isFloat(x))
    return arith::SubFOp::create(b, loc, x, y);
  return arith::SubIOp::create(b, loc, x, y);
}

Value Scalars::mul(Value x, Value y) {
  if (isFloat(x))
    return arith::MulFOp::create(b, loc, x, y);
  if (isBool(x))
    return arith::AndIOp::create(b, loc, x, y);
  return arith::MulIOp::create(b, loc, x, y);
}

Value Scalars::div(Value x, Value y) {
  if (isFloat(x))
    return arith::DivFOp::create(b, loc, x, y);
  if (isUnsigned)
    return arith::DivUIOp::create(b, loc, x, y);
  return arith::DivSIOp::create(b, loc, x, y);
}

Value Scalars::rem(Value x, Value y) {
  if (isFloat(x))
    return arith::RemFOp::create(b, loc, x, y);
  if (isUnsigned)
    return arith::RemUIOp::create(b, loc, x, y);
  return arith::RemSIOp::create(b, loc, x, y);
}

Value Scalars::mod(Value x, Value y) {
  Value r = rem(x, y);
  if (isUnsigned && !isFloat(x))
    return r;
  // A remainder of the other sign than the divisor's is one divisor off.
  Value zero = integer(x.getType(), 0);
  Value otherSign = differ(less(r, zero), less(y, zero));
  Value off = both(negate(equal(r, zero)), otherSign);
  return select(off, add(r, y), r);
}

Value Scalars::max(Value x, Value y) {
  if (isFloat(x))
    return arith::MaximumFOp::create(b, loc, x, y);
  if (isBool(x))
    return arith::OrIOp::create(b, loc, x, y);
  if (isUnsigned)
    return arith::MaxUIOp::create(b, loc, x, y);
  return arith::MaxSIOp::create(b, loc, x, y);
}

Value Scalars::min(Value x, Value y) {
  if (isFloat(x))
    return arith::MinimumFOp::create(b, loc, x, y);
  if (isBool(x))
    return arith::AndIOp::create(b, loc, x, y);
  if (isUnsigned)
    return arith::MinUIOp::create(b, loc, x, y);
  return arith::MinSIOp::create(b, loc, x, y);
}

Value Scalars::neg(Value x) {
  if (isFloat(x))
    return arith::NegFOp::create(b, loc, x);
  return arith::SubIOp::create(b, loc, integer(x.getType(), 0), x);
}

Value Scalars::abs(Value x) {
  if (isFloat(x))
    return math::AbsFOp::create(b, loc, x);
  if (isUnsigned || isBool(x))
    return x;
  return max(x, neg(x));
}

Value Scalars::sign(Value x) {
  Value zero = integer(x.getType(), 0), one = integer(x.getType(), 1);
  Value positive = select(less(zero, x), one, zero);
  if (isUnsigned && !isFloat(x))
    return positive;
  Value result = select(less(x, zero), integer(x.getType(), -1), positive);
  return isFloat(x) ? select(isNaN(x), x, result) : result;
}

Value Scalars::less(Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y);
  bool asUnsigned = isUnsigned || isBool(x);
  return arith::CmpIOp::create(b, loc, asUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt, x, y);
}

Value Scalars::lessEqual(Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE, x, y);
  bool asUnsigned = isUnsigned || isBool(x);
  return arith::CmpIOp::create(b, loc, asUnsigned ? arith::CmpIPredicate::ule : arith::CmpIPredicate::sle, x, y);
}

Value Scalars::equal(Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x, y);
}

Value Scalars::isNaN(Value x) { return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x); }

Value Scalars::select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, loc, condition, x, y); }

Value Scalars::both(Value x, Value y) { return arith::AndIOp::create(b, loc, x, y); }
Value Scalars::either(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
Value Scalars::differ(Value x, Value y) { return arith::XOrIOp::create(b, loc, x, y); }
Value Scalars::negate(Value x) { return arith::XOrIOp::create(b, loc, x, integer(x.getType(), -1)); }

Value Scalars::shiftLeft(Value x, Value by) {
  Value width = integer(x.getType(), x.getType().getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, by, width);
  Value zero = integer(x.getType(), 0);
  return select(inside, arith::ShLIOp::create(b, loc, x, select(inside, by, zero)), zero);
}

Value Scalars::shiftRight(Value x, Value by) {
  Value width = integer(x.getType(), x.getType().getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, by, width);
  Value zero = integer(x.getType(), 0);
  return select(inside, arith::ShRUIOp::create(b, loc, x, select(inside, by, zero)), zero);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Value Scalars::exp(Value x) { return math::ExpOp::create(b, loc, x); }
Value Scalars::log(Value x) { return math::LogOp::create(b, loc, x); }
Value Scalars::sqrt(Value x) { return math::SqrtOp::create(b, loc, x); }
Value Scalars::rsqrt(Value x) { return math::RsqrtOp::create(b, loc, x); }
Value Scalars::tanh(Value x) { return math::TanhOp::create(b, loc, x); }
Value Scalars::erf(Value x) { return math::ErfOp::create(b, loc, x); }
Value Scalars::floor(Value x) { return math::FloorOp::create(b, loc, x); }
Value Scalars::ceil(Value x) { return math::CeilOp::create(b, loc, x); }
Value Scalars::sin(Value x) { return math::SinOp::create(b, loc, x); }
Value Scalars::cos(Value x) { return math::CosOp::create(b, loc, x); }
Value Scalars::roundEven(Value x) { return math::RoundEvenOp::create(b, loc, x); }

Value Scalars::pow(Value x, Value y) {
  if (isFloat(x))
    return math::PowFOp::create(b, loc, x, y);
  Type wide = b.getF64Type();
  Value power = math::PowFOp::create(b, loc, cast(x, wide), cast(y, wide));
  return cast(power, x.getType(), isUnsigned);
}

Value Scalars::sigmoid(Value x) {
  Value one = constant(x.getType(), 1);
  return div(one, add(one, exp(neg(x))));
}

Value Scalars::softplus(Value x) {
  Value zero = constant(x.getType(), 0), one = constant(x.getType(), 1);
  return add(max(x, zero), log(add(one, exp(neg(abs(x))))));
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Between float types; by way of f32 or f64 where neither holds the other (f16 and bf16).
static Value castFloat(OpBuilder &b, Location loc, Value x, Type type) {
  unsigned from = x.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (from == to) {
    x = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
    return arith::TruncFOp::create(b, loc, type, x);
  }
  if (from < to)
    return arith::ExtFOp::create(b, loc, type, x);
  return arith::TruncFOp::create(b, loc, type, x);
}

Value Scalars::cast(Value x, Type type, bool toUnsigned) {
  Type from = x.getType();
  if (from == type)
    return x;
  if (from.isIndex() && isa<FloatType>(type))
    return cast(cast(x, b.getI64Type()), type);
  if (isFloat(x) && type.isIndex())
    return cast(cast(x, b.getI32Type()), type);
  if (from.isIndex() || type.isIndex())
    return arith::IndexCastOp::create(b, loc, type, x);
  if (type.isInteger(1)) {
    Value zero = integer(from, 0);
    if (isFloat(x))
      return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, zero);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, zero);
  }
  bool fromUnsigned = isUnsigned || isBool(x);
  if (isFloat(x)) {
    if (isa<FloatType>(type))
      return castFloat(b, loc, x, type);
    if (toUnsigned)
      return arith::FPToUIOp::create(b, loc, type, x);
    return arith::FPToSIOp::create(b, loc, type, x);
  }
  if (isa<FloatType>(type)) {
    if (fromUnsigned)
      return arith::UIToFPOp::create(b, loc, type, x);
    return arith::SIToFPOp::create(b, loc, type, x);
  }
  unsigned width = from.getIntOrFloatBitWidth(), wanted = type.getIntOrFloatBitWidth();
  if (width > wanted)
    return arith::TruncIOp::create(b, loc, type, x);
  if (fromUnsigned)
    return arith::ExtUIOp::create(b, loc, type, x);
  return arith::ExtSIOp::create(b, loc, type, x);
}
