// PackTest.cpp - round trips of frames and text, and behaviour on damaged ones
#include "RandomConfig.h"

#include "jacquard/Bitstream/Encode.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::bitstream;

namespace {

FabricModel modelOf(const char *preset) { return FabricModel(*loadArch(preset)); }

void expectRoundTrips(const SectionConfig &config, const FabricModel &model) {
  Status valid = verifyConfig(config, model);
  ASSERT_TRUE(valid) << valid.error();
  std::vector<uint8_t> bytes = packSection(config, model);
  std::string text = disassembleSection(config, model);

  Result<SectionConfig> unpacked = unpackSection(bytes, model);
  ASSERT_TRUE(unpacked) << unpacked.error();
  EXPECT_EQ(disassembleSection(*unpacked, model), text);
  EXPECT_EQ(packSection(*unpacked, model), bytes);

  Result<SectionConfig> assembled = assembleSection(text, model);
  ASSERT_TRUE(assembled) << assembled.error();
  EXPECT_EQ(disassembleSection(*assembled, model), text);
  EXPECT_EQ(packSection(*assembled, model), bytes);
}

} // namespace

TEST(PackTest, RoundTripsRandomSectionsOnTiny) {
  FabricModel model = modelOf("tiny");
  Random random(1);
  for (int round = 0; round < 250; ++round)
    expectRoundTrips(test::randomSection(random, model, random.uniform()), model);
}

TEST(PackTest, RoundTripsWithoutWideUnits) {
  ArchSpec spec = *loadArch("tiny");
  spec.compute.wideLanes = 0;
  FabricModel model(spec);
  Random random(3);
  for (int round = 0; round < 50; ++round)
    expectRoundTrips(test::randomSection(random, model, random.uniform()), model);
}

TEST(PackTest, RoundTripsAFullSectionOnPlasticine) {
  FabricModel model = modelOf("plasticine");
  Random random(2);
  expectRoundTrips(test::randomSection(random, model, 1), model);
}

TEST(PackTest, AnEmptySectionCostsOneBitPerFrame) {
  FabricModel model = modelOf("tiny");
  Random random(1);
  SectionConfig config = test::randomSection(random, model, 0);
  std::vector<uint8_t> bytes = packSection(config, model);
  EXPECT_EQ(bytes.size(), (model.sites().size() + 3 * model.numSwitches() + 7) / 8);
  EXPECT_EQ(bytes, std::vector<uint8_t>(bytes.size()));
  EXPECT_EQ(disassembleSection(config, model), "");
  expectRoundTrips(config, model);
}

TEST(PackTest, RejectsEveryTruncation) {
  FabricModel model = modelOf("tiny");
  Random random(4);
  std::vector<uint8_t> bytes = packSection(test::randomSection(random, model, 0.6), model);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(unpackSection({bytes.begin(), bytes.begin() + length}, model)) << length;
  bytes.push_back(0);
  EXPECT_EQ(unpackSection(bytes, model).error(), "1 bytes after the last frame; expected none");
}

TEST(PackTest, SaysWhereTheFramesEnd) {
  FabricModel model = modelOf("tiny");
  EXPECT_EQ(unpackSection({}, model).error(), "dram(0,0).0: presence bit: the frames end here; expected more bytes");
}

TEST(PackTest, SurvivesRandomBytesAndKeepsWhatItAccepts) {
  FabricModel model = modelOf("tiny");
  Random random(5);
  std::vector<uint8_t> valid = packSection(test::randomSection(random, model, 0.3), model);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> bytes = valid;
    if (round % 2)
      for (uint8_t &byte : bytes)
        byte = uint8_t(random.next());
    else
      bytes[random.below(bytes.size())] ^= uint8_t(1 << random.below(8));
    if (Result<SectionConfig> config = unpackSection(bytes, model)) {
      EXPECT_EQ(packSection(*config, model), bytes);
    }
  }
}

TEST(PackTest, LocatesErrorsInText) {
  FabricModel model = modelOf("tiny");
  EXPECT_EQ(assembleSection("compute(9,9)", model).error(),
            "[JQ4005] line 1: 'compute(9,9)' is not expected here; expected the end or a frame in order of sites, then "
            "switches");
  EXPECT_EQ(assembleSection("# a comment\ncompute(1,0)\n  wide = no\n  counters.extents = 1", model).error(),
            "[JQ4005] line 4: 'counters.extents = 1' found; expected 'counters.extents.count = ...' of compute(1,0)");
  EXPECT_EQ(assembleSection("compute(1,0)\n  wide = no\n  counters.extents.count = many", model).error(),
            "[JQ4005] line 3: counters.extents.count: 'many' is not a value; expected 0 to 12");
  EXPECT_EQ(assembleSection("compute(1,0)\n  wide = no\n  counters.extents.count = 13", model).error(),
            "[JQ4005] line 3: compute(1,0): counters.extents.count: 13 is not allowed; expected 0 to 12");
}
