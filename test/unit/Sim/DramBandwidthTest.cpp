// DramBandwidthTest.cpp - the DRAM model against DRAMsim3: bandwidth of access patterns
//
// The figures are of DRAMsim3 with its DDR3_4Gb_x8_1600 (4 channels interleaved by 64 B, 2 ranks, queues of 32). The
// constants of the preset (hits_per_activation, write_batch_start, write_batch_end) were chosen on the patterns marked
// so; the others check the choice.
#include "DramHarness.h"

#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;

namespace {

struct Pattern {
  const char *name;
  unsigned streams, writes; ///< sequential, in turn, the last `writes` of them writing; 0 streams: random reads
  unsigned outstanding;
  double gigabytesPerSecond; ///< by DRAMsim3, of 51.2
  bool chosenOn;
};

std::ostream &operator<<(std::ostream &os, const Pattern &pattern) { return os << pattern.name; }

double measure(const Pattern &p, const ArchSpec &spec, uint64_t cycles = 100000) {
  Random random(7);
  auto randomBurst = [&] { return random.below(uint64_t(1) << 25) * 64; };
  std::vector<uint64_t> at(p.streams);
  for (uint64_t &address : at)
    address = randomBurst() / 2;
  unsigned turn = 0;
  auto next = [&]() -> DramRequest {
    if (p.streams == 0)
      return {0, randomBurst()};
    unsigned stream = turn++ % p.streams;
    return {0, at[stream] += 64, stream + p.writes >= p.streams};
  };
  return DramHarness(spec).shareOfPeak(next, p.outstanding, cycles) * spec.dram.bytesPerCycle * spec.clockGhz;
}

class DramBandwidthTest : public testing::TestWithParam<Pattern> {};

} // namespace

TEST_P(DramBandwidthTest, IsThatOfDramsim3) {
  const Pattern &pattern = GetParam();
  double found = measure(pattern, *loadArch("plasticine"));
  EXPECT_NEAR(found, pattern.gigabytesPerSecond, 0.05 * pattern.gigabytesPerSecond)
      << pattern.name << (pattern.chosenOn ? ", constants were chosen on it" : ", held out");
  printf("%-32s %5.1f of %5.1f GB/s\n", pattern.name, found, pattern.gigabytesPerSecond);
}

INSTANTIATE_TEST_SUITE_P(Patterns, DramBandwidthTest,
                         testing::Values(Pattern{"1 read stream", 1, 0, 512, 50.0, true},
                                         Pattern{"4 read streams", 4, 0, 512, 49.1, false},
                                         Pattern{"16 read streams", 16, 0, 512, 49.3, false},
                                         Pattern{"4 streams, 1 writes", 4, 1, 512, 48.4, true},
                                         Pattern{"12 streams, 4 write", 12, 4, 512, 46.6, false},
                                         Pattern{"random, 64 outstanding", 0, 0, 64, 39.8, true},
                                         Pattern{"random, 1024 outstanding", 0, 0, 1024, 46.0, false}));

// What follows for HBM2 from its timing alone: a channel rests for refreshTime in every refreshInterval; four rows may
// be opened per fourActivates, and a random burst needs one each.
TEST(Hbm2BandwidthTest, IsWhatTheTimingOfHbm2Allows) {
  ArchSpec spec = *loadArch("sara");
  const DramSpec &dram = spec.dram;
  double peak = dram.bytesPerCycle, active = 1 - dram.refreshTime / dram.refreshInterval;
  double streaming = measure({"streams", 4, 0, 4096, 0, false}, spec, 20000) / peak;
  EXPECT_LE(streaming, active);
  EXPECT_GE(streaming, 0.95 * active);
  double byActivations = 4 * dram.burstBytes / dram.fourActivates * dram.channels / peak;
  double random = measure({"random", 0, 0, 4096, 0, false}, spec, 20000) / peak;
  EXPECT_LE(random, byActivations * active * 1.01); // now and then two bursts meet in one row
  EXPECT_GE(random, 0.9 * byActivations * active);  // banks meet
}
