// Programs.h - random compute programs, and an interpreter of programs and of their parts, for the mapper's tests
#ifndef JACQUARD_TEST_UNIT_MAPPER_PROGRAMS_H
#define JACQUARD_TEST_UNIT_MAPPER_PROGRAMS_H

#include "jacquard/Mapper/Partition.h"
#include "jacquard/Support/Random.h"

#include <array>
#include <gtest/gtest.h>
#include <map>

namespace jacquard::mapper {

inline ProgramOperand node(unsigned index) { return {ProgramOperandKind::Node, index, 0, 0, -1, 0}; }
inline ProgramOperand input(unsigned index) { return {ProgramOperandKind::Input, index, 0, 0, -1, 0}; }
inline ProgramOperand lane(unsigned index, uint32_t base, uint32_t stride, int level) {
  return {ProgramOperandKind::LaneOfInput, index, base, stride, level, 0};
}
inline ProgramOperand counter(unsigned level) { return {ProgramOperandKind::Counter, level, 0, 0, -1, 0}; }
inline ProgramOperand constant(uint32_t word) { return {ProgramOperandKind::Constant, 0, 0, 0, -1, word}; }
inline ProgramOperand accumulator() { return {ProgramOperandKind::Accumulator, 0, 0, 0, -1, 0}; }

/// acc += vector * lane i of a second input, for i = 0 .. slots-1; drained together: one wavefront of a GEMM.
inline ComputeProgram gemmProgram(unsigned slots) {
  ComputeProgram program;
  program.levels = 2;
  program.inputs = {{1, false}, {1, false}};
  ProgramOutput drain{{}, 0, true, Opcode::Nop};
  for (unsigned i = 0; i < slots; ++i) {
    program.nodes.push_back({Opcode::IMad, {input(0), lane(1, i, 0, -1), accumulator()}, true, 1, 0});
    program.nodes.back().accumulatorLevel = 0;
    drain.nodes.push_back(i);
  }
  program.outputs = {drain};
  return program;
}

/// Draws well-formed programs over integer operations.
class ProgramMaker {
public:
  explicit ProgramMaker(uint64_t seed) : random(seed) {}

  ComputeProgram make(unsigned numNodes, unsigned numInputs, unsigned numDrains, unsigned drainWidth) {
    program = {};
    program.levels = 2;
    for (unsigned i = 0; i < numInputs; ++i)
      program.inputs.push_back({int(random.below(2)), random.chance(0.2)});
    for (unsigned n = 0; n < std::max(numNodes, numInputs); ++n)
      addNode(n, numInputs);
    for (unsigned d = 0; d < numDrains; ++d)
      addDrain(1 + unsigned(random.below(drainWidth)));
    addPushes();
    return std::move(program);
  }

private:
  ProgramOperand anyOperand(unsigned n) {
    const uint64_t kind = random.below(10);
    if (n > 0 && kind < 6) // near ones more often: chains with some long edges
      return node(n - 1 - unsigned(random.below(std::min<uint64_t>(n, random.chance(0.7) ? 3 : n))));
    if (kind < 8)
      return input(unsigned(random.below(program.inputs.size())));
    return kind == 8 ? counter(unsigned(random.below(2))) : constant(uint32_t(random.next()));
  }

  void addNode(unsigned n, unsigned numInputs) {
    static constexpr Opcode opcodes[] = {Opcode::IAdd, Opcode::ISub, Opcode::IMul,   Opcode::IMad,
                                         Opcode::Xor,  Opcode::Move, Opcode::Select, Opcode::And};
    ProgramNode result;
    result.opcode = opcodes[random.below(std::size(opcodes))];
    for (unsigned i = 0; i < opcodeArity(result.opcode); ++i)
      result.operands[i] = anyOperand(n);
    if (n < numInputs) // every input is read
      result.operands[0] = random.chance(0.5) ? input(n) : lane(n, 1, 2, int(random.below(3)) - 1);
    program.nodes.push_back(result);
  }

  void addDrain(unsigned width) {
    const unsigned plain = firstAccumulator();
    ProgramOutput drain{{}, int(random.below(2)), true, random.chance(0.3) ? Opcode::IAdd : Opcode::Nop};
    const ProgramOperand shared = node(unsigned(random.below(plain)));
    const unsigned lanes = unsigned(random.below(program.inputs.size()));
    for (unsigned i = 0; i < width; ++i) {
      drain.nodes.push_back(unsigned(program.nodes.size()));
      program.nodes.push_back({Opcode::IMad, {shared, lane(lanes, i, 0, -1), accumulator()}, true, drain.level, 7 * i});
    }
    random.shuffle(drain.nodes);
    program.outputs.push_back(drain);
  }

