// ReferenceEngine.cpp - builds the units and routes of a section and steps them cycle by cycle
#include "Deadlock.h"
#include "SectionSetup.h"

#include "jacquard/Support/Diagnostics.h"

namespace jacquard::sim {
namespace {

using namespace bitstream;

/// Everything that lives for one run of a section.
class SectionRun {
public:
  SectionRun(const Section &section, const FabricModel &model, DramModel &dram, ScratchpadContents &scratchpads,
             Network network, uint64_t start, SectionStatistics &statistics, Timeline *timeline)
      : section(section), model(model), network(std::move(network)), numNodes(this->network.numNodes()),
        wakes(numNodes + numUnits(section.config) + dram.numChannels(), start - 1),
        state{model, this->network, wakes, dram, scratchpads, statistics, timeline} {
    this->network.attach(wakes);
    addUnits(section.config);
    dram.attach(wakes, numNodes + unsigned(units.size()), statistics);
    state.unfinished = unsigned(units.size());
    for (unsigned unit = 0; unit < units.size(); ++unit)
      wakes.wake(numNodes + unit, start);
  }

  Status run(uint64_t start, const Options &options) {
    constexpr uint64_t progressEvery = 1 << 16;
    uint64_t nextProgress = start + progressEvery, end = start;
    while (state.unfinished) {
      if (!wakes.advance())
        return numbered(Diag::Deadlock, explainDeadlock(section, model, units, wakes.now()));
      uint64_t now = wakes.now();
      if (options.maxCycles && now >= options.maxCycles)
        return cycleLimitError(section, options.maxCycles);
      wakes.visitDue([&](unsigned component) { visit(component, now); });
      if (!state.error.empty())
        return runError(section, model, now, state.failedSite, state.error);
      end = now + 1;
      if (options.progress && now >= nextProgress) {
        nextProgress = now + progressEvery;
        options.progress({now, 0, now - start});
      }
    }
    network.countHops(state.statistics.hops);
    finishUnits(units, model, start, end, state.statistics);
    return {};
  }

private:
  void addUnits(const SectionConfig &config) {
    for (const auto &unit : config.compute)
      addUnit<ComputeUnit>(unit);
    for (const auto &unit : config.memory)
      addUnit<MemoryUnit>(unit);
    for (const auto &unit : config.dram)
      if (unit.config.store)
        addUnit<StorePort>(unit);
      else
        addUnit<LoadPort>(unit);
  }

  /// The model of the unit for its size of words.
  template <template <typename> class Model, typename Config> void addUnit(const AtSite<Config> &unit) {
    unsigned component = numNodes + unsigned(units.size());
    if (unit.config.wide)
      units.push_back(std::make_unique<Model<uint64_t>>(state, unit.site, component, unit.config));
    else
      units.push_back(std::make_unique<Model<uint32_t>>(state, unit.site, component, unit.config));
  }

  void visit(unsigned component, uint64_t now) {
    if (component < numNodes)
      network.forward(component, now);
    else if (component < numNodes + units.size())
      units[component - numNodes]->visit(now);
    else
      state.dram.visit(component - numNodes - unsigned(units.size()), now);
  }

  const Section &section;
  const FabricModel &model;
  Network network;
  unsigned numNodes;
  Wakeups wakes;
  SectionState state;
  std::vector<std::unique_ptr<Unit>> units;
};

} // namespace

std::unique_ptr<Engine> makeReferenceEngine(const FabricModel &model, DramModel &dram) {
  return std::make_unique<SectionEngine<SectionRun>>(model, dram);
}

} // namespace jacquard::sim
