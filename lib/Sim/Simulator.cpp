// Simulator.cpp - runs a program: bind, configure and run each section of the schedule, fetch the outputs
#include "jacquard/Sim/Simulator.h"

#include "Bind.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Sim/Engine.h"

#include <cmath>
#include <fmt/format.h>
#include <map>

namespace jacquard::sim {
namespace {

using bitstream::Program;
using bitstream::Section;

Status checkProgram(const Program &program, const FabricModel &model) {
  if (program.dramBytes > program.arch.dram.capacityBytes)
    return Error{fmt::format("the program needs {} bytes of DRAM; '{}' has {}", program.dramBytes, program.arch.name,
                             program.arch.dram.capacityBytes)};
  for (uint32_t index : program.schedule)
    if (index >= program.sections.size())
      return Error{fmt::format("the schedule names section {} of {}", index, program.sections.size())};
  for (const Section &section : program.sections)
    if (Status status = bitstream::verifyConfig(section.config, model); !status)
      return Error{fmt::format("section '{}': {}", section.name, status.error())};
  return checkLayout(program);
}

uint64_t configurationCycles(const Section &section, const FabricModel &model) {
  size_t bytes = bitstream::packSection(section.config, model).size();
  return uint64_t(std::ceil(double(bytes) / model.spec().configurationBytesPerCycle));
}

/// Names, and the cycles of configuration, in which every unit is idle.
void addConfiguration(SectionStatistics &statistics, const Section &section, uint64_t cycles) {
  statistics.configurationCycles = cycles;
  statistics.cycles += cycles;
  for (UnitStatistics &unit : statistics.units)
    unit.cycles[unsigned(CycleClass::Idle)] += cycles;
  for (const bitstream::UnitName &name : section.units)
    if (name.site < statistics.units.size()) {
      statistics.units[name.site].name = name.name;
      statistics.units[name.site].node = name.node;
    }
}

} // namespace

Result<RunResult> simulate(const Program &program, const std::map<std::string, Tensor> &inputs,
                           const Options &options) {
  FabricModel model(program.arch);
  if (Status status = checkProgram(program, model); !status)
    return status.takeError();
  Result<DramImage> image = DramImage::create(program.dramBytes, program.arch.dram.burstBytes);
  if (!image)
    return image.takeError();
  if (Status status = bindInputs(program, inputs, *image); !status)
    return status.takeError();

  DramModel dram(program.arch, *image);
  std::unique_ptr<Engine> engine = makeReferenceEngine(model, dram);
  std::map<uint32_t, uint64_t> configuration; // a section is packed once
  RunResult result;
  uint64_t now = 0;
  for (uint32_t index : program.schedule) {
    const Section &section = program.sections[index];
    auto [cycles, isNew] = configuration.try_emplace(index, 0);
    if (isNew)
      cycles->second = configurationCycles(section, model);
    SectionStatistics statistics;
    statistics.name = section.name;
    statistics.predictedCycles = section.predictedCycles;
    if (Status status = engine->runSection(section, now + cycles->second, options, statistics); !status)
      return status.takeError();
    addConfiguration(statistics, section, cycles->second);
    now += statistics.cycles;
    result.statistics.sections.push_back(std::move(statistics));
  }
  result.statistics.cycles = now;
  result.outputs = readOutputs(program, *image);
  return result;
}

} // namespace jacquard::sim
