// Engine.h - what runs one section: the seam at which engines can be exchanged and compared
#ifndef JACQUARD_SIM_ENGINE_H
#define JACQUARD_SIM_ENGINE_H

#include "jacquard/Sim/Simulator.h"

#include <memory>

namespace jacquard::sim {

class DramModel;

/// All engines give the same contents of DRAM to the bit and the same statistics; docs/Simulator.md says what they are.
class Engine {
public:
  virtual ~Engine() = default;
  /// Runs `section` from cycle `start` (the first after its configuration) until all its programs have completed and
  /// all stores are in DRAM. Fills everything of `statistics` but the names and the configuration; `cycles` holds the
  /// cycles of the execution and unit classes cover these. Errors: a configuration that cannot run, an address out of
  /// range, a deadlock, more than `options.maxCycles`.
  virtual Status runSection(const bitstream::Section &section, uint64_t start, const Options &options,
                            SectionStatistics &statistics) = 0;
};

/// The plain engine: unit by unit, cycle by cycle. `model` and `dram` must outlive it.
std::unique_ptr<Engine> makeReferenceEngine(const FabricModel &model, DramModel &dram);
/// The one for whole networks: units run ahead of one another as far as the streams between them allow.
std::unique_ptr<Engine> makeFastEngine(const FabricModel &model, DramModel &dram);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_ENGINE_H
