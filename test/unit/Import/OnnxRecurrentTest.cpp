// OnnxRecurrentTest.cpp - values of recurrent operators on the host, expected by hand
//
// Identity functions (Affine with alpha 1 and beta 0) and small integers keep the arithmetic on paper.
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;

static Tensor lengths(const std::vector<int32_t> &values) {
  return tensorOf(DType::I32, {int64_t(values.size())}, values);
}

/// h' = 2 x + h
static const char *const sumCell = "activations = [\"Affine\"], activation_alpha = [1.0], activation_beta = [0.0]";

static std::string sumNetwork(const std::string &attributes) {
  return "g (float[3,1,1] x, float[1,1,1] w, float[1,1,1] r) => (float[3,1,1,1] y, float[1,1,1] h) {"
         " y, h = RNN<" +
         std::string(sumCell) + attributes + ">(x, w, r) }";
}

TEST(OnnxRecurrentTest, RnnCarriesItsState) {
  Importing import;
  auto out = import.run(sumNetwork(""), {floats({3, 1, 1}, {1, 2, 3}), floats({1, 1, 1}, {2}), floats({1, 1, 1}, {1})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{2, 6, 12}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{12}));
}

TEST(OnnxRecurrentTest, ReversePassEndsAtTheFirstStep) {
  Importing import;
  auto out = import.run(sumNetwork(", direction = \"reverse\""),
                        {floats({3, 1, 1}, {1, 2, 3}), floats({1, 1, 1}, {2}), floats({1, 1, 1}, {1})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{12, 10, 6}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{12}));
}

TEST(OnnxRecurrentTest, LengthsEndSequencesBothWays) {
  Importing import;
  auto out = import.run("g (float[3,2,1] x, float[2,1,1] w, float[2,1,1] r, int32[2] l) =>"
                        " (float[3,2,2,1] y, float[2,2,1] h) { y, h = RNN<direction = \"bidirectional\","
                        " activations = [\"Relu\", \"Relu\"]>(x, w, r, , l) }",
                        {floats({3, 2, 1}, {1, 10, 2, 20, 4, 40}), floats({2, 1, 1}, {1, 1}), floats({2, 1, 1}, {1, 1}),
                         lengths({2, 3})});
  ASSERT_EQ(out.size(), 2u);
  // [step][pass][sequence]
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 10, 3, 70, 3, 30, 2, 60, 0, 70, 0, 40}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{3, 70, 3, 70}));
}

TEST(OnnxRecurrentTest, LongSequencesGiveTheSameAsShortOnes) {
  Importing import;
  // 40 steps are a loop; batch in front; the second sequence ends after 25 steps.
  auto out = import.run("g (float[2,40,1] x, float[1,1,1] w, float[1,1,1] r, float[2,1,1] h0, int32[2] l) =>"
                        " (float[2,40,1,1] y, float[2,1,1] h) {"
                        " y, h = RNN<layout = 1, activations = [\"Relu\"]>(x, w, r, , l, h0) }",
                        {floats({2, 40, 1}, Floats(80, 1)), floats({1, 1, 1}, {1}), floats({1, 1, 1}, {1}),
                         floats({2, 1, 1}, {0, 100}), lengths({40, 25})});
  ASSERT_EQ(out.size(), 2u);
  Floats expected;
  for (int step = 1; step <= 40; ++step)
    expected.push_back(float(step));
  for (int step = 1; step <= 40; ++step)
    expected.push_back(step <= 25 ? float(100 + step) : 0);
  EXPECT_EQ(valuesOf<float>(out[0]), expected);
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{40, 125}));
}

