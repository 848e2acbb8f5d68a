// VerifyPartition.cpp - checker of partitions: follows every register through every stage
//
// Shares nothing with the solver but the structs. Registers hold names of values; an operand is right when its register
// holds the name that the program asks for at that stage.
#include "jacquard/Mapper/Partition.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <map>
#include <set>

namespace jacquard::mapper {

namespace {

/// What a register holds.
struct Held {
  enum Kind { Nothing, Input, Node } kind = Nothing;
  unsigned index = 0;
  bool operator==(const Held &other) const { return kind == other.kind && index == other.index; }
};

std::string spell(Held held) {
  return held.kind == Held::Nothing ? "nothing"
                                    : fmt::format("{} {}", held.kind == Held::Input ? "input" : "node", held.index);
}

class PartitionVerifier {
public:
  PartitionVerifier(const ComputeProgram &program, const Partition &partition, const ArchSpec &spec)
      : program(program), partition(partition), spec(spec), unit(spec.compute), placed(program.nodes.size(), 0),
        emitted(program.outputs.size(), 0) {}

  std::vector<std::string> run() {
    for (p = 0; p < partition.parts.size(); ++p)
      verifyPart(partition.parts[p]);
    for (unsigned n = 0; n < placed.size(); ++n)
      if (placed[n] != 1)
        violations.push_back(fmt::format("node {} is in {} stages, expected 1", n, placed[n]));
    for (unsigned o = 0; o < emitted.size(); ++o)
      if (emitted[o] != 1)
        violations.push_back(fmt::format("output {} leaves through {} ports, expected 1", o, emitted[o]));
    verifyCuts();
    return std::move(violations);
  }

private:
  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args &&...args) {
    violations.push_back(fmt::format("part {}: ", p) + fmt::format(format, std::forward<Args>(args)...));
  }

  void verifyPart(const Part &part) {
    if (part.stages.size() != unit.stages) {
      complain("{} stages are described, expected {}", part.stages.size(), unit.stages);
      return;
    }
    registers.assign(unit.registers, Held());
    loadInputs(part);
    unsigned busyUntil = 0;
    for (unsigned s = 0; s < part.stages.size(); ++s) {
      if (part.stages[s].node < 0) {
        verifyEmpty(part.stages[s], s);
        continue;
      }
      if (unsigned(part.stages[s].node) >= program.nodes.size()) {
        complain("stage {} holds node {}, but there are {}", s, part.stages[s].node, program.nodes.size());
        continue;
      }
      if (s < busyUntil)
        complain("stage {} holds node {}, but the operation before it ends with stage {}", s, part.stages[s].node,
                 busyUntil - 1);
      busyUntil = s + spec.stagesOf(program.nodes[unsigned(part.stages[s].node)].opcode);
      verifyStage(part.stages[s], s);
    }
    if (busyUntil > unit.stages)
      complain("the last operation ends with stage {}, but there are {} stages", busyUntil - 1, unit.stages);
    verifyOutputs(part);
  }

  void verifyEmpty(const PartStage &stage, unsigned s) {
    bool empty = stage.destination < 0;
    for (const StageOperand &operand : stage.operands)
      empty &= operand.kind == StageOperandKind::None;
    if (!empty)
      complain("stage {} holds no node, but has operands or a destination", s);
  }

  //===------------------------------------------------------------------------------------------------------------===//
  // Inputs
  //===------------------------------------------------------------------------------------------------------------===//

  void loadInputs(const Part &part) {
    std::set<unsigned> ports;
    std::set<std::pair<bool, unsigned>> values;
    for (const PartInput &input : part.inputs) {
      const char *what = input.cut ? "cut value" : "input";
      if (input.index >= (input.cut ? program.nodes.size() : program.inputs.size())) {
        complain("{} {} does not exist", what, input.index);
        continue;
      }
      verifyPort(input, what);
      if (!ports.insert(input.port).second)
        complain("input port {} is used twice", input.port);
      if (!values.insert({input.cut, input.index}).second)
        complain("{} {} arrives twice", what, input.index);
      const int level = input.cut ? int(program.levels) - 1 : program.inputs[input.index].popLevel;
      if (input.popLevel != level)
        complain("{} {} is popped at level {}, expected {}", what, input.index, input.popLevel, level);
      if (!isRegister(int(input.reg), what))
        continue;
      if (registers[input.reg].kind != Held::Nothing)
        complain("{} {} enters register {}, which {} entered already", what, input.index, input.reg,
                 spell(registers[input.reg]));
      registers[input.reg] = {input.cut ? Held::Node : Held::Input, input.index};
      if (input.cut)
        readers[input.index].push_back(p);
      if (!isRead(part, input))
        complain("{} {} arrives, but no operation here needs it", what, input.index);
    }
  }

