// RandomTest.cpp - fixed values, ranges and shuffles of the generator
#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

using namespace jacquard;

TEST(RandomTest, GivesThePublishedSequence) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(RandomTest, StaysInRange) {
  Random random(5);
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    int64_t x = random.between(-2, 2);
    ASSERT_TRUE(x >= -2 && x <= 2);
    low |= x == -2;
    high |= x == 2;
    double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
  }
  EXPECT_TRUE(low && high);
  random.between(INT64_MIN, INT64_MAX);
}

TEST(RandomTest, ShufflesWithoutLoss) {
  std::vector<int> items = {1, 2, 3, 4, 5, 6, 7, 8}, shuffled = items;
  Random(9).shuffle(shuffled);
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}
