// OnnxValuesTest.cpp - values of small models on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

static void expectNear(const Tensor &tensor, const Floats &expected) {
  ASSERT_EQ(tensor.numElements(), int64_t(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(tensor.data<float>()[i], expected[i], 1e-5) << "element " << i;
}

TEST(OnnxValuesTest, GemmTransposesAndScales) {
  Importing import;
  auto out = import.run("g (float[1,2] x, float[2,2] w, float[2] b) => (float[1,2] y) {"
                        " y = Gemm<transB = 1, alpha = 2.0, beta = 3.0>(x, w, b) }",
                        {floats({1, 2}, {1, 2}), floats({2, 2}, {1, 0, 3, 4}), floats({2}, {1, -1})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{5, 19}));
}

TEST(OnnxValuesTest, ConvolutionPadsAndStrides) {
  Importing import;
  auto out = import.run("g (float[1,1,3,3] x, float[1,1,3,3] w) => (float[1,1,2,2] y) {"
                        " y = Conv<pads = [1,1,1,1], strides = [2,2]>(x, w) }",
                        {floats({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}), floats({1, 1, 3, 3}, Floats(9, 1))});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{12, 16, 24, 28}));
}

TEST(OnnxValuesTest, TransposedConvolutionSpreads) {
  Importing import;
  auto out =
      import.run("g (float[1,1,2] x, float[1,1,3] w) => (float[1,1,5] y) { y = ConvTranspose<strides = [2]>(x, w) }",
                 {floats({1, 1, 2}, {1, 10}), floats({1, 1, 3}, {1, 2, 3})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 2, 13, 20, 30}));
}

TEST(OnnxValuesTest, AveragePoolCountsOnlyWhatIsThere) {
  Importing import;
  auto out = import.run("g (float[1,1,3] x) => (float[1,1,3] y, float[1,1,3] z) {"
                        " y = AveragePool<kernel_shape = [3], pads = [1,1]>(x)"
                        " z = AveragePool<kernel_shape = [3], pads = [1,1], count_include_pad = 1>(x) }",
                        {floats({1, 1, 3}, {3, 6, 9})});
  ASSERT_EQ(out.size(), 2u);
  expectNear(out[0], {4.5, 6, 7.5});
  expectNear(out[1], {3, 6, 5});
}

TEST(OnnxValuesTest, SoftmaxBefore13TakesAllTrailingDimensions) {
  const char *body = "g (float[1,2,2] x) => (float[1,2,2] y) { y = Softmax(x) }";
  Importing old, current;
  Tensor zeros = floats({1, 2, 2}, {0, 0, 0, 0});
  auto before = old.run(body, {zeros}, 11), since = current.run(body, {zeros}, 13);
  ASSERT_EQ(before.size(), 1u);
  ASSERT_EQ(since.size(), 1u);
  expectNear(before[0], Floats(4, 0.25));
  expectNear(since[0], Floats(4, 0.5));
}

TEST(OnnxValuesTest, LayerNormalizationCentresRows) {
  Importing import;
  auto out = import.run("g (float[1,2] x, float[2] s, float[2] b) => (float[1,2] y, float[1,1] m) {"
                        " y, m = LayerNormalization<epsilon = 0.0>(x, s, b) }",
                        {floats({1, 2}, {1, 3}), floats({2}, {10, 20}), floats({2}, {1, 2})});
  ASSERT_EQ(out.size(), 2u);
  expectNear(out[0], {-9, 22});
  expectNear(out[1], {2});
}

TEST(OnnxValuesTest, GatherCountsFromTheEnd) {
  Importing import;
  auto out = import.run("g (float[3,2] x, int64[2] i) => (float[2,2] y) { y = Gather(x, i) }",
                        {floats({3, 2}, {0, 1, 2, 3, 4, 5}), ints({2}, {-1, 0})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{4, 5, 0, 1}));
}

TEST(OnnxValuesTest, ScatterKeepsTheLastUpdateAndAdds) {
  Importing import;
  auto out = import.run("g (float[4] x, int64[3] i, float[3] u) => (float[4] y, float[4] z) {"
                        " y = ScatterElements(x, i, u)"
                        " z = ScatterElements<reduction = \"add\">(x, i, u) }",
                        {floats({4}, {1, 2, 3, 4}), ints({3}, {1, 3, 1}), floats({3}, {10, 20, 30})}, 18);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 30, 3, 20}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 42, 3, 24}));
}

