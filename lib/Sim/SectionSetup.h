// SectionSetup.h - what all engines do before and after they run a section
#ifndef JACQUARD_LIB_SIM_SECTIONSETUP_H
#define JACQUARD_LIB_SIM_SECTIONSETUP_H

#include "ComputeUnit.h"
#include "DramPort.h"
#include "MemoryUnit.h"

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Engine.h"

#include <memory>

namespace jacquard::sim {

unsigned numUnits(const bitstream::SectionConfig &config);

/// The routed streams, with queues at the used ports of all units. Errors: what can be wrong besides the fields that
/// verifyConfig knows.
Result<Network> buildNetwork(const bitstream::Section &section, const FabricModel &model);

/// The errors that end a run.
Error cycleLimitError(const bitstream::Section &section, uint64_t maxCycles);
Error runError(const bitstream::Section &section, const FabricModel &model, uint64_t cycle, unsigned site,
               const std::string &message);

/// What scratchpads leave behind, and counts of every site of the grid for a run from cycle `start` to `end`; those
/// without a program are idle.
void finishUnits(const std::vector<std::unique_ptr<Unit>> &units, const FabricModel &model, uint64_t start,
                 uint64_t end, SectionStatistics &statistics);

/// The engine that runs each section with a `Run` of its own; only scratchpads outlive it.
template <typename Run> class SectionEngine final : public Engine {
public:
  SectionEngine(const FabricModel &model, DramModel &dram)
      : model(model), dram(dram), scratchpads(model.sites().size()) {}

  Status runSection(const bitstream::Section &section, uint64_t start, const Options &options,
                    SectionStatistics &statistics) override {
    Result<Network> network = buildNetwork(section, model);
    if (!network)
      return network.takeError();
    return Run(section, model, dram, scratchpads, std::move(*network), start, statistics, options.timeline)
        .run(start, options);
  }

private:
  const FabricModel &model;
  DramModel &dram;
  ScratchpadContents scratchpads;
};

} // namespace jacquard::sim

#endif // JACQUARD_LIB_SIM_SECTIONSETUP_H
