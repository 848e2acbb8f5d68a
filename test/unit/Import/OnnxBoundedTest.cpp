// OnnxBoundedTest.cpp - operators over what is there of a tensor, on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

static Tensor flags(const std::vector<uint8_t> &values) {
  return tensorOf(DType::Bool, {int64_t(values.size())}, values);
}

/// Runs nodes over `v`, the elements -4, -2, -3 of five.
static std::vector<Tensor> runOnThree(const std::string &outputs, const std::string &nodes, int opset = 18) {
  Importing import;
  return import.run("g (float[5] x, bool[5] c) => (" + outputs + ") { v = Compress(x, c)" + nodes + " }",
                    {floats({5}, {-4, 9, -2, -3, 8}), flags({1, 0, 1, 1, 0})}, opset);
}

static void expectNear(const Tensor &tensor, const Floats &expected) {
  ASSERT_EQ(tensor.numElements(), int64_t(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(tensor.data<float>()[i], expected[i], 1e-5) << "element " << i;
}

TEST(OnnxBoundedTest, ReductionsSeeOnlyWhatIsThere) {
  struct {
    const char *op;
    float expected;
  } cases[] = {{"ReduceSum", -9},       {"ReduceMean", -3},       {"ReduceMax", -2},
               {"ReduceMin", -4},       {"ReduceProd", -24},      {"ReduceL1", 9},
               {"ReduceSumSquare", 29}, {"ReduceL2", 5.3851648f}, {"ReduceLogSumExp", -1.5923940f}};
  for (const auto &one : cases) {
    auto out = runOnThree("float y", std::string(" y = ") + one.op + "<keepdims = 0>(v)");
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].shape, Ints());
    EXPECT_NEAR(out[0].data<float>()[0], one.expected, 1e-5) << one.op;
  }
}

TEST(OnnxBoundedTest, OtherDimensionsKeepTheirBounds) {
  // Columns of indices: (0, 1), (1, 0), (1, 2).
  Importing import;
  auto out = import.run("g (float[2,3] x) => (int64[n] y, int64[2] z) { i = NonZero(x)"
                        " rows = Constant<value_ints = [0]>() columns = Constant<value_ints = [1]>()"
                        " y = ReduceSum<keepdims = 0>(i, rows) z = ReduceSum<keepdims = 0>(i, columns) }",
                        {floats({2, 3}, {0, 5, 0, 1, 0, 2})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{1, 1, 3}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{2, 3}));
}

TEST(OnnxBoundedTest, SearchesAndOrdersFindWhatIsThere) {
  auto out = runOnThree("int64[1] a, int64[1] l, float[2] t, float[n] s",
                        " zero = Constant<value_float = 0.0>() two = Constant<value_ints = [2]>()"
                        " a = ArgMax(v) e = Mul(v, zero) l = ArgMax<select_last_index = 1>(e)"
                        " t, i = TopK(v, two) r = Softmax(v) h = Hardmax(v) s = Add(h, h)");
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(valuesOf<int64_t>(out[0]), (Ints{1}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{2}));
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{-2, -3}));
  EXPECT_EQ(valuesOf<float>(out[3]), (Floats{0, 2, 0}));
}

TEST(OnnxBoundedTest, SoftmaxSharesAmongWhatIsThere) {
  auto out = runOnThree("float[n] y", " z = Constant<value_float = 0.0>() e = Mul(v, z) y = Softmax(e)");
  ASSERT_EQ(out.size(), 1u);
  expectNear(out[0], Floats(3, 1 / 3.0f));
}

TEST(OnnxBoundedTest, ProductsSumOverWhatIsThere) {
  auto out = runOnThree("float y, float[n,n] o", " y = MatMul(v, v) a = Constant<value_ints = [1]>()"
                                                 " k = Unsqueeze(v, a) b = Constant<value_ints = [0]>()"
                                                 " r = Unsqueeze(v, b) o = MatMul(k, r)");
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{29}));
  EXPECT_EQ(out[1].shape, (Ints{3, 3}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{16, 8, 12, 8, 4, 6, 12, 6, 9}));
}

TEST(OnnxBoundedTest, FactorsOfFixedExtentDoNotFit) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[5] x, bool[5] c, float[5] w) => (float y) { v = Compress(x, c)"
                           " y = MatMul(v, w) }"));
  EXPECT_NE(import.messages.find("dimension 0 of input 'v' has; the other factor always has all of them"),
            std::string::npos)
      << import.messages;
}

TEST(OnnxBoundedTest, IndicesCountFromTheEndOfWhatIsThere) {
  auto out = runOnThree("float[2] y", " i = Constant<value_ints = [-1, 0]>() y = Gather(v, i)");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-3, -4}));
}

TEST(OnnxBoundedTest, RunningSumsBeginAtTheEndOfWhatIsThere) {
  auto out = runOnThree("float[n] y", " a = Constant<value_int = 0>() y = CumSum<reverse = 1>(v, a)");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-9, -5, -3}));
}

TEST(OnnxBoundedTest, CapacitiesAreCheckedWhereverTheTensorEnds) {
  // 0 + 1 + 2 is delivered; of six numbers, five would be summed.
  const char *model = "g (int64 n) => (int64[1] y) { zero = Constant<value_int = 0>() one = Constant<value_int = 1>()"
                      " r = Range(zero, n, one) y = ReduceSum(r) }";
  Importing import;
  import.options.capacities["r"] = 5;
  auto module = import.text(model);
  ASSERT_TRUE(module) << import.messages;
  auto out = host::executeOnHost(*module, "main", {ints({}, {3})});
  ASSERT_TRUE(mlir::succeeded(out)) << import.messages;
  EXPECT_EQ(valuesOf<int64_t>((*out)[0]), (Ints{3}));
  EXPECT_TRUE(mlir::failed(host::executeOnHost(*module, "main", {ints({}, {6})})));
  EXPECT_NE(import.messages.find("expected at most its capacity"), std::string::npos) << import.messages;
}
