// FloatFormatTest.cpp - 16-bit floats against values by hand and the compiler's own half precision
#include "jacquard/Support/FloatFormat.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace jacquard;

TEST(FloatFormat, HalfByHand) {
  auto bits = [](double value) { return toFloatBits(FloatFormat::F16, value); };
  EXPECT_EQ(bits(0.0), 0x0000);
  EXPECT_EQ(bits(-0.0), 0x8000);
  EXPECT_EQ(bits(1.0), 0x3c00);
  EXPECT_EQ(bits(-2.0), 0xc000);
  EXPECT_EQ(bits(65504), 0x7bff);
  EXPECT_EQ(bits(65519.99), 0x7bff);
  EXPECT_EQ(bits(65520), 0x7c00);                // half a step above the largest: ties to even
  EXPECT_EQ(bits(std::ldexp(1.0, -24)), 0x0001); // smallest subnormal
  EXPECT_EQ(bits(std::ldexp(1.0, -25)), 0x0000); // tie to even
  EXPECT_EQ(bits(std::ldexp(1.5, -25)), 0x0001);
  EXPECT_EQ(bits(1 + std::ldexp(1.0, -11)), 0x3c00);
  EXPECT_EQ(bits(1 + std::ldexp(3.0, -11)), 0x3c02);
  EXPECT_EQ(bits(INFINITY), 0x7c00);
  EXPECT_EQ(bits(NAN) & 0x7fff, 0x7e00);
  EXPECT_EQ(bits(1e300), 0x7c00);
}

TEST(FloatFormat, BfloatByHand) {
  auto bits = [](double value) { return toFloatBits(FloatFormat::BF16, value); };
  EXPECT_EQ(bits(1.0), 0x3f80);
  EXPECT_EQ(bits(1 + std::ldexp(1.0, -8)), 0x3f80);
  EXPECT_EQ(bits(1 + std::ldexp(3.0, -8)), 0x3f82);
  EXPECT_EQ(bits(3.4028234663852886e38), 0x7f80); // the largest binary32 rounds up
  EXPECT_EQ(bits(std::ldexp(1.0, -133)), 0x0001);
}

// bfloat16 is the upper half of binary32.
TEST(FloatFormat, AllBfloats) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    uint32_t wide = bits << 16;
    float value;
    std::memcpy(&value, &wide, sizeof(value));
    float got = fromFloatBits(FloatFormat::BF16, uint16_t(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(got));
      continue;
    }
    ASSERT_EQ(value, got) << bits;
    ASSERT_EQ(toFloatBits(FloatFormat::BF16, value), bits);
  }
}

TEST(FloatFormat, AllHalves) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    int exponent = int(bits >> 10 & 31), fraction = int(bits & 1023);
    float got = fromFloatBits(FloatFormat::F16, uint16_t(bits));
    if (exponent == 31 && fraction) {
      EXPECT_TRUE(std::isnan(got));
      continue;
    }
    double magnitude = exponent == 31 ? INFINITY
                       : exponent     ? (1 + fraction / 1024.0) * std::pow(2.0, exponent - 15)
                                      : fraction / 1024.0 * std::pow(2.0, -14);
    ASSERT_EQ(got, bits & 0x8000 ? -magnitude : magnitude) << bits;
    ASSERT_EQ(toFloatBits(FloatFormat::F16, got), bits);
  }
}
