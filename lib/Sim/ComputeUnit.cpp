// ComputeUnit.cpp - one firing: read inputs, run the stages, write outputs, step the counters
#include "ComputeUnit.h"
#include "Word.h"

#include <algorithm>
#include <cstring>

namespace jacquard::sim {

using namespace bitstream;

template <typename W> void ComputeUnit<W>::visit(uint64_t now) {
  if (finished())
    return classify(now, CycleClass::Idle);
  bool drained = !drains.empty() && nextDrain(now) == Draining::Ready;
  if (drained)
    stepDrain(now);
  Firing firing = walker.done() ? Firing::Done : nextFiring(now);
  if (firing == Firing::Ready)
    fire(now);
  bool busy = drained || firing == Firing::Ready;
  classify(now, busy ? CycleClass::Busy : classOf(firing, drains.empty() ? Draining::None : nextDrain(now)));
  if (!busy)
    return;
  wakeAt(now + 1);
  if (finished())
    --state.unfinished;
}

/// Why it neither fires nor drains: a firing's inputs come first, then the outputs that it ends, then the drain.
template <typename W> CycleClass ComputeUnit<W>::classOf(Firing firing, Draining drain) {
  if (firing == Firing::Ready || drain == Draining::Ready)
    return CycleClass::Busy;
  if (firing == Firing::LacksData)
    return CycleClass::Starved;
  if (firing == Firing::LacksToken)
    return CycleClass::Control;
  if (firing == Firing::LacksRoom || drain == Draining::LacksRoom)
    return CycleClass::Blocked;
  return drain == Draining::LacksChain ? CycleClass::Starved : CycleClass::Idle;
}

/// Puts out one shadow or passes one element of the chain on; the shadow of the cycle's draining is free for a firing
/// in the same cycle.
template <typename W> void ComputeUnit<W>::stepDrain(uint64_t now) {
  drainedAt = now;
  Drain &drain = drains.back();
  if (drain.passes == 0) {
    drainShadow(drain, now);
    drains.pop_back();
    return;
  }
  const Output &output = outputs[drain.output];
  pushLanes(output, state.network.lanes<W>(state.network.front(output.chainNode)), now);
  state.network.pop(output.chainNode, now);
  if (--drain.passes == 0)
    drains.pop_back();
}

template <typename W> typename ComputeUnit<W>::Draining ComputeUnit<W>::nextDrain(uint64_t now) const {
  const Drain &drain = drains.back();
  const Output &output = outputs[drain.output];
  if (!state.network.hasRoom(output.node, now))
    return Draining::LacksRoom;
  bool fromChain = drain.passes > 0 || (output.chained() && output.config.combine != Opcode::Nop);
  return fromChain && !state.network.ready(output.chainNode, now) ? Draining::LacksChain : Draining::Ready;
}

template <typename W> void ComputeUnit<W>::drainShadow(const Drain &drain, uint64_t now) {
  const Output &output = outputs[drain.output];
  Lanes value = stages[stageNumber[drain.stage]].shadow;
  if (output.config.reduce != Opcode::Nop) {
    W word = reduceTree(output.config.reduce, value.data(), lanes);
    std::fill(value.begin(), value.end(), word);
  }
  if (output.chained() && output.config.combine != Opcode::Nop) {
    const W *other = state.network.lanes<W>(state.network.front(output.chainNode));
    kernelOf<W>(output.config.combine)(value.data(), value.data(), other, nullptr, lanes);
    state.network.pop(output.chainNode, now);
  }
  pushLanes(output, value.data(), now);
}

template <typename W> typename ComputeUnit<W>::Firing ComputeUnit<W>::nextFiring(uint64_t now) const {
  Firing lack = Firing::Ready;
  for (const Input &input : inputs)
    if (!state.network.ready(input.node, now) && lack != Firing::LacksData)
      lack = state.network.kind(input.node) == NetworkKind::Control ? Firing::LacksToken : Firing::LacksData;
  if (lack != Firing::Ready)
    return lack;
  bool needsDrain = !shadows; // whether it has to wait for the drain that is under way
  for (const Output &output : outputs) {
    if (!walker.ends(output.config.level))
      continue;
    if (output.config.drain)
      needsDrain = true;
    else if (!state.network.hasRoom(output.node, now))
      return Firing::LacksRoom;
  }
  return needsDrain && (!drains.empty() || drainedAt > now) ? Firing::LacksDrain : Firing::Ready;
}

template <typename W> void ComputeUnit<W>::fire(uint64_t now) {
  compute();
  writeOutputs(now);
  for (const Input &input : inputs)
    if (walker.ends(input.config.popLevel))
      state.network.pop(input.node, now);
  walker.advance();
  ++numFirings;
}

template <typename W> void ComputeUnit<W>::compute() {
  for (unsigned reg : unwritten)
    values[reg] = zeros.data();
  readInputs();
  unsigned valid = walker.validLanes();
  for (const StageGroup &group : groups)
    if (group.multiplies)
      runRows(group, valid);
    else
      for (unsigned s = group.first; s < group.first + group.count; ++s)
        runStage(stages[s], valid);
}

template <typename W> void ComputeUnit<W>::readInputs() {
  for (Input &input : inputs) {
    uint64_t head = state.network.front(input.node);
    if (state.network.kind(input.node) == NetworkKind::Vector) {
      values[input.config.destination] = state.network.lanes<W>(head);
    } else {
      std::fill(input.splat.begin(), input.splat.end(), W(head));
      values[input.config.destination] = input.splat.data();
    }
  }
}

template <typename W> const W *ComputeUnit<W>::operandLanes(StageState &stage, unsigned i) {
  const Operand &operand = stage.config.operands[i];
  Lanes &spread = stage.operand[i];
  switch (operand.kind) {
  case OperandKind::None:
    return zeros.data();
  case OperandKind::Register:
    return values[operand.index];
  case OperandKind::LaneOfRegister:
    std::fill(spread.begin(), spread.end(), laneOf(operand));
    return spread.data();
  case OperandKind::Counter: {
    bool perLane = int(operand.index) == walker.vectorLevel();
    for (unsigned lane = 0; lane < lanes; ++lane)
      spread[lane] = W(walker.value(operand.index)) + (perLane ? lane : 0);
    return spread.data();
  }
  case OperandKind::Constant:
    return spread.data();
  case OperandKind::Accumulator:
    return stage.accumulator;
  }
  return zeros.data();
}

template <typename W> const W &ComputeUnit<W>::laneOf(const Operand &operand) const {
  uint32_t step = operand.laneLevel < 0 ? 0 : walker.step(unsigned(operand.laneLevel));
  return values[operand.index][operand.laneBase + operand.laneStride * step];
}

/// What runStage would do for each of the stages.
template <typename W> void ComputeUnit<W>::runRows(const StageGroup &group, unsigned valid) {
  beginRows(group);
  const W *a = factorsOf(group, factors.data()), *b = values[group.times];
  runFma<W>({stages[group.first].accumulator, paddedLanes(lanes), group.count, valid, 1, &a, &b});
  state.statistics.multiplyAdds += uint64_t(valid) * group.count;
}

template <typename W> void ComputeUnit<W>::beginRows(const StageGroup &group) {
  if (walker.begins(stages[group.first].config.accumulatorLevel))
    for (unsigned s = group.first; s < group.first + group.count; ++s)
      std::fill_n(stages[s].accumulator, paddedLanes(lanes), W(stages[s].config.accumulatorInit));
}

/// One factor for each stage of the group, one after the other; in `buffer` unless they lie so.
template <typename W> const W *ComputeUnit<W>::factorsOf(const StageGroup &group, W *buffer) const {
  if (group.neighbours)
    return &laneOf(stages[group.first].factor);
  for (unsigned r = 0; r < group.count; ++r)
    buffer[r] = laneOf(stages[group.first + r].factor);
  return buffer;
}

template <typename W> void ComputeUnit<W>::runStage(StageState &stage, unsigned valid) {
  if (stage.config.accumulate && walker.begins(stage.config.accumulatorLevel))
    std::fill_n(stage.accumulator, paddedLanes(lanes), W(stage.config.accumulatorInit));
  const W *operands[3] = {};
  for (unsigned i = 0; i < stage.arity; ++i)
    operands[i] = operandLanes(stage, i);
  // Lanes that do not take part keep their accumulator.
  bool direct = !stage.config.accumulate || valid == lanes;
  W *result = stage.config.accumulate ? stage.accumulator : stage.result.data();
  stage.kernel(direct ? result : stage.result.data(), operands[0], operands[1], operands[2], lanes);
  if (!direct)
    std::copy_n(stage.result.data(), valid, result);
  if (stage.config.destination >= 0)
    values[unsigned(stage.config.destination)] = result;
  if (stage.multiplyAdd)
    state.statistics.multiplyAdds += valid;
}

template <typename W> void ComputeUnit<W>::writeOutputs(uint64_t now) {
  bool drain = false;
  for (const Output &output : outputs)
    if (walker.ends(output.config.level)) {
      if (output.config.drain)
        drain = true;
      else
        pushLanes(output, values[output.config.source], now);
    }
  if (!drain)
    return;
  for (unsigned o = 0; o < outputs.size(); ++o) {
    if (!outputs[o].config.drain || !walker.ends(outputs[o].config.level))
      continue;
    if (outputs[o].chained() && outputs[o].config.combine == Opcode::Nop && outputs[o].config.chainCount)
      drains.push_back({o, 0, outputs[o].config.chainCount});
    for (unsigned s = 0; s < stageNumber.size() && s < 32; ++s)
      if (outputs[o].config.stageMask >> s & 1) {
        StageState &stage = stages[stageNumber[s]];
        std::copy_n(stage.accumulator, stage.shadow.size(), stage.shadow.data());
        drains.push_back({o, s});
      }
  }
  std::reverse(drains.begin(), drains.end());
}

template <typename W> void ComputeUnit<W>::pushLanes(const Output &output, const W *source, uint64_t now) {
  uint64_t visible = now + output.latency;
  switch (state.network.kind(output.node)) {
  case NetworkKind::Vector: {
    uint32_t token = state.network.newVector();
    copyLanes(state.network.lanes<W>(token), source, lanes);
    return state.network.push(output.node, token, visible);
  }
  case NetworkKind::Scalar:
    return state.network.push(output.node, source[0], visible);
  case NetworkKind::Control:
    return state.network.push(output.node, 0, visible);
  }
}

template <typename W> std::vector<Wait> ComputeUnit<W>::explain(uint64_t now) const {
  std::vector<Wait> waits;
  if (!drains.empty()) {
    const Output &output = outputs[drains.back().output];
    if (!state.network.hasRoom(output.node, now))
      waits.push_back(waitForRoom(output.port, output.node));
    else if (nextDrain(now) != Draining::Ready)
      waits.push_back(waitForData(unsigned(output.config.chain), output.chainNode));
  }
  if (walker.done())
    return waits;
  for (const Input &input : inputs)
    if (!state.network.ready(input.node, now))
      waits.push_back(waitForData(input.port, input.node));
  for (const Output &output : outputs)
    if (!output.config.drain && walker.ends(output.config.level) && !state.network.hasRoom(output.node, now))
      waits.push_back(waitForRoom(output.port, output.node));
  return waits;
}

template class ComputeUnit<uint32_t>;
template class ComputeUnit<uint64_t>;

} // namespace jacquard::sim
