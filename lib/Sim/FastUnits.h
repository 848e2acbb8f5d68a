// FastUnits.h - compute and memory units that run ahead on their own clocks
//
// What a unit does in a cycle is that of its model (ComputeUnit, MemoryUnit). Here each half of a unit (the firings and
// the drain; the write and the read port) has a clock and steps from event to event as far as it is known when elements
// are visible and places are free. A half that has to know more waits for that, and loses nothing: what it depends on
// never depends on its own later steps.
#ifndef JACQUARD_LIB_SIM_FASTUNITS_H
#define JACQUARD_LIB_SIM_FASTUNITS_H

#include "ComputeUnit.h"
#include "MemoryUnit.h"
#include "TimedRoutes.h"
#include "Tracks.h"

#include <string>

namespace jacquard::sim {

/// Ends a run: the first by cycle, then by unit, then by half.
struct Failure {
  uint64_t cycle = never;
  unsigned unit = 0, half = 0, site = 0;
  std::string message = {};
};

/// What the units that run ahead share.
struct Chip {
  SectionState &state;
  uint64_t horizon = never; ///< nothing may happen in this cycle or later
  bool reachedHorizon = false;
  uint64_t end = 0; ///< the first cycle in which all units that have finished so far have
  Failure failure = {};

  bool allows(uint64_t cycle) {
    reachedHorizon |= cycle >= horizon;
    return cycle < horizon;
  }
  void finished(uint64_t cycle) {
    --state.unfinished;
    end = std::max(end, cycle + 1);
  }
  /// Takes the error of `state` over, if there is one.
  bool tookError(uint64_t cycle, unsigned unit, unsigned half);
};

/// Something that goes on as far as things are known.
class Runner {
public:
  static constexpr unsigned nothing = ~0u;

  explicit Runner(Chip &chip) : chip(chip) {}
  virtual ~Runner() = default;
  virtual void run() = 0;
  bool awaits(unsigned node) const { return awaited[0] == node || awaited[1] == node; }

  /// When its turn comes.
  enum class Turn : uint8_t { None, Late, Soon };
  Turn turn = Turn::None;

protected:
  /// For a half that cannot step in this cycle: false if it has to await an end of a stream, else `cycle` becomes that
  /// of the next change.
  bool knowsNext(unsigned half, uint64_t &cycle);

  Chip &chip;
  unsigned awaited[2] = {nothing, nothing}; ///< by half: the end of a stream that has to be known for its next step
};

template <typename W> class FastCompute final : public ComputeUnit<W>, public Runner {
public:
  FastCompute(SectionState &state, Chip &chip, unsigned site, const bitstream::ComputeConfig &config)
      : ComputeUnit<W>(state, site, Unit::unvisited, config), Runner(chip), firingClock(state.wakes.now() + 1),
        drainClock(firingClock), counted(firingClock), firings(firingClock), drainSteps(firingClock) {}

  void run() override;

private:
  using Firing = typename ComputeUnit<W>::Firing;
  using Draining = typename ComputeUnit<W>::Draining;

  bool stepFirings();
  bool stepDrains();
  void count();

  uint64_t firingClock, drainClock, counted;
  Track<Firing> firings;
  Track<Draining> drainSteps;
};

template <typename W> class FastMemory final : public MemoryUnit<W>, public Runner {
public:
  /// `number` of the unit among all, for the order of errors.
  FastMemory(SectionState &state, Chip &chip, unsigned site, unsigned number, const bitstream::MemoryConfig &config)
      : MemoryUnit<W>(state, site, Unit::unvisited, config), Runner(chip), number(number),
        writes(state.wakes.now() + 1), reads(state.wakes.now() + 1), counted(state.wakes.now() + 1) {}

  void run() override;

private:
  using Progress = typename MemoryUnit<W>::Progress;
  using Owner = typename MemoryUnit<W>::Owner;
  using Port = typename MemoryUnit<W>::Port;
  struct Half {
    explicit Half(uint64_t start) : clock(start), track(start) {}
    uint64_t clock;
    Track<Progress> track;
    bool done = false; ///< or failed
  };

  template <bool isWrite> bool step(Half &half);
  template <bool isWrite> bool stepsOn(Half &half, Progress progress);

  unsigned number;
  Half writes, reads;
  uint64_t counted;
};

} // namespace jacquard::sim

#endif // JACQUARD_LIB_SIM_FASTUNITS_H
