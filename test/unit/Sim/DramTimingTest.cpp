// DramTimingTest.cpp - traces of the DRAM model computed by hand
//
// One channel of two ranks of eight banks; a burst takes 4 cycles. A request made in cycle 9 is seen in cycle 10; a
// closed row is then open at 20 and its data are on the bus from 30 to 34 (reads) or 28 to 32 (writes).
#include "DramHarness.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;

namespace {

ArchSpec roundNumbers() {
  ArchSpec spec = *loadArch("tiny");
  DramSpec &dram = spec.dram;
  dram.channels = 1;
  dram.ranks = 2;
  dram.banksPerChannel = 16;
  dram.bytesPerCycle = 16;
  dram.activate = dram.precharge = dram.columnRead = 10;
  dram.columnWrite = 8;
  dram.rowActive = 25;
  dram.activateToActivate = 5;
  dram.fourActivates = 30;
  dram.writeRecovery = 12;
  dram.readToPrecharge = dram.writeToRead = 6;
  dram.busTurnaround = 2;
  dram.refreshInterval = 1e6;
  dram.refreshTime = 100;
  dram.writeBatchStart = 4;
  dram.writeBatchEnd = 0;
  return spec;
}

/// Byte address in a bank (0 to 7 are of rank 0) and a row; banks are turned by the row.
uint64_t at(uint64_t bank, uint64_t row, uint64_t burst = 0) {
  return (row * 16 + (bank + 16 - row % 16) % 16) * 8192 + burst * 64;
}

using Cycles = std::vector<uint64_t>;

Cycles doneOf(const std::vector<DramRequest> &requests, const ArchSpec &spec = roundNumbers()) {
  return DramHarness(spec).run(requests);
}

constexpr bool writes = true;

DramRequest inBackground(uint64_t cycle, uint64_t address) { return {cycle, address, !writes, /*background=*/true}; }

} // namespace

TEST(DramTimingTest, OpensARowAndStaysInIt) {
  EXPECT_EQ(doneOf({{9, at(0, 0)}}), Cycles{34});
  EXPECT_EQ(doneOf({{9, at(0, 0), writes}}), Cycles{32});
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(0, 0, 1)}, {50, at(0, 0, 2)}}), (Cycles{34, 38, 51 + 10 + 4}));
}

TEST(DramTimingTest, ClosesTheRowThatIsInTheWay) {
  // Active until 10 + 25, precharged at 45.
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(0, 1)}}), (Cycles{34, 45 + 10 + 10 + 4}));
  // A write's data end at 32, the precharge follows at 44.
  EXPECT_EQ(doneOf({{9, at(0, 0), writes}, {9, at(0, 1), writes}}), (Cycles{32, 44 + 10 + 10 + 8 + 4}));
}

TEST(DramTimingTest, KeepsActivationsOfARankApart) {
  // At 10, 15, 20 and 25, by tRRD; the fifth at 10 + 30, by tFAW.
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(1, 0)}, {9, at(2, 0)}, {9, at(3, 0)}, {9, at(4, 0)}}),
            (Cycles{34, 39, 44, 49, 64}));
  // Of another rank the fifth is open at 20, but at 36, 41 and 46 the bus, which turns, has an earlier burst of the
  // first rank to take.
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(1, 0)}, {9, at(2, 0)}, {9, at(3, 0)}, {9, at(8, 0)}}),
            (Cycles{34, 39, 44, 49, 49 + 2 + 4}));
}

TEST(DramTimingTest, TurnsTheBus) {
  // A write after a read: two cycles of rest.
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(0, 0, 1), writes}}), (Cycles{34, 34 + 2 + 4}));
  // A read of the same rank waits for the written data, which end at 32: command at 38.
  EXPECT_EQ(doneOf({{9, at(0, 0), writes}, {14, at(0, 0, 1)}}), (Cycles{32, 38 + 10 + 4}));
  // One of another rank need not; its row opens when the write has been served, at 20.
  EXPECT_EQ(doneOf({{9, at(0, 0), writes}, {14, at(8, 0)}}), (Cycles{32, 20 + 10 + 10 + 4}));
}

