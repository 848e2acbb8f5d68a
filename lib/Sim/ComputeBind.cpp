// ComputeBind.cpp - takes a compute unit's configuration apart: ports, stages, and stages that run at one go
#include "ComputeUnit.h"

#include <algorithm>

namespace jacquard::sim {

using namespace bitstream;

namespace {

unsigned outputLatency(const ComputeOutput &output, const ArchSpec &spec) {
  bool tree = output.drain && output.reduce != Opcode::Nop;
  return std::max(1u, spec.compute.stages * spec.compute.stageLatency + (tree ? spec.compute.treeLatency : 0));
}

bool isMultiplyAdd(const Stage &stage) {
  return stage.opcode == Opcode::Fma || stage.opcode == Opcode::IMad || stage.accumulate;
}

} // namespace

unsigned outputCapacity(const ComputeOutput &output, const ArchSpec &spec) {
  return spec.compute.outputFifoDepth + outputLatency(output, spec);
}

template <typename W>
ComputeUnit<W>::ComputeUnit(SectionState &state, unsigned site, unsigned component, const ComputeConfig &config)
    : Unit(state, site, component), lanes(lanesOf<W>(state.model.spec())),
      shadows(state.model.spec().compute.shadowAccumulators), walker(config.counters, lanes),
      zeros(paddedLanes(lanes)) {
  values.assign(state.model.spec().compute.registers, zeros.data());
  bindPorts(config);
  bindStages(config);
}

template <typename W> void ComputeUnit<W>::bindPorts(const ComputeConfig &config) {
  for (unsigned port = 0; port < config.inputs.size(); ++port)
    if (config.inputs[port].used) {
      unsigned node = state.network.inputNode({siteNumber, port});
      state.network.setUnit(node, component);
      inputs.push_back({port, node, config.inputs[port], Lanes(paddedLanes(lanes)), {}});
    }
  for (unsigned port = 0; port < config.outputs.size(); ++port)
    if (config.outputs[port].used) {
      unsigned node = state.network.outputNode({siteNumber, port});
      state.network.setUnit(node, component);
      outputs.push_back({port, node, config.outputs[port], outputLatency(config.outputs[port], state.model.spec())});
      if (config.outputs[port].drain)
        drainMask |= config.outputs[port].stageMask;
      if (outputs.back().chained()) {
        outputs.back().chainNode = state.network.inputNode({siteNumber, unsigned(config.outputs[port].chain)});
        state.network.setUnit(outputs.back().chainNode, component);
      }
    }
}

template <typename W> void ComputeUnit<W>::bindStages(const ComputeConfig &config) {
  // A register that a stage reads before anything has written it in this firing reads 0.
  std::vector<bool> written(values.size()), readEarly(values.size());
  auto read = [&](unsigned reg) {
    if (!written[reg])
      readEarly[reg] = true;
  };
  for (const Input &input : inputs)
    written[input.config.destination] = true;

  stageNumber.assign(config.stages.size(), ~0u);
  for (unsigned s = 0; s < config.stages.size(); ++s) {
    const Stage &stage = config.stages[s];
    bool drained = s < 32 && (drainMask >> s & 1);
    if (stage.opcode == Opcode::Nop && stage.destination < 0 && !stage.accumulate && !drained)
      continue;
    stageNumber[s] = unsigned(stages.size());
    Lanes blank(paddedLanes(lanes));
    stages.push_back({stage,
                      kernelOf<W>(stage.opcode),
                      nullptr,
                      blank,
                      blank,
                      {blank, blank, blank},
                      opcodeArity(stage.opcode),
                      isMultiplyAdd(stage)});
    if (const Operand *factor = factorOf(stage))
      stages.back().factor = *factor;
    for (unsigned i = 0; i < opcodeArity(stage.opcode); ++i) {
      const Operand &operand = stage.operands[i];
      if (operand.kind == OperandKind::Register || operand.kind == OperandKind::LaneOfRegister)
        read(operand.index);
      if (operand.kind == OperandKind::Constant)
        std::fill(stages.back().operand[i].begin(), stages.back().operand[i].end(), W(operand.constant));
    }
    if (stage.destination >= 0)
      written[unsigned(stage.destination)] = true;
  }
  for (const Output &output : outputs)
    if (!output.config.drain)
      read(output.config.source);
  for (unsigned reg = 0; reg < values.size(); ++reg)
    if (readEarly[reg])
      unwritten.push_back(reg);
  bindRows();
}

/// Joins neighbouring stages that multiply the same register with a lane each.
template <typename W> void ComputeUnit<W>::bindRows() {
  accumulators.resize(stages.size() * paddedLanes(lanes));
  factors.resize(stages.size());
  auto joins = [&](const Stage &a, const Stage &b) {
    return factorOf(a) && factorOf(b) && timesOf(a).index == timesOf(b).index &&
           a.accumulatorLevel == b.accumulatorLevel;
  };
  auto follows = [](const Operand &a, const Operand &b) { // in every step
    return a.index == b.index && a.laneBase + 1 == b.laneBase && a.laneStride == b.laneStride &&
           a.laneLevel == b.laneLevel;
  };
  for (unsigned s = 0; s < stages.size(); ++s) {
    stages[s].accumulator = &accumulators[s * paddedLanes(lanes)];
    if (s > 0 && joins(stages[s - 1].config, stages[s].config)) {
      ++groups.back().count;
      groups.back().neighbours &= follows(stages[s - 1].factor, stages[s].factor);
    } else {
      groups.push_back({s, 1, factorOf(stages[s].config) != nullptr, timesOf(stages[s].config).index, true});
    }
  }
  bindMultipliers();
}

/// The operand that is a lane, if the stage adds its product with a register to its accumulator and does nothing else.
template <typename W> const Operand *ComputeUnit<W>::factorOf(const Stage &stage) {
  unsigned lane = stage.operands[0].kind == OperandKind::LaneOfRegister ? 0 : 1;
  bool isFactor = stage.opcode == Opcode::Fma && stage.accumulate && stage.destination < 0 &&
                  stage.operands[lane].kind == OperandKind::LaneOfRegister &&
                  stage.operands[1 - lane].kind == OperandKind::Register &&
                  stage.operands[2].kind == OperandKind::Accumulator;
  return isFactor ? &stage.operands[lane] : nullptr;
}

template <typename W> const Operand &ComputeUnit<W>::timesOf(const Stage &stage) {
  return stage.operands[factorOf(stage) == &stage.operands[0] ? 1 : 0];
}

/// Finds out whether firings in a row can be made at one go, and makes room for that.
template <typename W> void ComputeUnit<W>::bindMultipliers() {
  std::vector<int> inputOf(values.size(), -1); // by register; the last one counts
  for (unsigned i = 0; i < inputs.size(); ++i) {
    NetworkKind kind = state.network.kind(inputs[i].node);
    if (kind == NetworkKind::Scalar)
      return;
    inputOf[inputs[i].config.destination] = kind == NetworkKind::Vector ? int(i) : -1;
  }
  for (StageGroup &group : groups) {
    if (!group.multiplies || inputOf[group.times] < 0)
      return;
    group.input = unsigned(inputOf[group.times]);
    group.factors.resize(longestRow);
    for (unsigned s = group.first; s < group.first + group.count; ++s) {
      if (inputOf[stages[s].factor.index] < 0)
        return;
      factorsStep |= stages[s].factor.laneLevel >= 0;
    }
  }
  onlyMultiplies = true;
  factors.resize(stages.size() * longestRow);
  for (Input &input : inputs)
    input.row.resize(longestRow);
}

#define INSTANTIATE(W)                                                                                                 \
  template ComputeUnit<W>::ComputeUnit(SectionState &, unsigned, unsigned, const ComputeConfig &);                     \
  template void ComputeUnit<W>::bindPorts(const ComputeConfig &);                                                      \
  template void ComputeUnit<W>::bindStages(const ComputeConfig &);                                                     \
  template void ComputeUnit<W>::bindRows();                                                                            \
  template void ComputeUnit<W>::bindMultipliers();                                                                     \
  template const Operand *ComputeUnit<W>::factorOf(const Stage &);                                                     \
  template const Operand &ComputeUnit<W>::timesOf(const Stage &);
INSTANTIATE(uint32_t)
INSTANTIATE(uint64_t)
#undef INSTANTIATE

} // namespace jacquard::sim
