// HashTest.cpp - the values that files depend on, and sensitivity to every bit
#include "jacquard/Support/Hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace jacquard;

TEST(HashTest, ComputesThePublishedCrc32c) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(HashTest, EveryFlippedBitGivesAnotherHash) {
  std::string bytes = "the quick brown fox jumps";
  std::set<uint64_t> seen{hash64(bytes)};
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(seen.insert(hash64(flipped)).second) << bit;
  }
}

TEST(HashTest, TellsLengthsApart) {
  EXPECT_NE(hash64(""), hash64(std::string_view("\0", 1)));
  EXPECT_NE(hash64(std::string_view("\0", 1)), hash64(std::string_view("\0\0", 2)));
  EXPECT_NE(hash64("a", 1), hash64("a", 2));
}
