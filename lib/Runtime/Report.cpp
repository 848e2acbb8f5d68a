// Report.cpp - sums, percentages, a table, and JSON
#include "jacquard/Runtime/Report.h"

#include "Attribution.h"

#include "jacquard/Runtime/Estimates.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace jacquard::runtime {
namespace {

using Json = nlohmann::ordered_json;
using sim::CycleClass;
using sim::numCycleClasses;

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double limitOf(const bitstream::Program &program) {
  return std::max(ratio(double(program.multiplyAdds), double(program.arch.peakMultiplyAdds())),
                  ratio(double(program.compulsoryBytes), program.arch.dram.bytesPerCycle));
}

/// The first three nodes of units that no other contains.
template <typename Units> std::string nodesIn(const Units &units) {
  constexpr size_t shown = 3;
  std::vector<std::string> nodes;
  auto isIn = [](const std::string &text, const std::string &other) { return other.find(text) != std::string::npos; };
  for (const auto &unit : units) {
    if (std::any_of(nodes.begin(), nodes.end(), [&](const std::string &node) { return isIn(unit.node, node); }))
      continue; // an empty one is in all
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(), [&](auto &node) { return isIn(node, unit.node); }),
                nodes.end());
    if (!unit.node.empty())
      nodes.push_back(unit.node);
  }
  std::string text;
  for (size_t i = 0; i < std::min(nodes.size(), shown); ++i)
    text += (i ? "; " : "") + nodes[i];
  return nodes.size() > shown ? text + fmt::format(" and {} more", nodes.size() - shown) : text;
}

std::string energyLine(const EnergyEstimate &energy, const ArchSpec &arch) {
  auto percent = [&](double part) { return 100 * ratio(part, energy.total()); };
  return fmt::format("energy          {:.4g} J, {:.2f} W on average; an estimate ({}):\n"
                     "                compute {:.1f} %, memory {:.1f} %, DRAM ports {:.1f} %, network {:.1f} %, "
                     "DRAM {:.1f} %, idle switches {:.1f} %\n",
                     energy.total(), energy.watts, arch.energy.source, percent(energy.compute), percent(energy.memory),
                     percent(energy.dramPorts), percent(energy.network), percent(energy.dram), percent(energy.idle));
}

Json energyJson(const EnergyEstimate &energy, const ArchSpec &arch) {
  return {{"source", clean(arch.energy.source)},
          {"joules",
           {{"compute", energy.compute},
            {"memory", energy.memory},
            {"dram_ports", energy.dramPorts},
            {"network", energy.network},
            {"dram", energy.dram},
            {"idle_switches", energy.idle},
            {"total", energy.total()}}},
          {"watts", energy.watts}};
}

Json hopsJson(const uint64_t *hops) { return {{"vector", hops[0]}, {"scalar", hops[1]}, {"control", hops[2]}}; }

Json sectionJson(const bitstream::Program &program, const sim::SectionStatistics &section) {
  FabricModel model(program.arch);
  Json json = {{"name", clean(section.name)},
               {"nodes", clean(nodesIn(section.units))},
               {"cycles", section.cycles},
               {"configuration_cycles", section.configurationCycles},
               {"predicted_cycles", section.predictedCycles},
               {"multiply_adds", section.multiplyAdds},
               {"dram_read_bytes", section.dramReadBytes},
               {"dram_write_bytes", section.dramWriteBytes},
               {"row_hits", section.rowHits},
               {"row_misses", section.rowMisses},
               {"bank_conflict_cycles", section.bankConflictCycles},
               {"hops", hopsJson(section.hops)}};
  Json &units = json["units"] = Json::array();
  for (const sim::UnitStatistics &unit : section.units)
    if (worked(unit))
      units.push_back({{"site", model.describeSite(unit.site)},
                       {"name", clean(unit.name)},
                       {"node", clean(unit.node)},
                       {"firings", unit.firings},
                       {"cycles", classesJson(unit.cycles)}});
  return json;
}

std::string bytesText(uint64_t bytes) {
  if (bytes < 10'000)
    return fmt::format("{} B", bytes);
  return bytes < 10'000'000 ? fmt::format("{:.1f} kB", double(bytes) / 1e3)
                            : fmt::format("{:.1f} MB", double(bytes) / 1e6);
}

std::string sectionLine(const sim::SectionStatistics &section, const ArchSpec &arch) {
  std::string nodes = nodesIn(section.units);
  uint64_t bytes = section.dramReadBytes + section.dramWriteBytes;
  uint64_t used = 0, busy = 0;
  for (const sim::UnitStatistics &unit : section.units)
    if (worked(unit)) {
      ++used;
      busy += unit.cycles[unsigned(CycleClass::Busy)];
    }
  return fmt::format(
      "  {:<24.24} {:>10} {:>8} {:>10} {:>6} {:>6.1f}% {:>10} {:>6.1f}% {:>6.1f}%{}\n", section.name, section.cycles,
      section.configurationCycles, section.predictedCycles ? std::to_string(section.predictedCycles) : "-", used,
      100 * ratio(double(busy), double(used) * double(section.cycles)), bytesText(bytes),
      100 * ratio(double(bytes), double(section.cycles) * arch.dram.bytesPerCycle),
      100 * ratio(double(section.multiplyAdds), double(section.cycles) * double(arch.peakMultiplyAdds())),
      nodes.empty() ? nodes : "  " + nodes);
}

} // namespace

std::string nodesOf(const bitstream::Section &section) { return nodesIn(section.units); }

