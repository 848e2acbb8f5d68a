// PartitionTest.cpp - partitions keep the program's meaning, respect the machine, and every broken one is caught
#include "Programs.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace jacquard::mapper {
namespace {

ArchSpec preset(const std::string &name) {
  Result<ArchSpec> spec = loadArch(name);
  EXPECT_TRUE(spec) << spec.error();
  return *spec;
}

void expectRight(const ComputeProgram &program, const ArchSpec &spec, uint64_t seed) {
  ASSERT_TRUE(check(program)) << check(program).error();
  Result<Partition> result = partition(program, spec);
  ASSERT_TRUE(result) << result.error();
  ASSERT_EQ(verifyPartition(program, *result, spec), std::vector<std::string>());
  Interpreter interpreter(program, seed);
  const std::vector<Stream> direct = interpreter.runProgram();
  ASSERT_EQ(interpreter.runPartition(*result, spec.compute.registers), direct);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Results
//===-------------------------------------------------------------------------------------------------------------===//

TEST(PartitionTest, RandomProgramsKeepTheirMeaning) {
  ArchSpec plasticine = preset("plasticine"), longer = plasticine, tight = plasticine, noShadow = plasticine;
  longer.compute.stages = 12;
  longer.opcodeStages[unsigned(Opcode::IMul)] = 3;
  longer.opcodeStages[unsigned(Opcode::Select)] = 2;
  tight.compute.registers = 3;
  noShadow.compute.shadowAccumulators = false;
  for (uint64_t seed = 0; seed < 120; ++seed) {
    SCOPED_TRACE(seed);
    const ComputeProgram program =
        ProgramMaker(seed).make(unsigned(1 + seed % 40), unsigned(1 + seed % 7), unsigned(seed % 3), 3);
    for (const ArchSpec &spec : {plasticine, longer, tight, noShadow}) {
      expectRight(program, spec, seed);
      if (HasFatalFailure())
        return;
    }
  }
}

TEST(PartitionTest, GemmUsesAllStagesOfOneUnit) {
  const ArchSpec spec = preset("plasticine");
  const ComputeProgram program = gemmProgram(6);
  Result<Partition> result = partition(program, spec);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->parts.size(), 1u);
  EXPECT_EQ(result->parts[0].outputs[0].stageMask, 0x3fu);
  expectRight(program, spec, 1);
}

TEST(PartitionTest, WithoutShadowsFiveOfSixStagesAccumulate) {
  ArchSpec spec = preset("plasticine");
  spec.compute.shadowAccumulators = false;
  expectRight(gemmProgram(5), spec, 1);
  Result<Partition> six = partition(gemmProgram(6), spec);
  ASSERT_FALSE(six);
  EXPECT_EQ(six.error(), "compute program: pipeline registers in one unit for output 0, which drains 6 accumulators: 7 "
                         "needed, 6 available on 'plasticine'; split it before mapping");
}

TEST(PartitionTest, AChainFillsItsUnits) {
  ComputeProgram program;
  program.levels = 1;
  program.inputs = {{0, false}};
  for (unsigned n = 0; n < 18; ++n)
    program.nodes.push_back(
        {Opcode::IAdd, {n ? node(n - 1) : input(0), constant(n), ProgramOperand()}, false, 0, 0});
  program.outputs = {{{17}, 0, false, Opcode::Nop}};
  Result<Partition> result = partition(program, preset("plasticine"));
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->parts.size(), 3u);
  EXPECT_EQ(numCutValues(*result), 2u);
}

TEST(PartitionTest, DrainedSumsPullTheirOperandsIn) {
  // Four sums of four values: alone the drain would need four vector inputs, with the operations before it one.
  ComputeProgram program;
  program.levels = 2;
  program.inputs = {{1, false}};
  ProgramOutput drain{{}, 0, true, Opcode::Nop};
  for (unsigned i = 0; i < 4; ++i)
    program.nodes.push_back({Opcode::IMul, {input(0), constant(i), ProgramOperand()}, false, 0, 0});
  for (unsigned i = 0; i < 4; ++i) {
    program.nodes.push_back({Opcode::IAdd, {node(i), accumulator(), ProgramOperand()}, true, 0, 0});
    drain.nodes.push_back(4 + i);
  }
  program.outputs = {drain};
  expectRight(program, preset("plasticine"), 5);
}

TEST(PartitionTest, EmptyProgramHasNoParts) {
  Result<Partition> result = partition({}, preset("plasticine"));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->parts.empty());
}

