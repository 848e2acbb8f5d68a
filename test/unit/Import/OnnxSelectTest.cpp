// OnnxSelectTest.cpp - values of which data decides how many there are, on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

static Tensor flags(const std::vector<uint8_t> &values) {
  return tensorOf(DType::Bool, {int64_t(values.size())}, values);
}

TEST(OnnxSelectTest, NonZeroHasItsTrueShape) {
  Importing import;
  auto out = import.run("g (float[2,3] x) => (int64[2,n] y) { y = NonZero(x) }", {floats({2, 3}, {0, 5, 0, -1, 0, 2})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].shape, (Ints{2, 3}));
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{0, 1, 1, 1, 0, 2}));
}

TEST(OnnxSelectTest, NothingAndEverythingAreSelected) {
  Importing none, all;
  const char *model = "g (float[3] x, bool[3] c) => (float[n] y) { y = Compress(x, c) }";
  auto nothing = none.run(model, {floats({3}, {1, 2, 3}), flags({0, 0, 0})});
  ASSERT_EQ(nothing.size(), 1u);
  EXPECT_EQ(nothing[0].shape, (Ints{0}));
  auto everything = all.run(model, {floats({3}, {1, 2, 3}), flags({1, 1, 1})});
  ASSERT_EQ(everything.size(), 1u);
  EXPECT_EQ(valuesOf<float>(everything[0]), (Floats{1, 2, 3}));
}

TEST(OnnxSelectTest, ShortConditionsLeaveTheRestOut) {
  Importing import;
  auto out = import.run("g (float[2,3] x, bool[2] c) => (float[2,n] y) { y = Compress<axis = -1>(x, c) }",
                        {floats({2, 3}, {1, 2, 3, 4, 5, 6}), flags({0, 1})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].shape, (Ints{2, 1}));
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{2, 5}));
}

TEST(OnnxSelectTest, OperatorsPassBoundsOn) {
  // The usual x[x > 1] * 10 of exporters, and its number of elements.
  Importing import;
  auto out = import.run("g (float[2,2] x) => (float[n] y, int64[1] s, int64 e, float[n,1] z) {"
                        " one = Constant<value_float = 1.0>() ten = Constant<value_float = 10.0>()"
                        " axes = Constant<value_ints = [1]>()"
                        " c = Greater(x, one) i = NonZero(c) t = Transpose<perm = [1, 0]>(i) v = GatherND(x, t)"
                        " y = Mul(v, ten) s = Shape(y) e = Size(t) z = Unsqueeze(y, axes) }",
                        {floats({2, 2}, {2, 1, 0, 3})});
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{20, 30}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{2}));
  EXPECT_EQ(valuesOf<int64_t>(out[2]), (Ints{4}));
  EXPECT_EQ(out[3].shape, (Ints{2, 1}));
}

TEST(OnnxSelectTest, RowsThatAreFlattenedCountAllTheirElements) {
  Importing import;
  auto out = import.run("g (float[3,2] x, bool[3] c) => (float[n] y) { r = Compress<axis = 0>(x, c)"
                        " all = Constant<value_ints = [-1]>() y = Reshape(r, all) }",
                        {floats({3, 2}, {1, 2, 3, 4, 5, 6}), flags({1, 0, 1})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 2, 5, 6}));
}

TEST(OnnxSelectTest, KnownCountsMakeStaticShapes) {
  // The sum needs all of them, which is no problem when they are known.
  Importing import;
  auto out = import.run("g (int64[1] x) => (int64[1] y) { c = Constant<value_ints = [4, 0, 5]>()"
                        " i = NonZero(c) s = ReduceSum<keepdims = 0>(i) y = Add(x, s) }",
                        {ints({1}, {100})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{102}));
}

TEST(OnnxSelectTest, OtherOperatorsSayWhichDimension) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[2,3] x) => (int64[2,n] y) { i = NonZero(x) y = Trilu(i) }"));
  EXPECT_TRUE(mentions(import,
                       "data decides how many of at most 6 positions dimension 1 of input 'i' has; the operator "
                       "needs all of them"))
      << import.messages;
}

