// VerifyTest.cpp - a correct configuration broken in every way that a rule forbids
#include "jacquard/Bitstream/Encode.h"

#include <gtest/gtest.h>

#include <functional>

using namespace jacquard;
using namespace jacquard::bitstream;

namespace {

/// compute(1,0) multiplies and accumulates, memory(2,0) and dram(0,0).0 move 4 x 32 words.
class VerifyTest : public testing::Test {
protected:
  FabricModel model{*loadArch("tiny")};
  SectionConfig config;

  void SetUp() override {
    for (unsigned net = 0; net < 3; ++net)
      for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
        config.selects[net].emplace_back(model.switchModel(sw, NetworkKind(net)).sinks.size());
    AccessProgram access;
    access.used = true;
    access.counters = {{4, 32}, 1};
    access.registers = {{0, {32, 1}}};
    config.dram.push_back({0, {}});
    config.dram[0].config.access = access;
    config.memory.push_back({2, {}});
    config.memory[0].config.bufferWords = 128;
    config.memory[0].config.write = access;
    config.memory[0].config.read = access;
    config.compute.push_back({1, {}});
    ComputeConfig &unit = config.compute[0].config;
    unit.counters = {{4, 32}, 1};
    unit.inputs.resize(model.numInputs(UnitKind::Compute));
    unit.inputs[0] = {true, 0, 1};
    unit.stages.resize(6);
    Stage &stage = unit.stages[1];
    stage.opcode = Opcode::Fma;
    stage.operands[0] = {OperandKind::Register, 0, 0, 0, -1, 0};
    stage.operands[1] = {OperandKind::Constant, 0, 0, 0, -1, 0x40000000};
    stage.operands[2] = {OperandKind::Accumulator, 0, 0, 0, -1, 0};
    stage.accumulate = true;
    unit.outputs.resize(model.numOutputs(UnitKind::Compute));
    unit.outputs[0] = {true, true, 0, 2, Opcode::FAdd, 0};
  }

  ComputeConfig &compute() { return config.compute[0].config; }
  MemoryConfig &memory() { return config.memory[0].config; }
  DramPortConfig &dram() { return config.dram[0].config; }
  std::string error() {
    Status status = verifyConfig(config, model);
    return status ? "valid" : status.error();
  }
};

} // namespace

TEST_F(VerifyTest, AcceptsTheBaseline) { EXPECT_EQ(error(), "valid"); }

TEST_F(VerifyTest, ChecksSites) {
  config.compute[0].site = 2;
  EXPECT_EQ(error(), "compute unit at memory(2,0) is not allowed; expected a compute site");
  config.compute[0].site = 99;
  EXPECT_EQ(error(), "compute unit at site 99 is not allowed; expected a site below 24");
  config.compute[0].site = 1;
  config.compute.push_back(config.compute[0]);
  EXPECT_EQ(error(), "compute unit at compute(1,0) is out of order; expected ascending sites, each once");
}

TEST_F(VerifyTest, ChecksSelects) {
  config.selects[0][0][0] = 100;
  EXPECT_EQ(error(), "switch(0,0).vector: select[0]: 100 is not allowed; expected 0 to 7");
  config.selects[0][0].pop_back();
  EXPECT_EQ(error(), "switch(0,0).vector: 7 selects; expected 8");
  config.selects[0].pop_back();
  EXPECT_EQ(error(), "selects of 23 switches in the vector network; expected 24");
}

TEST_F(VerifyTest, ChecksCounts) {
  compute().stages.resize(7);
  EXPECT_EQ(error(), "compute(1,0): stages: has 7 entries; expected 6");
  compute().stages.resize(6);
  compute().counters.extents.assign(13, 1);
  EXPECT_EQ(error(), "compute(1,0): counters.extents.count: 13 is not allowed; expected 0 to 12");
}

TEST_F(VerifyTest, ChecksCounters) {
  compute().counters.extents[0] = 0;
  EXPECT_EQ(error(), "compute(1,0): counters.extents[0]: 0 is not allowed; expected 1 to 2147483647");
  compute().counters.extents = {1 << 30, 1 << 30};
  EXPECT_EQ(error(),
            "compute(1,0): counters.extents: more than 2^48 firings are not allowed; expected a smaller loop nest");
  compute().counters.extents = {4, 32};
  compute().counters.vectorLevel = 2;
  EXPECT_EQ(error(), "compute(1,0): counters.vectorLevel: 2 is not allowed; expected -1 to 1");
}

