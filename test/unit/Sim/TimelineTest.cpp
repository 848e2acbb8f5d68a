// TimelineTest.cpp - spans are merged, bounded and complete
#include "jacquard/Sim/Timeline.h"

#include "FabricBuilder.h"

#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;

namespace {

using Spans = std::vector<std::vector<uint64_t>>;

/// begin, end and active cycles of the spans of a site.
Spans spansOf(const Timeline &timeline, unsigned site) {
  Spans spans;
  for (const Timeline::Span &span : timeline.spans().at(site))
    spans.push_back({span.begin, span.end, span.active});
  return spans;
}

} // namespace

TEST(TimelineTest, JoinsSpansThatTouch) {
  Timeline timeline;
  timeline.beginRun(3, 0, 10);
  timeline.add(1, 10, 12);
  timeline.add(1, 12, 13);
  timeline.add(0, 12, 14);
  timeline.add(1, 14, 15);
  timeline.add(1, 15, 15); // nothing
  timeline.endRun(20);
  EXPECT_EQ(spansOf(timeline, 1), (Spans{{10, 13, 3}, {14, 15, 1}}));
  EXPECT_EQ(spansOf(timeline, 0), (Spans{{12, 14, 2}}));
  EXPECT_EQ(timeline.resolution(), 1u);
  ASSERT_EQ(timeline.runs().size(), 1u);
  EXPECT_EQ(timeline.runs()[0].entry, 3u);
  EXPECT_EQ(timeline.runs()[0].execution, 10u);
  EXPECT_EQ(timeline.runs()[0].end, 20u);
}

TEST(TimelineTest, KeepsEntriesOfTheScheduleApart) {
  Timeline timeline;
  timeline.beginRun(0, 0, 0);
  timeline.add(0, 5, 10);
  timeline.endRun(10);
  timeline.beginRun(1, 10, 10);
  timeline.add(0, 10, 12);
  timeline.endRun(12);
  EXPECT_EQ(spansOf(timeline, 0), (Spans{{5, 10, 5}, {10, 12, 2}}));
}

TEST(TimelineTest, MergesWhatIsCloseWhenThereIsTooMuch) {
  // Gaps of 1, 3 and 9 cycles; four spans and the run are more than 4, two are allowed to stay.
  Timeline timeline(4);
  timeline.beginRun(0, 0, 0);
  for (auto [begin, end] : {std::pair{0, 2}, {3, 4}, {7, 8}, {17, 20}})
    timeline.add(0, begin, end);
  timeline.endRun(20);
  EXPECT_EQ(spansOf(timeline, 0), (Spans{{0, 8, 4}, {17, 20, 3}}));
  EXPECT_EQ(timeline.resolution(), 4u);
}

TEST(TimelineTest, HoldsItsBoundAndLosesNoActivity) {
  constexpr size_t bound = 200;
  constexpr unsigned sites = 20;
  Random random(3);
  Timeline timeline(bound);
  uint64_t now = 0, active[sites] = {};
  for (uint32_t run = 0; run < 3000; ++run) {
    timeline.beginRun(run % 7, now, now + 2);
    uint64_t end = now += 2;
    for (unsigned site = 0; site < sites; ++site) {
      uint64_t begin = now + random.below(5), length = random.below(9);
      timeline.add(site, begin, begin + length);
      active[site] += length;
      end = std::max(end, begin + length);
    }
    timeline.endRun(now = end);
    size_t count = timeline.runs().size();
    for (const auto &spans : timeline.spans())
      count += spans.size();
    ASSERT_LE(count, bound);
  }
  for (unsigned site = 0; site < sites; ++site) {
    uint64_t sum = 0, last = 0;
    for (const Timeline::Span &span : timeline.spans()[site]) {
      EXPECT_GE(span.begin, last);
      EXPECT_LE(span.active, span.end - span.begin);
      last = span.end;
      sum += span.active;
    }
    EXPECT_EQ(sum, active[site]);
  }
  uint64_t runs = 0;
  for (const Timeline::Run &run : timeline.runs())
    runs += run.runs;
  EXPECT_EQ(runs, 3000u);
}

TEST(TimelineTest, HasWhatTheStatisticsCount) {
  // A unit that counts, slowed down by a consumer that takes four cycles per element.
  FabricBuilder b;
  unsigned count = b.addCompute("count", loops({50}, -1)), slow = b.addCompute("slow", loops({50, 4}, -1));
  b.stage(count, 0, Opcode::Move, {counter(0)}, 0);
  b.output(count, 0, 0, 0);
  b.input(slow, 0, 0, 0);
  b.connect({count, 0}, {slow, 0});
  bitstream::Program program = b.program();
  program.schedule = {0, 0};
  Timeline timeline;
  Options options;
  options.timeline = &timeline;
  Statistics statistics = runProgram(program, {}, options).statistics;
  ASSERT_EQ(timeline.runs().size(), 2u);
  EXPECT_EQ(timeline.runs()[0].execution, statistics.sections[0].configurationCycles);
  EXPECT_EQ(timeline.runs()[0].end, statistics.sections[0].cycles);
  EXPECT_EQ(timeline.runs()[1].begin, statistics.sections[0].cycles);
  EXPECT_EQ(timeline.runs()[1].end, statistics.cycles);
  for (unsigned site : {count, slow}) {
    uint64_t active = 0;
    for (const Timeline::Span &span : timeline.spans()[site])
      active += span.active;
    EXPECT_EQ(active, 2 * statistics.sections[0].units[site].cycles[unsigned(CycleClass::Busy)]);
  }
}
