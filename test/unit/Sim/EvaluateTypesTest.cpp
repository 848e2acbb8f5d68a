// EvaluateTypesTest.cpp - operations on 64-bit words, and those that embed narrower types in a word
#include "jacquard/Sim/Evaluate.h"
#include "jacquard/Support/Random.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace jacquard;
using namespace jacquard::sim;

namespace {

uint64_t bits(double value) {
  uint64_t word;
  std::memcpy(&word, &value, sizeof(word));
  return word;
}
uint32_t bits(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  return word;
}
double value(uint64_t word) {
  double result;
  std::memcpy(&result, &word, sizeof(result));
  return result;
}
float value(uint32_t word) {
  float result;
  std::memcpy(&result, &word, sizeof(result));
  return result;
}

/// An operation on two floats of one size; the operands decide which.
double f64(Opcode op, double a, double b = 0) { return value(evaluate<uint64_t>(op, bits(a), bits(b))); }
float f32(Opcode op, float a, float b = 0) { return value(evaluate<uint32_t>(op, bits(a), bits(b))); }
uint64_t i64(Opcode op, int64_t a, int64_t b = 0, int64_t c = 0) {
  return evaluate<uint64_t>(op, uint64_t(a), uint64_t(b), uint64_t(c));
}

constexpr int64_t intMin = std::numeric_limits<int64_t>::min(), intMax = std::numeric_limits<int64_t>::max();

} // namespace

TEST(EvaluateWideTest, CalculatesWithIntegersOf64Bits) {
  EXPECT_EQ(i64(Opcode::IAdd, 0xffffffff, 1), 0x100000000u);
  EXPECT_EQ(i64(Opcode::IMul, int64_t(3) << 33, -5), uint64_t(-(int64_t(15) << 33)));
  EXPECT_EQ(i64(Opcode::IMad, int64_t(1) << 40, 3, 7), (uint64_t(3) << 40) + 7);
  EXPECT_EQ(i64(Opcode::IDivS, intMin, -1), uint64_t(intMin));
  EXPECT_EQ(i64(Opcode::IRemS, intMin, -1), 0u);
  EXPECT_EQ(i64(Opcode::IDivS, intMin, 0), 0u);
  EXPECT_EQ(i64(Opcode::IDivU, -1, 2), uint64_t(intMax));
  EXPECT_EQ(i64(Opcode::Shl, 1, 40), uint64_t(1) << 40);
  EXPECT_EQ(i64(Opcode::Shl, 1, 64), 0u);
  EXPECT_EQ(i64(Opcode::ShrS, intMin, 100), uint64_t(-1));
  EXPECT_EQ(i64(Opcode::ShrU, intMin, 63), 1u);
  EXPECT_EQ(i64(Opcode::IMaxS, intMin, 1), 1u);
  EXPECT_EQ(i64(Opcode::IMaxU, intMin, 1), uint64_t(intMin));
  EXPECT_EQ(i64(Opcode::ICmpLtS, int64_t(1) << 32, (int64_t(1) << 32) + 1), 1u);
  EXPECT_EQ(i64(Opcode::Select, int64_t(1) << 32, 5, 6), 5u); // any bit counts
}

TEST(EvaluateWideTest, CalculatesWithDoubles) {
  EXPECT_EQ(f64(Opcode::FAdd, 1, 0x1p-52), 1 + 0x1p-52);
  EXPECT_EQ(f64(Opcode::FDiv, 1, 3), 1.0 / 3);
  EXPECT_EQ(f64(Opcode::FSqrt, 2), 1.4142135623730951);
  EXPECT_EQ(f64(Opcode::FNeg, 0.1), -0.1);
  EXPECT_EQ(f64(Opcode::FAbs, -1e300), 1e300);
  EXPECT_TRUE(std::isnan(f64(Opcode::FMin, NAN, 1)));
  EXPECT_TRUE(std::signbit(f64(Opcode::FMin, 0.0, -0.0)));
  EXPECT_EQ(i64(Opcode::FCmpLt, int64_t(bits(1.0)), int64_t(bits(1 + 0x1p-52))), 1u);
  // a * a - 1 with a = 1 + 2^-27: the product needs 55 bits.
  double a = 1 + 0x1p-27;
  EXPECT_EQ(value(evaluate<uint64_t>(Opcode::Fma, bits(a), bits(a), bits(-1.0))), 0x1p-26 + 0x1p-54);
}

