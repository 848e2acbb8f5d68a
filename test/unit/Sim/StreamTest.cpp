// StreamTest.cpp - routes, multicast, back-pressure, tokens, deadlock, and what the simulator refuses
#include "FabricBuilder.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

/// x -> unit computing x + c -> y, for as many branches as there are constants.
FabricBuilder multicast(uint32_t count, const std::vector<float> &constants) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {count});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(count), {1}));
  for (size_t i = 0; i < constants.size(); ++i) {
    uint64_t y = b.addOutput("y" + std::to_string(i), ElementType::F32, {count});
    unsigned add = b.addCompute("add" + std::to_string(i), vectorLoop(count));
    b.input(add, 0, 0, 0);
    b.stage(add, 0, Opcode::FAdd, {reg(0), constant(constants[i])}, 1);
    b.output(add, 0, 1, 0);
    unsigned store = b.addStore("y", y, affine(vectorLoop(count), {1}));
    b.connect({load, 0}, {add, 0});
    b.connect({add, 0}, {store, 0});
  }
  return b;
}

} // namespace

TEST(StreamTest, SendsOneStreamToSeveralUnits) {
  std::vector<float> values = someFloats(500, 1);
  RunResult result = runProgram(multicast(500, {1, 2, 3}).program(), {{"x", floats({500}, values)}});
  for (unsigned i = 0; i < 3; ++i) {
    std::vector<float> expected = values;
    for (float &value : expected)
      value += float(i + 1);
    EXPECT_EQ(floatsOf(result.outputs.at("y" + std::to_string(i))), expected);
  }
}

TEST(StreamTest, TakesOneCyclePerHopAndOneIntoTheUnit) {
  // Two compute units in a row, once side by side and once with one more link between them: one cycle of difference.
  auto cyclesTo = [](unsigned skip) {
    FabricBuilder b;
    unsigned from = b.addCompute("from", {}), to = 0;
    for (unsigned i = 0; i <= skip; ++i)
      to = b.take(UnitKind::Memory, "to");
    b.stage(from, 0, Opcode::Move, {word(5)}, 0);
    b.output(from, 0, 0, -1);
    b.connect({from, 0}, {to, 0});
    Program program = b.program();
    MemoryConfig config;
    config.bufferWords = config.bufferCount = 1;
    config.write = affine({}, {});
    program.sections[0].config.memory.push_back({to, config});
    const Site &a = b.fabric().sites()[from], &c = b.fabric().sites()[to];
    RunResult result = runProgram(program, {});
    const SectionStatistics &section = result.statistics.sections[0];
    return int64_t(section.cycles - section.configurationCycles) - std::abs(a.x - c.x) - std::abs(a.y - c.y);
  };
  EXPECT_EQ(cyclesTo(0), cyclesTo(1));
  EXPECT_EQ(cyclesTo(0), cyclesTo(3));
}

TEST(StreamTest, HoldsAFastProducerBack) {
  // A unit without inputs could fire every cycle; its consumer fires 8 times per element.
  FabricBuilder b;
  uint64_t y = b.addOutput("y", ElementType::I32, {200});
  unsigned fast = b.addCompute("fast", loops({200}, -1));
  b.stage(fast, 0, Opcode::Move, {counter(0)}, 0);
  b.output(fast, 0, 0, 0);
  unsigned slow = b.addCompute("slow", loops({200, 8}, -1));
  b.input(slow, 0, 0, 0);
  b.accumulate(slow, 0, Opcode::IAdd, {reg(0), accumulator()}, 0);
  b.drain(slow, 0, 1, 0);
  unsigned store = b.addStore("y", y, affine(loops({200}, -1), {1}), ElementType::I32);
  b.connect({fast, 0}, {slow, 0});
  b.connect({slow, 0}, {store, 0});
  RunResult result = runProgram(b.program(), {});
  std::vector<int32_t> expected(200);
  for (int32_t i = 0; i < 200; ++i)
    expected[size_t(i)] = 8 * i;
  EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
  const SectionStatistics &section = result.statistics.sections[0];
  EXPECT_GT(section.units[fast].cycles[unsigned(CycleClass::Blocked)], 1000u);
  EXPECT_GE(section.units[slow].cycles[unsigned(CycleClass::Busy)], 1600u);
  EXPECT_EQ(section.units[slow].firings, 1600u);
}