  unsigned firstAccumulator() const {
    unsigned n = 0;
    while (n < program.nodes.size() && !program.nodes[n].accumulate)
      ++n;
    return n;
  }

  /// Pushes what nothing reads, and now and then something that is read as well.
  void addPushes() {
    std::vector<bool> used(program.nodes.size(), false);
    for (const ProgramNode &n : program.nodes)
      for (const ProgramOperand &operand : n.operands)
        if (operand.kind == ProgramOperandKind::Node)
          used[operand.index] = true;
    for (unsigned n = 0; n < program.nodes.size(); ++n)
      if (!program.nodes[n].accumulate && (!used[n] || random.chance(0.05)))
        program.outputs.push_back({{n}, int(random.below(3)) - 1, false, Opcode::Nop});
  }

  Random random;
  ComputeProgram program;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Interpreter
//===-------------------------------------------------------------------------------------------------------------===//

constexpr unsigned numLanes = 4;
using Lanes = std::array<uint32_t, numLanes>;
using Stream = std::vector<Lanes>;

/// Executes a program, or the parts of a partition, over a loop nest of 3 x 4 steps without a vector level.
class Interpreter {
public:
  Interpreter(const ComputeProgram &program, uint64_t seed) : program(program), seed(seed) {}

  std::vector<Stream> runProgram() {
    start();
    std::vector<Lanes> value(program.nodes.size());
    forEachFiring([&] {
      std::vector<Lanes> heads;
      for (unsigned i = 0; i < program.inputs.size(); ++i)
        heads.push_back(head(i));
      for (unsigned n = 0; n < program.nodes.size(); ++n) {
        Lanes operands[3] = {};
        for (unsigned i = 0; i < 3; ++i) {
          const ProgramOperand &o = program.nodes[n].operands[i];
          if (o.kind == ProgramOperandKind::Node)
            operands[i] = value[o.index];
          else if (o.kind == ProgramOperandKind::Input)
            operands[i] = heads[o.index];
          else if (o.kind == ProgramOperandKind::LaneOfInput)
            operands[i] = broadcast(heads[o.index], o.laneBase, o.laneStride, o.laneLevel);
          else
            operands[i] = plain(n, o.kind == ProgramOperandKind::Counter,
                                o.kind == ProgramOperandKind::Constant, o.index, o.constant);
        }
        value[n] = execute(n, operands);
      }
      for (unsigned o = 0; o < program.outputs.size(); ++o)
        if (endOf(program.outputs[o].level)) {
          const ProgramOutput &output = program.outputs[o];
          for (unsigned n : output.nodes)
            results[o].push_back(output.drain ? reduced(output, accumulators[n]) : value[n]);
        }
    });
    return results;
  }

  std::vector<Stream> runPartition(const Partition &partition, unsigned numRegisters) {
    start();
    std::map<unsigned, Stream> cuts;
    for (const Part &part : partition.parts) {
      pops.assign(program.inputs.size(), 0);
      size_t firing = 0;
      forEachFiring([&] { firePart(part, numRegisters, cuts, firing++); });
    }
    return results;
  }

private:
  void start() {
    results.assign(program.outputs.size(), {});
    accumulators.assign(program.nodes.size(), {});
    pops.assign(program.inputs.size(), 0);
  }

  template <typename Body>
  void forEachFiring(Body &&body) {
    for (step[0] = 0; step[0] < extent[0]; ++step[0])
      for (step[1] = 0; step[1] < extent[1]; ++step[1]) {
        body();
        for (unsigned i = 0; i < program.inputs.size(); ++i)
          pops[i] += endOf(program.inputs[i].popLevel);
      }
  }

  bool endOf(int level) const {
    return (level >= 0 || step[0] + 1 == extent[0]) && (level >= 1 || step[1] + 1 == extent[1]);
  }
  bool beginOf(int level) const { return (level >= 0 || step[0] == 0) && (level >= 1 || step[1] == 0); }

  Lanes head(unsigned i) const {
    Random word(seed * 1000003 + i * 1009 + pops[i]);
    Lanes lanes;
    for (uint32_t &l : lanes)
      l = uint32_t(word.next());
    if (program.inputs[i].scalar)
      lanes.fill(lanes[0]);
    return lanes;
  }

