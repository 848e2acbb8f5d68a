// MemoryUnit.cpp - the two ports, the ring of buffers between them, and bank conflicts
#include "MemoryUnit.h"
#include "Word.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace jacquard::sim {

using namespace bitstream;
using namespace memory_port;

unsigned outputCapacity(const MemorySpec &spec) { return spec.outputFifoDepth + std::max(1u, spec.readLatency); }

template <typename W>
MemoryUnit<W>::MemoryUnit(SectionState &state, unsigned site, unsigned component, const MemoryConfig &config,
                          const ArchSpec &spec)
    : Unit(state, site, component), config(config), lanes(spec.compute.lanes), banks(spec.memory.banks),
      readLatency(std::max(1u, spec.memory.readLatency)), writeLatency(std::max(1u, spec.memory.writeLatency)),
      write{config.write.used, AccessWalker(config.write, lanes, spec.memory.addressRegisters)},
      read{config.read.used, AccessWalker(config.read, lanes, spec.memory.addressRegisters)},
      words(size_t(config.bufferWords) * config.bufferCount), bankEpoch(banks), bankCount(banks), lastInBank(banks),
      previousInBank(lanes) {
  // Without a write program the reader has all buffers from the start.
  buffers.assign(config.bufferCount, {config.write.used ? Owner::Writer : Owner::Reader, 0, 0});
  auto attachInput = [&](unsigned port) {
    unsigned node = state.network.inputNode({site, port});
    state.network.setUnit(node, component);
    return node;
  };
  if (write.used)
    dataNode = attachInput(dataIn);
  if (write.used && config.write.indexed)
    write.indexNode = attachInput(writeIndexIn);
  if (read.used && config.read.indexed)
    read.indexNode = attachInput(readIndexIn);
  if (config.cascade)
    cascadeNode = attachInput(cascadeIn);
  if (read.used) {
    resultNode = state.network.outputNode({site, dataOut});
    state.network.setUnit(resultNode, component);
  }
  std::vector<uint8_t> &before = state.scratchpads[site];
  if (config.retain)
    std::memcpy(words.data(), before.data(), std::min(before.size(), words.size() * sizeof(W)));
  before.clear();
}

template <typename W> void MemoryUnit<W>::leaveContents() {
  if (!config.retain)
    return;
  auto *bytes = reinterpret_cast<const uint8_t *>(words.data());
  state.scratchpads[siteNumber].assign(bytes, bytes + words.size() * sizeof(W));
}

template <typename W> void MemoryUnit<W>::visit(uint64_t now) {
  if (complete)
    return classify(now, CycleClass::Idle);
  Progress writes = stepWrite(now), reads = stepRead(now);
  if (writes == Progress::Done && reads == Progress::Done) {
    complete = true;
    --state.unfinished;
    return classify(now, CycleClass::Idle);
  }
  classify(now, classOf(writes, reads));
}

/// The first that holds for one of the ports. A writer without an empty buffer is held up by its reader, a reader
/// without a full one starves.
template <typename W> CycleClass MemoryUnit<W>::classOf(Progress writes, Progress reads) {
  auto either = [&](Progress p) { return writes == p || reads == p; };
  if (either(Progress::Busy))
    return CycleClass::Busy;
  if (either(Progress::Conflict))
    return CycleClass::BankConflict;
  if (either(Progress::WaitsForRoom) || (reads == Progress::Done && writes == Progress::WaitsForBuffer))
    return CycleClass::Blocked;
  return either(Progress::Handover) ? CycleClass::Control : CycleClass::Starved;
}

/// Busy when the port has a buffer to work on.
template <typename W> typename MemoryUnit<W>::Progress MemoryUnit<W>::getBuffer(Port &port, Owner owner, uint64_t now) {
  const Buffer &buffer = buffers[port.buffer];
  if (buffer.owner != owner || buffer.since > now)
    return Progress::WaitsForBuffer;
  if (buffer.from <= now)
    return Progress::Busy;
  wakeAt(buffer.from);
  return Progress::Handover;
}

template <typename W> uint64_t MemoryUnit<W>::nextHandover(const Port &port, Owner owner, uint64_t now) const {
  const Buffer &buffer = buffers[port.buffer];
  if (buffer.owner != owner)
    return never;
  return buffer.since > now ? buffer.since : buffer.from;
}

template <typename W> const W *MemoryUnit<W>::indexOf(const Port &port) {
  return port.walker.program().indexed ? state.network.lanes<W>(state.network.front(port.indexNode)) : nullptr;
}

