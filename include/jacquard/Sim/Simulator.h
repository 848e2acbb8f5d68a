// Simulator.h - executes a decoded bitstream cycle by cycle on real data
#ifndef JACQUARD_SIM_SIMULATOR_H
#define JACQUARD_SIM_SIMULATOR_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Support/Tensor.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jacquard::sim {

class Timeline;

/// What every unit does in every cycle; the classes of one unit sum to the cycles of the run. docs/Simulator.md,
/// "Statistics", says which holds when.
enum class CycleClass : uint8_t { Busy = 0, Starved, Blocked, BankConflict, DramWait, Control, Configuration, Idle };
constexpr unsigned numCycleClasses = 8;

struct UnitStatistics {
  unsigned site = 0;
  std::string name, node; ///< from the symbol table
  uint64_t cycles[numCycleClasses] = {};
  uint64_t firings = 0;
};

struct SectionStatistics {
  std::string name;
  uint64_t runs = 0;                ///< how often the schedule came by
  uint64_t cycles = 0;              ///< configuration, sequencing and execution of all runs
  uint64_t configurationCycles = 0; ///< with what the sequencer takes to read conditions and to write trip counters
  uint64_t multiplyAdds = 0;        ///< fma/imad and accumulating operations in valid lanes
  uint64_t dramReadBytes = 0, dramWriteBytes = 0; ///< whole bursts
  uint64_t rowHits = 0, rowMisses = 0;
  uint64_t bankConflictCycles = 0;
  uint64_t hops[3] = {}; ///< by NetworkKind: elements sent x link registers and input FIFOs on their routes
  std::vector<UnitStatistics> units;
  uint64_t predictedCycles = 0;
};

struct Statistics {
  uint64_t cycles = 0;
  std::vector<SectionStatistics> sections; ///< one per entry of the schedule, in its order
};

struct RunResult {
  std::map<std::string, Tensor> outputs;
  Statistics statistics;
};

/// The engines give the same results, cycles and counts; see docs/Simulator.md, "Engines". `Both` runs one after the
/// other, and a difference is an error.
enum class EngineKind : uint8_t { Reference, Fast, Both };
/// "reference", "fast" or "both"; nothing for another name.
std::optional<EngineKind> engineNamed(const std::string &name);

/// Where a run is.
struct Progress {
  uint64_t cycle = 0;
  uint32_t entry = 0;       ///< of the schedule
  uint64_t entryCycles = 0; ///< so far in this run of the entry, without its configuration
};

struct Options {
  EngineKind engine = EngineKind::Fast;
  uint64_t maxCycles = 0;                       ///< 0: no limit; otherwise an error when exceeded
  std::function<void(const Progress &)> progress; ///< called now and then, may be empty
  Timeline *timeline = nullptr;                 ///< is told what runs when, where there is one
};

/// Type of the host tensor for a stored type; an integer's sign is not stored.
DType hostType(ElementType type, bool isUnsigned = false);
DType hostType(const bitstream::TensorSymbol &symbol);
/// How tensors of `type` are stored.
ElementType storedType(DType type);
bool isUnsignedType(DType type);

/// Runs the schedule once. Inputs are bound by name; a missing input, a wrong shape or stored type is an error. A
/// deadlock is an error that names the cycle of units waiting on one another.
Result<RunResult> simulate(const bitstream::Program &program, const std::map<std::string, Tensor> &inputs,
                           const Options &options);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_SIMULATOR_H
