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

/// Has the addresses of the next access and asks the host for those of a later one; false when not all words are there.
template <typename W> bool MemoryUnit<W>::beginInRow(Port &port) {
  constexpr int64_t ahead = 16; // the accesses of about one turn of a unit
  port.walker.template evaluate<W>(nullptr);
  if (!isAffine(port, port.walker.program().broadcast ? 1 : port.walker.validLanes()))
    return false;
  int64_t later = offset(port, 0) + ahead * port.walker.innermostStep();
  if (uint64_t(later) < config.bufferWords) {
    const W *word = &words[size_t(port.buffer) * config.bufferWords + size_t(later)];
    __builtin_prefetch(word);
    __builtin_prefetch(word + lanes - 1);
  }
  return true;
}

template <typename W> uint64_t MemoryUnit<W>::endRow(Port &port, uint64_t now, uint64_t count) {
  port.freeAt = now + count;
  port.filling = false;
  wakeAt(port.freeAt);
  numFirings += count;
  return count;
}

template <typename W> uint64_t MemoryUnit<W>::readRow(uint64_t now) {
  uint64_t most = config.cascade ? 0 : accessesInRow(read, Owner::Reader, now), count = 0;
  if (most > 0)
    most = state.network.roomInRow(resultNode, now, most);
  for (; count < most && beginInRow(read); ++count) {
    uint32_t token = state.network.newVector();
    readLanes(state.network.lanes<W>(token), nullptr);
    state.network.pushSilently(resultNode, token, now + count + readLatency);
    read.walker.advance();
  }
  if (count == 0)
    return 0;
  state.network.pushed(resultNode);
  return endRow(read, now, count);
}

template <typename W> uint64_t MemoryUnit<W>::writeRow(uint64_t now) {
  uint64_t most = config.accumulate != Opcode::Nop ? 0 : accessesInRow(write, Owner::Writer, now), count = 0;
  if (most > 0)
    most = state.network.readyInRow(dataNode, now, 1, 1, most);
  for (; count < most && beginInRow(write); ++count) {
    writeLanes(state.network.lanes<W>(state.network.upcoming(dataNode, count)));
    write.walker.advance();
  }
  if (count == 0)
    return 0;
  state.network.popRow(dataNode, now, 1, count);
  return endRow(write, now, count);
}

#define INSTANTIATE(W)                                                                                                 \
  template uint64_t MemoryUnit<W>::accessesInRow(const Port &, Owner, uint64_t) const;                                 \
  template bool MemoryUnit<W>::beginInRow(Port &);                                                                     \
  template uint64_t MemoryUnit<W>::endRow(Port &, uint64_t, uint64_t);                                                 \
  template uint64_t MemoryUnit<W>::readRow(uint64_t);                                                                  \
  template uint64_t MemoryUnit<W>::writeRow(uint64_t);
INSTANTIATE(uint32_t)
INSTANTIATE(uint64_t)
#undef INSTANTIATE

} // namespace jacquard::sim
