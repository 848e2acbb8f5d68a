// SequencerTest.cpp - loops of the schedule: trips, conditions, counters, what they cost
#include "FabricBuilder.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

AccessProgram word() { return affine({}, {}); }

/// A section that stores `op` of the words at `a` and `b` at `to`.
SectionConfig binary(FabricBuilder &b, Opcode op, uint64_t x, uint64_t y, uint64_t to,
                     ElementType stored = ElementType::I32) {
  unsigned loadX = b.addLoad("x", x, word(), ElementType::I32), loadY = b.addLoad("y", y, word(), ElementType::I32);
  unsigned compute = b.addCompute("op", {});
  b.input(compute, 0, 0, -1);
  b.input(compute, 1, 1, -1);
  b.stage(compute, 0, op, {reg(0), reg(1)}, 0);
  b.output(compute, 0, 0, -1);
  unsigned store = b.addStore("to", to, word(), stored);
  b.connect({loadX, 0}, {compute, 0});
  b.connect({loadY, 0}, {compute, 1});
  b.connect({compute, 0}, {store, 0});
  return b.section();
}

/// sum += term in section 0 (in place), go = sum < limit in section 1; all are single words.
struct SumProgram {
  SumProgram() {
    FabricBuilder layout;
    sum = layout.addOutput("sum", ElementType::I32, {});
    term = layout.addInput("term", ElementType::I32, {});
    limit = layout.addInput("limit", ElementType::I32, {});
    go = layout.allocate(64);
    program = layout.program();
    FabricBuilder add, less;
    program.sections = {{"add", binary(add, Opcode::IAdd, sum, term, sum), {}, 0},
                        {"less", binary(less, Opcode::ICmpLtS, sum, limit, go, ElementType::I1), {}, 0}};
  }
  RunResult run(int32_t termValue, int32_t limitValue) {
    return runProgram(program, {{"term", ints({}, {termValue})}, {"limit", ints({}, {limitValue})}});
  }
  int32_t result(int32_t termValue, int32_t limitValue) {
    return intsOf(run(termValue, limitValue).outputs.at("sum"))[0];
  }

  Program program;
  uint64_t sum, term, limit, go;
};

} // namespace

TEST(SequencerTest, MakesEveryTripWithoutACondition) {
  SumProgram p;
  p.program.schedule = {0};
  p.program.loops = {{0, 1, 7, {}, {}, false}};
  EXPECT_EQ(p.result(5, 0), 35);
}

TEST(SequencerTest, StopsWhenTheConditionIsFalse) {
  SumProgram p;
  p.program.schedule = {0, 1};
  p.program.loops = {{0, 2, 100, p.go, {}, false}};
  EXPECT_EQ(p.result(5, 23), 25);
  EXPECT_EQ(p.result(5, -1), 5); // the first trip is made before the condition is read
  EXPECT_EQ(p.result(0, 1), 0);  // at most 100 trips
  p.program.loops[0].testFirst = true;
  EXPECT_EQ(p.result(5, 23), 0); // DRAM begins as zeros
}

TEST(SequencerTest, MakesNestedLoops) {
  SumProgram p;
  p.program.schedule = {0, 0, 0};
  p.program.loops = {{0, 3, 2, {}, {}, false}, {0, 2, 3, {}, {}, false}, {0, 1, 4, {}, {}, false}};
  // Twice: three times (four and one), and one.
  EXPECT_EQ(p.result(1, 0), 2 * (3 * (4 + 1) + 1));
}

TEST(SequencerTest, CountsTrips) {
  SumProgram p;
  p.program.schedule = {0};
  p.program.loops = {{0, 1, 6, {}, p.term, false}}; // adds the number of the trip
  EXPECT_EQ(p.result(1000, 0), 0 + 1 + 2 + 3 + 4 + 5);
}

TEST(SequencerTest, ConfiguresOnlyWhatIsNotThere) {
  SumProgram p;
  p.program.schedule = {0};
  RunResult once = p.run(1, 0);
  p.program.loops = {{0, 1, 10, {}, {}, false}};
  RunResult tenTimes = p.run(1, 0);
  const SectionStatistics &one = once.statistics.sections.at(0), &ten = tenTimes.statistics.sections.at(0);
  EXPECT_EQ(one.runs, 1u);
  EXPECT_EQ(ten.runs, 10u);
  EXPECT_GT(one.configurationCycles, 0u);
  EXPECT_EQ(ten.configurationCycles, one.configurationCycles);
  EXPECT_EQ(ten.dramReadBytes, 10 * one.dramReadBytes);
  EXPECT_EQ(tenTimes.statistics.cycles, ten.cycles);
  // With a counter the sequencer posts a burst, with a condition it waits: precharge, activate, read, a burst.
  p.program.loops[0].counter = p.term;
  const DramSpec &dram = p.program.arch.dram;
  double burst = double(dram.burstBytes) * dram.channels / dram.bytesPerCycle;
  uint64_t post = uint64_t(std::ceil(burst));
  uint64_t access = uint64_t(std::ceil(dram.precharge + dram.activate + dram.columnRead + burst));
  EXPECT_EQ(p.run(1, 0).statistics.sections.at(0).configurationCycles, one.configurationCycles + 10 * post);
  p.program.loops[0] = {0, 1, 10, p.go, {}, false};
  EXPECT_EQ(p.run(1, 0).statistics.sections.at(0).configurationCycles, one.configurationCycles + access); // it is false
}

TEST(SequencerTest, LoadsTheNextSectionsFramesBehindTheOneThatRuns) {
  SumProgram p;
  auto configurationOf = [&](bool shadow) {
    p.program.arch.shadowConfiguration = shadow;
    std::vector<uint64_t> cycles;
    RunResult result = p.run(0, 1000);
    for (const SectionStatistics &section : result.statistics.sections)
      cycles.push_back(section.configurationCycles);
    return cycles;
  };
  p.program.schedule = {0, 1};
  std::vector<uint64_t> plain = configurationOf(false), shadowed = configurationOf(true);
  EXPECT_GT(plain[1], 0u);
  EXPECT_EQ(shadowed[0], plain[0]); // nothing runs before the first
  EXPECT_EQ(shadowed[1], 0u);       // shorter than the first section's run
  // What follows a condition is not known before that is read, so the first section of a trip is loaded in the open.
  p.program.loops = {{0, 2, 10, p.go, {}, false}};
  EXPECT_EQ(configurationOf(true)[1], 0u);
  EXPECT_EQ(configurationOf(true)[0], configurationOf(false)[0]);
}

TEST(SequencerTest, DeliversTheExtentThatWasComputed) {
  SumProgram p;
  p.program.schedule = {0};
  uint64_t rows = p.limit; // upper half of the 64-bit integer is zero
  p.program.outputs = {{"y", ElementType::I32, {3, 4}, p.go, false, {{1, rows}}}};
  RunResult result = p.run(0, 2);
  EXPECT_EQ(result.outputs.at("y").shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(runError(p.program, {{"term", ints({}, {0})}, {"limit", ints({}, {5})}}),
            "[JQ6005] output 'y': extent 5 of dimension 1 was computed; expected at most its capacity 4");
}

TEST(SequencerTest, RefusesLoopsThatAreNotNested) {
  SumProgram p;
  p.program.schedule = {0, 0, 0};
  p.program.loops = {{0, 2, 2, {}, {}, false}, {1, 3, 2, {}, {}, false}};
  EXPECT_EQ(runError(p.program, {{"term", ints({}, {0})}, {"limit", ints({}, {5})}}),
            "loop 1: ends outside of the loop around it; expected nested loops");
}