//===-------------------------------------------------------------------------------------------------------------===//
// Errors
//===-------------------------------------------------------------------------------------------------------------===//

std::string partitionError(const ComputeProgram &program, const ArchSpec &spec = preset("plasticine")) {
  Result<Partition> result = partition(program, spec);
  return result ? "" : result.error();
}

TEST(PartitionTest, TooManyAccumulatorsInOneDrain) {
  EXPECT_EQ(partitionError(gemmProgram(7)),
            "compute program: stages in one unit for output 0, which drains 7 accumulators: 7 needed, 6 available on "
            "'plasticine'; split it before mapping");
}

TEST(PartitionTest, TooManyInputsOfOneNode) {
  ArchSpec spec = preset("plasticine");
  spec.compute.ports.vectorIn = 2;
  ComputeProgram program;
  program.levels = 1;
  program.inputs = {{0, false}, {0, false}, {0, false}};
  program.nodes = {{Opcode::IMad, {input(0), input(1), input(2)}, false, 0, 0}};
  program.outputs = {{{0}, 0, false, Opcode::Nop}};
  EXPECT_EQ(partitionError(program, spec), "compute program: vector inputs in one unit for node 0 (imad): 3 needed, 2 "
                                           "available on 'plasticine'; split it before mapping");
}

TEST(PartitionTest, TooManyCounterLevels) {
  ComputeProgram program;
  program.levels = 13;
  EXPECT_EQ(partitionError(program),
            "compute program: counter levels: 13 needed, 12 available on 'plasticine'");
}

TEST(PartitionTest, IllFormedPrograms) {
  struct Case {
    std::function<void(ComputeProgram &)> breakIt;
    const char *message;
  };
  const Case cases[] = {
      {[](auto &p) { p.inputs.push_back({0, false}); }, "input 2 feeds no node; drop it"},
      {[](auto &p) { p.inputs[0].popLevel = 2; }, "input 0 names counter level 2, expected -1 to 1"},
      {[](auto &p) { p.outputs.clear(); }, "node 0 (imad) accumulates and is drained by 0 outputs, expected one"},
      {[](auto &p) { p.outputs[0].nodes[1] = 0; }, "node 0 (imad) accumulates and is drained by 2 outputs, expected one"},
      {[](auto &p) { p.outputs[0].nodes[1] = 9; }, "output 0 names node 9, but there are 2"},
      {[](auto &p) { p.outputs[0].drain = false; }, "output 0 has 2 nodes, expected one"},
      {[](auto &p) { p.outputs[0].nodes.clear(); }, "output 0 has 0 nodes, expected at least one"},
      {[](auto &p) { p.outputs[0].reduce = Opcode::FNeg; }, "output 0 reduces by opcode 11, expected one of two operands"},
      {[](auto &p) { p.nodes[1].operands[0] = node(0); },
       "node 1 (imad) reads the accumulating node 0; accumulators leave through outputs only"},
      {[](auto &p) { p.nodes[1].operands[0] = node(1); }, "node 1 (imad) reads node 1, expected an earlier one"},
      {[](auto &p) { p.nodes[1].operands[0] = input(2); }, "node 1 (imad) reads input 2, but there are 2"},
      {[](auto &p) { p.nodes[1].operands[0] = counter(2); }, "node 1 (imad) reads counter level 2, but there are 2"},
      {[](auto &p) { p.nodes[1].operands[0] = {}; }, "node 1 (imad) lacks operand 0, expected 3 operands"},
      {[](auto &p) { p.nodes[1].opcode = Opcode::IAdd; }, "node 1 (iadd) has operand 2, expected 2 operands"},
      {[](auto &p) { p.nodes[1].opcode = Opcode::Nop; }, "node 1 has opcode 0, which computes nothing"},
      {[](auto &p) { p.nodes[1].accumulate = false; }, "node 1 (imad) reads an accumulator, but does not accumulate"},
      {[](auto &p) { p.nodes[1].accumulatorLevel = -2; }, "node 1 (imad) names counter level -2, expected -1 to 1"},
  };
  for (const Case &c : cases) {
    ComputeProgram program = gemmProgram(2);
    c.breakIt(program);
    EXPECT_EQ(partitionError(program), std::string("compute program: ") + c.message);
  }
}

//===-------------------------------------------------------------------------------------------------------------===//
// Mutations
//===-------------------------------------------------------------------------------------------------------------===//

