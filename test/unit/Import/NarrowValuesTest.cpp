// NarrowValuesTest.cpp - casts to floats of at most 8 bits and back, against LLVM's APFloat
#include "ImportText.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>

using namespace jacquard;
using namespace jacquard::test;
using llvm::APFloat;

using Floats = std::vector<float>;

static constexpr float inf = std::numeric_limits<float>::infinity(), quietNaN = std::numeric_limits<float>::quiet_NaN();

/// All finite numbers of the format, the middles between neighbours, what lies just beside both, and what lies far out.
static Floats interestingValues(const llvm::fltSemantics &format) {
  Floats values;
  unsigned bits = APFloat::semanticsSizeInBits(format);
  auto valueOf = [&](uint64_t code) { return APFloat(format, llvm::APInt(bits, code)).convertToDouble(); };
  for (uint64_t code = 0; code < uint64_t(1) << bits; ++code) {
    double value = valueOf(code), next = valueOf((code + 1) & ((uint64_t(1) << bits) - 1));
    for (double centre : {value, (value + next) / 2})
      if (std::isfinite(centre))
        for (float x : {float(centre), std::nextafter(float(centre), -inf), std::nextafter(float(centre), inf)})
          values.push_back(x);
  }
  for (float x : {1e-45f, 1e-38f, 1e9f, 3e38f})
    values.insert(values.end(), {x, -x});
  return values;
}

static Floats castThere(const Floats &values, int type, bool saturates) {
  Importing import;
  std::string count = std::to_string(values.size()), code = std::to_string(type);
  auto out = import.run("g (float[" + count + "] x) => (float[" + count + "] y) {" + " h = Cast<to = " + code +
                            ", saturate = " + std::to_string(saturates) + ">(x)" + " y = Cast<to = 1>(h) }",
                        {floats({int64_t(values.size())}, values)}, 19);
  return out.empty() ? Floats() : valuesOf<float>(out[0]);
}

static void expectSame(float found, float expected, float x) {
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(found)) << x << " became " << found;
  else
    EXPECT_TRUE(found == expected && std::signbit(found) == std::signbit(expected))
        << x << " became " << found << ", expected " << expected;
}

TEST(NarrowValuesTest, FloatsRoundToNearestEven) {
  std::pair<int, const llvm::fltSemantics *> formats[] = {
      {17, &APFloat::Float8E4M3FN()},   {18, &APFloat::Float8E4M3FNUZ()}, {19, &APFloat::Float8E5M2()},
      {20, &APFloat::Float8E5M2FNUZ()}, {23, &APFloat::Float4E2M1FN()},   {27, &APFloat::Float6E2M3FN()},
      {28, &APFloat::Float6E3M2FN()},
  };
  for (auto [type, format] : formats) {
    Floats values = interestingValues(*format), found = castThere(values, type, true);
    ASSERT_EQ(found.size(), values.size());
    double largest = APFloat::getLargest(*format).convertToDouble();
    for (size_t i = 0; i < values.size(); ++i) {
      APFloat number(values[i]);
      bool losesInfo;
      number.convert(*format, APFloat::rmNearestTiesToEven, &losesInfo);
      double expected = number.convertToDouble();
      if (!number.isFinite() || std::abs(expected) > largest)
        expected = std::copysign(largest, values[i]);
      expectSame(found[i], float(expected), values[i]);
    }
  }
}

TEST(NarrowValuesTest, BeyondTheLargestWithoutSaturation) {
  Floats values = {inf, -inf, quietNaN, 1e9f, -1e9f};
  auto expectEach = [&](int type, const Floats &expected) {
    Floats found = castThere(values, type, false);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
      expectSame(found[i], expected[i], values[i]);
  };
  expectEach(17, {quietNaN, quietNaN, quietNaN, quietNaN, quietNaN});
  expectEach(18, {quietNaN, quietNaN, quietNaN, quietNaN, quietNaN});
  expectEach(19, {inf, -inf, quietNaN, inf, -inf});
  expectEach(20, {quietNaN, quietNaN, quietNaN, quietNaN, quietNaN});
}

TEST(NarrowValuesTest, ExponentsRoundAsTold) {
  auto expectMode = [](const std::string &mode, const Floats &expected) {
    Importing import;
    auto out = import.run("g (float[5] x) => (float[5] y) {"
                          " h = Cast<to = 24, round_mode = \"" +
                              mode + "\">(x) y = Cast<to = 1>(h) }",
                          {floats({5}, {1, 1.25f, 1.5f, -3, 0.7f})}, 24);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(valuesOf<float>(out[0]), expected) << mode;
  };
  expectMode("up", {1, 2, 2, 4, 1});
  expectMode("down", {1, 1, 1, 2, 0.5f});
  expectMode("nearest", {1, 1, 2, 4, 0.5f});
}

TEST(NarrowValuesTest, DoublesRoundOnce) {
  // 1 + 2^-4 lies between two numbers of E4M3; a little more is nearer to the upper one, which f32 does not see.
  Importing import;
  auto out = import.run("g (double[2] x) => (float[2] y) { h = Cast<to = 17>(x) y = Cast<to = 1>(h) }",
                        {tensorOf(DType::F64, {2}, std::vector<double>{1.0625, 1.0625 + 1e-12})}, 19);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 1.125f}));
}

TEST(NarrowValuesTest, ArithmeticOnNarrowTypesIsRefused) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[2] x) => (float[2] y) { h = Cast<to = 22>(x) a = Abs(h) y = Cast<to = 1>(a) }"));
  EXPECT_NE(import.messages.find("input 'h' has element type int4, which the operator does not take"),
            std::string::npos)
      << import.messages;
}
