// FastUnits.cpp - steps of the halves of units, and the classes of the cycles between them
#include "FastUnits.h"

#include <tuple>

namespace jacquard::sim {

bool Chip::tookError(uint64_t cycle, unsigned unit, unsigned half) {
  if (state.error.empty())
    return false;
  if (std::tie(cycle, unit, half) < std::tie(failure.cycle, failure.unit, failure.half)) {
    failure = {cycle, unit, half, state.failedSite, state.error};
    horizon = std::min(horizon, cycle + 1); // somebody else may fail before
  }
  state.error.clear();
  return true;
}

bool Runner::knowsNext(unsigned half, uint64_t &cycle) {
  Network::Missing missing = chip.state.network.takeMissing();
  cycle = missing.from;
  awaited[half] = missing.node;
  return missing.node == nothing;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Compute unit
//===-------------------------------------------------------------------------------------------------------------===//

template <typename W> void FastCompute<W>::run() {
  if (this->finished())
    return;
  this->state.network.takeMissing(); // questions of others
  awaited[0] = awaited[1] = nothing;
  for (bool again = true; again;) {
    again = stepFirings();
    again |= stepDrains();
  }
  count();
  this->latestWake = std::max(firingClock, drainClock);
  if (this->finished())
    chip.finished(counted - 1);
}

/// Returns whether the drain may have something to do.
template <typename W> bool FastCompute<W>::stepFirings() {
  bool starts = false;
  while (!this->firingsDone() && chip.allows(firingClock)) {
    if (uint64_t count = chip.horizon == never ? this->fireRow(firingClock) : 0) {
      firingClock += count;
      firings.extend(Firing::Ready, firingClock);
      continue;
    }
    Firing firing = this->nextFiring(firingClock);
    uint64_t next = firingClock + 1;
    if (firing == Firing::Ready) {
      bool drained = this->drainsDone();
      this->fire(firingClock);
      if (drained && !this->drainsDone()) {
        drainSteps.extend(Draining::None, next);
        drainClock = next;
        starts = true;
      }
    } else if (!knowsNext(0, next)) {
      break;
    } else if (firing == Firing::LacksDrain) {
      if (!this->drainsDone())
        break;
      next = this->lastDrain();
    }
    firings.extend(firing, next);
    firingClock = next;
  }
  return starts;
}

/// Returns whether the firings may have something to do.
template <typename W> bool FastCompute<W>::stepDrains() {
  bool steps = false;
  while (!this->drainsDone() && chip.allows(drainClock)) {
    Draining drain = this->nextDrain(drainClock);
    uint64_t next = drainClock + 1;
    if (drain == Draining::Ready) {
      this->stepDrain(drainClock);
      steps = true;
    } else if (!knowsNext(1, next)) {
      break;
    }
    drainSteps.extend(drain, next);
    drainClock = next;
  }
  return steps && this->drainsDone();
}

/// Counts the cycles of which both halves are known.
template <typename W> void FastCompute<W>::count() {
  uint64_t end = std::max(firings.knownUntil(), drainSteps.knownUntil());
  if (this->firingsDone())
    firings.extend(Firing::Done, end);
  if (this->drainsDone())
    drainSteps.extend(Draining::None, end);
  counted = takeCommon(firings, drainSteps, counted, [&](uint64_t cycle, Firing firing, Draining drain) {
    this->classify(cycle, ComputeUnit<W>::classOf(firing, drain));
  });
  if (this->finished())
    this->classify(counted, CycleClass::Idle);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Memory unit
//===-------------------------------------------------------------------------------------------------------------===//

template <typename W> void FastMemory<W>::run() {
  if (this->complete)
    return;
  this->state.network.takeMissing(); // questions of others
  awaited[0] = awaited[1] = nothing;
  for (bool again = true; again;) {
    again = step<true>(writes);
    again |= step<false>(reads);
  }
  counted = takeCommon(writes.track, reads.track, counted, [&](uint64_t cycle, Progress write, Progress read) {
    this->classify(cycle, MemoryUnit<W>::classOf(write, read));
  });
  uint64_t last = std::max(writes.clock, reads.clock);
  bool done = writes.done && reads.done && chip.failure.cycle == never;
  if (!done || !chip.allows(last))
    return;
  this->complete = true;
  this->classify(last, CycleClass::Idle);
  chip.finished(last);
}

/// Returns whether it has made an access, so that the other port may have a buffer now.
template <typename W> template <bool isWrite> bool FastMemory<W>::step(Half &half) {
  const Port &port = isWrite ? this->write : this->read;
  bool any = false;
  while (!half.done) {
    if (port.freeAt > half.clock) {
      half.track.extend(isWrite && port.filling ? Progress::Busy : Progress::Conflict, port.freeAt);
      half.clock = port.freeAt;
      continue;
    }
    if (uint64_t count = chip.horizon != never ? 0 : isWrite ? this->writeRow(half.clock) : this->readRow(half.clock)) {
      half.clock += count;
      half.track.extend(Progress::Busy, half.clock);
      any = true;
      continue;
    }
    if (!chip.allows(half.clock))
      break;
    Progress progress = isWrite ? this->stepWrite(half.clock) : this->stepRead(half.clock);
    if (progress == Progress::Busy)
      any = true;
    if (!stepsOn<isWrite>(half, progress))
      break;
  }
  return any;
}

/// Moves the clock to where the next step may go otherwise; false when that is not known.
template <typename W> template <bool isWrite> bool FastMemory<W>::stepsOn(Half &half, Progress progress) {
  uint64_t next = never;
  switch (progress) {
  case Progress::Busy:
  case Progress::Conflict:
    next = half.clock + 1;
    half.done = chip.tookError(half.clock, number, isWrite ? 0 : 1);
    break;
  case Progress::Done:
    half.done = true;
    half.track.extend(progress, never);
    return false;
  case Progress::WaitsForBuffer:
  case Progress::Handover:
    next = isWrite ? this->nextHandover(this->write, Owner::Writer, half.clock)
                   : this->nextHandover(this->read, Owner::Reader, half.clock);
    if (next == never)
      return false;
    break;
  case Progress::WaitsForData:
  case Progress::WaitsForRoom:
    if (!knowsNext(isWrite ? 0 : 1, next))
      return false;
    break;
  }
  half.track.extend(progress, next);
  half.clock = next;
  return true;
}

template class FastCompute<uint32_t>;
template class FastCompute<uint64_t>;
template class FastMemory<uint32_t>;
template class FastMemory<uint64_t>;

} // namespace jacquard::sim
