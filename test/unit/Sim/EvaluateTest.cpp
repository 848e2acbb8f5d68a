// EvaluateTest.cpp - the corners of the operations, as Opcodes.def states them
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

uint32_t bits(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  return word;
}
float value(uint32_t word) {
  float result;
  std::memcpy(&result, &word, sizeof(result));
  return result;
}
float floatOp(Opcode op, float a, float b = 0, float c = 0) { return value(evaluate(op, bits(a), bits(b), bits(c))); }
uint32_t intOp(Opcode op, int64_t a, int64_t b = 0, int64_t c = 0) {
  return evaluate<uint32_t>(op, uint32_t(a), uint32_t(b), uint32_t(c));
}

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
constexpr int64_t intMin = std::numeric_limits<int32_t>::min(), intMax = std::numeric_limits<int32_t>::max();

} // namespace

TEST(EvaluateTest, DividesIntegersWithoutTraps) {
  EXPECT_EQ(intOp(Opcode::IDivS, 7, 0), 0u);
  EXPECT_EQ(intOp(Opcode::IRemS, 7, 0), 7u);
  EXPECT_EQ(intOp(Opcode::IDivU, 7, 0), 0u);
  EXPECT_EQ(intOp(Opcode::IRemU, 7, 0), 7u);
  EXPECT_EQ(intOp(Opcode::IDivS, intMin, -1), uint32_t(intMin));
  EXPECT_EQ(intOp(Opcode::IRemS, intMin, -1), 0u);
  EXPECT_EQ(intOp(Opcode::IDivS, -7, 2), uint32_t(-3));
  EXPECT_EQ(intOp(Opcode::IRemS, -7, 2), uint32_t(-1));
  EXPECT_EQ(intOp(Opcode::IDivU, -1, 2), 0x7fffffffu);
}

TEST(EvaluateTest, ShiftsByAnyAmount) {
  EXPECT_EQ(intOp(Opcode::Shl, 1, 31), 0x80000000u);
  EXPECT_EQ(intOp(Opcode::Shl, 1, 32), 0u);
  EXPECT_EQ(intOp(Opcode::ShrU, -1, 32), 0u);
  EXPECT_EQ(intOp(Opcode::ShrS, -8, 1), uint32_t(-4));
  EXPECT_EQ(intOp(Opcode::ShrS, -8, 100), uint32_t(-1));
  EXPECT_EQ(intOp(Opcode::ShrS, 8, 100), 0u);
}

TEST(EvaluateTest, PropagatesNanInMinAndMax) {
  EXPECT_TRUE(std::isnan(floatOp(Opcode::FMin, notANumber, 1)));
  EXPECT_TRUE(std::isnan(floatOp(Opcode::FMax, 1, notANumber)));
  EXPECT_EQ(floatOp(Opcode::FMin, -2, 3), -2);
  EXPECT_EQ(floatOp(Opcode::FMax, -2, infinity), infinity);
  EXPECT_TRUE(std::signbit(floatOp(Opcode::FMin, 0.0f, -0.0f)));
  EXPECT_FALSE(std::signbit(floatOp(Opcode::FMax, -0.0f, 0.0f)));
}

TEST(EvaluateTest, ComparesOrdered) {
  EXPECT_EQ(evaluate(Opcode::FCmpLt, bits(1), bits(2)), 1u);
  EXPECT_EQ(evaluate(Opcode::FCmpLt, bits(notANumber), bits(2)), 0u);
  EXPECT_EQ(evaluate(Opcode::FCmpEq, bits(notANumber), bits(notANumber)), 0u);
  EXPECT_EQ(evaluate(Opcode::FCmpLe, bits(2), bits(2)), 1u);
  EXPECT_EQ(evaluate(Opcode::FCmpUno, bits(2), bits(notANumber)), 1u);
  EXPECT_EQ(intOp(Opcode::ICmpLtS, -1, 0), 1u);
  EXPECT_EQ(intOp(Opcode::ICmpLtU, -1, 0), 0u);
}

