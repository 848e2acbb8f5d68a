// UnpoolValuesTest.cpp - from windows back to images, and n-grams, on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;

TEST(UnpoolValuesTest, ColumnsAddUpWhereWindowsOverlap) {
  Importing import;
  // Windows of 2 at 0, 1, 2 of 4 elements; with stride 2, a pad and a hole at 0, 2 of 3.
  auto out = import.run("g (float[1,2,3] x, float[1,2,2] z) => (float[1,1,4] y, float[1,1,3] w) {"
                        " i = Constant<value_ints = [4]>() k = Constant<value_ints = [2]>()"
                        " j = Constant<value_ints = [3]>() y = Col2Im(x, i, k)"
                        " w = Col2Im<strides = [2], dilations = [2], pads = [1, 1]>(z, j, k) }",
                        {floats({1, 2, 3}, {1, 2, 3, 10, 20, 30}), floats({1, 2, 2}, {1, 2, 10, 20})}, 18);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 12, 23, 30}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{0, 12, 0})); // the outer taps fall on pads
}

TEST(UnpoolValuesTest, MaximaReturnToTheirPlaces) {
  Importing import;
  auto out = import.run("g (float[1,1,4] x, float[1,1,2] v, int64[1,1,2] p) => (float[1,1,4] y, float[1,1,5] z) {"
                        " m, i = MaxPool<kernel_shape = [2], strides = [2]>(x)"
                        " y = MaxUnpool<kernel_shape = [2], strides = [2]>(m, i) s = Constant<value_ints = [1, 1, 5]>()"
                        " z = MaxUnpool<kernel_shape = [2], strides = [2]>(v, p, s) }",
                        {floats({1, 1, 4}, {1, 2, 4, 3}), floats({1, 1, 2}, {7, 8}), ints({1, 1, 2}, {3, 0})}, 18);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{0, 2, 4, 0}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{8, 0, 0, 7, 0}));
}

TEST(UnpoolValuesTest, PadsNeverStandForTheSmallestNumber) {
  Importing import;
  auto out = import.run("g (float[1,1,2] x) => (float[1,1,3] y, int64[1,1,3] i) {"
                        " y, i = MaxPool<kernel_shape = [2], pads = [1, 1]>(x) }",
                        {floats({1, 1, 2}, {-INFINITY, 1})}, 12);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (std::vector<int64_t>{0, 1, 1}));
}

TEST(UnpoolValuesTest, WindowsThatReachBeyondTheEndExistInCeilMode) {
  Importing import;
  // 4 taps over a pad and 2 elements.
  auto out = import.run("g (float[1,1,2] x) => (float[1,1,1] y) {"
                        " y = MaxPool<kernel_shape = [4], strides = [3], pads = [1, 0], ceil_mode = 1>(x) }",
                        {floats({1, 1, 2}, {5, 7})}, 12);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{7}));
}

// All of them for 1 2 1 2 3: the pool holds 1, 3 in slots 2, 0 and the pairs 1 2, 1 3 in slots 1, 3.
TEST(UnpoolValuesTest, NgramsAreCountedAtEveryDistance) {
  Importing import;
  std::string pool = "min_gram_length = 1, max_gram_length = 2, ngram_counts = [0, 2], ngram_indexes = [2, 0, 1, 3],"
                     " pool_int64s = [1, 3, 1, 2, 1, 3], weights = [0.5, 2.0, 3.0, 4.0]";
  auto out = import.run("g (int64[5] x) => (float[4] y, float[4] z, float[4] w) {"
                        " y = TfIdfVectorizer<mode = \"TF\", max_skip_count = 0, " +
                            pool +
                            ">(x)"
                            " z = TfIdfVectorizer<mode = \"TFIDF\", max_skip_count = 3, " +
                            pool +
                            ">(x)"
                            " w = TfIdfVectorizer<mode = \"IDF\", max_skip_count = 0, " +
                            pool + ">(x) }",
                        {ints({5}, {1, 2, 1, 2, 3})});
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 2, 2, 0}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{0.5, 6, 6, 8})); // 1 . . 2, and 1 . 3, 1 . . . 3
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{0.5, 2, 3, 0}));
}

TEST(UnpoolValuesTest, WhatDoesNotFitIsNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1,3,3] x, float[1,1,2] v, int64[1,1,3] p, int64[5] t) =>"
                           " (float y, float z, float w) {"
                           " i = Constant<value_ints = [4]>() k = Constant<value_ints = [2]>() y = Col2Im(x, i, k)"
                           " z = MaxUnpool<kernel_shape = [2]>(v, p) w = TfIdfVectorizer<mode = \"TF\","
                           " ngram_counts = [0, 5], ngram_indexes = [0], pool_int64s = [1, 2]>(t) }",
                           18));
  for (const char *part : {"columns have shape [1, 3, 3]; expected [batch, a multiple of 2, 3]",
                           "values and positions have shapes [1, 1, 2] and [1, 1, 3]; expected equal ones",
                           "attribute 'ngram_counts' does not divide a pool of 2 numbers"})
    EXPECT_NE(import.messages.find(part), std::string::npos) << import.messages;
}