TEST(DramTimingTest, LetsNoStreamHoldTheBus) {
  ArchSpec spec = roundNumbers();
  spec.dram.hitsPerActivation = 2;
  // To go on with the first rank is always two cycles earlier; after two bursts the other one has its turn all the
  // same.
  EXPECT_EQ(doneOf({{9, at(0, 0)}, {9, at(8, 0)}, {9, at(0, 0, 1)}, {9, at(0, 0, 2)}, {9, at(0, 0, 3)}}, spec),
            (Cycles{34, 38 + 2 + 4, 38, 44 + 2 + 4, 54}));
}

TEST(DramTimingTest, LetsWritesGoInBatches) {
  auto doneWith = [](unsigned count) {
    std::vector<DramRequest> requests = {{9, at(0, 0, 100)}};
    for (unsigned i = 0; i < count; ++i)
      requests.push_back({9, at(0, 0, i), writes});
    return doneOf(requests);
  };
  // Three wait for the read; four are a batch, after which the read's command waits for the last data and 6 cycles.
  EXPECT_EQ(doneWith(3), (Cycles{34, 40, 44, 48}));
  EXPECT_EQ(doneWith(4), (Cycles{44 + 6 + 10 + 4, 32, 36, 40, 44}));
}

TEST(DramTimingTest, ServesTheBackgroundLast) {
  EXPECT_EQ(doneOf({inBackground(9, at(0, 0)), {9, at(0, 0, 1)}, {9, at(0, 0, 2)}}), (Cycles{42, 34, 38}));
  // Its row opens behind the other one, by tRRD.
  EXPECT_EQ(doneOf({inBackground(9, at(1, 0)), {9, at(0, 0)}}), (Cycles{39, 34}));
  // It is a read: a single write waits for it.
  EXPECT_EQ(doneOf({inBackground(9, at(0, 0)), {9, at(0, 0, 1), writes}}), (Cycles{34, 34 + 2 + 4}));
  // A row that is needed now, open at 61, closes that of the background, which opens when it may be closed at 51 + 25.
  EXPECT_EQ(doneOf({inBackground(9, at(0, 0)), {40, at(0, 1)}, inBackground(40, at(0, 0, 1))}),
            (Cycles{34, 41 + 10 + 10 + 10 + 4, 76 + 10 + 10 + 10 + 4}));
}

TEST(DramTimingTest, LetsTheBackgroundUseTheBusWhileARowOpens) {
  // The data of the other rank end at 55; those of the row that opens at 51 begin at 61, as they would have.
  EXPECT_EQ(doneOf({inBackground(9, at(8, 0)), {40, at(0, 0)}, inBackground(40, at(8, 0, 1))}), (Cycles{34, 65, 55}));
  // The next one would end at 59, and the bus has to turn: it waits.
  EXPECT_EQ(
      doneOf({inBackground(9, at(8, 0)), {40, at(0, 0)}, inBackground(40, at(8, 0, 1)), inBackground(40, at(8, 0, 2))}),
      (Cycles{34, 65, 55, 65 + 2 + 4}));
}

TEST(DramTimingTest, RefreshesTheRanksInTurn) {
  ArchSpec spec = roundNumbers();
  spec.dram.refreshInterval = 1000; // of rank 0 at 500, of rank 1 at 1000, each 100 cycles long
  EXPECT_EQ(doneOf({{505, at(0, 0)}}, spec), Cycles{600 + 24});
  EXPECT_EQ(doneOf({{505, at(8, 0)}}, spec), Cycles{506 + 24});
  EXPECT_EQ(doneOf({{1005, at(8, 0)}}, spec), Cycles{1100 + 24});
  EXPECT_EQ(doneOf({{700, at(0, 0)}}, spec), Cycles{701 + 24});
  // A row opened at 481 stays active until 506, is precharged at 516, and has to be opened again after the refresh.
  EXPECT_EQ(doneOf({{480, at(0, 0)}, {505, at(0, 0, 1)}}, spec), (Cycles{505, 616 + 24}));
}

TEST(DramTimingTest, CountsTheFirstRequestOfAnActivationAsAMiss) {
  DramHarness harness(roundNumbers());
  harness.run({{9, at(0, 0)}, {9, at(0, 0, 1)}, {9, at(0, 1)}, {9, at(5, 0), writes}});
  EXPECT_EQ(harness.statistics().rowMisses, 3u);
  EXPECT_EQ(harness.statistics().rowHits, 1u);
  EXPECT_EQ(harness.statistics().dramReadBytes, 3u * 64);
  EXPECT_EQ(harness.statistics().dramWriteBytes, 64u);
}
