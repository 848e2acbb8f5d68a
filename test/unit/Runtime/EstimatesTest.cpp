// EstimatesTest.cpp - energy and area, computed by hand
#include "jacquard/Runtime/Estimates.h"
#include "jacquard/Runtime/Report.h"

#include "jacquard/Arch/FabricModel.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace jacquard;
using namespace jacquard::runtime;
using sim::CycleClass;

namespace {

/// One section of 1000 cycles at 1 GHz with a unit of each kind at work.
class EstimatesTest : public testing::Test {
protected:
  EstimatesTest() {
    program.arch = *loadArch("tiny");
    program.arch.energy = {"a table", 200, 300, 30, 10, 1, 0.5, 150, 8000, 50};
    program.schedule = {0};
    program.sections.resize(1);
    auto &selects = program.sections[0].config.selects;
    selects[unsigned(NetworkKind::Vector)] = {{0, 3, 0}, {}, {0, 0}, {1}};
    selects[unsigned(NetworkKind::Control)] = {{2}, {0}, {}, {}, {4}};
    sim::SectionStatistics section;
    section.cycles = statistics.cycles = 1000;
    FabricModel model(program.arch);
    section.units.resize(model.sites().size());
    bool seen[3] = {};
    for (unsigned site = 0; site < model.sites().size(); ++site) {
      section.units[site].site = site;
      if (std::exchange(seen[unsigned(model.sites()[site].kind)], true))
        continue;
      section.units[site].cycles[unsigned(CycleClass::Busy)] = 100;
      section.units[site].cycles[unsigned(CycleClass::BankConflict)] = 20;
      section.units[site].cycles[unsigned(CycleClass::Starved)] = 880;
    }
    section.hops[unsigned(NetworkKind::Vector)] = 70;
    section.hops[unsigned(NetworkKind::Scalar)] = 5;
    section.hops[unsigned(NetworkKind::Control)] = 4;
    section.dramReadBytes = 640;
    section.dramWriteBytes = 64;
    section.rowMisses = 2;
    statistics.sections = {section};
  }
  bitstream::Program program;
  sim::Statistics statistics;
};

} // namespace

TEST_F(EstimatesTest, MultipliesCountersByTheFiguresOfTheFile) {
  EnergyEstimate e = estimateEnergy(program, statistics);
  EXPECT_DOUBLE_EQ(e.compute, 100 * 200e-12);
  EXPECT_DOUBLE_EQ(e.memory, (100 + 20) * 300e-12);
  EXPECT_DOUBLE_EQ(e.dramPorts, 100 * 30e-12);
  EXPECT_DOUBLE_EQ(e.network, (70 * 10 + 5 * 1 + 4 * 0.5) * 1e-12);
  EXPECT_DOUBLE_EQ(e.dram, (704 * 150 + 2 * 8000) * 1e-12);
  // Switches 0, 3 and 4 carry something: 3 x 50 mW for a microsecond.
  EXPECT_DOUBLE_EQ(e.idle, 0.150 * 1e-6);
  // 20,000 + 36,000 + 3,000 + 707 + 121,600 + 150,000 pJ in a microsecond.
  EXPECT_DOUBLE_EQ(e.total(), 331307e-12);
  EXPECT_DOUBLE_EQ(e.watts, 0.331307);
}

TEST_F(EstimatesTest, AreInTheReportAsEstimates) {
  std::string text = formatReport(program, statistics);
  EXPECT_NE(text.find("energy          3.313e-07 J, 0.33 W on average; an estimate (a table)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("DRAM 36.7 %, idle switches 45.3 %"), std::string::npos) << text;
  nlohmann::json energy = nlohmann::json::parse(reportJson(program, statistics))["energy_estimate"];
  EXPECT_EQ(energy["source"], "a table");
  EXPECT_DOUBLE_EQ(energy["joules"]["memory"].get<double>(), 36e-9);
  EXPECT_DOUBLE_EQ(energy["watts"].get<double>(), 0.331307);
}

TEST_F(EstimatesTest, AreZeroWithoutARun) {
  EnergyEstimate e = estimateEnergy(program, {});
  EXPECT_EQ(e.total(), 0);
  EXPECT_EQ(e.watts, 0);
}

TEST_F(EstimatesTest, GiveThePublishedAreaOfPlasticine) {
  // 112.8 mm2: 64 x 0.849, 64 x 0.532, controllers of 5.616 and an interconnect of 18.796.
  AreaEstimate area = estimateArea(*loadArch("plasticine"));
  EXPECT_DOUBLE_EQ(area.compute, 64 * 0.849);
  EXPECT_DOUBLE_EQ(area.memory, 64 * 0.532);
  EXPECT_NEAR(area.dramPorts, 5.616, 0.01);
  EXPECT_NEAR(area.switches, 18.796, 0.01);
  EXPECT_NEAR(area.total(), 112.8, 0.05);
}
