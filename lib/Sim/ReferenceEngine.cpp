// ReferenceEngine.cpp - builds the units and routes of a section and steps them cycle by cycle
#include "ComputeUnit.h"
#include "Deadlock.h"
#include "DramPort.h"
#include "MemoryUnit.h"

#include "jacquard/Sim/Engine.h"
#include "jacquard/Support/Diagnostics.h"

#include <algorithm>
#include <fmt/format.h>

namespace jacquard::sim {
namespace {

using namespace bitstream;

/// The used ports of all units, with the capacity of their output queues.
struct Ports {
  std::vector<Network::Output> outputs;
  std::vector<PortRef> inputs;
};

void collectCompute(const AtSite<ComputeConfig> &unit, const ArchSpec &spec, Ports &ports) {
  for (unsigned port = 0; port < unit.config.inputs.size(); ++port)
    if (unit.config.inputs[port].used)
      ports.inputs.push_back({unit.site, port});
  for (unsigned port = 0; port < unit.config.outputs.size(); ++port)
    if (const ComputeOutput &output = unit.config.outputs[port]; output.used) {
      ports.outputs.push_back({{unit.site, port}, outputCapacity(output, spec)});
      if (output.drain && output.chain >= 0)
        ports.inputs.push_back({unit.site, unsigned(output.chain)});
    }
}

void collectMemory(const AtSite<MemoryConfig> &unit, const ArchSpec &spec, Ports &ports) {
  const AccessProgram &write = unit.config.write, &read = unit.config.read;
  if (write.used)
    ports.inputs.push_back({unit.site, memory_port::dataIn});
  if (write.used && write.indexed)
    ports.inputs.push_back({unit.site, memory_port::writeIndexIn});
  if (unit.config.cascade)
    ports.inputs.push_back({unit.site, memory_port::cascadeIn});
  if (read.used && read.indexed)
    ports.inputs.push_back({unit.site, memory_port::readIndexIn});
  if (read.used)
    ports.outputs.push_back({{unit.site, memory_port::dataOut}, outputCapacity(spec.memory)});
}

void collectDram(const AtSite<DramPortConfig> &unit, const ArchSpec &spec, Ports &ports) {
  if (unit.config.store)
    ports.inputs.push_back({unit.site, DramPort::dataIn});
  else
    ports.outputs.push_back({{unit.site, DramPort::dataOut}, DramPort::outputCapacity(spec)});
  if (unit.config.access.indexed)
    ports.inputs.push_back({unit.site, DramPort::indexIn});
  if (unit.config.waitToken)
    ports.inputs.push_back({unit.site, DramPort::tokenIn(spec)});
  if (unit.config.sendToken)
    ports.outputs.push_back({{unit.site, DramPort::tokenOut(spec)}, spec.dramPort.outputFifoDepth + 1});
}

Ports collectPorts(const SectionConfig &config, const ArchSpec &spec) {
  Ports ports;
  for (const auto &unit : config.compute)
    collectCompute(unit, spec, ports);
  for (const auto &unit : config.memory)
    collectMemory(unit, spec, ports);
  for (const auto &unit : config.dram)
    collectDram(unit, spec, ports);
  return ports;
}

/// What can be wrong besides the fields that verifyConfig knows.
Status checkUnits(const SectionConfig &config, const FabricModel &model) {
  for (const auto &unit : config.dram)
    if (Status status = DramPort::check(unit.config, model.spec()); !status)
      return Error{model.describeSite(unit.site) + ": " + status.error()};
  return {};
}

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
        return numbered(Diag::CycleLimit, fmt::format("section '{}' still runs after {} cycles, the limit that was set",
                                                      section.name, options.maxCycles));
      wakes.visitDue([&](unsigned component) { visit(component, now); });
      if (!state.error.empty())
        return numbered(Diag::OutOfRange, fmt::format("section '{}', cycle {}: {}: {}", section.name, now,
                                                      describeUnit(section, model, state.failedSite), state.error));
      end = now + 1;
      if (options.progress && now >= nextProgress) {
        nextProgress = now + progressEvery;
        options.progress(now);
      }
    }
    finish(start, end);
    return {};
  }

private:
  static unsigned numUnits(const SectionConfig &config) {
    return unsigned(config.compute.size() + config.memory.size() + config.dram.size());
  }

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

  /// Contents of scratchpads, and statistics of every site of the grid; those without a program are idle.
  void finish(uint64_t start, uint64_t end) {
    SectionStatistics &statistics = state.statistics;
    statistics.cycles = end - start;
    network.countHops(statistics.hops);
    statistics.units.resize(model.sites().size());
    for (unsigned site = 0; site < model.sites().size(); ++site) {
      statistics.units[site].site = site;
      statistics.units[site].cycles[unsigned(CycleClass::Idle)] = end - start;
    }
    for (const std::unique_ptr<Unit> &unit : units) {
      UnitStatistics &result = statistics.units[unit->site()];
      unit->settle(end);
      unit->leaveContents();
      for (unsigned c = 0; c < numCycleClasses; ++c)
        result.cycles[c] = unit->cyclesOf(CycleClass(c));
      result.firings = unit->firings();
    }
  }

  const Section &section;
  const FabricModel &model;
  Network network;
  unsigned numNodes;
  Wakeups wakes;
  SectionState state;
  std::vector<std::unique_ptr<Unit>> units;
};

class ReferenceEngine final : public Engine {
public:
  ReferenceEngine(const FabricModel &model, DramModel &dram)
      : model(model), dram(dram), scratchpads(model.sites().size()) {}

  Status runSection(const Section &section, uint64_t start, const Options &options,
                    SectionStatistics &statistics) override {
    auto inSection = [&](const std::string &message) {
      return numbered(Diag::BadRoute, fmt::format("section '{}': {}", section.name, message));
    };
    if (Status status = checkUnits(section.config, model); !status)
      return inSection(status.error());
    Ports ports = collectPorts(section.config, model.spec());
    Result<Network> network = Network::build(model, section.config, ports.outputs, ports.inputs);
    if (!network)
      return inSection(network.error());
    return SectionRun(section, model, dram, scratchpads, std::move(*network), start, statistics, options.timeline)
        .run(start, options);
  }

private:
  const FabricModel &model;
  DramModel &dram;
  ScratchpadContents scratchpads;
};

} // namespace

std::unique_ptr<Engine> makeReferenceEngine(const FabricModel &model, DramModel &dram) {
  return std::make_unique<ReferenceEngine>(model, dram);
}

} // namespace jacquard::sim
