// Problem.cpp - the input check of the mapper, and how units and nets are spelled in messages
#include "jacquard/Mapper/Problem.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace jacquard::mapper {

std::string describe(const Unit &unit) {
  return unit.node.empty() ? fmt::format("'{}'", unit.name) : fmt::format("'{}' ({})", unit.name, unit.node);
}

std::string describe(const Net &net, const Problem &problem) {
  const bool known = problem.units.contains(net.source.unit) && !problem.units[net.source.unit].node.empty();
  return known ? fmt::format("'{}' ({})", net.name, problem.units[net.source.unit].node)
               : fmt::format("'{}'", net.name);
}

std::string joinFirst(const std::vector<std::string> &items) {
  constexpr size_t shown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), shown); ++i)
    text += (i ? ", " : "") + items[i];
  if (items.size() > shown)
    text += fmt::format(" and {} more", items.size() - shown);
  return text;
}

namespace {

class Checker {
public:
  Checker(const Problem &problem, const FabricModel &model) : problem(problem), model(model) {}

  Status run() {
    if (Status status = checkSites(); !status)
      return status;
    if (Status status = checkFixedSites(); !status)
      return status;
    if (Status status = checkCapacity(); !status)
      return status;
    for (const Net &net : problem.nets)
      if (Status status = checkNet(net); !status)
        return status;
    return {};
  }

private:
  /// Those that are reserved or attract a unit.
  Status checkSites() const {
    const auto exists = [&](unsigned site) { return site < model.sites().size(); };
    for (unsigned site : problem.reservedSites)
      if (!exists(site))
        return noSite("reserves", site);
    for (const Attraction &attraction : problem.attractions) {
      if (!problem.units.contains(attraction.unit))
        return Error{fmt::format("unit {} is to be near sites, but there are {} units", attraction.unit.index(),
                                 problem.units.size())};
      if (attraction.sites.empty())
        return Error{fmt::format("unit {} is to be near no site, expected at least one",
                                 describe(problem.units[attraction.unit]))};
      for (unsigned site : attraction.sites)
        if (!exists(site))
          return noSite("wants a unit near", site);
    }
    return {};
  }
  Error noSite(const char *what, unsigned site) const {
    return Error{fmt::format("the problem {} site {}, expected one of the {} sites of '{}'", what, site,
                             model.sites().size(), model.spec().name)};
  }

  Status checkFixedSites() const {
    std::map<unsigned, const Unit *> unitAt;
    for (const Unit &unit : problem.units) {
      if (!unit.fixedSite)
        continue;
      const unsigned site = *unit.fixedSite;
      if (site >= model.sites().size() || model.sites()[site].kind != unit.kind)
        return Error{fmt::format("unit {} is fixed at site {}, expected a {} site of '{}'", describe(unit), site,
                                 unitKindName(unit.kind), model.spec().name)};
      auto [other, isNew] = unitAt.emplace(site, &unit);
      if (!isNew)
        return Error{fmt::format("units {} and {} are fixed at one site, {}", describe(*other->second), describe(unit),
                                 model.describeSite(site))};
    }
    return {};
  }

  Status checkCapacity() const {
    for (UnitKind kind : {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort}) {
      size_t have = 0;
      for (unsigned s = 0; s < model.sites().size(); ++s)
        have += model.sites()[s].kind == kind &&
                !std::binary_search(problem.reservedSites.begin(), problem.reservedSites.end(), s);
      size_t need = 0;
      for (const Unit &unit : problem.units)
        if (unit.kind == kind)
          need += !unit.fixedSite ||
                  !std::binary_search(problem.reservedSites.begin(), problem.reservedSites.end(), *unit.fixedSite);
      const size_t reserved = std::count_if(problem.reservedSites.begin(), problem.reservedSites.end(),
                                            [&](unsigned site) { return model.sites()[site].kind == kind; });
      if (need > have)
        return Error{fmt::format("{} units: {} needed, {} available on '{}'{}; used by: {}", unitKindName(kind), need,
                                 have, model.spec().name,
                                 reserved ? fmt::format(" besides {} reserved ones", reserved) : "", users(kind))};
    }
    return {};
  }

  /// The model nodes that use units of `kind`, the hungriest first.
  std::string users(UnitKind kind) const {
    std::map<std::string, unsigned> counts;
    for (const Unit &unit : problem.units)
      if (unit.kind == kind)
        ++counts[unit.node.empty() ? "'" + unit.name + "'" : unit.node];
    std::vector<std::pair<std::string, unsigned>> sorted(counts.begin(), counts.end());
    std::sort(sorted.begin(), sorted.end(),
              [](auto &a, auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    std::vector<std::string> texts;
    for (auto &[node, count] : sorted)
      texts.push_back(fmt::format("{} ({})", node, count));
    return joinFirst(texts);
  }

  Status checkNet(const Net &net) {
    const std::string name = describe(net, problem);
    if (Status status = checkTerminal(net, net.source, /*isSource=*/true); !status)
      return status;
    if (net.sinks.empty())
      return Error{fmt::format("net {} has no sink, expected at least one; drop the net or its output port", name)};
    for (const Terminal &sink : net.sinks)
      if (Status status = checkTerminal(net, sink, /*isSource=*/false); !status)
        return status;
    return {};
  }

  Status checkTerminal(const Net &net, const Terminal &end, bool isSource) {
    const std::string name = describe(net, problem);
    const char *side = isSource ? "output" : "input";
    if (!problem.units.contains(end.unit))
      return Error{fmt::format("net {} ends at unit {}, which does not exist; the problem has {} units", name,
                               end.unit.valid() ? std::to_string(end.unit.index()) : "<none>", problem.units.size())};
    const Unit &unit = problem.units[end.unit];
    const unsigned count = isSource ? model.numOutputs(unit.kind) : model.numInputs(unit.kind);
    if (end.port >= count)
      return Error{fmt::format("net {} uses {} port {} of {}, but a {} unit of '{}' has {} {} ports", name, side,
                               end.port, describe(unit), unitKindName(unit.kind), model.spec().name, count, side)};
    const NetworkKind network =
        isSource ? model.networkOfOutput(unit.kind, end.port) : model.networkOfInput(unit.kind, end.port);
    if (network != net.network)
      return Error{fmt::format("net {} is a {} net, but {} port {} of {} is a {} port", name,
                               networkKindName(net.network), side, end.port, describe(unit),
                               networkKindName(network))};
    auto &users = isSource ? netOfOutput : netOfInput;
    auto [other, isNew] = users.emplace(end, &net);
    if (!isNew)
      return Error{fmt::format("{} port {} of {} belongs to nets {} and {}, expected one net", side, end.port,
                               describe(unit), describe(*other->second, problem), name)};
    return {};
  }

  const Problem &problem;
  const FabricModel &model;
  std::map<Terminal, const Net *> netOfOutput, netOfInput;
};

} // namespace

Status check(const Problem &problem, const FabricModel &model) { return Checker(problem, model).run(); }

} // namespace jacquard::mapper
