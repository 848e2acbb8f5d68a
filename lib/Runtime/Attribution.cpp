// Attribution.cpp - sums of unit cycles by kind and by node, as tables and as JSON
#include "Attribution.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace jacquard::runtime {
namespace {

using Json = nlohmann::ordered_json;
using sim::CycleClass;
using sim::numCycleClasses;

/// Keys of the JSON form and heads of the columns, by CycleClass.
constexpr const char *classKeys[numCycleClasses] = {"busy",      "starved", "blocked",       "bank_conflict",
                                                    "dram_wait", "control", "configuration", "idle"};
constexpr const char *classHeads[numCycleClasses] = {"busy",      "starved", "blocked", "conflict",
                                                     "DRAM wait", "control", "config",  "idle"};

/// How many nodes the text shows.
constexpr size_t shownNodes = 12;

void add(AttributionRow &row, const sim::UnitStatistics &unit) {
  for (unsigned c = 0; c < numCycleClasses; ++c)
    row.cycles[c] += unit.cycles[c];
}

/// Adds one section's units to the rows of their nodes.
class NodeRows {
public:
  void addSection(const sim::SectionStatistics &section) {
    std::map<size_t, uint64_t> unitsOf;
    for (const sim::UnitStatistics &unit : section.units) {
      size_t row = rowOf(unit.node);
      add(rows[row], unit);
      ++unitsOf[row];
    }
    for (auto [row, units] : unitsOf) {
      rows[row].units = std::max(rows[row].units, units);
      ++rows[row].sections;
    }
  }
  /// Units without a node last.
  std::vector<AttributionRow> take() {
    if (auto nameless = numbers.find(""); nameless != numbers.end())
      std::rotate(rows.begin() + int64_t(nameless->second), rows.begin() + int64_t(nameless->second) + 1, rows.end());
    return std::move(rows);
  }

private:
  size_t rowOf(const std::string &node) {
    auto [it, isNew] = numbers.try_emplace(node, rows.size());
    if (isNew)
      rows.emplace_back().name = node;
    return it->second;
  }

  std::map<std::string, size_t> numbers;
  std::vector<AttributionRow> rows;
};

std::string headLine(const char *title) {
  std::string line = fmt::format("  {:<40} {:>5}", title, "units");
  for (const char *head : classHeads)
    line += fmt::format(" {:>9}", head);
  return line + "\n";
}

std::string rowLine(const AttributionRow &row) {
  std::string line = fmt::format("  {:<40.40} {:>5}", row.name, row.units);
  double total = double(std::max<uint64_t>(row.total(), 1));
  for (uint64_t cycles : row.cycles)
    line += fmt::format(" {:>8.1f}%", 100 * double(cycles) / total);
  return line + "\n";
}

uint64_t active(const AttributionRow &row) { return row.total() - row.cycles[unsigned(CycleClass::Idle)]; }

std::string formatNodes(const std::vector<AttributionRow> &rows) {
  std::vector<const AttributionRow *> nodes;
  for (const AttributionRow &row : rows)
    if (!row.name.empty())
      nodes.push_back(&row);
  if (nodes.empty())
    return "";
  // Rows lie in order of their sections, which decides between equals.
  std::sort(nodes.begin(), nodes.end(),
            [](auto *a, auto *b) { return std::pair(active(*b), a) < std::pair(active(*a), b); });
  std::string text = "\n" + headLine("of the units of a node");
  for (size_t i = 0; i < std::min(nodes.size(), shownNodes); ++i)
    text += rowLine(*nodes[i]);
  if (nodes.size() > shownNodes)
    text += fmt::format("  and {} more nodes with fewer cycles, all in --stats=FILE\n", nodes.size() - shownNodes);
  return text;
}

Json rowJson(const AttributionRow &row) {
  return {{"name", clean(row.name)}, {"units", row.units}, {"cycles", classesJson(row.cycles)}};
}

} // namespace

uint64_t AttributionRow::total() const { return std::accumulate(std::begin(cycles), std::end(cycles), uint64_t(0)); }

bool worked(const sim::UnitStatistics &unit) {
  return !unit.name.empty() || unit.firings ||
         std::any_of(unit.cycles, unit.cycles + unsigned(CycleClass::Configuration), [](uint64_t n) { return n > 0; });
}

std::string clean(const std::string &text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

Json classesJson(const uint64_t *cycles) {
  Json json;
  for (unsigned c = 0; c < numCycleClasses; ++c)
    json[classKeys[c]] = cycles[c];
  return json;
}

Attribution attribute(const bitstream::Program &program, const sim::Statistics &statistics) {
  const ArchSpec &arch = program.arch;
  FabricModel model(arch);
  Attribution result;
  result.kinds.resize(3);
  for (auto [kind, name, units] : {std::tuple{UnitKind::Compute, "compute units", arch.numComputeUnits()},
                                   std::tuple{UnitKind::Memory, "memory units", arch.numMemoryUnits()},
                                   std::tuple{UnitKind::DramPort, "DRAM ports", arch.dramPort.count}}) {
    result.kinds[unsigned(kind)].name = name;
    result.kinds[unsigned(kind)].units = units;
  }
  NodeRows nodes;
  for (const sim::SectionStatistics &section : statistics.sections) {
    nodes.addSection(section);
    for (const sim::UnitStatistics &unit : section.units)
      add(result.kinds[unsigned(model.sites()[unit.site].kind)], unit);
  }
  result.nodes = nodes.take();
  return result;
}

std::string formatAttribution(const Attribution &attribution) {
  std::string text = "\n" + headLine("unit cycles, by kind");
  AttributionRow all;
  all.name = "all units";
  for (const AttributionRow &row : attribution.kinds) {
    text += rowLine(row);
    all.units += row.units;
    for (unsigned c = 0; c < numCycleClasses; ++c)
      all.cycles[c] += row.cycles[c];
  }
  text += rowLine(all);
  return text + formatNodes(attribution.nodes);
}

Json attributionJson(const Attribution &attribution) {
  Json json = {{"kinds", Json::array()}, {"nodes", Json::array()}};
  for (const AttributionRow &row : attribution.kinds)
    json["kinds"].push_back(rowJson(row));
  for (const AttributionRow &row : attribution.nodes) {
    json["nodes"].push_back(rowJson(row));
    json["nodes"].back()["sections"] = row.sections;
  }
  return json;
}

} // namespace jacquard::runtime
