// PartSchedule.cpp - order the operations of one physical unit, and give registers and ports to its values
//
// Only the order of the operations decides the register pressure: the values alive between two stages depend on which
// operations came before, not on how those were ordered. So a search over sets of done operations, remembering those from
// which there is no way on, is exact, and small at the size of a pipeline.
#include "PartSchedule.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>

namespace jacquard::mapper {

namespace {

using Mask = uint64_t;
constexpr unsigned maxNodes = 64; ///< operations that a Mask can hold

void addOnce(std::vector<unsigned> &list, unsigned value) {
  auto at = std::lower_bound(list.begin(), list.end(), value);
  if (at == list.end() || *at != value)
    list.insert(at, value);
}

bool contains(const std::vector<unsigned> &sorted, unsigned value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

} // namespace

ProgramGraph::ProgramGraph(const ComputeProgram &program)
    : program(program), producers(program.nodes.size()), consumers(program.nodes.size()), inputs(program.nodes.size()),
      outputs(program.nodes.size()) {
  for (unsigned n = 0; n < program.nodes.size(); ++n)
    for (const ProgramOperand &operand : program.nodes[n].operands) {
      if (operand.kind == ProgramOperandKind::Node) {
        addOnce(producers[n], operand.index);
        addOnce(consumers[operand.index], n);
      }
      if (operand.kind == ProgramOperandKind::Input || operand.kind == ProgramOperandKind::LaneOfInput)
        addOnce(inputs[n], operand.index);
    }
  for (unsigned o = 0; o < program.outputs.size(); ++o)
    for (unsigned n : program.outputs[o].nodes)
      addOnce(outputs[n], o);
}

/// What crosses the border of a set of nodes.
struct PartScheduler::Boundary {
  std::vector<unsigned> vectorInputs, scalarInputs; ///< of the program
  std::vector<unsigned> cutInputs, cutOutputs;      ///< nodes whose values arrive and leave
  std::vector<unsigned> outputs;                    ///< of the program
};

PartScheduler::Boundary PartScheduler::boundaryOf(const std::vector<unsigned> &nodes) const {
  Boundary boundary;
  for (unsigned n : nodes) {
    for (unsigned input : graph.inputs[n])
      addOnce(graph.program.inputs[input].scalar ? boundary.scalarInputs : boundary.vectorInputs, input);
    for (unsigned producer : graph.producers[n])
      if (!contains(nodes, producer))
        addOnce(boundary.cutInputs, producer);
    for (unsigned consumer : graph.consumers[n])
      if (!contains(nodes, consumer))
        addOnce(boundary.cutOutputs, n);
    for (unsigned output : graph.outputs[n])
      addOnce(boundary.outputs, output);
  }
  return boundary;
}

unsigned PartScheduler::stagesOf(const std::vector<unsigned> &nodes) const {
  unsigned stages = 0;
  for (unsigned n : nodes)
    stages += spec.stagesOf(graph.program.nodes[n].opcode);
  return stages;
}

/// The resources that counting decides: all but the registers.
std::optional<Shortage> PartScheduler::countedShortage(const std::vector<unsigned> &nodes,
                                                       const Boundary &boundary) const {
  const ComputeSpec &unit = spec.compute;
  if (const unsigned need = stagesOf(nodes), have = std::min(unit.stages, maxNodes); need > have)
    return Shortage{"stages", need, have};
  const size_t chains = std::count_if(boundary.outputs.begin(), boundary.outputs.end(),
                                      [&](unsigned output) { return graph.program.outputs[output].chained; });
  if (const size_t need = boundary.vectorInputs.size() + boundary.cutInputs.size() + chains; need > unit.ports.vectorIn)
    return Shortage{"vector inputs", unsigned(need), unit.ports.vectorIn};
  if (const size_t need = boundary.scalarInputs.size(); need > unit.ports.scalarIn)
    return Shortage{"scalar inputs", unsigned(need), unit.ports.scalarIn};
  if (const size_t need = boundary.outputs.size() + boundary.cutOutputs.size(); need > unit.ports.vectorOut)
    return Shortage{"vector outputs", unsigned(need), unit.ports.vectorOut};
  return std::nullopt;
}

bool PartScheduler::fits(const std::vector<unsigned> &nodes) const {
  const Boundary boundary = boundaryOf(nodes);
  return !countedShortage(nodes, boundary) && order(nodes, boundary, spec.compute.registers);
}

std::optional<Shortage> PartScheduler::shortage(const std::vector<unsigned> &nodes) const {
  const Boundary boundary = boundaryOf(nodes);
  if (std::optional<Shortage> counted = countedShortage(nodes, boundary))
    return counted;
  unsigned enough = spec.compute.registers;
  while (!order(nodes, boundary, enough)) // ends: with a register for every value any order will do
    ++enough;
  if (enough == spec.compute.registers)
    return std::nullopt;
  return Shortage{"pipeline registers", enough, spec.compute.registers};
}

//===-------------------------------------------------------------------------------------------------------------===//
// Order
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

/// A value that sits in a register: who reads it (bits are positions in the set), and whether it leaves at the end.
struct Value {
  int producer = -1; ///< position of the node; -1: an input
  Mask readers = 0;
  bool leaves = false;
};

class OrderSearch {
public:
  OrderSearch(std::vector<Value> values, std::vector<Mask> before, unsigned registers)
      : values(std::move(values)), before(std::move(before)), registers(registers) {}

