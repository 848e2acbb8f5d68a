// Verify.cpp - checkers of placements and routings, from scratch
#include "jacquard/Mapper/Verify.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

namespace jacquard::mapper {

using Violations = std::vector<std::string>;

Violations verifyPlacement(const Problem &problem, const Placement &placement, const FabricModel &model) {
  Violations violations;
  if (placement.siteOf.size() != problem.units.size())
    violations.push_back(
        fmt::format("{} units have a site, expected {}", placement.siteOf.size(), problem.units.size()));
  std::map<unsigned, UnitId> unitAt;
  for (size_t i = 0; i < std::min(placement.siteOf.size(), problem.units.size()); ++i) {
    const UnitId id(i);
    const Unit &unit = problem.units[id];
    const unsigned site = placement.siteOf[id];
    if (site >= model.sites().size()) {
      violations.push_back(
          fmt::format("unit {} is on site {}, but there are {}", describe(unit), site, model.sites().size()));
      continue;
    }
    if (model.sites()[site].kind != unit.kind)
      violations.push_back(fmt::format("unit {} is a {} unit, but stands on {}", describe(unit),
                                       unitKindName(unit.kind), model.describeSite(site)));
    if (unit.fixedSite.value_or(site) != site)
      violations.push_back(fmt::format("unit {} stands on {}, but is fixed at {}", describe(unit),
                                       model.describeSite(site), model.describeSite(*unit.fixedSite)));
    if (!unit.fixedSite && std::binary_search(problem.reservedSites.begin(), problem.reservedSites.end(), site))
      violations.push_back(
          fmt::format("unit {} stands on {}, which is reserved", describe(unit), model.describeSite(site)));
    auto [other, isNew] = unitAt.emplace(site, id);
    if (!isNew)
      violations.push_back(fmt::format("{} carries both {} and {}", model.describeSite(site),
                                       describe(problem.units[other->second]), describe(unit)));
  }
  return violations;
}

namespace {

class RoutingVerifier {
public:
  RoutingVerifier(const Problem &problem, const Placement &placement, const Routing &routing, const FabricModel &model)
      : problem(problem), placement(placement), routing(routing), model(model) {}

