// SectionSetup.cpp - the used ports of all units, the network between them, and the counts of the units at the end
#include "SectionSetup.h"

#include "Deadlock.h"

#include "jacquard/Support/Diagnostics.h"

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

} // namespace

unsigned numUnits(const SectionConfig &config) {
  return unsigned(config.compute.size() + config.memory.size() + config.dram.size());
}

Result<Network> buildNetwork(const Section &section, const FabricModel &model) {
  auto inSection = [&](const std::string &message) {
    return numbered(Diag::BadRoute, fmt::format("section '{}': {}", section.name, message));
  };
  if (Status status = checkUnits(section.config, model); !status)
    return inSection(status.error());
  Ports ports = collectPorts(section.config, model.spec());
  Result<Network> network = Network::build(model, section.config, ports.outputs, ports.inputs);
  if (!network)
    return inSection(network.error());
  return network;
}

Error cycleLimitError(const Section &section, uint64_t maxCycles) {
  return numbered(Diag::CycleLimit, fmt::format("section '{}' still runs after {} cycles, the limit that was set",
                                                section.name, maxCycles));
}

Error runError(const Section &section, const FabricModel &model, uint64_t cycle, unsigned site,
               const std::string &message) {
  return numbered(Diag::OutOfRange, fmt::format("section '{}', cycle {}: {}: {}", section.name, cycle,
                                                describeUnit(section, model, site), message));
}

void finishUnits(const std::vector<std::unique_ptr<Unit>> &units, const FabricModel &model, uint64_t start,
                 uint64_t end, SectionStatistics &statistics) {
  statistics.cycles = end - start;
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

} // namespace jacquard::sim