TEST_F(VerifyTest, ChecksStages) {
  Stage good = compute().stages[1];
  compute().stages[1].destination = 6;
  EXPECT_EQ(error(), "compute(1,0): stages[1].destination: 6 is not allowed; expected -1 to 5");
  compute().stages[1] = good;
  compute().stages[1].operands[2].kind = OperandKind::None;
  EXPECT_EQ(error(),
            "compute(1,0): stages[1].operands[2].kind: none is not allowed; expected an operand, 'fma' takes 3");
  compute().stages[1] = good;
  compute().stages[1].accumulate = false;
  EXPECT_EQ(error(), "compute(1,0): stages[1].operands[2].kind: accumulator is not allowed; expected a stage that "
                     "accumulates");
  compute().stages[1] = good;
  compute().stages[1].operands[0] = {OperandKind::LaneOfRegister, 0, 4, 4, 0, 0};
  EXPECT_EQ(error(),
            "compute(1,0): stages[1].operands[0].laneStride: 4 is not allowed; expected lanes below 16, the last "
            "step reads lane 16");
  compute().stages[1] = good;
  compute().stages[0].opcode = Opcode::FDiv;
  compute().stages[0].operands[0] = compute().stages[0].operands[1] = good.operands[1];
  EXPECT_EQ(error(),
            "compute(1,0): stages[1].opcode: 'fma' is not allowed; expected nop, 'fdiv' in stage 0 takes 2 stages");
  std::swap(compute().stages[0], compute().stages[5]);
  EXPECT_EQ(error(),
            "compute(1,0): stages[5].opcode: 'fdiv' takes 2 stages; expected at most 1 to the end of the unit");
  compute().stages[5] = {};
  compute().stages[5].destination = 1;
  EXPECT_EQ(error(), "compute(1,0): stages[5].opcode: nop is not allowed; expected an operation, the stage has a "
                     "destination or an accumulator");
}

TEST_F(VerifyTest, ChecksOutputs) {
  compute().outputs[0].stageMask = 3;
  EXPECT_EQ(error(), "compute(1,0): outputs[0].stageMask: stage 0 is not allowed; expected stages that accumulate");
  compute().outputs[0].stageMask = 0;
  EXPECT_EQ(error(), "compute(1,0): outputs[0].stageMask: 0 is not allowed; expected 1 to 63");
  compute().outputs[0].stageMask = 2;
  compute().outputs[0].reduce = Opcode::FNeg;
  EXPECT_EQ(error(),
            "compute(1,0): outputs[0].reduce: 'fneg' is not allowed; expected nop or an operation of two operands");
}

TEST_F(VerifyTest, ChecksMemory) {
  memory().bufferCount = 8;
  memory().bufferWords = 8193;
  EXPECT_EQ(error(),
            "memory(2,0): bufferCount: 8 buffers of 8193 words are not allowed; expected at most 65536 words in "
            "all");
  memory().bufferCount = 9;
  EXPECT_EQ(error(), "memory(2,0): bufferCount: 9 is not allowed; expected 1 to 8");
  memory().bufferCount = 1;
  memory().accumulate = Opcode::Fma;
  EXPECT_EQ(error(), "memory(2,0): accumulate: 'fma' is not allowed; expected nop or an operation of two operands");
}

TEST_F(VerifyTest, ChecksWideUnits) {
  compute().wide = memory().wide = dram().wide = true;
  compute().stages[1].operands[1].constant = uint64_t(1) << 40;
  compute().stages[1].accumulatorInit = memory().read.elseValue = ~uint64_t(0);
  EXPECT_EQ(error(), "valid");
  memory().bufferCount = 4;
  memory().bufferWords = 8193;
  EXPECT_EQ(error(),
            "memory(2,0): bufferCount: 4 buffers of 8193 words are not allowed; expected at most 32768 words in "
            "all");
  memory().bufferCount = 1;
  memory().bufferWords = 32769;
  EXPECT_EQ(error(), "memory(2,0): bufferWords: 32769 is not allowed; expected 1 to 32768");
  memory().bufferWords = 128;
  compute().stages[1].operands[0] = {OperandKind::LaneOfRegister, 0, 8, 0, -1, 0};
  EXPECT_EQ(error(),
            "compute(1,0): stages[1].operands[0].laneStride: 0 is not allowed; expected lanes below 8, the last "
            "step reads lane 8");
}