  Lanes broadcast(const Lanes &from, uint32_t base, uint32_t stride, int level) const {
    Lanes lanes;
    lanes.fill(from[(base + (level >= 0 ? stride * step[level] : 0)) % numLanes]);
    return lanes;
  }

  /// Counters, constants, and (otherwise) the accumulator of node `n`.
  Lanes plain(unsigned n, bool isCounter, bool isConstant, unsigned index, uint32_t word) const {
    Lanes lanes;
    if (isCounter || isConstant)
      lanes.fill(isCounter ? step[index] : word);
    else if (beginOf(program.nodes[n].accumulatorLevel))
      lanes.fill(program.nodes[n].accumulatorInit);
    else
      lanes = accumulators[n];
    return lanes;
  }

  Lanes execute(unsigned n, const Lanes (&o)[3]) {
    Lanes result{};
    for (unsigned l = 0; l < numLanes; ++l)
      result[l] = compute(program.nodes[n].opcode, o[0][l], o[1][l], o[2][l]);
    if (program.nodes[n].accumulate)
      accumulators[n] = result;
    return result;
  }

  static uint32_t compute(Opcode opcode, uint32_t a, uint32_t b, uint32_t c) {
    switch (opcode) {
    case Opcode::IAdd:
      return a + b;
    case Opcode::ISub:
      return a - b;
    case Opcode::IMul:
      return a * b;
    case Opcode::IMad:
      return a * b + c;
    case Opcode::Xor:
      return a ^ b;
    case Opcode::And:
      return a & b;
    case Opcode::Select:
      return a ? b : c;
    case Opcode::Move:
      return a;
    default:
      ADD_FAILURE() << "the interpreter does not know " << opcodeName(opcode);
      return 0;
    }
  }

  static Lanes reduced(const ProgramOutput &output, const Lanes &lanes) {
    if (output.reduce == Opcode::Nop)
      return lanes;
    Lanes result;
    result.fill(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
    return result;
  }

  /// One firing of a part, as the machine does it: registers, then stage after stage, then outputs.
  void firePart(const Part &part, unsigned numRegisters, std::map<unsigned, Stream> &cuts, size_t firing) {
    std::vector<Lanes> registers(numRegisters, Lanes{0xdead, 0xdead, 0xdead, 0xdead});
    for (const PartInput &in : part.inputs)
      registers[in.reg] = in.cut ? cuts.at(in.index).at(firing) : head(in.index);
    std::vector<Lanes> stageAccumulator(part.stages.size());
    for (size_t s = 0; s < part.stages.size(); ++s) {
      const PartStage &stage = part.stages[s];
      if (stage.node < 0)
        continue;
      Lanes operands[3] = {};
      for (unsigned i = 0; i < 3; ++i) {
        const StageOperand &o = stage.operands[i];
        if (o.kind == StageOperandKind::Register)
          operands[i] = registers[o.index];
        else if (o.kind == StageOperandKind::LaneOfRegister)
          operands[i] = broadcast(registers[o.index], o.laneBase, o.laneStride, o.laneLevel);
        else
          operands[i] = plain(unsigned(stage.node), o.kind == StageOperandKind::Counter,
                              o.kind == StageOperandKind::Constant, o.index, o.constant);
      }
      const Lanes result = execute(unsigned(stage.node), operands);
      stageAccumulator[s] = result;
      if (stage.destination >= 0)
        registers[unsigned(stage.destination)] = result;
    }
    for (const PartOutput &out : part.outputs) {
      if (!endOf(out.level))
        continue;
      Stream &stream = out.cut ? cuts[out.index] : results[out.index];
      if (!out.drain)
        stream.push_back(registers[out.reg]);
      else
        for (size_t s = 0; s < part.stages.size(); ++s)
          if (out.stageMask >> s & 1)
            stream.push_back(reduced(program.outputs[out.index], stageAccumulator[s]));
    }
  }

  static constexpr unsigned extent[2] = {3, 4};
  const ComputeProgram &program;
  const uint64_t seed;
  unsigned step[2] = {0, 0};
  std::vector<Lanes> accumulators; ///< per node; a node sits in one stage, so this is the stage's
  std::vector<uint64_t> pops;
  std::vector<Stream> results;
};

} // namespace jacquard::mapper

#endif // JACQUARD_TEST_UNIT_MAPPER_PROGRAMS_H
