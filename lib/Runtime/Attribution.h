// Attribution.h - where the cycles of the units went: by kind of unit and by the model's nodes that they worked for
#ifndef JACQUARD_RUNTIME_ATTRIBUTION_H
#define JACQUARD_RUNTIME_ATTRIBUTION_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Simulator.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace jacquard::runtime {

/// Unit cycles by class. `cycles` sums to the cycles of the units that the row stands for.
struct AttributionRow {
  std::string name;
  uint64_t units = 0;    ///< of the kind; of a node: the most in one section
  uint64_t sections = 0; ///< of a node: entries of the schedule in which a unit works for it
  uint64_t cycles[sim::numCycleClasses] = {};
  uint64_t total() const;
};

/// Both lists cover all unit cycles of the run: each sums to units x cycles.
struct Attribution {
  std::vector<AttributionRow> kinds; ///< compute units, memory units, DRAM ports
  std::vector<AttributionRow> nodes; ///< in the order of their first section; the last row: units without a node
};

Attribution attribute(const bitstream::Program &program, const sim::Statistics &statistics);

/// Two tables in percent of each row; of the nodes those with the most cycles that are not idle.
std::string formatAttribution(const Attribution &attribution);
nlohmann::ordered_json attributionJson(const Attribution &attribution);
/// Cycles by name of the class.
nlohmann::ordered_json classesJson(const uint64_t *cycles);

/// Whether the unit has a program in its section.
bool worked(const sim::UnitStatistics &unit);
/// Names come from model files and may hold any bytes; JSON wants UTF-8.
std::string clean(const std::string &text);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_ATTRIBUTION_H
