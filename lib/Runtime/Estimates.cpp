// Estimates.cpp - counters times figures per unit
#include "jacquard/Runtime/Estimates.h"

#include "jacquard/Arch/FabricModel.h"

#include <algorithm>

namespace jacquard::runtime {
namespace {

using sim::CycleClass;

constexpr double pico = 1e-12;

/// Places at which a switch of some network selects something.
unsigned switchesWithStreams(const bitstream::SectionConfig &config) {
  size_t places = 0;
  for (const bitstream::SwitchSelects &selects : config.selects)
    places = std::max(places, selects.size());
  unsigned count = 0;
  for (size_t place = 0; place < places; ++place)
    count += std::any_of(std::begin(config.selects), std::end(config.selects), [&](auto &selects) {
      return place < selects.size() &&
             std::any_of(selects[place].begin(), selects[place].end(), [](uint32_t select) { return select != 0; });
    });
  return count;
}

/// Dynamic energy of the units, in picojoules.
void addUnits(const ArchSpec &arch, const FabricModel &model, const sim::SectionStatistics &section,
              EnergyEstimate &sum) {
  for (const sim::UnitStatistics &unit : section.units) {
    double busy = double(unit.cycles[unsigned(CycleClass::Busy)]);
    double conflict = double(unit.cycles[unsigned(CycleClass::BankConflict)]);
    switch (model.sites()[unit.site].kind) {
    case UnitKind::Compute:
      sum.compute += busy * arch.energy.computeCycle;
      break;
    case UnitKind::Memory:
      sum.memory += (busy + conflict) * arch.energy.memoryCycle;
      break;
    case UnitKind::DramPort:
      sum.dramPorts += busy * arch.energy.dramPortCycle;
      break;
    }
  }
}

} // namespace

EnergyEstimate estimateEnergy(const bitstream::Program &program, const sim::Statistics &statistics) {
  const ArchSpec &arch = program.arch;
  const EnergySpec &energy = arch.energy;
  FabricModel model(arch);
  double secondsPerCycle = 1 / (arch.clockGhz * 1e9);
  EnergyEstimate sum; // in picojoules until the end
  for (size_t entry = 0; entry < statistics.sections.size(); ++entry) {
    const sim::SectionStatistics &section = statistics.sections[entry];
    addUnits(arch, model, section, sum);
    sum.network += double(section.hops[unsigned(NetworkKind::Vector)]) * energy.vectorHop +
                   double(section.hops[unsigned(NetworkKind::Scalar)]) * energy.scalarHop +
                   double(section.hops[unsigned(NetworkKind::Control)]) * energy.controlHop;
    sum.dram += double(section.dramReadBytes + section.dramWriteBytes) * energy.dramByte +
                double(section.rowMisses) * energy.dramActivation;
    if (entry < program.schedule.size())
      sum.idle += switchesWithStreams(program.sections[program.schedule[entry]].config) * energy.switchMilliwatts *
                  1e-3 * double(section.cycles) * secondsPerCycle / pico;
  }
  for (double *part : {&sum.compute, &sum.memory, &sum.dramPorts, &sum.network, &sum.dram, &sum.idle})
    *part *= pico;
  if (statistics.cycles)
    sum.watts = sum.total() / (double(statistics.cycles) * secondsPerCycle);
  return sum;
}

AreaEstimate estimateArea(const ArchSpec &arch) {
  return {arch.numComputeUnits() * arch.area.computeUnit, arch.numMemoryUnits() * arch.area.memoryUnit,
          arch.dramPort.count * arch.area.dramPort, FabricModel(arch).numSwitches() * arch.area.switchBox};
}

} // namespace jacquard::runtime
