// ReportTest.cpp - the figures of a run, as text and as JSON
#include "jacquard/Runtime/Report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace jacquard;
using namespace jacquard::runtime;

namespace {

/// One section of 1000 cycles on tiny: 24 units, 12.8 bytes and 768 multiply-adds per cycle at peak.
class ReportTest : public testing::Test {
protected:
  ReportTest() {
    program.arch = *loadArch("tiny");
    program.multiplyAdds = 76800;
    program.compulsoryBytes = 6400;
    sim::SectionStatistics section;
    section.name = "conv \xff"; // not UTF-8
    section.cycles = 1000;
    section.configurationCycles = 50;
    section.multiplyAdds = 76800;
    section.dramReadBytes = 3200;
    section.dramWriteBytes = 3200;
    section.units.resize(24);
    for (unsigned i = 0; i < 24; ++i) {
      section.units[i].site = i;
      section.units[i].cycles[unsigned(sim::CycleClass::Idle)] = 1000;
    }
    section.units[3].name = "compute.0";
    section.units[3].node = "gemm";
    section.units[3].cycles[unsigned(sim::CycleClass::Idle)] = 400;
    section.units[3].cycles[unsigned(sim::CycleClass::Busy)] = 600;
    statistics.cycles = 1000;
    statistics.sections.push_back(section);
  }
  bitstream::Program program;
  sim::Statistics statistics;
};

} // namespace

TEST_F(ReportTest, SumsAndComparesWithPeakAndLimit) {
  Summary s = summarize(program, statistics);
  EXPECT_EQ(s.units, 24u);
  uint64_t sum = 0;
  for (uint64_t cycles : s.unitCycles)
    sum += cycles;
  EXPECT_EQ(sum, s.units * s.cycles);
  EXPECT_DOUBLE_EQ(s.seconds, 1e-6);
  EXPECT_DOUBLE_EQ(s.dramGigabytesPerSecond, 6.4);
  EXPECT_DOUBLE_EQ(s.dramPercentOfPeak, 50);
  EXPECT_DOUBLE_EQ(s.multiplyAddPercentOfPeak, 10);
  EXPECT_DOUBLE_EQ(s.limitCycles, 500); // by DRAM; 100 by multiply-adds
  EXPECT_DOUBLE_EQ(s.percentOfLimit, 50);
}

TEST_F(ReportTest, PrintsThemForPeople) {
  std::string text = formatReport(program, statistics);
  for (const char *part : {"1000 = 1e-06 s at 1 GHz on 'tiny', 50 of them configuration",
                           "  all units                                   24      2.5%      0.0%",
                           "  gemm                                         1     60.0%", "6.40 GB/s = 50.0 % of peak",
                           "76.80 per cycle = 10.00 % of peak", "reached 50.00 %"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
}

TEST_F(ReportTest, WritesThemAsJson) {
  nlohmann::json json = nlohmann::json::parse(reportJson(program, statistics));
  EXPECT_EQ(json["cycles"], 1000);
  EXPECT_EQ(json["dram"]["percent_of_peak"], 50);
  EXPECT_EQ(json["limit"]["percent_reached"], 50);
  EXPECT_EQ(json["sections"].size(), 1u);
  ASSERT_EQ(json["sections"][0]["units"].size(), 1u); // those with a program
  EXPECT_EQ(json["sections"][0]["units"][0]["cycles"]["busy"], 600);
}

TEST_F(ReportTest, AttributesAllCyclesToKindsAndNodes) {
  // The same section again, in which a memory unit works for the node too and another one for its successor.
  sim::SectionStatistics section = statistics.sections[0];
  auto work = [&](unsigned site, const char *node, uint64_t dramWait) {
    section.units[site].node = node;
    section.units[site].cycles[unsigned(sim::CycleClass::Idle)] = 1000 - dramWait;
    section.units[site].cycles[unsigned(sim::CycleClass::DramWait)] = dramWait;
  };
  work(2, "gemm", 300);
  work(0, "relu", 100);
  statistics.sections.push_back(section);
  nlohmann::json attribution = nlohmann::json::parse(reportJson(program, statistics))["attribution"];
  for (const char *list : {"kinds", "nodes"}) {
    uint64_t sum = 0;
    for (const nlohmann::json &row : attribution[list])
      for (uint64_t cycles : row["cycles"])
        sum += cycles;
    EXPECT_EQ(sum, 24u * 2000) << list;
  }
  ASSERT_EQ(attribution["nodes"].size(), 3u);
  const nlohmann::json &gemm = attribution["nodes"][0];
  EXPECT_EQ(gemm["units"], 2);
  EXPECT_EQ(gemm["sections"], 2);
  EXPECT_EQ(gemm["cycles"]["busy"], 600 + 600);
  EXPECT_EQ(gemm["cycles"]["dram_wait"], 300);
  EXPECT_EQ(gemm["cycles"]["idle"], 400 + 400 + 700);
  EXPECT_EQ(attribution["nodes"][1]["name"], "relu");
  EXPECT_EQ(attribution["nodes"][2]["name"], ""); // units that work for none
  EXPECT_EQ(attribution["kinds"][2]["units"], 8);
}

TEST_F(ReportTest, StandsAnEmptyRun) {
  program.multiplyAdds = program.compulsoryBytes = 0;
  Summary s = summarize(program, {});
  EXPECT_EQ(s.percentOfLimit, 0);
  EXPECT_EQ(formatReport(program, {}).find("limit  "), std::string::npos);
}