TEST(OnnxValuesTest, TopKOrdersAndKeepsFirstOfEqual) {
  Importing import;
  auto out = import.run("g (float[5] x) => (float[3] v, int64[3] i) {"
                        " k = Constant<value_ints = [3]>() v, i = TopK(x, k) }",
                        {floats({5}, {2, 9, 4, 9, 1})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{9, 9, 4}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{1, 3, 2}));
}

TEST(OnnxValuesTest, PadsByReflectionEdgeAndWrap) {
  Importing import;
  auto out = import.run("g (float[3] x) => (float[8] r, float[5] e, float[6] w) {"
                        " p = Constant<value_ints = [3, 2]>() r = Pad<mode = \"reflect\">(x, p)"
                        " q = Constant<value_ints = [1, 1]>() e = Pad<mode = \"edge\">(x, q)"
                        " o = Constant<value_ints = [2, 1]>() w = Pad<mode = \"wrap\">(x, o) }",
                        {floats({3}, {1, 2, 3})}, 19);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{2, 3, 2, 1, 2, 3, 2, 1}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 1, 2, 3, 3}));
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{2, 3, 1, 2, 3, 1}));
}

TEST(OnnxValuesTest, UnsignedDivisionComparisonAndMod) {
  Importing import;
  auto bytes = [](std::vector<uint8_t> values) { return tensorOf(DType::U8, {2}, values); };
  auto out = import.run("g (uint8[2] x, uint8[2] y) => (uint8[2] q, bool[2] l) { q = Div(x, y) l = Less(x, y) }",
                        {bytes({200, 7}), bytes({3, 250})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<uint8_t>(out[0]), (std::vector<uint8_t>{66, 0}));
  EXPECT_EQ(valuesOf<uint8_t>(out[1]), (std::vector<uint8_t>{0, 1}));
}

TEST(OnnxValuesTest, ClipOfVersion6TakesAttributes) {
  Importing import;
  auto out = import.run("g (float[3] x) => (float[3] y) { y = Clip<min = -1.0, max = 2.0>(x) }",
                        {floats({3}, {-5, 0, 5})}, 10);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-1, 0, 2}));
}

TEST(OnnxValuesTest, CumulativeSumsRunBothWays) {
  Importing import;
  auto out = import.run("g (float[3] x) => (float[3] y, float[3] z) { a = Constant<value_int = 0>()"
                        " y = CumSum(x, a) z = CumSum<exclusive = 1, reverse = 1>(x, a) }",
                        {floats({3}, {1, 2, 4})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 3, 7}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{6, 4, 0}));
}

TEST(OnnxValuesTest, QuantisesAndBack) {
  Importing import;
  auto out =
      import.run("g (float[4] x, float s, uint8 z) => (float[4] y) {"
                 " q = QuantizeLinear(x, s, z) y = DequantizeLinear(q, s, z) }",
                 {floats({4}, {-100, 0.6f, 1, 1000}), floats({}, {0.5}), tensorOf<uint8_t>(DType::U8, {}, {10})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-5, 0.5, 1, 122.5}));
}

TEST(OnnxValuesTest, LossesAreExpandedByTheirDefinition) {
  Importing import;
  auto out = import.run("g (float[2,2] x, int64[2] t) => (float y) {"
                        " y = NegativeLogLikelihoodLoss<reduction = \"sum\">(x, t) }",
                        {floats({2, 2}, {-1, -2, -3, -4}), ints({2}, {0, 1})}, 13);
  ASSERT_EQ(out.size(), 1u);
  expectNear(out[0], {5});
}

TEST(OnnxValuesTest, UnsignedNumbersShrinkFromAboveOnly) {
  Importing import;
  auto out = import.run("g (uint8[4] x) => (uint8[4] y) { y = Shrink<lambd = 1.5, bias = 1.0>(x) }",
                        {tensorOf(DType::U8, {4}, std::vector<uint8_t>{0, 1, 2, 255})}, 9);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<uint8_t>(out[0]), (std::vector<uint8_t>{0, 0, 1, 254}));
}
