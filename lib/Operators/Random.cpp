// Random.cpp - random numbers as patterns
#include "jacquard/Operators/Random.h"

#include "jacquard/Operators/Normalize.h"
#include "jacquard/Operators/Reduce.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// Arithmetic on 32-bit words, which wraps.
struct Words {
  OpBuilder &b;
  Location loc;

  Value word(uint32_t value) const { return arith::ConstantIntOp::create(b, loc, int32_t(value), 32); }
  Value add(Value x, Value y) const { return arith::AddIOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) const { return arith::MulIOp::create(b, loc, x, y); }
  Value differ(Value x, Value y) const { return arith::XOrIOp::create(b, loc, x, y); }
  Value low(Value x) const { return arith::AndIOp::create(b, loc, x, word(0xffff)); }
  Value shift(Value x, uint32_t by) const { return arith::ShRUIOp::create(b, loc, x, word(by)); }

  /// The upper word of x * factor, from products of halves: 64-bit units are scarce.
  Value mulHigh(Value x, uint32_t factor) const {
    Value lower = low(x), upper = shift(x, 16), factorLow = word(factor & 0xffff), factorHigh = word(factor >> 16);
    Value middle = add(mul(upper, factorLow), shift(mul(lower, factorLow), 16));
    Value other = add(mul(lower, factorHigh), low(middle));
    return add(mul(upper, factorHigh), add(shift(middle, 16), shift(other, 16)));
  }
};

} // namespace

std::array<Value, 4> ops::philox(OpBuilder &b, Location loc, std::array<Value, 4> x, RandomKey key) {
  Words w{b, loc};
  for (int round = 0; round < 10; ++round) {
    x = {w.differ(w.differ(w.mulHigh(x[2], 0xCD9E8D57), x[1]), w.word(key.low)), w.mul(x[2], w.word(0xCD9E8D57)),
         w.differ(w.differ(w.mulHigh(x[0], 0xD2511F53), x[3]), w.word(key.high)), w.mul(x[0], w.word(0xD2511F53))};
    key.low += 0x9E3779B9;
    key.high += 0xBB67AE85;
  }
  return x;
}

/// The block of the element at `point`.
static std::array<Value, 4> blockAt(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, ValueRange point,
                                    RandomKey key) {
  Scalars s(b, loc);
  Value number = s.index(0);
  for (auto [index, extent] : llvm::zip(point, shape))
    number = s.add(s.mul(number, s.index(extent)), index);
  Value zero = Words{b, loc}.word(0);
  return philox(b, loc, {s.cast(number, b.getI32Type()), zero, zero, zero}, key);
}

/// A number of `type` in [0, 1) from the upper bits of one word, or of two for f64.
static Value fraction(OpBuilder &b, Location loc, Type type, Value first, Value second) {
  Scalars s(b, loc, /*isUnsigned=*/true);
  Words w{b, loc};
  unsigned precision = APFloat::semanticsPrecision(cast<FloatType>(type).getFloatSemantics());
  if (precision <= 32)
    return s.mul(s.cast(w.shift(first, 32 - precision), type), s.constant(type, std::ldexp(1.0, -int(precision))));
  Value upper = s.mul(s.cast(w.shift(first, 5), type), s.constant(type, 0x1p-27));
  return s.add(upper, s.mul(s.cast(w.shift(second, 6), type), s.constant(type, 0x1p-53)));
}

Value ops::randomUniform(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, RandomKey key) {
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    std::array<Value, 4> block = blockAt(b, loc, shape, point, key);
    return fraction(b, loc, element, block[0], block[1]);
  });
}

Value ops::randomNormal(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, RandomKey key) {
  Type type = accumulatorType(element);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    std::array<Value, 4> block = blockAt(b, loc, shape, point, key);
    // 1 - x is never 0, whose logarithm there is not.
    Value radius = s.sub(s.constant(type, 1), fraction(b, loc, type, block[0], block[1]));
    Value angle = s.mul(fraction(b, loc, type, block[2], block[3]), s.constant(type, 2 * M_PI));
    Value length = s.sqrt(s.mul(s.constant(type, -2), s.log(radius)));
    return s.cast(s.mul(length, s.cos(angle)), element);
  });
}

Result<Value> ops::multinomial(OpBuilder &b, Location loc, Value logits, int64_t count, RandomKey key) {
  ArrayRef<int64_t> from = shapeOf(logits);
  if (from.size() != 2 || from[1] < 1 || count < 0)
    return Error{"cannot draw " + std::to_string(count) + " samples from logits of shape " + describe(from) +
                 "; expected [rows, classes]"};
  Type type = accumulatorType(elementOf(logits));
  Value chances = softmax(b, loc, convert(b, loc, logits, type), 1);
  Value sums = cumulative(b, loc, chances, 1, /*product=*/false, /*exclusive=*/false, /*reverse=*/false);
  Shape result = {from[0], count};
  Value draws = randomUniform(b, loc, result, type, key);
  Type number = b.getI64Type();
  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    // The draw lies in the class before which as many sums are passed.
    Value total = pat::at(b, loc, sums, {p[0], s.index(from[1] - 1)});
    Value draw = s.mul(pat::at(b, loc, draws, p), total);
    Value passed = sumOver(b, loc, from[1], number, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      Value isPassed = s.lessEqual(pat::at(b, loc, sums, {p[0], k[0]}), draw);
      return s.select(isPassed, s.integer(number, 1), s.integer(number, 0));
    });
    return s.min(passed, s.integer(number, from[1] - 1));
  });
}
