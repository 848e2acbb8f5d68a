// ComputeRow.cpp - firings that follow one another without sending anything, made in a row
#include "ComputeUnit.h"

#include <algorithm>

namespace jacquard::sim {

/// How many firings from cycle `now` on send nothing and find all their inputs ready.
template <typename W> uint64_t ComputeUnit<W>::firingsInRow(uint64_t now) const {
  if (walker.done() || (!shadows && !drains.empty()))
    return 0;
  for (const Input &input : inputs)
    if (!state.network.queue(input.node).ready(now))
      return 0;
  uint64_t count = std::min<uint64_t>(longestRow, walker.firingsTo(-1));
  for (const Output &output : outputs)
    count = std::min(count, walker.firingsTo(output.config.level) - 1);
  if (onlyMultiplies) {
    count = std::min(count, walker.firingsAlike());
    for (const StageGroup &group : groups)
      count = std::min(count, walker.firingsTo(stages[group.first].config.accumulatorLevel));
  }
  for (const Input &input : inputs)
    if (count > 0)
      count = state.network.readyInRow(input.node, now, walker.firingsTo(input.config.popLevel),
                                       walker.firingsBetween(input.config.popLevel), count);
  return count;
}

template <typename W> uint64_t ComputeUnit<W>::fireRow(uint64_t now) {
  uint64_t count = firingsInRow(now);
  if (count == 0)
    return 0;
  if (onlyMultiplies)
    multiplyInRow(now, count);
  else
    computeInRow(now, count);
  numFirings += count;
  return count;
}

template <typename W> void ComputeUnit<W>::computeInRow(uint64_t now, uint64_t count) {
  for (uint64_t end = now + count; now < end; ++now) {
    compute();
    for (const Input &input : inputs)
      if (walker.ends(input.config.popLevel))
        state.network.pop(input.node, now);
    walker.advance();
  }
}

/// First what each firing multiplies, then all products of a group at one go.
template <typename W> void ComputeUnit<W>::multiplyInRow(uint64_t now, uint64_t count) {
  for (Input &input : inputs)
    findVectors(input, now, count);
  unsigned valid = walker.validLanes();
  for (const StageGroup &group : groups)
    beginRows(group);
  for (uint64_t i = 0; i < count; ++i) {
    for (const Input &input : inputs)
      values[input.config.destination] = input.row[i];
    for (StageGroup &group : groups)
      group.factors[i] = factorsOf(group, &factors[i * stages.size() + group.first]);
    if (factorsStep)
      walker.advance();
  }
  if (!factorsStep)
    walker.advance(count);
  for (const StageGroup &group : groups) {
    runFma<W>({stages[group.first].accumulator, paddedLanes(lanes), group.count, valid, unsigned(count),
               group.factors.data(), inputs[group.input].row.data()});
    state.statistics.multiplyAdds += uint64_t(valid) * group.count * count;
  }
  for (const Input &input : inputs)
    if (input.pops)
      state.network.popRow(input.node, input.firstPop, walker.firingsBetween(input.config.popLevel), input.pops);
}

/// What each of the next `count` firings finds at the input, and when it takes elements.
template <typename W> void ComputeUnit<W>::findVectors(Input &input, uint64_t now, uint64_t count) {
  uint64_t next = walker.firingsTo(input.config.popLevel), each = walker.firingsBetween(input.config.popLevel);
  input.firstPop = now + next - 1;
  input.pops = 0;
  for (uint64_t i = 0; i < count; next += each) {
    const W *vector = state.network.lanes<W>(state.network.upcoming(input.node, input.pops));
    input.pops += next <= count;
    for (; i < std::min(next, count); ++i)
      input.row[i] = vector;
  }
}

#define INSTANTIATE(W)                                                                                                 \
  template uint64_t ComputeUnit<W>::firingsInRow(uint64_t) const;                                                      \
  template uint64_t ComputeUnit<W>::fireRow(uint64_t);                                                                 \
  template void ComputeUnit<W>::computeInRow(uint64_t, uint64_t);                                                      \
  template void ComputeUnit<W>::multiplyInRow(uint64_t, uint64_t);                                                     \
  template void ComputeUnit<W>::findVectors(Input &, uint64_t, uint64_t);
INSTANTIATE(uint32_t)
INSTANTIATE(uint64_t)
#undef INSTANTIATE

} // namespace jacquard::sim
