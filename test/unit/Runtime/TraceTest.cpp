// TraceTest.cpp - the events of a small timeline
#include "jacquard/Runtime/Trace.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace jacquard;
using namespace jacquard::runtime;

namespace {

using Json = nlohmann::json;

/// Two runs on tiny at 2 GHz: 'a' with two units for one node and one for another, 'b' with one unit.
class TraceTest : public testing::Test {
protected:
  TraceTest() {
    program.arch = *loadArch("tiny");
    program.arch.clockGhz = 2;
    program.sections.resize(2);
    program.sections[0].name = "a";
    program.sections[0].units = {{2, "compute.0", "conv \xff"}, {3, "memory.0", "conv \xff"}, {4, "compute.1", "relu"}};
    program.sections[1].name = "b";
    program.sections[1].units = {{2, "compute.0", "gemm"}};
    program.schedule = {0, 1};
    timeline.beginRun(0, 0, 100);
    timeline.add(2, 200, 400);
    timeline.add(3, 150, 300);
    timeline.add(4, 350, 450);
    timeline.endRun(500);
    timeline.beginRun(1, 500, 500);
    timeline.add(2, 600, 700);
    timeline.endRun(700);
  }
  Json events() { return Json::parse(traceJson(program, timeline))["traceEvents"]; }
  /// Names of the spans of a process with their times in microseconds.
  std::vector<std::tuple<std::string, double, double>> spans(unsigned process) {
    std::vector<std::tuple<std::string, double, double>> found;
    for (const Json &event : events())
      if (event["ph"] == "X" && event["pid"] == process)
        found.emplace_back(event["name"], event["ts"], event["dur"]);
    return found;
  }
  using Spans = std::vector<std::tuple<std::string, double, double>>;
  bitstream::Program program;
  sim::Timeline timeline;
};

} // namespace

TEST_F(TraceTest, ShowsSectionsNodesAndUnitsInMicroseconds) {
  const std::string conv = "conv \xef\xbf\xbd"; // the byte that is not UTF-8 replaced
  EXPECT_EQ(spans(1), (Spans{{"configuration", 0, 0.05}, {"a", 0.05, 0.2}, {"b", 0.25, 0.1}}));
  EXPECT_EQ(spans(2), (Spans{{conv, 0.075, 0.125}, {"relu", 0.175, 0.05}, {"gemm", 0.3, 0.05}}));
  size_t units = 0;
  for (unsigned process : {3, 4, 5})
    units += spans(process).size();
  EXPECT_EQ(units, 4u);
}

TEST_F(TraceTest, PutsNodesThatOverlapIntoThreadsOfTheirOwn) {
  std::map<std::string, unsigned> threads;
  for (const Json &event : events())
    if (event["ph"] == "X" && event["pid"] == 2)
      threads[event["name"]] = event["tid"];
  EXPECT_NE(threads.at("conv \xef\xbf\xbd"), threads.at("relu"));
  EXPECT_EQ(threads.at("gemm"), 0u);
}

TEST_F(TraceTest, SaysHowManyRunsItMerged) {
  sim::Timeline coarse(4);
  for (uint32_t run = 0; run < 6; ++run) {
    coarse.beginRun(run % 2, run * 10, run * 10);
    coarse.endRun(run * 10 + 10);
  }
  timeline = coarse;
  uint64_t runs = 0;
  for (const Json &event : events())
    if (event["ph"] == "X")
      runs += event["args"].value("runs", 1);
  EXPECT_EQ(runs, 6u);
}

TEST_F(TraceTest, StandsAnEmptyTimeline) {
  Json trace = Json::parse(traceJson(program, sim::Timeline()));
  EXPECT_EQ(trace["otherData"]["resolution_cycles"], 1);
}
