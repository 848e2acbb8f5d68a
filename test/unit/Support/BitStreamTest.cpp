// BitStreamTest.cpp - bit order, widths and the end of the stream
#include "jacquard/Support/BitStream.h"
#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

using namespace jacquard;

TEST(BitStreamTest, PutsTheLowestBitFirst) {
  BitWriter writer;
  writer.write(1, 1);
  writer.write(0, 0);
  writer.write(0x5, 3);
  writer.write(0x1ff, 9);
  EXPECT_EQ(writer.numBits(), 13u);
  EXPECT_EQ(writer.take(), (std::vector<uint8_t>{0xfb, 0x1f}));
}

TEST(BitStreamTest, ReadsBackRandomFields) {
  Random random(3);
  std::vector<std::pair<uint64_t, unsigned>> fields;
  BitWriter writer;
  for (int i = 0; i < 2000; ++i) {
    unsigned width = unsigned(random.below(65));
    uint64_t value = width == 0 ? 0 : random.next() >> (64 - width);
    fields.push_back({value, width});
    writer.write(value, width);
  }
  std::vector<uint8_t> bytes = writer.take();
  BitReader reader(bytes.data(), bytes.size());
  for (auto [value, width] : fields)
    EXPECT_EQ(reader.read(width), value);
  EXPECT_FALSE(reader.overrun());
  EXPECT_LT(reader.bitsLeft(), 8u);
}

TEST(BitStreamTest, NoticesTheEnd) {
  uint8_t byte = 0xff;
  BitReader reader(&byte, 1);
  EXPECT_EQ(reader.read(5), 31u);
  EXPECT_EQ(reader.read(4), 0u);
  EXPECT_TRUE(reader.overrun());
  EXPECT_EQ(reader.read(64), 0u);
}

TEST(BitStreamTest, CountsBitsForValues) {
  EXPECT_EQ(bitsFor(0), 0u);
  EXPECT_EQ(bitsFor(1), 0u);
  EXPECT_EQ(bitsFor(2), 1u);
  EXPECT_EQ(bitsFor(5), 3u);
  EXPECT_EQ(bitsFor(uint64_t(1) << 32), 32u);
  EXPECT_EQ(bitsFor(~uint64_t(0)), 64u);
}