Summary summarize(const bitstream::Program &program, const sim::Statistics &statistics) {
  const ArchSpec &arch = program.arch;
  Summary s;
  s.cycles = statistics.cycles;
  s.seconds = ratio(double(s.cycles), arch.clockGhz * 1e9);
  s.units = uint64_t(arch.numComputeUnits()) + arch.numMemoryUnits() + arch.dramPort.count;
  for (const sim::SectionStatistics &section : statistics.sections) {
    s.dramReadBytes += section.dramReadBytes;
    s.dramWriteBytes += section.dramWriteBytes;
    s.rowHits += section.rowHits;
    s.rowMisses += section.rowMisses;
    s.bankConflictCycles += section.bankConflictCycles;
    for (unsigned net = 0; net < std::size(s.hops); ++net)
      s.hops[net] += section.hops[net];
    s.configurationCycles += section.configurationCycles;
    s.multiplyAdds += section.multiplyAdds;
    for (const sim::UnitStatistics &unit : section.units)
      for (unsigned c = 0; c < numCycleClasses; ++c)
        s.unitCycles[c] += unit.cycles[c];
  }
  s.dramBytesPerCycle = ratio(double(s.dramReadBytes + s.dramWriteBytes), double(s.cycles));
  s.dramGigabytesPerSecond = s.dramBytesPerCycle * arch.clockGhz;
  s.dramPercentOfPeak = 100 * ratio(s.dramBytesPerCycle, arch.dram.bytesPerCycle);
  s.multiplyAddsPerCycle = ratio(double(s.multiplyAdds), double(s.cycles));
  s.multiplyAddPercentOfPeak = 100 * ratio(s.multiplyAddsPerCycle, double(arch.peakMultiplyAdds()));
  s.limitCycles = limitOf(program);
  s.percentOfLimit = 100 * ratio(s.limitCycles, double(s.cycles));
  return s;
}

std::string formatReport(const bitstream::Program &program, const sim::Statistics &statistics) {
  const ArchSpec &arch = program.arch;
  Summary s = summarize(program, statistics);
  std::string text = fmt::format("cycles          {} = {:.6g} s at {} GHz on '{}', {} of them configuration\n",
                                 s.cycles, s.seconds, arch.clockGhz, arch.name, s.configurationCycles);
  text +=
      fmt::format("DRAM            {} read, {} written, {:.2f} GB/s = {:.1f} % of peak, {} row hits, {} row misses\n",
                  bytesText(s.dramReadBytes), bytesText(s.dramWriteBytes), s.dramGigabytesPerSecond,
                  s.dramPercentOfPeak, s.rowHits, s.rowMisses);
  text += fmt::format("scratchpads     {} cycles of bank conflicts\n", s.bankConflictCycles);
  text += fmt::format("multiply-adds   {}, {:.2f} per cycle = {:.2f} % of peak\n", s.multiplyAdds,
                      s.multiplyAddsPerCycle, s.multiplyAddPercentOfPeak);
  if (s.limitCycles > 0)
    text += fmt::format("limit           {:.0f} cycles (max of {} multiply-adds, {} compulsory); reached {:.2f} %\n",
                        s.limitCycles, program.multiplyAdds, bytesText(program.compulsoryBytes), s.percentOfLimit);
  text += energyLine(estimateEnergy(program, statistics), arch);
  text += formatAttribution(attribute(program, statistics));
  text += fmt::format("\n  {:<24} {:>10} {:>8} {:>10} {:>6} {:>7} {:>10} {:>7} {:>7}  {}\n", "section", "cycles",
                      "config", "predicted", "units", "busy", "DRAM", "of peak", "MACs", "nodes");
  for (const sim::SectionStatistics &section : statistics.sections)
    text += sectionLine(section, arch);
  return text;
}

std::string reportJson(const bitstream::Program &program, const sim::Statistics &statistics) {
  Summary s = summarize(program, statistics);
  Json json = {{"arch", clean(program.arch.name)},
               {"clock_ghz", program.arch.clockGhz},
               {"cycles", s.cycles},
               {"seconds", s.seconds},
               {"configuration_cycles", s.configurationCycles},
               {"units", s.units},
               {"unit_cycles", classesJson(s.unitCycles)},
               {"attribution", attributionJson(attribute(program, statistics))},
               {"dram",
                {{"read_bytes", s.dramReadBytes},
                 {"write_bytes", s.dramWriteBytes},
                 {"bytes_per_cycle", s.dramBytesPerCycle},
                 {"gigabytes_per_second", s.dramGigabytesPerSecond},
                 {"percent_of_peak", s.dramPercentOfPeak},
                 {"row_hits", s.rowHits},
                 {"row_misses", s.rowMisses}}},
               {"bank_conflict_cycles", s.bankConflictCycles},
               {"hops", hopsJson(s.hops)},
               {"multiply_adds",
                {{"executed", s.multiplyAdds},
                 {"model", program.multiplyAdds},
                 {"per_cycle", s.multiplyAddsPerCycle},
                 {"percent_of_peak", s.multiplyAddPercentOfPeak}}},
               {"limit",
                {{"cycles", s.limitCycles},
                 {"compulsory_bytes", program.compulsoryBytes},
                 {"percent_reached", s.percentOfLimit}}},
               {"energy_estimate", energyJson(estimateEnergy(program, statistics), program.arch)}};
  Json &sections = json["sections"] = Json::array();
  for (const sim::SectionStatistics &section : statistics.sections)
    sections.push_back(sectionJson(program, section));
  return json.dump(1) + "\n";
}

} // namespace jacquard::runtime