TEST(OnnxRecurrentTest, GruResetsBeforeOrBehindTheProduct) {
  // z = 0.5, r = 3; candidate: 1 + r * h + 1 = 8, or 1 + r * (h + 1) = 10; h' = candidate / 2 + h / 2
  const std::string head = "g (float[1,1,1] x, float[1,3,1] w, float[1,3,1] r, float[1,6] b, float[1,1,1] h0) =>"
                           " (float[1,1,1] h) { y, h = GRU<activations = [\"Affine\", \"Affine\"],"
                           " activation_alpha = [1.0, 1.0], activation_beta = [0.0, 0.0], linear_before_reset = ";
  std::vector<Tensor> inputs = {floats({1, 1, 1}, {1}), floats({1, 3, 1}, {0.5, 3, 1}), floats({1, 3, 1}, {0, 0, 1}),
                                floats({1, 6}, {0, 0, 0, 0, 0, 1}), floats({1, 1, 1}, {2})};
  Importing before, behind;
  auto first = before.run(head + "0>(x, w, r, b, , h0) }", inputs);
  auto second = behind.run(head + "1>(x, w, r, b, , h0) }", inputs);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(valuesOf<float>(first[0]), (Floats{5}));
  EXPECT_EQ(valuesOf<float>(second[0]), (Floats{6}));
}

/// State and cell of an LSTM with gates i o f c = 1 2 3 4, peepholes of 1 and a cell of 1.
static Floats runLstm(const std::string &attributes) {
  Importing import;
  auto out = import.run("g (float[1,1,1] x, float[1,4,1] w, float[1,4,1] r, float[1,1,1] c0, float[1,3] p) =>"
                        " (float[1,1,1] h, float[1,1,1] c) { y, h, c = LSTM<"
                        "activations = [\"Affine\", \"Affine\", \"Affine\"], activation_alpha = [1.0, 1.0, 1.0],"
                        " activation_beta = [0.0, 0.0, 0.0]" +
                            attributes + ">(x, w, r, , , , c0, p) }",
                        {floats({1, 1, 1}, {1}), floats({1, 4, 1}, {1, 2, 3, 4}), floats({1, 4, 1}, {0, 0, 0, 0}),
                         floats({1, 1, 1}, {1}), floats({1, 3}, {1, 1, 1})});
  EXPECT_EQ(out.size(), 2u);
  return out.size() == 2 ? Floats{valuesOf<float>(out[0])[0], valuesOf<float>(out[1])[0]} : Floats();
}

TEST(OnnxRecurrentTest, LstmLooksThroughPeepholes) {
  // i = 1 + 1, f = 3 + 1, c = 4 * 1 + 2 * 4 = 12, o = 2 + 12
  EXPECT_EQ(runLstm(""), (Floats{168, 12}));
}

TEST(OnnxRecurrentTest, LstmCouplesItsForgetGate) {
  // i = 2, f = 1 - 2, c = -1 + 2 * 4 = 7, o = 2 + 7
  EXPECT_EQ(runLstm(", input_forget = 1"), (Floats{63, 7}));
}

TEST(OnnxRecurrentTest, LstmClipsItsGates) {
  // i = f = g = 2, c = 2 + 4, o = 2; the cell itself is not clipped
  EXPECT_EQ(runLstm(", clip = 2.0"), (Floats{12, 6}));
}

TEST(OnnxRecurrentTest, ReverseSequenceKeepsTheRest) {
  Importing import;
  auto out = import.run("g (float[2,3] x, int64[2] l) => (float[2,3] y) {"
                        " y = ReverseSequence<batch_axis = 0, time_axis = 1>(x, l) }",
                        {floats({2, 3}, {1, 2, 3, 4, 5, 6}), ints({2}, {2, 3})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{2, 1, 3, 6, 5, 4}));
}

TEST(OnnxRecurrentTest, ShapesThatDoNotFitAreNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[3,2,4] x, float[1,20,4] w, float[1,20,6] r) => (float[1,2,6] h) {"
                           " y, h = LSTM(x, w, r) }"));
  EXPECT_NE(import.messages.find("the weights have shape [1, 20, 4]; expected [1, 24, 4] for input of shape [3, 2, 4]"),
            std::string::npos)
      << import.messages;
}

TEST(OnnxRecurrentTest, UnknownActivationsAreNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1,1,1] x, float[1,1,1] w, float[1,1,1] r) => (float[1,1,1] h) {"
                           " y, h = RNN<activations = [\"Swish\"]>(x, w, r) }"));
  EXPECT_NE(import.messages.find("activation 'Swish' is unknown"), std::string::npos) << import.messages;
}