class PartitionMutationTest : public testing::TestWithParam<bool> {
protected:
  PartitionMutationTest() : spec(preset("plasticine")) {
    spec.compute.shadowAccumulators = GetParam();
    spec.opcodeStages[unsigned(Opcode::IMul)] = 2;
    program = ProgramMaker(4).make(25, 4, 2, 3);
    program.inputs[0].scalar = true;
    Result<Partition> result = partition(program, spec);
    EXPECT_TRUE(result) << result.error();
    good = *result;
    EXPECT_EQ(violations(good), std::vector<std::string>());
  }
  std::vector<std::string> violations(const Partition &p) const { return verifyPartition(program, p, spec); }

  /// Applies `change` to every element that `elements` yields, one at a time, and expects the checker to object.
  template <typename T>
  void expectCaught(std::vector<T> Part::*elements, const std::function<bool(T &)> &change, const char *what) {
    unsigned applied = 0;
    for (size_t p = 0; p < good.parts.size(); ++p)
      for (size_t i = 0; i < (good.parts[p].*elements).size(); ++i) {
        Partition broken = good;
        if (!change((broken.parts[p].*elements)[i]))
          continue;
        ++applied;
        EXPECT_FALSE(violations(broken).empty()) << what << ": part " << p << " element " << i;
      }
    EXPECT_GT(applied, 0u) << what << " was never tried";
  }

  ArchSpec spec;
  ComputeProgram program;
  Partition good;
};

TEST_P(PartitionMutationTest, Inputs) {
  using Change = std::function<bool(PartInput &)>;
  const std::pair<const char *, Change> changes[] = {
      {"other port class", [&](PartInput &in) { in.port = 9; return true; }},
      {"register out of range", [&](PartInput &in) { in.reg = spec.compute.registers; return true; }},
      {"next register", [&](PartInput &in) { in.reg = (in.reg + 1) % spec.compute.registers; return true; }},
      {"pop level", [&](PartInput &in) { in.popLevel ^= 1; return true; }},
      {"cut flag", [&](PartInput &in) { in.cut = !in.cut; return true; }},
      {"next value", [&](PartInput &in) { ++in.index; return true; }},
      {"unknown value", [&](PartInput &in) { in.index = 1000; return true; }},
  };
  for (auto &[what, change] : changes)
    expectCaught<PartInput>(&Part::inputs, change, what);
  for (size_t p = 0; p < good.parts.size(); ++p)
    for (size_t i = 0; i < good.parts[p].inputs.size(); ++i) {
      Partition broken = good;
      broken.parts[p].inputs.erase(broken.parts[p].inputs.begin() + i);
      EXPECT_FALSE(violations(broken).empty());
      broken = good;
      broken.parts[p].inputs.push_back(broken.parts[p].inputs[i]);
      EXPECT_FALSE(violations(broken).empty());
    }
}

TEST_P(PartitionMutationTest, Stages) {
  using Change = std::function<bool(PartStage &)>;
  const std::pair<const char *, Change> changes[] = {
      {"no node", [&](PartStage &s) { return std::exchange(s.node, -1) >= 0; }},
      {"other node", [&](PartStage &s) { return s.node >= 0 && ++s.node; }},
      {"node in an empty stage", [&](PartStage &s) { return std::exchange(s.node, 0) < 0; }},
      {"unknown node", [&](PartStage &s) { s.node = 1000; return true; }},
      {"destination in an empty stage", [&](PartStage &s) { s.destination = 0; return s.node < 0; }},
      {"destination out of range", [&](PartStage &s) { s.destination = 6; return s.node >= 0; }},
      {"destination toggled",
       [&](PartStage &s) { s.destination = s.destination < 0 ? 0 : -1; return s.node >= 0; }},
      {"other register",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::Register || o.kind == StageOperandKind::LaneOfRegister) {
             o.index = (o.index + 1) % spec.compute.registers;
             return true;
           }
         return false;
       }},
      {"register out of range",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::Register) {
             o.index = spec.compute.registers;
             return true;
           }
         return false;
       }},
      {"other lane",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::LaneOfRegister) {
             ++o.laneBase;
             return true;
           }
         return false;
       }},
      {"other constant",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::Constant) {
             ++o.constant;
             return true;
           }
         return false;
       }},
      {"other counter",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::Counter) {
             ++o.index;
             return true;
           }
         return false;
       }},
      {"accumulator becomes a register",
       [&](PartStage &s) {
         for (StageOperand &o : s.operands)
           if (o.kind == StageOperandKind::Accumulator) {
             o.kind = StageOperandKind::Register;
             return true;
           }
         return false;
       }},
  };
  for (auto &[what, change] : changes)
    expectCaught<PartStage>(&Part::stages, change, what);
}