TEST(EvaluateTest, ConvertsSaturating) {
  EXPECT_EQ(evaluate(Opcode::F2I, bits(1e20f)), uint32_t(intMax));
  EXPECT_EQ(evaluate(Opcode::F2I, bits(-1e20f)), uint32_t(intMin));
  EXPECT_EQ(evaluate(Opcode::F2I, bits(notANumber)), 0u);
  EXPECT_EQ(evaluate(Opcode::F2I, bits(-1.9f)), uint32_t(-1));
  EXPECT_EQ(evaluate(Opcode::F2U, bits(-3)), 0u);
  EXPECT_EQ(evaluate(Opcode::F2U, bits(infinity)), 0xffffffffu);
  EXPECT_EQ(value(evaluate(Opcode::I2F, uint32_t(-5))), -5);
  EXPECT_EQ(value(evaluate(Opcode::U2F, 0xffffffffu)), 4294967296.0f);
}

TEST(EvaluateTest, RoundsOnceInFma) {
  // a * a - 1 with a = 1 + 2^-12: the product needs 25 bits.
  float a = 1 + 0x1p-12f;
  EXPECT_EQ(floatOp(Opcode::Fma, a, a, -1), 0x1p-11f + 0x1p-24f);
  EXPECT_EQ(floatOp(Opcode::FRoundEven, 2.5f), 2);
  EXPECT_EQ(floatOp(Opcode::FErf, 0.5f), std::erf(0.5f));
  EXPECT_EQ(evaluate<uint32_t>(Opcode::Select, 0, 5, 6), 6u);
}

TEST(EvaluateTest, GivesEveryLaneWhatOneWordGets) {
  Random random(1);
  constexpr unsigned lanes = 13;
  for (unsigned op = 0; op < numOpcodes(); ++op) {
    std::vector<uint32_t> a(paddedLanes(lanes)), b(a), c(a), result(a);
    for (unsigned lane = 0; lane < a.size(); ++lane) {
      a[lane] = uint32_t(random.next());
      b[lane] = uint32_t(random.next());
      c[lane] = uint32_t(random.next());
    }
    kernelOf<uint32_t>(Opcode(op))(result.data(), a.data(), b.data(), c.data(), lanes);
    for (unsigned lane = 0; lane < lanes; ++lane) {
      uint32_t one = evaluate(Opcode(op), a[lane], b[lane], c[lane]);
      EXPECT_TRUE(result[lane] == one || (std::isnan(value(result[lane])) && std::isnan(value(one))))
          << opcodeName(Opcode(op)) << " lane " << lane;
    }
  }
}

TEST(EvaluateTest, AddsProductsInRowsLikeFma) {
  Random random(3);
  constexpr unsigned firings = 3, mostRows = 8;
  auto fill = [&](std::vector<uint32_t> &words) {
    for (uint32_t &word : words)
      word = bits(float(random.between(-1000, 1000)) / 64);
  };
  for (unsigned lanes : {1u, 7u, 8u, 11u, 16u, 20u})
    for (unsigned rows = 1; rows <= mostRows; ++rows) {
      unsigned stride = paddedLanes(lanes);
      std::vector<uint32_t> a(firings * rows), b(firings * stride), result(rows * stride);
      fill(a), fill(b), fill(result);
      std::vector<float> expected(rows * stride);
      for (unsigned r = 0; r < rows; ++r)
        for (unsigned lane = 0; lane < stride; ++lane) {
          float &sum = expected[r * stride + lane] = value(result[r * stride + lane]);
          for (unsigned i = 0; i < firings && lane < lanes; ++i)
            sum = std::fma(value(a[i * rows + r]), value(b[i * stride + lane]), sum);
        }
      const uint32_t *as[firings], *bs[firings];
      for (unsigned i = 0; i < firings; ++i)
        as[i] = &a[i * rows], bs[i] = &b[i * stride];
      runFma<uint32_t>({result.data(), stride, rows, lanes, firings, as, bs});
      for (size_t i = 0; i < result.size(); ++i)
        EXPECT_EQ(value(result[i]), expected[i]) << lanes << " lanes, " << rows << " rows, word " << i;
    }
}

TEST(EvaluateTest, ReducesNeighboursFirst) {
  std::vector<uint32_t> values = {1, 2, 3, 4, 5};
  EXPECT_EQ(reduceTree(Opcode::IAdd, values.data(), 5), 15u);
  // (8 - 4) - (2 - 1) by a tree; 1 from left to right.
  values = {8, 4, 2, 1};
  EXPECT_EQ(reduceTree(Opcode::ISub, values.data(), 4), 3u);
}