template <typename W> typename MemoryUnit<W>::Progress MemoryUnit<W>::stepWrite(uint64_t now) {
  if (write.freeAt > now)
    return write.filling ? Progress::Busy : Progress::Conflict;
  if (!write.used || write.walker.done())
    return Progress::Done;
  if (Progress buffer = getBuffer(write, Owner::Writer, now); buffer != Progress::Busy)
    return buffer;
  bool accumulating = config.accumulate != Opcode::Nop;
  if (accumulating && !acquired) {
    acquired = write.filling = true;
    std::fill_n(words.begin() + int64_t(write.buffer) * config.bufferWords, config.bufferWords,
                W(config.accumulateInit));
    write.freeAt = now + std::max(1u, (config.bufferWords + banks - 1) / banks);
    wakeAt(write.freeAt);
    return Progress::Busy;
  }
  if (!state.network.ready(dataNode, now) || (config.write.indexed && !state.network.ready(write.indexNode, now)))
    return Progress::WaitsForData;

  write.walker.evaluate(indexOf(write));
  if (!checkAddresses(write, "write"))
    return Progress::Busy;
  unsigned cyclesTaken = conflictCycles(write, accumulating);
  writeLanes(state.network.lanes<W>(state.network.front(dataNode)));
  state.network.pop(dataNode, now);
  endAccess(write, read.used ? Owner::Reader : Owner::Writer, now, cyclesTaken, now + cyclesTaken - 1 + writeLatency);
  return Progress::Busy;
}

template <typename W> typename MemoryUnit<W>::Progress MemoryUnit<W>::stepRead(uint64_t now) {
  if (read.freeAt > now)
    return Progress::Conflict;
  if (!read.used || read.walker.done())
    return Progress::Done;
  if (Progress buffer = getBuffer(read, Owner::Reader, now); buffer != Progress::Busy)
    return buffer;
  if ((config.read.indexed && !state.network.ready(read.indexNode, now)) ||
      (config.cascade && !state.network.ready(cascadeNode, now)))
    return Progress::WaitsForData;
  if (!state.network.hasRoom(resultNode, now))
    return Progress::WaitsForRoom;

  read.walker.evaluate(indexOf(read));
  if (!checkAddresses(read, "read"))
    return Progress::Busy;
  unsigned cyclesTaken = config.read.broadcast ? 1 : conflictCycles(read, false);
  uint32_t token = state.network.newVector();
  readLanes(state.network.lanes<W>(token),
            config.cascade ? state.network.lanes<W>(state.network.front(cascadeNode)) : nullptr);
  if (config.cascade)
    state.network.pop(cascadeNode, now);
  state.network.push(resultNode, token, now + cyclesTaken - 1 + readLatency);
  endAccess(read, write.used ? Owner::Writer : Owner::Reader, now, cyclesTaken, now + cyclesTaken);
  return Progress::Busy;
}

/// Pops the index, hands the buffer over where the handover level ends, and steps on.
template <typename W>
void MemoryUnit<W>::endAccess(Port &port, Owner next, uint64_t now, unsigned cyclesTaken, uint64_t handoverAt) {
  const AccessProgram &program = port.walker.program();
  if (program.indexed && port.walker.ends(program.indexLevel))
    state.network.pop(port.indexNode, now);
  if (port.walker.ends(program.handoverLevel)) {
    buffers[port.buffer] = {next, now, handoverAt};
    port.buffer = port.buffer + 1 == buffers.size() ? 0 : port.buffer + 1;
    wakeAt(handoverAt);
    if (&port == &write)
      acquired = false;
  }
  port.walker.advance();
  port.freeAt = now + cyclesTaken;
  port.filling = false;
  wakeAt(now + 1); // there a conflict begins
  wakeAt(port.freeAt);
  ++numFirings;
  state.statistics.bankConflictCycles += cyclesTaken - 1;
}

/// Whether the first `lanes` lanes access words in even steps that are all here.
template <typename W> bool MemoryUnit<W>::isAffine(const Port &port, unsigned lanes) const {
  if (!port.walker.isAffine() || lanes == 0)
    return false;
  auto [first, last] = std::minmax(offset(port, 0), offset(port, lanes - 1));
  return first >= 0 && uint64_t(last) < config.bufferWords;
}

template <typename W> bool MemoryUnit<W>::checkAddresses(const Port &port, const char *what) {
  unsigned lanesUsed = port.walker.program().broadcast ? 1 : port.walker.validLanes();
  if (config.sliced || !port.walker.anyTakesPart() || isAffine(port, lanesUsed))
    return true;
  for (unsigned lane = 0; lane < lanesUsed; ++lane) {
    if (!port.walker.takesPart(lane) || holds(port, lane))
      continue;
    fail(fmt::format("{} address {} in lane {} is outside the buffer of {} words", what, port.walker.address(lane),
                     lane, config.bufferWords));
    return false;
  }
  return true;
}

/// Whether it shows at a glance that every bank has one word to move at most: odd steps meet every bank before they
/// come to the first one again.
template <typename W> bool MemoryUnit<W>::isFreeOfConflicts(const Port &port) const {
  return port.walker.isAffine() && (banks & (banks - 1)) == 0 && port.walker.stride() % 2 != 0 &&
         port.walker.counters().validLanes() <= banks;
}

