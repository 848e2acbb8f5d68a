// Sequencer.h - walks the schedule: configures and runs sections, makes the trips of loops
#ifndef JACQUARD_LIB_SIM_SEQUENCER_H
#define JACQUARD_LIB_SIM_SEQUENCER_H

#include "DramModel.h"

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Engine.h"

#include <map>

namespace jacquard::sim {

/// The part of the device that is no unit: it loads configurations and decides what runs next. Costs: a section takes
/// the cycles of its configuration, unless it is the one that ran last; reading a condition and writing a trip counter
/// take one access to a closed row of DRAM each. These cycles are booked on the section that runs next (the last one at
/// the end).
class Sequencer {
public:
  /// The arguments must outlive it. `program` satisfies bitstream::verifyLoops.
  Sequencer(const bitstream::Program &program, const FabricModel &model, Engine &engine, DramImage &image,
            const Options &options, Statistics &statistics);
  Status run();

private:
  Status runEntries(uint32_t begin, uint32_t end, size_t nextLoop);
  Status runLoop(size_t loop);
  Status runSection(uint32_t entry);
  uint64_t configure(uint32_t section);
  bool readCondition(uint64_t address);
  void writeCounter(uint64_t address, uint32_t trip);
  void book(SectionStatistics &section, uint64_t cycles);

  const bitstream::Program &program;
  const FabricModel &model;
  Engine &engine;
  DramImage &image;
  const Options &options;
  Statistics &statistics;

  uint64_t accessCycles;                      ///< of the sequencer until it has read a word of DRAM
  uint64_t postCycles;                        ///< until it has handed a word to DRAM
  std::map<uint32_t, uint64_t> configuration; ///< cycles by section; each is packed once
  std::optional<uint32_t> configured;         ///< the section that is on the fabric
  uint64_t pending = 0;                       ///< cycles that are not booked yet
  uint64_t hidden = 0;                        ///< cycles in which the next section's frames could be loaded already
  uint32_t lastEntry = 0;
};

} // namespace jacquard::sim

#endif // JACQUARD_LIB_SIM_SEQUENCER_H
