// SampleValuesTest.cpp - operators that read between elements, on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;

static Tensor square() { return floats({1, 1, 2, 2}, {1, 2, 3, 4}); }

TEST(SampleValuesTest, GridSampleKnowsItsBorders) {
  Importing import;
  // The corner of the image and its centre.
  auto out = import.run("g (float[1,1,2,2] x, float[1,1,2,2] p) => (float[1,1,1,2] z, float[1,1,1,2] b,"
                        " float[1,1,1,2] m, float[1,1,1,2] a) {"
                        " z = GridSample(x, p) b = GridSample<padding_mode = \"border\">(x, p)"
                        " m = GridSample<padding_mode = \"reflection\">(x, p)"
                        " a = GridSample<align_corners = 1>(x, p) }",
                        {square(), floats({1, 1, 2, 2}, {-1, -1, 0, 0})}, 16);
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0.25, 2.5})); // half an element outside in both dimensions
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 2.5}));
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{1, 2.5}));
  EXPECT_EQ(valuesOf<float>(out[3]), (Floats{1, 2.5}));
}

TEST(SampleValuesTest, GridSampleReadsNothingAtNaN) {
  Importing import;
  auto out = import.run("g (float[1,1,2,2] x, float[1,1,2,2] p) => (float[1,1,1,2] y) {"
                        " y = GridSample<mode = \"nearest\">(x, p) }",
                        {square(), floats({1, 1, 2, 2}, {NAN, 0.5, 0.5, 0.5})}, 16);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0, 4}));
}

TEST(SampleValuesTest, AffineGridCountsColumnsFromTheLastDimension) {
  Importing import;
  // x' = x + 10, y' = 100 y
  auto out = import.run("g (float[1,2,3] t) => (float[1,2,2,2] y) { s = Constant<value_ints = [1, 1, 2, 2]>()"
                        " y = AffineGrid<align_corners = 1>(t, s) }",
                        {floats({1, 2, 3}, {1, 0, 10, 0, 100, 0})}, 20);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{9, -100, 11, -100, 9, 100, 11, 100}));
}

TEST(SampleValuesTest, RoiAlignAveragesARampToItsMiddle) {
  Importing import;
  // Elements are their column: the mean of samples that lie symmetrically is the bin's middle, also with as many
  // samples as the bin asks for.
  auto out = import.run(
      "g (float[1,1,2,5] x, float[1,4] r, int64[1] b) => (float[1,1,1,2] y, float[1,1,1,2] z) {"
      " y = RoiAlign<output_width = 2, sampling_ratio = 2>(x, r, b)"
      " z = RoiAlign<output_width = 2>(x, r, b) }",
      {floats({1, 1, 2, 5}, {0, 1, 2, 3, 4, 0, 1, 2, 3, 4}), floats({1, 4}, {0, 0, 4, 1}), ints({1}, {0})}, 10);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 3}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 3}));
}

TEST(SampleValuesTest, RoiAlignOfAHugeRegionCountsWhatIsOutside) {
  Importing import;
  // 16 samples, one per element of the region; 2 of them lie on the image.
  auto out = import.run("g (float[1,1,1,2] x, float[1,4] r, int64[1] b) => (float[1,1,1,1] y) {"
                        " y = RoiAlign(x, r, b) }",
                        {floats({1, 1, 1, 2}, {8, 8}), floats({1, 4}, {-7.5, 0, 8.5, 1}), ints({1}, {0})}, 10);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NEAR(valuesOf<float>(out[0])[0], 8 * 4 / 16.0, 1e-5); // at -1, 0, 1 and 2, where the image's rim still counts
}

TEST(SampleValuesTest, MaxRoiPoolGivesZeroForEmptyBins) {
  Importing import;
  auto out = import.run("g (float[1,1,1,4] x, float[2,5] r) => (float[2,1,1,2] y) {"
                        " y = MaxRoiPool<pooled_shape = [1, 2]>(x, r) }",
                        {floats({1, 1, 1, 4}, {-1, -2, -3, -4}), floats({2, 5}, {0, 0, 0, 3, 0, 0, 9, 9, 9, 9})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-1, -3, 0, 0}));
}

TEST(SampleValuesTest, DeformedTapsStandBetweenElements) {
  Importing import;
  // One tap of weight 1, moved by half an element along the width; the last one half outside.
  auto out = import.run(
      "g (float[1,1,1,3] x, float[1,1,1,1] w, float[1,2,1,3] o) => (float[1,1,1,3] y) {"
      " y = DeformConv(x, w, o) }",
      {floats({1, 1, 1, 3}, {2, 4, 8}), floats({1, 1, 1, 1}, {1}), floats({1, 2, 1, 3}, {0, 0, 0, 0.5, 0.5, 0.5})}, 19);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{3, 6, 4}));
}

TEST(SampleValuesTest, WrongShapesAreNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1,1,2,2] x, float[1,1,2,3] p, float[1,1,1,1] w, float[1,3,2,2] o) =>"
                           " (float y, float z, float u) { y = GridSample(x, p) z = DeformConv(x, w, o)"
                           " u = GridSample<mode = \"sinc\">(x, p) }",
                           19));
  EXPECT_NE(import.messages.find("a grid of shape [1, 1, 2, 3] does not fit an input of shape [1, 1, 2, 2]"),
            std::string::npos);
  EXPECT_NE(import.messages.find("offsets have shape [1, 3, 2, 2]; expected [1, 2, 2, 2]"), std::string::npos);
  EXPECT_NE(import.messages.find("attribute 'mode' is 'sinc'; expected linear, nearest or cubic"), std::string::npos);
}

TEST(SampleValuesTest, ResizedIntegersAreRoundedAndStayInRange) {
  Importing import;
  // Linear: 10, 11.25, 13.75, 15 round to 10, 11, 14, 15. Cubic overshoots 255 and 0.
  auto out =
      import.run("g (int32[2] x, uint8[4] e) => (int32[4] y, uint8[8] z) { two = Constant<value_floats = [2.0]>()"
                 " y = Resize<mode = \"linear\">(x, , two) z = Resize<mode = \"cubic\">(e, , two) }",
                 {tensorOf(DType::I32, {2}, std::vector<int32_t>{10, 15}),
                  tensorOf(DType::U8, {4}, std::vector<uint8_t>{0, 0, 255, 255})},
                 13);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<int32_t>(out[0]), (std::vector<int32_t>{10, 11, 14, 15}));
  // Keys' weights (-0.75) at a quarter: -0.10546875, 0.87890625, 0.26171875, -0.03515625.
  EXPECT_EQ(valuesOf<uint8_t>(out[1]), (std::vector<uint8_t>{0, 0, 0, 58, 197, 255, 255, 255}));
}

// Known from the example of that version: scales of 0.6 over 1 .. 8 as [2, 4] give 1, 3.
TEST(SampleValuesTest, ResizeRoundsUpBeforeItsRoundingCouldBeChosen) {
  Importing import;
  auto out = import.run("g (float[1,1,2,4] x) => (float[1,1,1,2] y) {"
                        " s = Constant<value = float[4] {1.0, 1.0, 0.6, 0.6}>() y = Resize<mode = \"nearest\">(x, s) }",
                        {floats({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})}, 10);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 3}));
}