TEST_P(PartitionMutationTest, StageOrderAndCount) {
  for (size_t p = 0; p < good.parts.size(); ++p) {
    Partition broken = good;
    broken.parts[p].stages.pop_back();
    EXPECT_FALSE(violations(broken).empty());
    broken = good;
    broken.parts[p].stages.emplace_back();
    EXPECT_FALSE(violations(broken).empty());
    broken = good;
    broken.parts.erase(broken.parts.begin() + p);
    EXPECT_FALSE(violations(broken).empty());
    broken = good;
    broken.parts.push_back(broken.parts[p]);
    EXPECT_FALSE(violations(broken).empty());
    // An operation of two stages pulled over by its successor.
    const std::vector<PartStage> &stages = good.parts[p].stages;
    for (size_t s = 0; s + 2 < stages.size(); ++s)
      if (stages[s].node >= 0 && stages[s + 1].node < 0 && stages[s + 2].node >= 0) {
        broken = good;
        std::swap(broken.parts[p].stages[s + 1], broken.parts[p].stages[s + 2]);
        EXPECT_FALSE(violations(broken).empty());
      }
  }
  Partition reversed = good;
  std::reverse(reversed.parts.begin(), reversed.parts.end());
  EXPECT_FALSE(violations(reversed).empty());
}

TEST_P(PartitionMutationTest, Outputs) {
  using Change = std::function<bool(PartOutput &)>;
  const std::pair<const char *, Change> changes[] = {
      {"port out of range", [&](PartOutput &out) { out.port = spec.compute.ports.vectorOut; return true; }},
      {"other level", [&](PartOutput &out) { out.level -= 1; return true; }},
      {"drain flag", [&](PartOutput &out) { out.drain = !out.drain; return true; }},
      {"cut flag", [&](PartOutput &out) { out.cut = !out.cut; return true; }},
      {"other value", [&](PartOutput &out) { ++out.index; return true; }},
      {"unknown value", [&](PartOutput &out) { out.index = 1000; return true; }},
      {"other register",
       [&](PartOutput &out) { out.reg = (out.reg + 1) % spec.compute.registers; return !out.drain; }},
      {"register out of range", [&](PartOutput &out) { out.reg = 100; return !out.drain; }},
      {"one stage less", [&](PartOutput &out) { return out.drain && (out.stageMask &= out.stageMask - 1, true); }},
      {"one stage more", [&](PartOutput &out) { return out.drain && (out.stageMask |= out.stageMask + 1, true); }},
      {"stages beyond the pipeline", [&](PartOutput &out) { out.stageMask |= 1u << 31; return true; }},
  };
  for (auto &[what, change] : changes)
    expectCaught<PartOutput>(&Part::outputs, change, what);
  for (size_t p = 0; p < good.parts.size(); ++p)
    for (size_t i = 0; i < good.parts[p].outputs.size(); ++i) {
      Partition broken = good;
      broken.parts[p].outputs.erase(broken.parts[p].outputs.begin() + i);
      EXPECT_FALSE(violations(broken).empty());
      broken = good;
      broken.parts[p].outputs.push_back(broken.parts[p].outputs[i]);
      EXPECT_FALSE(violations(broken).empty());
    }
}

/// Every limit of the machine: lower it below what the partition uses, and the checker objects.
TEST_P(PartitionMutationTest, LowerLimits) {
  const std::pair<const char *, std::function<void(ComputeSpec &)>> limits[] = {
      {"stages", [](ComputeSpec &unit) { --unit.stages; }},
      {"registers", [](ComputeSpec &unit) { unit.registers = 1; }},
      {"vector inputs", [](ComputeSpec &unit) { unit.ports.vectorIn = 0; }},
      {"scalar inputs", [](ComputeSpec &unit) { unit.ports.scalarIn = 0; }},
      {"vector outputs", [](ComputeSpec &unit) { unit.ports.vectorOut = 0; }},
  };
  for (auto &[what, lower] : limits) {
    ArchSpec lowered = spec;
    lower(lowered.compute);
    EXPECT_FALSE(verifyPartition(program, good, lowered).empty()) << what;
  }
  ArchSpec slower = spec;
  for (unsigned &stages : slower.opcodeStages)
    stages = 4;
  EXPECT_FALSE(verifyPartition(program, good, slower).empty());
}

INSTANTIATE_TEST_SUITE_P(Shadows, PartitionMutationTest, testing::Bool(),
                         [](auto &info) { return info.param ? "With" : "Without"; });

} // namespace
} // namespace jacquard::mapper