/// The largest number of words that one bank has to move, at least 1. Lanes with one address share the word unless
/// `equalAddressesConflict`.
template <typename W> unsigned MemoryUnit<W>::conflictCycles(const Port &port, bool equalAddressesConflict) {
  if (isFreeOfConflicts(port) && isAffine(port, port.walker.validLanes()))
    return 1;
  bool mask = (banks & (banks - 1)) == 0;
  if (!port.walker.anyTakesPart())
    return 1;
  ++epoch;
  uint32_t most = 1;
  for (unsigned lane = 0; lane < port.walker.validLanes(); ++lane) {
    if (!holds(port, lane))
      continue;
    uint32_t address = uint32_t(offset(port, lane));
    uint32_t bank = mask ? address & (banks - 1) : address % banks;
    if (bankEpoch[bank] != epoch) {
      bankEpoch[bank] = epoch;
      bankCount[bank] = 0;
      lastInBank[bank] = -1;
    }
    int earlier = equalAddressesConflict ? -1 : lastInBank[bank];
    while (earlier >= 0 && uint32_t(offset(port, unsigned(earlier))) != address)
      earlier = previousInBank[earlier];
    if (earlier >= 0)
      continue;
    previousInBank[lane] = lastInBank[bank];
    lastInBank[bank] = int(lane);
    most = std::max(most, ++bankCount[bank]);
  }
  return most;
}

/// In ascending order of lanes: where two write one word, the last one stays, or each combines with what is there.
template <typename W> void MemoryUnit<W>::writeLanes(const W *data) {
  W *base = &words[size_t(write.buffer) * config.bufferWords];
  unsigned valid = write.walker.validLanes();
  if (config.accumulate == Opcode::Nop && isAffine(write, valid))
    return writeEvenly(base + offset(write, 0), data);
  if (!write.walker.anyTakesPart())
    return;
  for (unsigned lane = 0; lane < valid; ++lane) {
    if (!holds(write, lane))
      continue;
    W &word = base[offset(write, lane)];
    word = config.accumulate == Opcode::Nop ? data[lane] : evaluate(config.accumulate, word, data[lane]);
  }
}

/// All valid lanes, in even steps from `word` on.
template <typename W> void MemoryUnit<W>::writeEvenly(W *word, const W *data) {
  unsigned valid = write.walker.validLanes();
  int64_t stride = write.walker.stride();
  if (stride == 1)
    return copyLanes(word, data, valid);
  for (unsigned lane = 0; lane < valid; ++lane)
    word[int64_t(lane) * stride] = data[lane];
}

/// `cascade` has what the unit before has read, or is null.
template <typename W> void MemoryUnit<W>::readLanes(W *result, const W *cascade) {
  const W *base = &words[size_t(read.buffer) * config.bufferWords];
  unsigned used = config.read.broadcast ? 1 : read.walker.validLanes();
  if (isAffine(read, used))
    return readEvenly(result, base + offset(read, 0), cascade);
  auto lane = [&](unsigned l) {
    return holds(read, l) ? base[offset(read, l)] : cascade ? cascade[l] : W(config.read.elseValue);
  };
  if (config.read.broadcast)
    return void(std::fill_n(result, lanes, lane(0)));
  for (unsigned l = 0; l < lanes; ++l)
    result[l] = lane(l);
}

/// All valid lanes, in even steps from `word` on, or that word in all lanes.
template <typename W> void MemoryUnit<W>::readEvenly(W *result, const W *word, const W *cascade) {
  if (config.read.broadcast)
    return void(std::fill_n(result, lanes, *word));
  unsigned valid = read.walker.validLanes();
  int64_t stride = read.walker.stride();
  if (stride == 1)
    copyLanes(result, word, valid);
  else
    for (unsigned lane = 0; lane < valid; ++lane)
      result[lane] = word[int64_t(lane) * stride];
  for (unsigned lane = valid; lane < lanes; ++lane)
    result[lane] = cascade ? cascade[lane] : W(config.read.elseValue);
}

template <typename W> std::vector<Wait> MemoryUnit<W>::explain(uint64_t now) const {
  std::vector<Wait> waits;
  if (write.used && !write.walker.done()) {
    if (buffers[write.buffer].owner != Owner::Writer)
      waits.push_back({"waits for its read port to give back a buffer", {}});
    else if (!state.network.ready(dataNode, now))
      waits.push_back(waitForData(dataIn, dataNode));
    else if (config.write.indexed && !state.network.ready(write.indexNode, now))
      waits.push_back(waitForData(writeIndexIn, write.indexNode));
  }
  if (read.used && !read.walker.done()) {
    if (buffers[read.buffer].owner != Owner::Reader)
      waits.push_back({"waits for its write port to fill a buffer", {}});
    else if (config.read.indexed && !state.network.ready(read.indexNode, now))
      waits.push_back(waitForData(readIndexIn, read.indexNode));
    else if (config.cascade && !state.network.ready(cascadeNode, now))
      waits.push_back(waitForData(cascadeIn, cascadeNode));
    else if (!state.network.hasRoom(resultNode, now))
      waits.push_back(waitForRoom(dataOut, resultNode));
  }
  return waits;
}

template class MemoryUnit<uint32_t>;
template class MemoryUnit<uint64_t>;

} // namespace jacquard::sim
