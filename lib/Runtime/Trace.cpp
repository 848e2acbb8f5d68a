// Trace.cpp - a timeline in the trace event format that Chrome and Perfetto read
#include "jacquard/Runtime/Trace.h"

#include "Attribution.h"

#include "jacquard/Arch/FabricModel.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace jacquard::runtime {
namespace {

using Json = nlohmann::ordered_json;
using sim::Timeline;

/// Numbers of the processes, which viewers show as groups in this order. Those of units follow by UnitKind.
enum Process : unsigned { Schedule = 1, Nodes = 2, Units = 3 };

/// From the first to the last activity of a node's units in one run of a section.
struct NodeSpan {
  std::string node;
  uint64_t begin, end;
};

class TraceWriter {
public:
  TraceWriter(const bitstream::Program &program, const Timeline &timeline)
      : program(program), timeline(timeline), model(program.arch) {
    for (const bitstream::Section &section : program.sections) {
      std::map<unsigned, const bitstream::UnitName *> &bySite = names.emplace_back();
      for (const bitstream::UnitName &unit : section.units)
        bySite[unit.site] = &unit;
    }
  }

  std::string write() {
    nameProcess(Schedule, "schedule");
    nameProcess(Nodes, "nodes of the model");
    nameProcess(Units + unsigned(UnitKind::Compute), "compute units");
    nameProcess(Units + unsigned(UnitKind::Memory), "memory units");
    nameProcess(Units + unsigned(UnitKind::DramPort), "DRAM ports");
    writeSchedule();
    writeNodes();
    writeUnits();
    Json json = {{"traceEvents", std::move(events)},
                 {"displayTimeUnit", "ns"},
                 {"otherData",
                  {{"arch", clean(program.arch.name)},
                   {"clock_ghz", program.arch.clockGhz},
                   {"resolution_cycles", timeline.resolution()}}}};
    return json.dump() + "\n";
  }

private:
  void nameProcess(unsigned process, const char *name) {
    events.push_back({{"ph", "M"}, {"pid", process}, {"name", "process_name"}, {"args", {{"name", name}}}});
    events.push_back(
        {{"ph", "M"}, {"pid", process}, {"name", "process_sort_index"}, {"args", {{"sort_index", process}}}});
  }
  void nameThread(unsigned process, unsigned thread, const std::string &name) {
    events.push_back(
        {{"ph", "M"}, {"pid", process}, {"tid", thread}, {"name", "thread_name"}, {"args", {{"name", name}}}});
  }

  /// The format counts microseconds.
  double microseconds(uint64_t cycles) const { return double(cycles) / (program.arch.clockGhz * 1e3); }

  void span(unsigned process, unsigned thread, const std::string &name, uint64_t begin, uint64_t end, Json args) {
    args["begin_cycle"] = begin;
    args["cycles"] = end - begin;
    events.push_back({{"ph", "X"},
                      {"pid", process},
                      {"tid", thread},
                      {"ts", microseconds(begin)},
                      {"dur", microseconds(end - begin)},
                      {"name", clean(name)},
                      {"args", std::move(args)}});
  }

  uint32_t sectionOf(uint32_t entry) const { return program.schedule[entry]; }

  void writeSchedule() {
    nameThread(Schedule, 0, "sections");
    for (const Timeline::Run &run : timeline.runs()) {
      std::string name = program.sections[sectionOf(run.entry)].name;
      if (run.runs > 1) {
        span(Schedule, 0, fmt::format("{} and others", name), run.begin, run.end, {{"runs", run.runs}});
        continue;
      }
      if (run.execution > run.begin)
        span(Schedule, 0, "configuration", run.begin, run.execution, {{"section", clean(name)}});
      span(Schedule, 0, name, run.execution, run.end, {{"entry", run.entry}});
    }
  }

  const bitstream::UnitName *nameOf(uint32_t entry, unsigned site) const {
    const auto &bySite = names[sectionOf(entry)];
    auto found = bySite.find(site);
    return found == bySite.end() ? nullptr : found->second;
  }

  void writeUnits() {
    for (unsigned site = 0; site < timeline.spans().size(); ++site) {
      if (timeline.spans()[site].empty())
        continue;
      unsigned process = Units + unsigned(model.sites()[site].kind);
      nameThread(process, site, model.describeSite(site));
      for (const Timeline::Span &s : timeline.spans()[site]) {
        const bitstream::UnitName *unit = nameOf(s.entry, site);
        Json args = {{"section", clean(program.sections[sectionOf(s.entry)].name)}, {"active_cycles", s.active}};
        if (unit)
          args["unit"] = clean(unit->name);
        span(process, site, unit && !unit->node.empty() ? unit->node : "active", s.begin, s.end, std::move(args));
      }
    }
  }

  /// The nodes of every run, in order of their begin.
  std::vector<NodeSpan> nodeSpans() const {
    std::map<std::pair<size_t, std::string>, size_t> numbers;
    std::vector<NodeSpan> nodes;
    for (unsigned site = 0; site < timeline.spans().size(); ++site)
      for (const Timeline::Span &s : timeline.spans()[site]) {
        const bitstream::UnitName *unit = nameOf(s.entry, site);
        if (!unit || unit->node.empty())
          continue;
        auto [at, isNew] = numbers.try_emplace({runAt(s.begin), unit->node}, nodes.size());
        if (isNew)
          nodes.push_back({unit->node, s.begin, s.end});
        NodeSpan &node = nodes[at->second];
        node.begin = std::min(node.begin, s.begin);
        node.end = std::max(node.end, s.end);
      }
    std::sort(nodes.begin(), nodes.end(), [](const NodeSpan &a, const NodeSpan &b) {
      return std::tie(a.begin, b.end, a.node) < std::tie(b.begin, a.end, b.node);
    });
    return nodes;
  }

  /// The number of the run that contains the cycle.
  size_t runAt(uint64_t cycle) const {
    auto after = std::upper_bound(timeline.runs().begin(), timeline.runs().end(), cycle,
                                  [](uint64_t c, const Timeline::Run &run) { return c < run.begin; });
    return size_t(after - timeline.runs().begin());
  }

  /// Nodes that are active at the same time lie in different threads.
  void writeNodes() {
    std::vector<uint64_t> freeFrom;
    for (const NodeSpan &node : nodeSpans()) {
      auto lane = std::find_if(freeFrom.begin(), freeFrom.end(), [&](uint64_t from) { return from <= node.begin; });
      if (lane == freeFrom.end()) {
        nameThread(Nodes, unsigned(freeFrom.size()), fmt::format("node {}", freeFrom.size()));
        lane = freeFrom.insert(lane, 0);
      }
      *lane = node.end;
      span(Nodes, unsigned(lane - freeFrom.begin()), node.node, node.begin, node.end, Json::object());
    }
  }

  const bitstream::Program &program;
  const Timeline &timeline;
  FabricModel model;
  std::vector<std::map<unsigned, const bitstream::UnitName *>> names; ///< by section and site
  Json events = Json::array();
};

} // namespace

std::string traceJson(const bitstream::Program &program, const Timeline &timeline) {
  return TraceWriter(program, timeline).write();
}

} // namespace jacquard::runtime