TEST(StreamTest, StreamsOneVectorPerCycleThroughHopsAndFifos) {
  FabricBuilder b;
  unsigned source = b.addCompute("source", vectorLoop(16 * 1000)), sink = b.addCompute("sink", vectorLoop(16 * 1000));
  b.stage(source, 0, Opcode::Move, {counter(0)}, 0);
  b.output(source, 0, 0, 0);
  b.input(sink, 0, 0, 0);
  b.connect({source, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  EXPECT_LT(section.cycles - section.configurationCycles, 1000u + 30);
}

TEST(StreamTest, ExplainsALoadAndAStoreThatWaitForEachOther) {
  // The load waits for the token of a store whose data it loads.
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I32, {16});
  CounterChain chain = loops({10, 16}, 1);
  unsigned load = b.addLoad("load", x, affine(chain, {0, 1}), ElementType::I32);
  unsigned add = b.addCompute("add", chain);
  b.input(add, 0, 0, 1);
  b.stage(add, 0, Opcode::IAdd, {reg(0), word(1)}, 1);
  b.output(add, 0, 1, 1);
  unsigned store = b.addStore("store", x, affine(chain, {0, 1}), ElementType::I32);
  b.dram(store).sendToken = b.dram(load).waitToken = true;
  b.dram(store).sendLevel = b.dram(load).waitLevel = 0;
  b.connect({load, 0}, {add, 0});
  b.connect({add, 0}, {store, 0});
  b.connect({store, b.controlOut()}, {load, b.controlIn()});
  std::string error = runError(b.program(), {{"x", ints({16}, std::vector<int32_t>(16, 5))}});
  EXPECT_NE(error.find("deadlock in section 'main'"), std::string::npos) << error;
  EXPECT_NE(error.find("'load' of node of load waits for a token on control in 0 from "), std::string::npos) << error;
  EXPECT_NE(error.find("'store' of node of store waits for data on vector in 0 from "), std::string::npos) << error;
  EXPECT_NE(error.find("'add' of node of add waits for data on vector in 0 from "), std::string::npos) << error;
}

TEST(StreamTest, ReadsWhatAStoreWroteBeforeItsToken) {
  // iota -> store -> (token) -> load of the same place -> store elsewhere.
  FabricBuilder b;
  uint64_t scratch = b.allocate(64 * 64), y = b.addOutput("y", ElementType::I32, {1024});
  unsigned iota = b.addCompute("iota", vectorLoop(1024));
  b.stage(iota, 0, Opcode::Move, {counter(0)}, 0);
  b.output(iota, 0, 0, 0);
  unsigned store = b.addStore("scratch", scratch, affine(vectorLoop(1024), {1}), ElementType::I32);
  b.dram(store).sendToken = true;
  unsigned load = b.addLoad("again", scratch, affine(vectorLoop(1024), {1}), ElementType::I32);
  b.dram(load).waitToken = true;
  unsigned out = b.addStore("y", y, affine(vectorLoop(1024), {1}), ElementType::I32);
  b.connect({iota, 0}, {store, 0});
  b.connect({store, b.controlOut()}, {load, b.controlIn()});
  b.connect({load, 0}, {out, 0});
  std::vector<int32_t> expected(1024);
  for (int32_t i = 0; i < 1024; ++i)
    expected[size_t(i)] = i;
  EXPECT_EQ(intsOf(runProgram(b.program(), {}).outputs.at("y")), expected);
}

TEST(StreamTest, ExplainsACircleOfUnits) {
  // Two units that each want the other's first result, and one that only hangs on them.
  FabricBuilder b;
  unsigned a = b.addCompute("a", vectorLoop(16)), c = b.addCompute("c", vectorLoop(16));
  unsigned hanger = b.addCompute("hanger", vectorLoop(16));
  for (unsigned unit : {a, c}) {
    b.input(unit, 0, 0, 0);
    b.output(unit, 0, 0, 0);
  }
  b.input(hanger, 0, 0, 0);
  b.connect({a, 0}, {c, 0});
  b.connect({c, 0}, {a, 0});
  b.connect({c, 0}, {hanger, 0});
  std::string error = runError(b.program(), {});
  std::string nameA = b.fabric().describeSite(a) + " 'a' of node of a";
  std::string nameC = b.fabric().describeSite(c) + " 'c' of node of c";
  std::string circle = nameA + " waits for data on vector in 0 from " + nameC + "; " + nameC +
                       " waits for data on vector in 0 from " + nameA;
  EXPECT_NE(error.find("deadlock in section 'main' at cycle "), std::string::npos) << error;
  EXPECT_NE(error.find(circle), std::string::npos) << error;
  EXPECT_EQ(error.find("hanger"), std::string::npos) << error;
}

TEST(StreamTest, ExplainsAProducerThatFinishedEarly) {
  FabricBuilder b;
  unsigned a = b.addCompute("a", vectorLoop(16)), c = b.addCompute("c", vectorLoop(64));
  b.output(a, 0, 0, 0);
  b.input(c, 0, 0, 0);
  b.connect({a, 0}, {c, 0});
  std::string error = runError(b.program(), {});
  EXPECT_NE(error.find(b.fabric().describeSite(a) + " 'a' of node of a has finished"), std::string::npos) << error;
}

TEST(StreamTest, RefusesRoutesThatCannotWork) {
  auto errorOf = [](auto change) {
    FabricBuilder b;
    unsigned a = b.addCompute("a", {}), c = b.addCompute("c", {});
    b.output(a, 0, 0, -1);
    b.input(c, 0, 0, -1);
    b.connect({a, 0}, {c, 0});
    Program program = b.program();
    change(b, a, c, program.sections[0].config);
    return runError(program, {});
  };
  EXPECT_NE(errorOf([](FabricBuilder &, unsigned, unsigned, SectionConfig &config) {
              config.compute[0].config.outputs[0].used = false;
            }).find("carries nothing"),
            std::string::npos);
  EXPECT_NE(errorOf([](FabricBuilder &, unsigned, unsigned, SectionConfig &config) {
              config.compute[1].config.inputs[0].used = false;
            }).find("is fed but the unit does not use it"),
            std::string::npos);
  EXPECT_NE(errorOf([](FabricBuilder &b, unsigned, unsigned c, SectionConfig &config) {
              config.selects[0][b.fabric().switchOfSite(c)][unsigned(b.fabric().sinkOfPort(c, 0))] = 0;
            }).find("leads nowhere"),
            std::string::npos);
  EXPECT_NE(errorOf([](FabricBuilder &, unsigned, unsigned, SectionConfig &config) {
              config.compute[0].config.outputs[1] = config.compute[0].config.outputs[0];
            }).find("output 1 of compute(1,0) is used but not routed"),
            std::string::npos);
  EXPECT_NE(errorOf([](FabricBuilder &, unsigned, unsigned, SectionConfig &config) {
              config.compute[1].config.inputs[1] = {true, 1, -1};
            }).find("is used but not routed"),
            std::string::npos);
}

TEST(StreamTest, RefusesACircleOfLinks) {
  // Four switches round a square that select one another.
  FabricBuilder b;
  unsigned a = b.addCompute("a", {});
  b.stage(a, 0, Opcode::Move, {word(1)}, 0);
  Program program = b.program();
  const FabricModel &model = b.fabric();
  unsigned at = model.switchAt(2, 1);
  Direction way[] = {Direction::East, Direction::South, Direction::West, Direction::North};
  unsigned comingFrom = 0; // source of the link that enters `at`
  auto sinkTo = [&](unsigned sw, Direction direction) {
    const std::vector<SwitchPort> &sinks = model.switchModel(sw, NetworkKind::Vector).sinks;
    for (unsigned sink = 0;; ++sink)
      if (sinks[sink].isLink && sinks[sink].direction == direction)
        return sink;
  };
  // The last link of the square enters `at` from the south.
  unsigned last = unsigned(model.neighbour(at, Direction::South));
  comingFrom = model.sourceOfLink(last, NetworkKind::Vector, sinkTo(last, Direction::North));
  for (Direction direction : way) {
    unsigned sink = sinkTo(at, direction);
    program.sections[0].config.selects[0][at][sink] = comingFrom + 1;
    comingFrom = model.sourceOfLink(at, NetworkKind::Vector, sink);
    at = unsigned(model.neighbour(at, direction));
  }
  EXPECT_NE(runError(program, {}).find("form a circle"), std::string::npos);
}

TEST(StreamTest, StopsAtTheCycleLimit) {
  Options options;
  options.maxCycles = 100;
  std::string error = runError(multicast(5000, {1}).program(), {{"x", floats({5000}, someFloats(5000, 1))}}, options);
  EXPECT_EQ(error, "[JQ6004] section 'main' still runs after 100 cycles, the limit that was set");
}

TEST(StreamTest, RefusesWrongInputs) {
  Program program = multicast(32, {1}).program();
  EXPECT_EQ(runError(program, {}), "[JQ5002] input 'x' is missing; expected a tensor of 32xfloat32");
  EXPECT_EQ(runError(program, {{"x", makeTensor(DType::F32, {31})}}),
            "[JQ5002] input 'x' is 31xfloat32; expected 32xfloat32");
  EXPECT_EQ(runError(program, {{"x", makeTensor(DType::I32, {32})}}),
            "[JQ5002] input 'x' is 32xint32; expected 32xfloat32");
  EXPECT_EQ(runError(program, {{"x", makeTensor(DType::F32, {32})}, {"w", makeTensor(DType::F32, {1})}}),
            "[JQ5002] the program has no input 'w'; its inputs are 'x'");
}

TEST(StreamTest, RunsTwiceAlikeToTheBit) {
  Program program = multicast(3000, {1, 2, 3}).program();
  program.schedule = {0, 0};
  std::map<std::string, Tensor> inputs = {{"x", floats({3000}, someFloats(3000, 5))}};
  RunResult first = runProgram(program, inputs), second = runProgram(program, inputs);
  EXPECT_EQ(first.statistics.cycles, second.statistics.cycles);
  ASSERT_EQ(first.statistics.sections.size(), 2u);
  for (const auto &[name, tensor] : first.outputs)
    EXPECT_EQ(tensor.bytes, second.outputs.at(name).bytes);
  for (size_t s = 0; s < 2; ++s)
    for (size_t u = 0; u < first.statistics.sections[s].units.size(); ++u)
      for (unsigned c = 0; c < numCycleClasses; ++c)
        EXPECT_EQ(first.statistics.sections[s].units[u].cycles[c], second.statistics.sections[s].units[u].cycles[c]);
}
