// Sequencer.cpp - sections one after the other, loops trip by trip
#include "Sequencer.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Sim/Timeline.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

namespace jacquard::sim {

using bitstream::ScheduleLoop;
using bitstream::Section;

Sequencer::Sequencer(const bitstream::Program &program, const FabricModel &model, Engine &engine, DramImage &image,
                     const Options &options, Statistics &statistics)
    : program(program), model(model), engine(engine), image(image), options(options), statistics(statistics) {
  const DramSpec &dram = program.arch.dram;
  double burst = double(dram.burstBytes) * dram.channels / dram.bytesPerCycle;
  postCycles = uint64_t(std::ceil(burst));
  accessCycles = uint64_t(std::ceil(dram.precharge + dram.activate + dram.columnRead + burst));
}

/// Of a section that has not run yet.
static SectionStatistics emptyStatistics(const Section &section, unsigned numSites) {
  SectionStatistics statistics;
  statistics.name = section.name;
  statistics.predictedCycles = section.predictedCycles;
  statistics.units.resize(numSites);
  for (unsigned site = 0; site < numSites; ++site)
    statistics.units[site].site = site;
  for (const bitstream::UnitName &name : section.units)
    if (name.site < numSites) {
      statistics.units[name.site].name = name.name;
      statistics.units[name.site].node = name.node;
    }
  return statistics;
}

Status Sequencer::run() {
  for (uint32_t index : program.schedule)
    statistics.sections.push_back(emptyStatistics(program.sections[index], unsigned(model.sites().size())));
  if (Status status = runEntries(0, uint32_t(program.schedule.size()), 0); !status)
    return status;
  if (pending)
    book(statistics.sections[lastEntry], std::exchange(pending, 0));
  return {};
}

/// `nextLoop` is the first loop that may begin in the range.
Status Sequencer::runEntries(uint32_t begin, uint32_t end, size_t nextLoop) {
  for (uint32_t entry = begin; entry < end;) {
    while (nextLoop < program.loops.size() && program.loops[nextLoop].begin < entry)
      ++nextLoop; // inside of one that has been run
    bool isLoop = nextLoop < program.loops.size() && program.loops[nextLoop].begin == entry;
    if (Status status = isLoop ? runLoop(nextLoop) : runSection(entry); !status)
      return status;
    entry = isLoop ? program.loops[nextLoop].end : entry + 1;
  }
  return {};
}

Status Sequencer::runLoop(size_t number) {
  const ScheduleLoop &loop = program.loops[number];
  for (uint32_t trip = 0; trip < loop.maxTrips; ++trip) {
    if (loop.condition && (trip > 0 || loop.testFirst) && !readCondition(*loop.condition))
      break;
    if (loop.counter)
      writeCounter(*loop.counter, trip);
    if (Status status = runEntries(loop.begin, loop.end, number + 1); !status)
      return status;
  }
  return {};
}

bool Sequencer::readCondition(uint64_t address) {
  pending += accessCycles;
  hidden = 0; // what comes next is not known before
  return *image.at(address) != 0;
}

void Sequencer::writeCounter(uint64_t address, uint32_t trip) {
  pending += postCycles;
  std::memcpy(image.at(address), &trip, sizeof(trip));
}

/// Cycles until `section` is on the fabric.
uint64_t Sequencer::configure(uint32_t section) {
  uint64_t behind = std::exchange(hidden, 0);
  if (configured == section)
    return 0;
  configured = section;
  auto [cycles, isNew] = configuration.try_emplace(section, 0);
  if (isNew) {
    size_t bytes = bitstream::packSection(program.sections[section].config, model).size();
    cycles->second = uint64_t(std::ceil(double(bytes) / model.spec().configurationBytesPerCycle));
  }
  return cycles->second - std::min(cycles->second, model.spec().shadowConfiguration ? behind : 0);
}

/// Cycles in which nothing runs.
void Sequencer::book(SectionStatistics &section, uint64_t cycles) {
  statistics.cycles += cycles;
  section.configurationCycles += cycles;
  section.cycles += cycles;
  for (UnitStatistics &unit : section.units)
    unit.cycles[unsigned(CycleClass::Configuration)] += cycles;
}

/// Adds what one run counted to what the entry's earlier runs did.
static void addRun(SectionStatistics &sum, const SectionStatistics &run) {
  ++sum.runs;
  sum.cycles += run.cycles;
  sum.multiplyAdds += run.multiplyAdds;
  sum.dramReadBytes += run.dramReadBytes;
  sum.dramWriteBytes += run.dramWriteBytes;
  sum.rowHits += run.rowHits;
  sum.rowMisses += run.rowMisses;
  sum.bankConflictCycles += run.bankConflictCycles;
  for (unsigned net = 0; net < std::size(sum.hops); ++net)
    sum.hops[net] += run.hops[net];
  for (size_t unit = 0; unit < run.units.size(); ++unit) {
    for (unsigned c = 0; c < numCycleClasses; ++c)
      sum.units[unit].cycles[c] += run.units[unit].cycles[c];
    sum.units[unit].firings += run.units[unit].firings;
  }
}

Status Sequencer::runSection(uint32_t entry) {
  uint32_t index = program.schedule[entry];
  const Section &section = program.sections[index];
  uint64_t before = std::exchange(pending, 0) + configure(index);
  uint64_t start = statistics.cycles + before;
  if (options.timeline)
    options.timeline->beginRun(entry, statistics.cycles, start);
  SectionStatistics run;
  Options ofRun = options;
  if (options.progress) // the engine does not know which entry it runs
    ofRun.progress = [&](const Progress &progress) {
      options.progress({progress.cycle, entry, progress.entryCycles});
    };
  if (Status status = engine.runSection(section, start, ofRun, run); !status)
    return status;
  if (options.timeline)
    options.timeline->endRun(start + run.cycles);
  SectionStatistics &sum = statistics.sections[entry];
  lastEntry = entry;
  statistics.cycles += run.cycles;
  hidden = run.cycles;
  addRun(sum, run);
  book(sum, before);
  return {};
}

} // namespace jacquard::sim
