// CompareRuns.cpp - looks for the first difference between two runs
#include "jacquard/Sim/CompareRuns.h"

#include <fmt/format.h>

namespace jacquard::sim {
namespace {

class Comparison {
public:
  std::string run(const RunResult &a, const RunResult &b) {
    compare("cycles", a.statistics.cycles, b.statistics.cycles);
    compare("sections", a.statistics.sections.size(), b.statistics.sections.size());
    for (size_t i = 0; difference.empty() && i < a.statistics.sections.size(); ++i)
      compareSections(a.statistics.sections[i], b.statistics.sections[i]);
    compare("outputs", a.outputs.size(), b.outputs.size());
    for (auto x = a.outputs.begin(), y = b.outputs.begin(); difference.empty() && x != a.outputs.end(); ++x, ++y)
      compareOutputs(*x, *y);
    return difference;
  }

private:
  void compare(const std::string &what, uint64_t a, uint64_t b) {
    if (a != b && difference.empty())
      difference = fmt::format("{}: {} and {}", what, a, b);
  }

  void compareSections(const SectionStatistics &a, const SectionStatistics &b) {
    auto counts = [](const SectionStatistics &s) {
      return std::map<std::string, uint64_t>{{"runs", s.runs},
                                             {"cycles", s.cycles},
                                             {"configuration cycles", s.configurationCycles},
                                             {"multiply-adds", s.multiplyAdds},
                                             {"bytes read", s.dramReadBytes},
                                             {"bytes written", s.dramWriteBytes},
                                             {"row hits", s.rowHits},
                                             {"row misses", s.rowMisses},
                                             {"bank conflict cycles", s.bankConflictCycles},
                                             {"vector hops", s.hops[0]},
                                             {"scalar hops", s.hops[1]},
                                             {"control hops", s.hops[2]},
                                             {"units", s.units.size()}};
    };
    std::map<std::string, uint64_t> ofA = counts(a), ofB = counts(b);
    for (const auto &[name, count] : ofA)
      compare(fmt::format("section '{}', {}", a.name, name), count, ofB[name]);
    for (size_t i = 0; difference.empty() && i < a.units.size(); ++i) {
      std::string unit = fmt::format("section '{}', unit at site {}", a.name, a.units[i].site);
      compare(unit + ", site", a.units[i].site, b.units[i].site);
      compare(unit + ", firings", a.units[i].firings, b.units[i].firings);
      for (unsigned c = 0; c < numCycleClasses; ++c)
        compare(fmt::format("{}, cycles of class {}", unit, c), a.units[i].cycles[c], b.units[i].cycles[c]);
    }
  }

  void compareOutputs(const std::pair<const std::string, Tensor> &a, const std::pair<const std::string, Tensor> &b) {
    if (a.first != b.first)
      difference = fmt::format("output '{}' and output '{}'", a.first, b.first);
    else if (a.second.type != b.second.type || a.second.shape != b.second.shape)
      difference =
          fmt::format("type of output '{}': {} and {}", a.first, describeTensorType(a.second.type, a.second.shape),
                      describeTensorType(b.second.type, b.second.shape));
    else
      for (size_t i = 0; difference.empty() && i < a.second.bytes.size(); ++i)
        compare(fmt::format("byte {} of output '{}'", i, a.first), uint8_t(a.second.bytes[i]),
                uint8_t(b.second.bytes[i]));
  }

  std::string difference;
};

} // namespace

std::string firstDifference(const RunResult &a, const RunResult &b) { return Comparison().run(a, b); }

std::string firstDifference(const Result<RunResult> &a, const Result<RunResult> &b) {
  if (a && b)
    return firstDifference(*a, *b);
  auto outcome = [](const Result<RunResult> &result) {
    return result ? std::string("no error") : "'" + result.error() + "'";
  };
  return outcome(a) == outcome(b) ? "" : outcome(a) + " and " + outcome(b);
}

} // namespace jacquard::sim