TEST(EvaluateWideTest, ConvertsSaturating) {
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2I, bits(1e300)), uint64_t(intMax));
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2I, bits(-1e300)), uint64_t(intMin));
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2I, bits(double(NAN))), 0u);
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2I, bits(-4294967296.9)), uint64_t(-4294967296));
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2U, bits(1.5e19)), 15000000000000000000u);
  EXPECT_EQ(evaluate<uint64_t>(Opcode::F2U, bits(-1.0)), 0u);
  EXPECT_EQ(value(evaluate<uint64_t>(Opcode::I2F, uint64_t(-5))), -5);
  EXPECT_EQ(value(evaluate<uint64_t>(Opcode::U2F, ~uint64_t(0))), 18446744073709551616.0);
}

TEST(EvaluateWideTest, ReducesByATree) {
  std::vector<uint64_t> values = {uint64_t(1) << 40, uint64_t(1) << 41, 7};
  EXPECT_EQ(reduceTree(Opcode::IAdd, values.data(), 3), (uint64_t(3) << 40) + 7);
}

TEST(EvaluateWideTest, GivesEveryLaneWhatOneWordGets) {
  Random random(1);
  constexpr unsigned lanes = 13;
  for (unsigned op = 0; op < numOpcodes(); ++op) {
    std::vector<uint64_t> a(paddedLanes(lanes)), b(a), c(a), result(a);
    for (unsigned lane = 0; lane < a.size(); ++lane) {
      a[lane] = random.next();
      b[lane] = random.next();
      c[lane] = random.next();
    }
    kernelOf<uint64_t>(Opcode(op))(result.data(), a.data(), b.data(), c.data(), lanes);
    for (unsigned lane = 0; lane < lanes; ++lane) {
      uint64_t one = evaluate<uint64_t>(Opcode(op), a[lane], b[lane], c[lane]);
      EXPECT_TRUE(result[lane] == one || (std::isnan(value(result[lane])) && std::isnan(value(one))))
          << opcodeName(Opcode(op)) << " lane " << lane;
    }
  }
}

TEST(EvaluateTypesTest, ExtendsTheSignOfLowBits) {
  EXPECT_EQ(evaluate<uint32_t>(Opcode::SExt, 0x180, 8), uint32_t(-128));
  EXPECT_EQ(evaluate<uint32_t>(Opcode::SExt, 0x17f, 8), 127u);
  EXPECT_EQ(evaluate<uint32_t>(Opcode::SExt, 3, 1), uint32_t(-1));
  EXPECT_EQ(evaluate<uint32_t>(Opcode::SExt, 0x80000000, 32), 0x80000000u);
  EXPECT_EQ(evaluate<uint32_t>(Opcode::SExt, 5, 1000), 5u);
  EXPECT_EQ(i64(Opcode::SExt, 0x80000000, 32), uint64_t(std::numeric_limits<int32_t>::min()));
  EXPECT_EQ(i64(Opcode::SExt, intMin, 64), uint64_t(intMin));
}

