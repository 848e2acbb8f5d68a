// OnnxShapesTest.cpp - shapes and positions that data decides, on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

static const Tensor zeroToFive = floats({2, 3}, {0, 1, 2, 3, 4, 5});

TEST(OnnxShapesTest, SlicesRunBetweenComputedPositions) {
  struct {
    int64_t start, end, step;
    Ints expected;
  } cases[] = {{1, 4, 1, {1, 2, 3}},      {-2, INT64_MAX, 1, {3, 4}}, {4, INT64_MIN, -2, {4, 2, 0}},
               {-1, 0, -1, {4, 3, 2, 1}}, {-100, 100, 3, {0, 3}},     {3, 2, 1, {}},
               {0, 5, INT64_MAX, {0}}};
  for (const auto &one : cases) {
    Importing import;
    auto out =
        import.run("g (int64[5] x, int64[1] s, int64[1] e, int64[1] t) => (int64[n] y) {"
                   " a = Constant<value_ints = [0]>() y = Slice(x, s, e, a, t) }",
                   {ints({5}, {0, 1, 2, 3, 4}), ints({1}, {one.start}), ints({1}, {one.end}), ints({1}, {one.step})});
    ASSERT_EQ(out.size(), 1u) << import.messages;
    EXPECT_EQ(out[0].shape, (Ints{int64_t(one.expected.size())}));
    EXPECT_EQ(valuesOf<int64_t>(out[0]), one.expected);
  }
}

TEST(OnnxShapesTest, EqualSlicesHaveEqualExtents) {
  Importing import;
  auto out = import.run("g (float[4] x, float[4] z, int64[1] e) => (float[n] y) { s = Constant<value_ints = [1]>()"
                        " p = Slice(x, s, e) q = Slice(z, s, e) y = Add(p, q) }",
                        {floats({4}, {1, 2, 3, 4}), floats({4}, {10, 20, 30, 40}), ints({1}, {3})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{22, 33}));
  Importing different;
  EXPECT_FALSE(different.text("g (float[4] x, int64[1] e, int64[1] f) => (float[n] y) {"
                              " s = Constant<value_ints = [1]>()"
                              " p = Slice(x, s, e) q = Slice(x, s, f) y = Add(p, q) }"));
  EXPECT_TRUE(mentions(different, "another input has another number of them")) << different.messages;
}

TEST(OnnxShapesTest, OneExtentOfReshapeFollowsFromTheOthers) {
  Importing import;
  auto out = import.run("g (float[2,3] x, int64[1] n) => (float[n,2] y, int64[2] t) {"
                        " two = Constant<value_ints = [2]>() s = Concat<axis = 0>(n, two) y = Reshape(x, s)"
                        " t = Shape(y) }",
                        {zeroToFive, ints({1}, {-1})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].shape, (Ints{3, 2}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{3, 2}));
}

TEST(OnnxShapesTest, ReshapeTakesItsWholeShapeFromData) {
  for (Ints shape : {Ints{3, 2}, Ints{-1, 2}, Ints{0, -1}, Ints{6, 1}}) {
    Importing import;
    auto out = import.run("g (float[2,3] x, int64[2] s) => (float[n,m] y) { y = Reshape(x, s) }",
                          {zeroToFive, ints({2}, shape)});
    ASSERT_EQ(out.size(), 1u) << import.messages;
    int64_t rows = shape[0] == 0 ? 2 : shape[0] == -1 ? 3 : shape[0];
    EXPECT_EQ(out[0].shape, (Ints{rows, 6 / rows}));
    EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0, 1, 2, 3, 4, 5}));
  }
}

TEST(OnnxShapesTest, ReshapeOfWhatIsThere) {
  // The second row of indices moves up behind the first one.
  Importing import;
  auto out = import.run("g (float[2,3] x) => (int64[n] y) { i = NonZero(x) all = Constant<value_ints = [-1]>()"
                        " y = Reshape(i, all) }",
                        {floats({2, 3}, {0, 5, 0, 0, 0, 2})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{0, 1, 1, 2}));
}

