// Unit.h - what the models of compute units, memory units and DRAM ports have in common
#ifndef JACQUARD_SIM_UNIT_H
#define JACQUARD_SIM_UNIT_H

#include "DramModel.h"
#include "Network.h"

#include "jacquard/Sim/Simulator.h"
#include "jacquard/Sim/Timeline.h"

#include <algorithm>
#include <string>
#include <vector>

namespace jacquard::sim {

/// The words of the scratchpad of each site, if its unit is configured to retain them.
using ScratchpadContents = std::vector<std::vector<uint8_t>>;

/// What the units of a running section share.
struct SectionState {
  const FabricModel &model;
  Network &network;
  Wakeups &wakes;
  DramModel &dram;
  ScratchpadContents &scratchpads;
  SectionStatistics &statistics;
  Timeline *timeline; ///< may be null
  unsigned unfinished = 0; ///< units whose programs have not completed
  unsigned failedSite = 0;
  std::string error = {}; ///< the first run error, of the unit at failedSite; ends the run
};

/// Why a unit does not go on, for the explanation of a deadlock.
struct Wait {
  std::string what;        ///< "waits for data on vector in 0"
  std::vector<PortRef> on; ///< ports of the units that could end it, most likely first; empty: the unit itself
};

/// Words of a vector in a unit whose machine word is `W`.
template <typename W> unsigned lanesOf(const ArchSpec &spec) {
  return sizeof(W) == sizeof(uint64_t) ? spec.compute.wideLanes : spec.compute.lanes;
}

class Unit {
public:
  /// The component number of a unit that is not visited cycle by cycle.
  static constexpr unsigned unvisited = ~0u;

  Unit(SectionState &state, unsigned site, unsigned component)
      : state(state), siteNumber(site), component(component), since(state.wakes.now() + 1) {}
  virtual ~Unit() = default;

  unsigned site() const { return siteNumber; }
  /// The unit's part of cycle `now`.
  virtual void visit(uint64_t now) = 0;
  virtual bool finished() const = 0;
  virtual std::vector<Wait> explain(uint64_t now) const = 0;
  /// Leaves on the chip what outlives the section.
  virtual void leaveContents() {}

  /// Adds the cycles up to `end` to the class that the unit is in.
  void settle(uint64_t end) {
    cycles[unsigned(current)] += end - since;
    if (state.timeline && (current == CycleClass::Busy || current == CycleClass::BankConflict))
      state.timeline->add(siteNumber, since, end);
    since = end;
  }
  uint64_t cyclesOf(CycleClass c) const { return cycles[unsigned(c)]; }
  uint64_t firings() const { return numFirings; }
  /// The last cycle in which it has asked to be looked at.
  uint64_t lastWake() const { return latestWake; }

protected:
  /// From cycle `now` on, until called again, the unit's cycles are of class `c`.
  void classify(uint64_t now, CycleClass c) {
    settle(now);
    current = c;
  }
  void wakeAt(uint64_t cycle) {
    latestWake = std::max(latestWake, cycle);
    if (component != unvisited)
      state.wakes.wake(component, cycle);
  }
  void fail(const std::string &message) {
    if (!state.error.empty())
      return;
    state.error = message;
    state.failedSite = siteNumber;
  }

  /// "vector in 0" for an input port, "control out 1" for an output port.
  std::string describeInput(unsigned port) const;
  std::string describeOutput(unsigned port) const;
  Wait waitForData(unsigned port, unsigned node) const;
  Wait waitForRoom(unsigned port, unsigned node) const;

  SectionState &state;
  unsigned siteNumber, component;
  uint64_t numFirings = 0, latestWake = 0;

private:
  CycleClass current = CycleClass::Idle;
  uint64_t since;
  uint64_t cycles[numCycleClasses] = {};
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_UNIT_H