TEST_F(VerifyTest, ChecksWordsOfNarrowUnits) {
  compute().stages[1].operands[1].constant = uint64_t(1) << 32;
  EXPECT_EQ(error(), "compute(1,0): stages[1].operands[1].constant: has more than 32 bits; expected a wide unit");
  compute().stages[1].operands[1].constant = 0;
  memory().read.elseValue = ~uint64_t(0);
  EXPECT_EQ(error(), "memory(2,0): read.elseValue: has more than 32 bits; expected a wide unit");
  memory().read.elseValue = 0;
  ArchSpec spec = model.spec();
  spec.compute.wideLanes = 0;
  model = FabricModel(spec);
  EXPECT_EQ(error(), "valid");
  dram().wide = true;
  EXPECT_EQ(error(), "dram(0,0).0: wide: 1 is not allowed; expected 0 to 0");
}

TEST_F(VerifyTest, ChecksAddresses) {
  AccessProgram good = memory().read;
  memory().read.address = 6;
  EXPECT_EQ(error(), "memory(2,0): read.address: 6 is not allowed; expected a register in use, the index stream if "
                     "attached, or an earlier stage with a result");
  memory().read = good;
  memory().read.ops = {{AddressOpKind::Madd, 0, 7, 1, 0}};
  EXPECT_EQ(error(), "memory(2,0): read.ops[0].b: 7 is not allowed; expected a register in use, the index stream if "
                     "attached, or an earlier stage with a result");
  memory().read.ops = {{AddressOpKind::Div, 0, 0, 0, 0}};
  EXPECT_EQ(error(), "memory(2,0): read.ops[0].low: 0 is not allowed; expected 1 to 72057594037927936");
  memory().read = good;
  memory().read.registers[0].coefficients = {1};
  EXPECT_EQ(error(), "memory(2,0): read.registers[0].coefficients: has 1 entries; expected 2");
  memory().read = good;
  memory().read.registers[0].coefficients[0] = int64_t(1) << 55;
  EXPECT_EQ(
      error(),
      "memory(2,0): read.registers[0]: values beyond 2^56 are not allowed; expected smaller coefficients or extents");
  memory().read = good;
  memory().read.ops = {{AddressOpKind::Madd, 0, 0, int64_t(1) << 54, 0}};
  EXPECT_EQ(error(),
            "memory(2,0): read.ops[0]: values beyond 2^56 are not allowed; expected smaller coefficients or extents");
}

TEST_F(VerifyTest, ChecksChains) {
  ComputeOutput &output = compute().outputs[0];
  output.chain = 1;
  output.chainCount = 6;
  EXPECT_EQ(error(), "valid");
  output.chain = 0;
  EXPECT_EQ(error(), "compute(1,0): outputs[0].chain: 0 is not allowed; expected an input port without another use");
  output.chain = 1;
  compute().outputs[1] = output;
  EXPECT_EQ(error(), "compute(1,0): outputs[1].chain: 1 is not allowed; expected an input port without another use");
  compute().outputs[1] = {};
  output.chainCount = 0;
  output.combine = Opcode::FNeg;
  EXPECT_EQ(error(), "compute(1,0): outputs[0].combine: 'fneg' is not allowed; expected nop or an operation of two "
                     "operands");
}

TEST_F(VerifyTest, ChecksCascades) {
  memory().sliced = memory().cascade = true;
  EXPECT_EQ(error(), "valid");
  memory().write.indexed = true;
  EXPECT_EQ(error(), "memory(2,0): cascade: yes is not allowed; expected a machine with read_cascades, a read and no "
                     "write index");
  memory().write.indexed = false;
  memory().read.used = false;
  EXPECT_EQ(error(), "memory(2,0): cascade: yes is not allowed; expected a machine with read_cascades, a read and no "
                     "write index");
}

TEST_F(VerifyTest, ChecksPortsInTheBackground) {
  dram().background = true;
  dram().store = false;
  EXPECT_EQ(error(), "valid");
  dram().store = true;
  EXPECT_EQ(error(), "dram(0,0).0: background: yes is not allowed; expected a load, and a machine with "
                     "background_queue_depth");
}

TEST_F(VerifyTest, ChecksDramPorts) {
  dram().baseAddress = uint64_t(1) << 33;
  EXPECT_EQ(error(), "dram(0,0).0: baseAddress: 8589934592 is not allowed; expected 0 to 8589934591");
  dram().baseAddress = ~uint64_t(0);
  EXPECT_EQ(error(), "dram(0,0).0: baseAddress: -1 is not allowed; expected 0 to 8589934591");
  dram().baseAddress = 0;
  dram().access.used = false;
  EXPECT_EQ(error(), "dram(0,0).0: access.used: no is not allowed; expected a loop nest, or a port without a frame");
}
