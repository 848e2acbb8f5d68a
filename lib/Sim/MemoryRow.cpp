// MemoryRow.cpp - accesses that follow one another without a conflict or a handover, made in a row
#include "MemoryUnit.h"

#include <algorithm>

namespace jacquard::sim {

/// How many accesses from cycle `now` on take one cycle each, as far as the port alone decides.
template <typename W> uint64_t MemoryUnit<W>::accessesInRow(const Port &port, Owner owner, uint64_t now) const {
  constexpr uint64_t longestRow = 64;
  if (!port.used || port.walker.done() || port.freeAt > now || port.walker.program().indexed)
    return 0;
  const Buffer &buffer = buffers[port.buffer];
  if (buffer.owner != owner || std::max(buffer.since, buffer.from) > now)
    return 0;
  if (!port.walker.program().broadcast && !isFreeOfConflicts(port))
    return 0;
  const CounterWalker &counters = port.walker.counters();
  return std::min({longestRow, counters.firingsTo(port.walker.program().handoverLevel) - 1, counters.firingsAlike()});
}

/// Computes the addresses of the next access; returns of how many from there on in the innermost level all words are
/// there. 0 if there is something wrong with the first one.
template <typename W> uint64_t MemoryUnit<W>::beginSteps(Port &port, uint64_t most) {
  port.walker.template evaluate<W>(nullptr);
  unsigned used = port.walker.program().broadcast ? 1 : port.walker.validLanes();
  if (!isAffine(port, used))
    return 0;
  const CounterWalker &counters = port.walker.counters();
  uint64_t more = std::min(most, counters.firingsTo(int(counters.numLevels()) - 2)) - 1;
  int64_t step = port.walker.innermostStep(), limit = int64_t(config.bufferWords);
  if (step < -limit || step > limit)
    return 1;
  auto [first, last] = std::minmax(offset(port, 0), offset(port, used - 1));
  int64_t way = int64_t(more) * step;
  return first + way >= 0 && last + way < limit ? more + 1 : 1;
}

/// Where the access `k` steps from here has its first word; the host fetches those of a later one.
template <typename W> size_t MemoryUnit<W>::wordAt(const Port &port, uint64_t k) const {
  constexpr uint64_t ahead = 16; // accesses: about those of a turn
  size_t buffer = size_t(port.buffer) * config.bufferWords;
  int64_t first = offset(port, 0), step = port.walker.innermostStep();
  if (int64_t later = first + int64_t(k + ahead) * step; uint64_t(later) < config.bufferWords) {
    const W *word = &words[buffer + size_t(later)];
    __builtin_prefetch(word);
    __builtin_prefetch(word + lanes - 1);
  }
  return buffer + size_t(first + int64_t(k) * step);
}

template <typename W> void MemoryUnit<W>::endSteps(Port &port, uint64_t count) {
  if (count > 1)
    port.walker.advanceInnermost(count - 1);
  port.walker.advance(); // the last one may end the level
}

template <typename W> uint64_t MemoryUnit<W>::endRow(Port &port, uint64_t now, uint64_t count) {
  port.freeAt = now + count;
  port.filling = false;
  wakeAt(port.freeAt);
  numFirings += count;
  return count;
}

template <typename W> uint64_t MemoryUnit<W>::readRow(uint64_t now) {
  if (config.cascade || !state.network.queue(resultNode).hasRoom(now))
    return 0;
  uint64_t most = accessesInRow(read, Owner::Reader, now), count = 0;
  if (most > 0)
    most = state.network.roomInRow(resultNode, now, most);
  for (uint64_t steps; count < most && (steps = beginSteps(read, most - count)) > 0; count += steps) {
    for (uint64_t k = 0; k < steps; ++k) {
      uint32_t token = state.network.newVector();
      readEvenly(state.network.lanes<W>(token), &words[wordAt(read, k)], nullptr);
      state.network.pushSilently(resultNode, token, now + count + k + readLatency);
    }
    endSteps(read, steps);
  }
  if (count == 0)
    return 0;
  state.network.pushed(resultNode);
  return endRow(read, now, count);
}

template <typename W> uint64_t MemoryUnit<W>::writeRow(uint64_t now) {
  if (!write.used || config.accumulate != Opcode::Nop || !state.network.queue(dataNode).ready(now))
    return 0;
  uint64_t most = accessesInRow(write, Owner::Writer, now), count = 0;
  if (most > 0)
    most = state.network.readyInRow(dataNode, now, 1, 1, most);
  for (uint64_t steps; count < most && (steps = beginSteps(write, most - count)) > 0; count += steps) {
    for (uint64_t k = 0; k < steps; ++k)
      writeEvenly(&words[wordAt(write, k)], state.network.lanes<W>(state.network.upcoming(dataNode, count + k)));
    endSteps(write, steps);
  }
  if (count == 0)
    return 0;
  state.network.popRow(dataNode, now, 1, count);
  return endRow(write, now, count);
}

#define INSTANTIATE(W)                                                                                                 \
  template uint64_t MemoryUnit<W>::accessesInRow(const Port &, Owner, uint64_t) const;                                 \
  template uint64_t MemoryUnit<W>::beginSteps(Port &, uint64_t);                                                       \
  template size_t MemoryUnit<W>::wordAt(const Port &, uint64_t) const;                                                 \
  template void MemoryUnit<W>::endSteps(Port &, uint64_t);                                                             \
  template uint64_t MemoryUnit<W>::endRow(Port &, uint64_t, uint64_t);                                                 \
  template uint64_t MemoryUnit<W>::readRow(uint64_t);                                                                  \
  template uint64_t MemoryUnit<W>::writeRow(uint64_t);
INSTANTIATE(uint32_t)
INSTANTIATE(uint64_t)
#undef INSTANTIATE

} // namespace jacquard::sim
