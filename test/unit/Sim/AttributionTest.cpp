// AttributionTest.cpp - which class the cycles of a unit are of, counted by hand
#include "FabricBuilder.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

using Classes = std::map<CycleClass, uint64_t>;

/// The unit's classes that have cycles, without the configuration.
Classes classesOf(const SectionStatistics &section, unsigned site) {
  Classes classes;
  for (unsigned c = 0; c < numCycleClasses; ++c)
    if (section.units[site].cycles[c] && CycleClass(c) != CycleClass::Configuration)
      classes[CycleClass(c)] = section.units[site].cycles[c];
  return classes;
}

unsigned linksBetween(const FabricBuilder &b, unsigned from, unsigned to) {
  const Site &a = b.fabric().sites()[from], &c = b.fabric().sites()[to];
  return unsigned(std::abs(a.x - c.x) + std::abs(a.y - c.y));
}

/// A unit that puts out the numbers from 0, one per firing.
unsigned addCounter(FabricBuilder &b, CounterChain chain) {
  unsigned count = b.addCompute("count", chain);
  int last = int(chain.extents.size()) - 1;
  b.stage(count, 0, Opcode::Move, {counter(unsigned(last))}, 0);
  b.output(count, 0, 0, last);
  return count;
}

} // namespace

TEST(AttributionTest, StarvesUntilTheFirstElementComes) {
  FabricBuilder b;
  unsigned count = addCounter(b, loops({4}, -1)), sink = b.addCompute("sink", loops({4}, -1));
  b.input(sink, 0, 0, 0);
  b.connect({count, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  // 6 stages, the links, the input FIFO; then one firing per cycle.
  unsigned links = linksBetween(b, count, sink), way = 6 + links + 1;
  EXPECT_EQ(classesOf(section, count), (Classes{{CycleClass::Busy, 4}, {CycleClass::Idle, way}}));
  EXPECT_EQ(classesOf(section, sink), (Classes{{CycleClass::Busy, 4}, {CycleClass::Starved, way}}));
  EXPECT_EQ(section.hops[unsigned(NetworkKind::Vector)], 4u * (links + 1));
  EXPECT_EQ(section.hops[unsigned(NetworkKind::Scalar)] + section.hops[unsigned(NetworkKind::Control)], 0u);
  for (const UnitStatistics &unit : section.units)
    EXPECT_EQ(unit.cycles[unsigned(CycleClass::Configuration)], section.configurationCycles);
}

TEST(AttributionTest, CountsTheHopsOfEveryBranch) {
  FabricBuilder b;
  unsigned count = addCounter(b, loops({5}, -1));
  for (unsigned i = 0; i < 2; ++i) {
    unsigned sink = b.addCompute("sink", loops({5}, -1));
    b.input(sink, 0, 0, 0);
    b.connect({count, 0}, {sink, 0});
  }
  Program program = b.program();
  // What the route is made of: selected sinks of the switches.
  uint64_t selected = 0;
  for (const std::vector<uint32_t> &ofSwitch : program.sections[0].config.selects[unsigned(NetworkKind::Vector)])
    for (uint32_t select : ofSwitch)
      selected += select != 0;
  EXPECT_EQ(runProgram(program, {}).statistics.sections[0].hops[unsigned(NetworkKind::Vector)], 5 * selected);
}

TEST(AttributionTest, TellsConflictsAndHandoverOfAScratchpad) {
  // 16 accesses write a tile of 16 x 16 words, 16 read its columns: all lanes in one bank, 16 cycles each.
  FabricBuilder b;
  unsigned count = addCounter(b, vectorLoop(256)), sink = b.addCompute("sink", loops({16}, -1));
  unsigned memory = b.addMemory("tile", 256);
  b.memory(memory).write = affine(vectorLoop(256), {1});
  b.memory(memory).read = affine(loops({16, 16}, 1), {1, 16});
  b.memory(memory).write.handoverLevel = b.memory(memory).read.handoverLevel = -1;
  b.input(sink, 0, 0, 0);
  b.connect({count, 0}, {memory, 0});
  b.connect({memory, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  Classes classes = classesOf(section, memory);
  classes.erase(CycleClass::Idle);
  // The buffer changes hands 2 cycles (the write latency) after the last write, which took the first of them.
  EXPECT_EQ(classes, (Classes{{CycleClass::Starved, 6 + linksBetween(b, count, memory) + 1},
                              {CycleClass::Busy, 16 + 16},
                              {CycleClass::BankConflict, 16 * 15},
                              {CycleClass::Control, 1}}));
}

TEST(AttributionTest, TellsTokensFromDram) {
  FabricBuilder b;
  uint64_t y = b.allocate(64);
  unsigned count = addCounter(b, vectorLoop(16)), sink = b.addCompute("sink", loops({1}, -1));
  unsigned store = b.addStore("store", y, affine(vectorLoop(16), {1}));
  unsigned load = b.addLoad("load", y, affine(vectorLoop(16), {1}));
  b.dram(store).sendToken = b.dram(load).waitToken = true;
  b.dram(store).sendLevel = b.dram(load).waitLevel = -1;
  b.input(sink, 0, 0, 0);
  b.connect({count, 0}, {store, 0});
  b.connect({store, b.controlOut()}, {load, b.controlIn()});
  b.connect({load, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  Classes ofStore = classesOf(section, store), ofLoad = classesOf(section, load);
  ofStore.erase(CycleClass::Idle);
  ofLoad.erase(CycleClass::Idle);
  // The store fires and asks in one cycle; the channel sees the request in the next one. Activate 13.75, CWL 10 and a
  // burst of 5 cycles end 28.75 cycles later, so the store retires 30 cycles after it asked and waits 29 of them.
  unsigned fires = 6 + linksBetween(b, count, store) + 1, retires = fires + 30;
  EXPECT_EQ(ofStore, (Classes{{CycleClass::Starved, fires}, {CycleClass::DramWait, 29}, {CycleClass::Busy, 2}}));
  // The token is there a cycle after that, then come the links and the input.
  unsigned token = retires + 1 + linksBetween(b, store, load) + 1;
  EXPECT_EQ(ofLoad[CycleClass::Control], token);
  // A hit in the open row: tWTR is over, so CL and a burst: 18.75 cycles after the channel saw it. The port fires and
  // asks in its first cycle and delivers in its last.
  EXPECT_EQ(ofLoad[CycleClass::DramWait], 19u);
  EXPECT_EQ(ofLoad[CycleClass::Busy], 2u);
  EXPECT_EQ(ofLoad.size(), 3u);
}
