// HashTest.cpp - the values that files depend on, and sensitivity to every bit
#include "jacquard/Support/Hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace jacquard;

TEST(HashTest, ComputesThePublishedCrc32c) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

/// Computed by the definition in Hash.h with Python's integers.
TEST(HashTest, IsTheHashOfTheFileFormat) {
  EXPECT_EQ(hash64(""), 0xaf63bd4c29620a93u);
  EXPECT_EQ(hash64("jacquard bitstream"), 0x73fe43af47951733u);
  EXPECT_EQ(hash64("jacquard bitstream", 7), 0xcdf1ef27a0dcaac9u);
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

TEST(HashTest, PiecesHashAsTheWhole) {
  std::string bytes;
  for (int i = 0; i < 61; ++i)
    bytes.push_back(char(i * 37));
  for (size_t first : {0, 1, 7, 8, 9, 16, 61})
    for (size_t second : {0, 1, 5, 8, 30}) {
      Hash64 hash(bytes.size(), 3);
      std::string_view rest(bytes);
      hash.add(rest.substr(0, first));
      rest.remove_prefix(first);
      hash.add(rest.substr(0, second));
      hash.add(rest.substr(std::min(second, rest.size())));
      EXPECT_EQ(hash.value(), hash64(bytes, 3)) << first << " " << second;
    }
}