  Violations run() {
    if (routing.hops.size() != problem.nets.size())
      complain("{} nets have a route, expected {}", routing.hops.size(), problem.nets.size());
    for (size_t i = 0; i < std::min(routing.hops.size(), problem.nets.size()); ++i)
      verifyNet(NetId(i));
    return std::move(violations);
  }

private:
  using Point = std::pair<unsigned, unsigned>; ///< a switch and one of its sources

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args &&...args) {
    violations.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::string at(unsigned sw) const { return fmt::format("switch ({},{})", sw % model.width(), sw / model.width()); }
  std::string port(unsigned site, unsigned number, const char *side) const {
    return fmt::format("{} port {} of {}", side, number, model.describeSite(site));
  }

  void verifyNet(NetId id) {
    const Net &net = problem.nets[id];
    const std::string name = describe(net, problem);
    std::map<Point, std::vector<const Hop *>> hopsFrom;
    for (const Hop &hop : routing.hops[id])
      if (isLegal(net, name, hop)) {
        claim(id, hop);
        hopsFrom[{hop.sw, hop.source}].push_back(&hop);
      }
    const std::vector<Point> reached = walk(net, name, hopsFrom);
    const std::set<Point> live(reached.begin(), reached.end());
    for (auto &[point, hops] : hopsFrom)
      if (!live.count(point))
        complain("net {}: at {}, {} connections select source {}, which the net does not drive", name, at(point.first),
                 hops.size(), point.second);
  }

  bool isLegal(const Net &net, const std::string &name, const Hop &hop) {
    if (hop.sw >= model.numSwitches()) {
      complain("net {}: switch {} does not exist, there are {}", name, hop.sw, model.numSwitches());
      return false;
    }
    const SwitchModel &sw = model.switchModel(hop.sw, net.network);
    if (hop.sink >= sw.sinks.size())
      complain("net {}: {} has no sink {} in the {} network, it has {}", name, at(hop.sw), hop.sink,
               networkKindName(net.network), sw.sinks.size());
    if (hop.source >= sw.sources.size())
      complain("net {}: {} has no source {} in the {} network, it has {}", name, at(hop.sw), hop.source,
               networkKindName(net.network), sw.sources.size());
    return hop.sink < sw.sinks.size() && hop.source < sw.sources.size();
  }

  /// Every switch output belongs to one hop of one net.
  void claim(NetId id, const Hop &hop) {
    const Net &net = problem.nets[id];
    auto [owner, isNew] = ownerOf.emplace(std::make_tuple(net.network, hop.sw, hop.sink), id);
    if (!isNew)
      complain("{} sink {} of {} is used by net {} and by net {}", networkKindName(net.network), hop.sink, at(hop.sw),
               describe(problem.nets[owner->second], problem), describe(net, problem));
  }

  /// Follows the net from its source port; checks where it comes out and returns the points that it drives.
  std::vector<Point> walk(const Net &net, const std::string &name,
                          const std::map<Point, std::vector<const Hop *>> &hopsFrom) {
    const unsigned site = placement.siteOf[net.source.unit];
    const int source = model.sourceOfPort(site, net.source.port);
    if (source < 0) {
      complain("net {}: {} does not exist", name, port(site, net.source.port, "output"));
      return {};
    }
    std::map<std::pair<unsigned, unsigned>, unsigned> arrivals; // (site, port): how often
    std::vector<Point> points{{model.switchOfSite(site), unsigned(source)}};
    std::set<Point> seen(points.begin(), points.end());
    for (size_t i = 0; i < points.size(); ++i) {
      auto hops = hopsFrom.find(points[i]);
      if (hops == hopsFrom.end()) {
        complain("net {}: nothing at {} selects source {}; the branch ends in nowhere", name, at(points[i].first),
                 points[i].second);
        continue;
      }
      for (const Hop *hop : hops->second) {
        const SwitchPort &out = model.switchModel(hop->sw, net.network).sinks[hop->sink];
        if (!out.isLink) {
          ++arrivals[{out.site, out.port}];
          continue;
        }
        const Point next{unsigned(model.neighbour(hop->sw, out.direction)),
                         model.sourceOfLink(hop->sw, net.network, hop->sink)};
        if (seen.insert(next).second)
          points.push_back(next);
      }
    }
    compareSinks(net, name, arrivals);
    return points;
  }

  void compareSinks(const Net &net, const std::string &name,
                    std::map<std::pair<unsigned, unsigned>, unsigned> &arrivals) {
    for (const Terminal &sink : net.sinks) {
      const unsigned site = placement.siteOf[sink.unit];
      auto found = arrivals.find({site, sink.port});
      if (found == arrivals.end()) {
        complain("net {} does not reach {}, the site of {}", name, port(site, sink.port, "input"),
                 describe(problem.units[sink.unit]));
        continue;
      }
      arrivals.erase(found);
    }
    for (auto &[end, count] : arrivals)
      complain("net {} reaches {}, which is none of its sinks", name, port(end.first, end.second, "input"));
  }

  const Problem &problem;
  const Placement &placement;
  const Routing &routing;
  const FabricModel &model;
  std::map<std::tuple<NetworkKind, unsigned, unsigned>, NetId> ownerOf;
  Violations violations;
};

} // namespace

Violations verifyRouting(const Problem &problem, const Placement &placement, const Routing &routing,
                         const FabricModel &model) {
  Violations misplaced = verifyPlacement(problem, placement, model);
  if (!misplaced.empty())
    return misplaced;
  return RoutingVerifier(problem, placement, routing, model).run();
}

} // namespace jacquard::mapper