  void verifyPort(const PartInput &input, const char *what) {
    const bool scalar = !input.cut && program.inputs[input.index].scalar;
    const unsigned first = scalar ? unit.ports.vectorIn : 0;
    const unsigned count = scalar ? unit.ports.scalarIn : unit.ports.vectorIn;
    if (input.port < first || input.port >= first + count)
      complain("{} {} arrives at port {}, which is none of the {} {} ports", what, input.index, input.port, count,
               scalar ? "scalar" : "vector");
  }

  bool isRead(const Part &part, const PartInput &input) const {
    for (const PartStage &stage : part.stages)
      if (stage.node >= 0 && unsigned(stage.node) < program.nodes.size())
        for (const ProgramOperand &operand : program.nodes[unsigned(stage.node)].operands) {
          const bool fromNode = operand.kind == ProgramOperandKind::Node;
          const bool fromInput =
              operand.kind == ProgramOperandKind::Input || operand.kind == ProgramOperandKind::LaneOfInput;
          if (operand.index == input.index && (input.cut ? fromNode : fromInput))
            return true;
        }
    return false;
  }

  bool isRegister(int reg, const std::string &what) {
    if (reg >= 0 && unsigned(reg) < unit.registers)
      return true;
    complain("{} uses register {}, but there are {}", what, reg, unit.registers);
    return false;
  }

  //===------------------------------------------------------------------------------------------------------------===//
  // Stages
  //===------------------------------------------------------------------------------------------------------------===//

  void verifyStage(const PartStage &stage, unsigned s) {
    const unsigned n = unsigned(stage.node);
    const ProgramNode &node = program.nodes[n];
    ++placed[n];
    partOf[n] = p;
    for (unsigned i = 0; i < 3; ++i)
      verifyOperand(fmt::format("operand {} of node {} in stage {}", i, n, s), node.operands[i], stage.operands[i]);
    const bool needsRegister = !node.accumulate || !unit.shadowAccumulators;
    if (!needsRegister && stage.destination >= 0)
      complain("node {} accumulates, but writes register {}", n, stage.destination);
    if (needsRegister && isRegister(stage.destination, fmt::format("the result of node {}", n)))
      registers[unsigned(stage.destination)] = {Held::Node, n};
  }

  void verifyOperand(const std::string &what, const ProgramOperand &want, const StageOperand &have) {
    static constexpr StageOperandKind expected[] = {
        StageOperandKind::None,           StageOperandKind::Register, StageOperandKind::Register,
        StageOperandKind::LaneOfRegister, StageOperandKind::Counter,  StageOperandKind::Constant,
        StageOperandKind::Accumulator};
    if (have.kind != expected[unsigned(want.kind)])
      return complain("{} has operand kind {}, expected {}", what, unsigned(have.kind),
                      unsigned(expected[unsigned(want.kind)]));
    if (have.kind == StageOperandKind::Constant && have.constant != want.constant)
      complain("{} is the constant {:#x}, expected {:#x}", what, have.constant, want.constant);
    if (have.kind == StageOperandKind::Counter && have.index != want.index)
      complain("{} is counter level {}, expected {}", what, have.index, want.index);
    if (have.kind == StageOperandKind::LaneOfRegister &&
        (have.laneBase != want.laneBase || have.laneStride != want.laneStride || have.laneLevel != want.laneLevel))
      complain("{} takes lane {} + {} * level {}, expected {} + {} * level {}", what, have.laneBase, have.laneStride,
               have.laneLevel, want.laneBase, want.laneStride, want.laneLevel);
    if (have.kind != StageOperandKind::Register && have.kind != StageOperandKind::LaneOfRegister)
      return;
    const Held value{want.kind == ProgramOperandKind::Node ? Held::Node : Held::Input, want.index};
    if (isRegister(int(have.index), what) && !(registers[have.index] == value))
      complain("{} reads register {}, which holds {}, expected {}", what, have.index, spell(registers[have.index]),
               spell(value));
  }

  //===------------------------------------------------------------------------------------------------------------===//
  // Outputs
  //===------------------------------------------------------------------------------------------------------------===//