  /// Positions in execution order, or nothing.
  std::optional<std::vector<unsigned>> run() {
    if (live(0) <= registers && extend(0))
      return result;
    return std::nullopt;
  }

private:
  static constexpr size_t maxStates = 20000; ///< more than any pipeline of up to 14 stages can have

  /// Values in registers once exactly the nodes of `done` have run.
  unsigned live(Mask done) const {
    unsigned count = 0;
    for (const Value &value : values) {
      const bool there = value.producer < 0 || (done >> value.producer & 1);
      count += there && (value.leaves || (value.readers & ~done));
    }
    return count;
  }

  bool extend(Mask done) {
    if (result.size() == before.size())
      return true;
    if (dead.size() > maxStates || !dead.insert(done).second)
      return false;
    std::vector<std::pair<unsigned, unsigned>> next; // pressure, position
    for (unsigned n = 0; n < before.size(); ++n)
      if (!(done >> n & 1) && !(before[n] & ~done))
        if (const unsigned pressure = live(done | Mask(1) << n); pressure <= registers)
          next.push_back({pressure, n});
    std::sort(next.begin(), next.end());
    for (auto [pressure, n] : next) {
      result.push_back(n);
      if (extend(done | Mask(1) << n))
        return true;
      result.pop_back();
    }
    return false;
  }