TEST(OnnxSelectTest, DifferentCountsDoNotMeet) {
  Importing import;
  EXPECT_FALSE(
      import.text("g (float[4] x, float[4] z) => (int64[1,n] y) { a = NonZero(x) b = NonZero(z) y = Add(a, b) }"));
  EXPECT_TRUE(mentions(import, "another input has another number of them")) << import.messages;
  Importing fixed;
  EXPECT_FALSE(fixed.text("g (float[4] x, int64[1,4] z) => (int64[1,n] y) { a = NonZero(x) y = Add(a, z) }"));
  EXPECT_TRUE(mentions(fixed, "input 'z' always has 4")) << fixed.messages;
}

TEST(OnnxSelectTest, UniqueGivesAllItsResults) {
  Importing import;
  auto out = import.run("g (float[6] x) => (float[n] y, int64[n] i, int64[6] r, int64[n] c) {"
                        " y, i, r, c = Unique(x) }",
                        {floats({6}, {2, 1, 1, 3, 4, 3})});
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{1, 0, 3, 4}));
  EXPECT_EQ(valuesOf<int64_t>(out[2]), (Ints{1, 0, 0, 2, 3, 2}));
  EXPECT_EQ(valuesOf<int64_t>(out[3]), (Ints{2, 1, 2, 1}));
}

TEST(OnnxSelectTest, TopKTakesAsManyAsDataSays) {
  Importing import;
  auto out = import.run("g (float[2,4] x, int64[1] k) => (float[2,n] y, int64[2,n] i) { y, i = TopK(x, k) }",
                        {floats({2, 4}, {1, 4, 3, 2, 8, 5, 6, 7}), ints({1}, {2})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].shape, (Ints{2, 2}));
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{4, 3, 8, 7}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{1, 2, 0, 3}));
}

TEST(OnnxSelectTest, RangesNeedACapacity) {
  const char *model = "g (int64 a, int64 b, int64 d) => (int64[n] y) { y = Range(a, b, d) }";
  Importing import;
  EXPECT_FALSE(import.text(model));
  EXPECT_TRUE(mentions(import, "bound it by --capacity y=N")) << import.messages;
  struct {
    int64_t start, limit, delta;
    Ints expected;
  } cases[] = {{1, 8, 3, {1, 4, 7}}, {1, 7, 3, {1, 4}}, {5, -2, -3, {5, 2, -1}}, {5, -1, -3, {5, 2}}, {3, 1, 1, {}}};
  for (const auto &one : cases) {
    Importing bounded;
    bounded.options.capacities["y"] = 5;
    auto out = bounded.run(model, {ints({}, {one.start}), ints({}, {one.limit}), ints({}, {one.delta})});
    ASSERT_EQ(out.size(), 1u) << bounded.messages;
    EXPECT_EQ(valuesOf<int64_t>(out[0]), one.expected);
  }
  // More than the capacity, and no end.
  for (int64_t delta : {1, 0}) {
    Importing bounded;
    bounded.options.capacities["y"] = 5;
    auto module = bounded.text(model);
    ASSERT_TRUE(module) << bounded.messages;
    EXPECT_TRUE(mlir::failed(host::executeOnHost(*module, "main", {ints({}, {0}), ints({}, {6}), ints({}, {delta})})));
    EXPECT_TRUE(mentions(bounded, "expected at most its capacity 5")) << bounded.messages;
  }
}

TEST(OnnxSelectTest, NonMaxSuppressionTakesItsLimitFromData) {
  // Three boxes that are far apart, one class; at most two per class.
  Importing import;
  auto out = import.run("g (float[1,3,4] boxes, float[1,1,3] scores, int64 most) => (int64[n,3] y) {"
                        " y = NonMaxSuppression(boxes, scores, most) }",
                        {floats({1, 3, 4}, {0, 0, 1, 1, 5, 5, 6, 6, 9, 9, 10, 10}),
                         floats({1, 1, 3}, {0.5f, 0.9f, 0.7f}), ints({}, {2})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].shape, (Ints{2, 3}));
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{0, 0, 1, 0, 0, 2}));
}