  void verifyOutputs(const Part &part) {
    std::set<unsigned> ports;
    for (const PartOutput &output : part.outputs) {
      const char *what = output.cut ? "cut value" : "output";
      if (output.index >= (output.cut ? program.nodes.size() : program.outputs.size())) {
        complain("{} {} does not exist", what, output.index);
        continue;
      }
      if (output.port >= unit.ports.vectorOut)
        complain("{} {} leaves through port {}, but there are {}", what, output.index, output.port,
                 unit.ports.vectorOut);
      if (!ports.insert(output.port).second)
        complain("output port {} is used twice", output.port);
      const bool drain = !output.cut && program.outputs[output.index].drain;
      const int level = output.cut ? int(program.levels) - 1 : program.outputs[output.index].level;
      if (output.level != level)
        complain("{} {} leaves at level {}, expected {}", what, output.index, output.level, level);
      if (output.drain != drain)
        complain("{} {} is {}, expected the opposite", what, output.index, output.drain ? "drained" : "pushed");
      if (output.cut)
        writers[output.index].push_back(p);
      else
        ++emitted[output.index];
      if (drain)
        verifyDrain(part, output);
      else
        verifyPush(output, what);
    }
    const size_t chains = std::count_if(part.outputs.begin(), part.outputs.end(), [&](const PartOutput &output) {
      return !output.cut && output.index < program.outputs.size() && program.outputs[output.index].chained;
    });
    const size_t taken = std::count_if(part.inputs.begin(), part.inputs.end(),
                                       [&](const PartInput &input) { return input.port < unit.ports.vectorIn; });
    if (chains && taken + chains > unit.ports.vectorIn)
      complain("{} inputs and {} chains need vector inputs, but there are {}", taken, chains, unit.ports.vectorIn);
  }

  void verifyPush(const PartOutput &output, const char *what) {
    const Held value{Held::Node, output.cut ? output.index : program.outputs[output.index].nodes[0]};
    if (isRegister(int(output.reg), what) && !(registers[output.reg] == value))
      complain("{} {} leaves from register {}, which holds {} at the end, expected {}", what, output.index, output.reg,
               spell(registers[output.reg]), spell(value));
    if (output.stageMask)
      complain("{} {} is pushed, but names accumulators to drain", what, output.index);
    if (output.cut && program.nodes[output.index].accumulate)
      complain("accumulating node {} is cut", output.index);
  }

  void verifyDrain(const Part &part, const PartOutput &output) {
    const std::vector<unsigned> &want = program.outputs[output.index].nodes;
    std::vector<unsigned> have;
    for (unsigned s = 0; s < 32; ++s)
      if (output.stageMask >> s & 1) {
        if (s >= part.stages.size() || part.stages[s].node < 0)
          complain("output {} drains stage {}, which holds no node", output.index, s);
        else
          have.push_back(unsigned(part.stages[s].node));
      }
    if (have != want)
      complain("output {} drains the nodes [{}], expected [{}]", output.index, fmt::join(have, ", "),
               fmt::join(want, ", "));
    if (!unit.shadowAccumulators)
      for (unsigned n : want)
        if (std::find(registers.begin(), registers.end(), Held{Held::Node, n}) == registers.end())
          complain("output {} drains node {}, whose sum is in no register at the end", output.index, n);
  }

  //===------------------------------------------------------------------------------------------------------------===//
  // Between the parts
  //===------------------------------------------------------------------------------------------------------------===//

  void verifyCuts() {
    for (auto &[node, parts] : writers) {
      if (parts.size() != 1)
        violations.push_back(fmt::format("cut value {} leaves through {} ports, expected 1", node, parts.size()));
      if (!readers.count(node))
        violations.push_back(fmt::format("cut value {} leaves part {}, but no part reads it", node, parts[0]));
    }
    for (auto &[node, parts] : readers) {
      auto writer = writers.find(node);
      if (writer == writers.end()) {
        violations.push_back(fmt::format("cut value {} arrives in part {}, but no part sends it", node, parts[0]));
        continue;
      }
      for (size_t reader : parts)
        if (reader <= writer->second[0])
          violations.push_back(fmt::format("part {} reads cut value {} of part {}, expected an earlier part", reader,
                                           node, writer->second[0]));
    }
    for (auto &[node, parts] : writers)
      if (auto home = partOf.find(node); home == partOf.end() || home->second != parts[0])
        violations.push_back(fmt::format("cut value {} leaves part {}, which does not compute it", node, parts[0]));
  }

  const ComputeProgram &program;
  const Partition &partition;
  const ArchSpec &spec;
  const ComputeSpec &unit;
  size_t p = 0; ///< the part under examination
  std::vector<Held> registers;
  std::vector<unsigned> placed, emitted; ///< per node: stages that hold it; per output: ports that carry it
  std::map<unsigned, size_t> partOf;
  std::map<unsigned, std::vector<size_t>> writers, readers; ///< per cut node: parts
  std::vector<std::string> violations;
};

} // namespace

std::vector<std::string> verifyPartition(const ComputeProgram &program, const Partition &partition,
                                         const ArchSpec &spec) {
  assert(check(program) && "partitions of ill-formed programs mean nothing");
  return PartitionVerifier(program, partition, spec).run();
}

} // namespace jacquard::mapper
