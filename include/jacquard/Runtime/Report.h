// Report.h - statistics of a run for people and for scripts
#ifndef JACQUARD_RUNTIME_REPORT_H
#define JACQUARD_RUNTIME_REPORT_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Simulator.h"

#include <string>

namespace jacquard::runtime {

/// The figures of a run that both forms of the report give. Percentages are 0 to 100; where the whole is 0 they are 0.
struct Summary {
  uint64_t cycles = 0;
  double seconds = 0;                             ///< at the clock of the architecture
  uint64_t unitCycles[sim::numCycleClasses] = {}; ///< sum over units and sections; the sum of these is units x cycles
  uint64_t units = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  double dramBytesPerCycle = 0, dramGigabytesPerSecond = 0, dramPercentOfPeak = 0;
  uint64_t hops[3] = {}; ///< by NetworkKind
  uint64_t rowHits = 0, rowMisses = 0, bankConflictCycles = 0, configurationCycles = 0;
  uint64_t multiplyAdds = 0; ///< executed
  double multiplyAddsPerCycle = 0, multiplyAddPercentOfPeak = 0;
  /// Cycles that no mapping can beat: max(model's multiply-adds / peak, compulsory bytes / peak bytes per cycle).
  double limitCycles = 0;
  double percentOfLimit = 0; ///< limitCycles / cycles
};

Summary summarize(const bitstream::Program &program, const sim::Statistics &statistics);

/// The model's nodes that the section computes, as its units name them; of more than three the number of the others.
std::string nodesOf(const bitstream::Section &section);

/// Several lines: totals, where the cycles of the units went by kind of unit and by model node, then one line per section
/// of the schedule.
std::string formatReport(const bitstream::Program &program, const sim::Statistics &statistics);
/// The same as a JSON object, with the units that have a program per section. Ends with a line break.
std::string reportJson(const bitstream::Program &program, const sim::Statistics &statistics);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_REPORT_H
