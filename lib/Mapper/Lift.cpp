// Lift.cpp - read nets back out of switch selects, and compare them with the problem
//
// Works backwards, from every configured unit input to the output that feeds it: the opposite direction of both the router
// and the routing checker.
#include "jacquard/Mapper/Verify.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace jacquard::mapper {

namespace {

class Lifter {
public:
  Lifter(const Selects &selects, const FabricModel &model) : selects(selects), model(model) {}

  Lifted run() {
    for (NetworkKind network : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control})
      if (!selects[unsigned(network)].empty())
        liftNetwork(network);
    return std::move(lifted);
  }

private:
  using Node = std::pair<unsigned, unsigned>; ///< switch, sink

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args &&...args) {
    lifted.violations.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  std::string at(unsigned sw) const { return fmt::format("switch ({},{})", sw % model.width(), sw / model.width()); }

  void liftNetwork(NetworkKind network) {
    const auto &table = selects[unsigned(network)];
    if (table.size() != model.numSwitches()) {
      complain("{} selects for {} switches, expected {}", networkKindName(network), table.size(), model.numSwitches());
      return;
    }
    std::map<SitePort, std::vector<SitePort>> sinksOf;
    std::set<Node> used;
    feeders.clear();
    for (unsigned sw = 0; sw < table.size(); ++sw)
      if (isLegal(network, sw))
        addFeeders(network, sw);
    for (unsigned sw = 0; sw < table.size(); ++sw)
      for (unsigned sink = 0; sink < table[sw].size(); ++sink)
        if (isSelected(network, {sw, sink}) && !model.switchModel(sw, network).sinks[sink].isLink)
          liftInput(network, {sw, sink}, used, sinksOf);
    for (unsigned sw = 0; sw < table.size(); ++sw)
      for (unsigned sink = 0; sink < table[sw].size(); ++sink)
        if (isSelected(network, {sw, sink}) && !used.count({sw, sink}))
          complain("{} sink {} of {} is configured, but leads to no unit", networkKindName(network), sink, at(sw));
    for (auto &[source, sinks] : sinksOf) {
      std::sort(sinks.begin(), sinks.end());
      lifted.nets.push_back({network, source, std::move(sinks)});
    }
  }

  bool isLegal(NetworkKind network, unsigned sw) {
    const SwitchModel &ports = model.switchModel(sw, network);
    const auto &row = selects[unsigned(network)][sw];
    if (row.size() != ports.sinks.size()) {
      complain("{} {} has selects for {} sinks, expected {}", networkKindName(network), at(sw), row.size(),
               ports.sinks.size());
      return false;
    }
    for (unsigned sink = 0; sink < row.size(); ++sink)
      if (row[sink] > ports.sources.size())
        complain("{} sink {} of {} selects source {}, but there are {}", networkKindName(network), sink, at(sw),
                 row[sink] - 1, ports.sources.size());
    return true;
  }

  bool isSelected(NetworkKind network, Node node) const {
    const SwitchModel &ports = model.switchModel(node.first, network);
    const auto &row = selects[unsigned(network)][node.first];
    return row.size() == ports.sinks.size() && row[node.second] > 0 && row[node.second] <= ports.sources.size();
  }

  /// For every configured link out of `sw`: which source of the neighbour it feeds.
  void addFeeders(NetworkKind network, unsigned sw) {
    const SwitchModel &ports = model.switchModel(sw, network);
    for (unsigned sink = 0; sink < ports.sinks.size(); ++sink)
      if (ports.sinks[sink].isLink && isSelected(network, {sw, sink}))
        feeders[{unsigned(model.neighbour(sw, ports.sinks[sink].direction)), model.sourceOfLink(sw, network, sink)}] =
            {sw, sink};
  }

  /// Follows the unit input at `node` back to the unit output that drives it.
  void liftInput(NetworkKind network, Node node, std::set<Node> &used,
                 std::map<SitePort, std::vector<SitePort>> &sinksOf) {
    const SwitchPort input = model.switchModel(node.first, network).sinks[node.second];
    std::set<Node> path;
    for (;;) {
      if (!path.insert(node).second) {
        complain("{} input port {} of {} is fed by a ring of switches", networkKindName(network), input.port,
                 model.describeSite(input.site));
        break;
      }
      const unsigned select = selects[unsigned(network)][node.first][node.second] - 1;
      const SwitchPort &source = model.switchModel(node.first, network).sources[select];
      if (!source.isLink) {
        sinksOf[{source.site, source.port}].push_back({input.site, input.port});
        break;
      }
      auto feeder = feeders.find({node.first, select});
      if (feeder == feeders.end()) {
        complain("{} input port {} of {} is fed from {} source {}, a link that nothing drives",
                 networkKindName(network), input.port, model.describeSite(input.site), at(node.first), select);
        break;
      }
      node = feeder->second;
    }
    used.insert(path.begin(), path.end());
  }

  const Selects &selects;
  const FabricModel &model;
  std::map<std::pair<unsigned, unsigned>, Node> feeders; ///< (switch, source): the link that arrives there
  Lifted lifted;
};

} // namespace

Lifted lift(const Selects &selects, const FabricModel &model) { return Lifter(selects, model).run(); }

Selects selectsOf(const Problem &problem, const Routing &routing, const FabricModel &model) {
  Selects selects;
  for (unsigned net = 0; net < 3; ++net) {
    selects[net].resize(model.numSwitches());
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      selects[net][sw].assign(model.switchModel(sw, NetworkKind(net)).sinks.size(), 0);
  }
  for (size_t i = 0; i < problem.nets.size(); ++i)
    for (const Hop &hop : routing.hops[NetId(i)])
      selects[unsigned(problem.nets[NetId(i)].network)][hop.sw][hop.sink] = hop.source + 1;
  return selects;
}

std::vector<std::string> verifySelects(const Problem &problem, const Placement &placement, const Selects &selects,
                                       const FabricModel &model) {
  std::vector<std::string> violations = verifyPlacement(problem, placement, model);
  if (!violations.empty())
    return violations;
  Lifted lifted = lift(selects, model);
  violations = lifted.violations;

  // (network, driving port, driven port): once per connection on either side.
  using Connection = std::tuple<NetworkKind, SitePort, SitePort>;
  std::set<Connection> wanted, found;
  std::map<Connection, const Net *> netOf;
  for (const Net &net : problem.nets)
    for (const Terminal &sink : net.sinks) {
      const Connection connection{net.network,
                                  {placement.siteOf[net.source.unit], net.source.port},
                                  {placement.siteOf[sink.unit], sink.port}};
      wanted.insert(connection);
      netOf[connection] = &net;
    }
  for (const LiftedNet &net : lifted.nets)
    for (const SitePort &sink : net.sinks)
      found.insert({net.network, net.source, sink});

  auto spell = [&](const Connection &c) {
    auto &[network, source, sink] = c;
    return fmt::format("{} connection from {} port {} to {} port {}", networkKindName(network),
                       model.describeSite(source.site), source.port, model.describeSite(sink.site), sink.port);
  };
  for (const Connection &c : wanted)
    if (!found.count(c))
      violations.push_back(fmt::format("net {}: {} is not configured", describe(*netOf[c], problem), spell(c)));
  for (const Connection &c : found)
    if (!wanted.count(c))
      violations.push_back(fmt::format("{} is configured, but belongs to no net", spell(c)));
  return violations;
}

} // namespace jacquard::mapper
