// SignalValuesTest.cpp - Fourier transforms, windows and filters on the host, expected by hand
#include "ImportText.h"

#include <cmath>

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;

static void expectNear(const Tensor &tensor, const Floats &expected, double tolerance = 1e-5) {
  ASSERT_EQ(tensor.numElements(), int64_t(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(tensor.data<float>()[i], expected[i], tolerance) << "element " << i;
}

TEST(SignalValuesTest, TransformsOfFourSamples) {
  Importing import;
  auto out = import.run("g (float[1,4,1] x) => (float[1,4,2] y, float[1,3,2] h) {"
                        " y = DFT(x) h = DFT<onesided = 1>(x) }",
                        {floats({1, 4, 1}, {1, 2, 3, 5})});
  ASSERT_EQ(out.size(), 2u);
  expectNear(out[0], {11, 0, -2, 3, -3, 0, -2, -3});
  expectNear(out[1], {11, 0, -2, 3, -3, 0});
}

TEST(SignalValuesTest, InverseTransformOfHalfASpectrumIsReal) {
  Importing import;
  auto out = import.run("g (float[1,3,2] y) => (float[1,4,1] x) { x = DFT<onesided = 1, inverse = 1>(y) }",
                        {floats({1, 3, 2}, {11, 0, -2, 3, -3, 0})});
  ASSERT_EQ(out.size(), 1u);
  expectNear(out[0], {1, 2, 3, 5});
}

TEST(SignalValuesTest, LengthCutsOrFillsUp) {
  Importing import;
  auto out = import.run("g (float[1,3,1] x) => (float[1,2,2] y, float[1,4,2] z) {"
                        " a = Constant<value_int = 2>() b = Constant<value_int = 4>() c = Constant<value_int = 1>()"
                        " y = DFT(x, a, c) z = DFT(x, b, c) }",
                        {floats({1, 3, 1}, {1, 2, 3})}, 20);
  ASSERT_EQ(out.size(), 2u);
  expectNear(out[0], {3, 0, -1, 0});
  expectNear(out[1], {6, 0, -2, -2, 2, 0, -2, 2});
}

/// A cosine of frequency 3 has two peaks, also where the transform is split (360), prime (67) or looked up (211).
TEST(SignalValuesTest, LongTransformsFindTheFrequency) {
  for (int length : {67, 211, 360}) {
    Importing import;
    Floats wave, expected;
    for (int i = 0; i < length; ++i) {
      wave.push_back(std::cos(2 * M_PI * 3 * i / length));
      expected.push_back(i == 3 || i == length - 3 ? length / 2.0f : 0);
      expected.push_back(0);
    }
    std::string n = std::to_string(length);
    auto out = import.run("g (float[1," + n + ",1] x) => (float[1," + n + ",2] y) { y = DFT(x) }",
                          {floats({1, length, 1}, wave)});
    ASSERT_EQ(out.size(), 1u);
    expectNear(out[0], expected, 1e-3);
  }
}

TEST(SignalValuesTest, FramesAreWindowed) {
  Importing import;
  auto out = import.run("g (float[1,4,1] x) => (float[1,2,2,2] y) { s = Constant<value_int = 2>()"
                        " w = Constant<value_floats = [1.0, 10.0]>() y = STFT(x, s, w) }",
                        {floats({1, 4, 1}, {1, 2, 3, 4})});
  ASSERT_EQ(out.size(), 1u);
  expectNear(out[0], {21, 0, -19, 0, 43, 0, -37, 0});
}

TEST(SignalValuesTest, WindowsHaveTheirShape) {
  Importing import;
  auto out = import.run("g () => (float[4] p, float[3] s, float[1] o, float[3] b) {"
                        " four = Constant<value_int = 4>() three = Constant<value_int = 3>()"
                        " one = Constant<value_int = 1>() p = HannWindow(four) s = HannWindow<periodic = 0>(three)"
                        " o = HammingWindow<periodic = 0>(one) b = BlackmanWindow<periodic = 0>(three) }",
                        {});
  ASSERT_EQ(out.size(), 4u);
  expectNear(out[0], {0, 0.5, 1, 0.5});
  expectNear(out[1], {0, 1, 0});
  expectNear(out[2], {1});
  expectNear(out[3], {0, 1, 0});
}

TEST(SignalValuesTest, WrongRequestsAreNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1,4,3] x, float[1,4,1] s) => (float y, float z, float w) {"
                           " y = DFT(x) f = Constant<value_int = 8>() o = Constant<value_int = 1>()"
                           " z = STFT(s, o, , f) m = Constant<value_int = -1>() w = HannWindow(m) }"));
  EXPECT_NE(import.messages.find("expected real and imaginary parts in the last dimension"), std::string::npos);
  EXPECT_NE(import.messages.find("frames of length 8 and step 1 cannot be cut from a signal of shape [1, 4, 1]"),
            std::string::npos);
  EXPECT_NE(import.messages.find("size is -1; expected 0 to"), std::string::npos);
}