  std::vector<Value> values;
  std::vector<Mask> before; ///< per node: what must have run
  unsigned registers;
  std::vector<unsigned> result;
  std::unordered_set<Mask> dead; ///< visited sets; those without a way on, once extend() has left them
};

} // namespace

/// An order of `nodes` in which at most `registers` values are alive between any two stages.
std::optional<std::vector<unsigned>> PartScheduler::order(const std::vector<unsigned> &nodes, const Boundary &boundary,
                                                          unsigned registers) const {
  assert(nodes.size() <= maxNodes && "the stage limit comes first");
  auto position = [&](unsigned node) {
    return unsigned(std::lower_bound(nodes.begin(), nodes.end(), node) - nodes.begin());
  };
  std::vector<Value> values;
  std::vector<Mask> before(nodes.size(), 0);
  auto addInput = [&](auto &&isRead) {
    Value value;
    for (unsigned i = 0; i < nodes.size(); ++i)
      if (isRead(nodes[i]))
        value.readers |= Mask(1) << i;
    values.push_back(value);
  };
  for (const auto *list : {&boundary.vectorInputs, &boundary.scalarInputs})
    for (unsigned input : *list)
      addInput([&](unsigned n) { return contains(graph.inputs[n], input); });
  for (unsigned cut : boundary.cutInputs)
    addInput([&](unsigned n) { return contains(graph.producers[n], cut); });
  for (unsigned i = 0; i < nodes.size(); ++i) {
    const ProgramNode &node = graph.program.nodes[nodes[i]];
    for (unsigned producer : graph.producers[nodes[i]])
      if (contains(nodes, producer))
        before[i] |= Mask(1) << position(producer);
    if (node.accumulate && spec.compute.shadowAccumulators)
      continue;
    Value value;
    value.producer = int(i);
    for (unsigned consumer : graph.consumers[nodes[i]])
      if (contains(nodes, consumer))
        value.readers |= Mask(1) << position(consumer);
    value.leaves = contains(boundary.cutOutputs, nodes[i]) || !graph.outputs[nodes[i]].empty();
    values.push_back(value);
  }
  for (unsigned output : boundary.outputs) {
    const std::vector<unsigned> &drained = graph.program.outputs[output].nodes;
    for (size_t i = 1; i < drained.size(); ++i)
      before[position(drained[i])] |= Mask(1) << position(drained[i - 1]);
  }
  std::optional<std::vector<unsigned>> found = OrderSearch(std::move(values), std::move(before), registers).run();
  if (found)
    for (unsigned &n : *found)
      n = nodes[n];
  return found;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Registers and ports
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

/// Builds the Part once the order is known. A value is alive between stages [from, to]: boundary b is before stage b.
class PartBuilder {
public:
  PartBuilder(const ProgramGraph &graph, const ArchSpec &spec, const std::vector<unsigned> &order)
      : graph(graph), spec(spec), freeFrom(spec.compute.registers, 0) {
    part.stages.resize(spec.compute.stages);
    unsigned stage = 0;
    for (unsigned n : order) {
      stageOf.push_back({n, stage});
      part.stages[stage].node = int(n);
      stage += spec.stagesOf(graph.program.nodes[n].opcode);
    }
  }

  void addInput(bool cut, unsigned index, unsigned port) {
    unsigned lastUse = 0;
    for (auto [n, stage] : stageOf)
      if (contains(cut ? graph.producers[n] : graph.inputs[n], index))
        lastUse = stage;
    const int level = cut ? int(graph.program.levels) - 1 : graph.program.inputs[index].popLevel;
    const unsigned reg = take(0, lastUse);
    part.inputs.push_back({cut, index, port, reg, level});
    (cut ? cutRegister : inputRegister).push_back({index, reg});
  }

  /// Resolves operands and destinations stage by stage, so that registers are taken in the order of their begin.
  void addStages(const std::vector<unsigned> &cutOutputs) {
    for (auto [n, stage] : stageOf) {
      const ProgramNode &node = graph.program.nodes[n];
      for (unsigned i = 0; i < 3; ++i)
        part.stages[stage].operands[i] = resolve(node.operands[i]);
      if (node.accumulate && spec.compute.shadowAccumulators)
        continue;
      unsigned end = stage + 1;
      for (auto [m, later] : stageOf)
        if (contains(graph.consumers[n], m))
          end = later;
      if (contains(cutOutputs, n) || !graph.outputs[n].empty())
        end = spec.compute.stages;
      const unsigned reg = take(stage + 1, end);
      part.stages[stage].destination = int(reg);
      cutRegister.push_back({n, reg});
    }
  }

  void addCutOutput(unsigned node, unsigned port) {
    part.outputs.push_back(
        {true, node, port, int(graph.program.levels) - 1, false, lookUp(cutRegister, node), /*stageMask=*/0});
  }
  void addOutput(unsigned index, unsigned port) {
    const ProgramOutput &output = graph.program.outputs[index];
    PartOutput result{false, index, port, output.level, output.drain, 0, 0};
    if (!output.drain)
      result.reg = lookUp(cutRegister, output.nodes[0]);
    else
      for (auto [n, stage] : stageOf)
        if (std::count(output.nodes.begin(), output.nodes.end(), n))
          result.stageMask |= uint32_t(1) << stage;
    part.outputs.push_back(result);
  }

  Part finish() { return std::move(part); }

private:
  using Registers = std::vector<std::pair<unsigned, unsigned>>; ///< value, register; later entries win

  static unsigned lookUp(const Registers &registers, unsigned value) {
    auto found = std::find_if(registers.rbegin(), registers.rend(), [&](auto &r) { return r.first == value; });
    assert(found != registers.rend() && "values are placed before they are read");
    return found->second;
  }

  /// The lowest register that is free at boundary `from`. In order of `from`, this never needs more than are alive.
  unsigned take(unsigned from, unsigned to) {
    for (unsigned reg = 0; reg < freeFrom.size(); ++reg)
      if (freeFrom[reg] <= from) {
        freeFrom[reg] = to + 1;
        return reg;
      }
    assert(false && "the order keeps the pressure within the registers");
    return 0;
  }

  StageOperand resolve(const ProgramOperand &operand) const {
    StageOperand result;
    switch (operand.kind) {
    case ProgramOperandKind::None:
      break;
    case ProgramOperandKind::Node:
      result.kind = StageOperandKind::Register;
      result.index = lookUp(cutRegister, operand.index);
      break;
    case ProgramOperandKind::Input:
      result.kind = StageOperandKind::Register;
      result.index = lookUp(inputRegister, operand.index);
      break;
    case ProgramOperandKind::LaneOfInput:
      result.kind = StageOperandKind::LaneOfRegister;
      result.index = lookUp(inputRegister, operand.index);
      result.laneBase = operand.laneBase;
      result.laneStride = operand.laneStride;
      result.laneLevel = operand.laneLevel;
      break;
    case ProgramOperandKind::Counter:
      result.kind = StageOperandKind::Counter;
      result.index = operand.index;
      break;
    case ProgramOperandKind::Constant:
      result.kind = StageOperandKind::Constant;
      result.constant = operand.constant;
      break;
    case ProgramOperandKind::Accumulator:
      result.kind = StageOperandKind::Accumulator;
      break;
    }
    return result;
  }

  const ProgramGraph &graph;
  const ArchSpec &spec;
  std::vector<unsigned> freeFrom;                     ///< per register: first boundary at which it is free
  std::vector<std::pair<unsigned, unsigned>> stageOf; ///< node, stage; in order
  Registers inputRegister, cutRegister;               ///< by program input, and by node
  Part part;
};

} // namespace

Part PartScheduler::build(const std::vector<unsigned> &nodes) const {
  const Boundary boundary = boundaryOf(nodes);
  const std::optional<std::vector<unsigned>> found = order(nodes, boundary, spec.compute.registers);
  assert(found && "only sets that fit are built");
  PartBuilder builder(graph, spec, *found);
  unsigned port = 0;
  for (unsigned input : boundary.vectorInputs)
    builder.addInput(/*cut=*/false, input, port++);
  for (unsigned cut : boundary.cutInputs)
    builder.addInput(/*cut=*/true, cut, port++);
  port = spec.compute.ports.vectorIn;
  for (unsigned input : boundary.scalarInputs)
    builder.addInput(/*cut=*/false, input, port++);
  builder.addStages(boundary.cutOutputs);
  port = 0;
  for (unsigned output : boundary.outputs)
    builder.addOutput(output, port++);
  for (unsigned cut : boundary.cutOutputs)
    builder.addCutOutput(cut, port++);
  return builder.finish();
}

} // namespace jacquard::mapper