TEST(EvaluateTypesTest, RoundsIntoNarrowerFloats) {
  EXPECT_EQ(f32(Opcode::FRoundF16, 1 + 0x1p-11f), 1);           // a tie, to even
  EXPECT_EQ(f32(Opcode::FRoundF16, 1 + 0x3p-11f), 1 + 0x1p-9f); // a tie, to even
  EXPECT_EQ(f32(Opcode::FRoundF16, 65520), INFINITY);
  EXPECT_EQ(f32(Opcode::FRoundF16, -0x1p-24f), -0x1p-24f); // the least subnormal
  EXPECT_EQ(f32(Opcode::FRoundBF16, 1 + 0x1p-8f), 1);
  EXPECT_EQ(f32(Opcode::FRoundBF16, 1 + 0x3p-8f), 1 + 0x1p-6f);
  EXPECT_EQ(f32(Opcode::FRoundF32, 0.1f), 0.1f);
  EXPECT_EQ(f64(Opcode::FRoundF32, 0.1), double(0.1f));
  EXPECT_EQ(f64(Opcode::FRoundF32, 1e300), INFINITY);
  EXPECT_EQ(f64(Opcode::FRoundF16, 1 + 0x1p-11 + 0x1p-40), 1 + 0x1p-10); // just above a tie: rounded once
  EXPECT_TRUE(std::isnan(f32(Opcode::FRoundF16, NAN)));
}

TEST(EvaluateTypesTest, GoesBetweenFloatsAndTheirBits) {
  EXPECT_EQ(evaluate<uint32_t>(Opcode::FBitsF16, bits(-2.0f)), 0xffffc000u);
  EXPECT_EQ(evaluate<uint32_t>(Opcode::FBitsBF16, bits(1.0f)), 0x3f80u);
  EXPECT_EQ(evaluate<uint32_t>(Opcode::FBitsF32, bits(-1.0f)), 0xbf800000u);
  EXPECT_EQ(evaluate<uint64_t>(Opcode::FBitsF32, bits(-1.0)), 0xffffffffbf800000u);
  EXPECT_EQ(value(evaluate<uint32_t>(Opcode::FFromF16, 0xffffc000u)), -2);
  EXPECT_EQ(value(evaluate<uint32_t>(Opcode::FFromBF16, 0x4049)), 3.140625f);
  EXPECT_EQ(value(evaluate<uint64_t>(Opcode::FFromF32, 0xffffffffbf800000u)), -1);
  EXPECT_EQ(value(evaluate<uint64_t>(Opcode::FFromF16, 0x7bff)), 65504);
}

TEST(EvaluateTypesTest, HasTheFunctionsOfTheCLibrary) {
  EXPECT_EQ(f32(Opcode::FRound, 2.5f), 3);
  EXPECT_EQ(f32(Opcode::FRound, -2.5f), -3);
  EXPECT_EQ(f32(Opcode::FExpm1, 1e-8f), 1e-8f); // exp(x) - 1 would be 0
  EXPECT_EQ(f32(Opcode::FLog1p, 1e-8f), 1e-8f);
  constexpr double pi = 3.141592653589793;
  auto near = [](double found, double expected) { EXPECT_NEAR(found, expected, 1e-14 * std::fabs(expected)); };
  near(f64(Opcode::FCbrt, -27), -3);
  near(f64(Opcode::FTan, pi / 4), 1);
  near(f64(Opcode::FAsin, 1), pi / 2);
  near(f64(Opcode::FAcos, -1), pi);
  near(f64(Opcode::FAtan, 1), pi / 4);
  near(f64(Opcode::FAtan2, 1, -1), 3 * pi / 4); // y first
  near(f64(Opcode::FSinh, 1), 1.1752011936438014);
  near(f64(Opcode::FCosh, 1), 1.5430806348152437);
  near(f64(Opcode::FAsinh, 1), 0.881373587019543);
  near(f64(Opcode::FAcosh, 2), 1.3169578969248166);
  near(f64(Opcode::FAtanh, 0.5), 0.5493061443340548);
  EXPECT_TRUE(std::isnan(f32(Opcode::FAsin, 2)));
  EXPECT_TRUE(std::isnan(f32(Opcode::FAcosh, 0.5f)));
}