TEST(OnnxShapesTest, ExtentsThatCouldBeAnythingNeedACapacity) {
  const char *model = "g (float[1] x, int64[2] s) => (float[n,m] y) { y = Expand(x, s) }";
  Importing import;
  EXPECT_FALSE(import.text(model));
  EXPECT_TRUE(mentions(import, "data decides how many positions dimension 0 of 'y' has; bound it by --capacity y=N"))
      << import.messages;
  Importing bounded;
  bounded.options.capacities["y"] = 4;
  auto out = bounded.run(model, {floats({1}, {7}), ints({2}, {2, 3})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].shape, (Ints{2, 3}));
  EXPECT_EQ(valuesOf<float>(out[0]), Floats(6, 7));
}

TEST(OnnxShapesTest, CapacitiesFollowFromHowExtentsAreComputed) {
  // As many as there are elements that are not 0; at most 3 repeats.
  Importing import;
  auto out = import.run("g (float[4] x, int64[1] k) => (float[n] f, float[m] t, int64[n] r) {"
                        " one = Constant<value_ints = [1]>() three = Constant<value_ints = [3]>()"
                        " zero = Constant<value_int = 0>() step = Constant<value_int = 1>()"
                        " i = NonZero(x) s = Shape(i) n = Gather(s, one) f = ConstantOfShape(n)"
                        " most = Min(k, three) some = Max(most, one) t = Tile(x, some)"
                        " e = Squeeze(n) r = Range(zero, e, step) }",
                        {floats({4}, {1, 0, 2, 3}), ints({1}, {2})});
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0, 0, 0}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 0, 2, 3, 1, 0, 2, 3}));
  EXPECT_EQ(valuesOf<int64_t>(out[2]), (Ints{0, 1, 2}));
}

TEST(OnnxShapesTest, PadsByNumbersFromData) {
  Importing import;
  auto out = import.run("g (float[3] x, int64[2] p) => (float[n] c, float[n] e, float[n] r) {"
                        " low = Constant<value_int = -1>() high = Constant<value_int = 2>()"
                        " a = Min(p, high) q = Max(a, low) c = Pad(x, q) e = Pad<mode = \"edge\">(x, q)"
                        " r = Pad<mode = \"reflect\">(x, q) }",
                        {floats({3}, {1, 2, 3}), ints({2}, {2, -1})});
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0, 0, 1, 2}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 1, 1, 2}));
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{3, 2, 1, 2}));
}

TEST(OnnxShapesTest, SplitsWhereDataSays) {
  Importing import;
  auto out = import.run("g (float[5] x, int64[2] s) => (float[n] a, float[m] b) { a, b = Split(x, s) }",
                        {floats({5}, {1, 2, 3, 4, 5}), ints({2}, {1, 4})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{2, 3, 4, 5}));
}

TEST(OnnxShapesTest, JoinsWhatIsThere) {
  Importing import;
  auto out = import.run(
      "g (float[3] x, bool[3] c, float[2] z) => (float[n] y) { v = Compress(x, c)"
      " y = Concat<axis = 0>(v, z, v) }",
      {floats({3}, {1, 2, 3}), tensorOf(DType::Bool, {3}, std::vector<uint8_t>{1, 0, 1}), floats({2}, {8, 9})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 3, 8, 9, 1, 3}));
}

TEST(OnnxShapesTest, WhatIsNotThereDividesNothing) {
  Importing import;
  auto out =
      import.run("g (int64[3] x, bool[3] c, int64[1] z) => (int64[n] y) { v = Compress(x, c) y = Div(z, v) }",
                 {ints({3}, {5, 2, 0}), tensorOf(DType::Bool, {3}, std::vector<uint8_t>{1, 1, 0}), ints({1}, {10})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{2, 5}));
}
