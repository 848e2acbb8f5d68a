// Retime.cpp - bends short paths after routing, where streams that meet again lack room
#include "jacquard/Mapper/Balance.h"

#include <algorithm>
#include <optional>

namespace jacquard::mapper {

namespace {

class Retimer {
public:
  Retimer(const Problem &problem, const Placement &placement, const FabricModel &model, Routing &routing)
      : problem(problem), placement(placement), model(model), routing(routing) {}

  void run() {
    constexpr unsigned mostBends = 100;
    std::vector<Reconvergence> pairs = lacking();
    for (unsigned bend = 0; bend < mostBends && !pairs.empty(); ++bend) {
      std::optional<std::vector<Reconvergence>> better;
      for (size_t i = 0; !better && i < pairs.size(); ++i)
        better = bendFor(pairs[i], pairs);
      if (!better)
        return;
      pairs = std::move(*better);
    }
  }

private:
  std::vector<Reconvergence> lacking() const {
    std::vector<Reconvergence> pairs = reconvergences(problem, placement, routing, model);
    pairs.erase(std::find_if(pairs.begin(), pairs.end(), [](auto &pair) { return pair.missing() == 0; }), pairs.end());
    return pairs;
  }
  static unsigned missing(const std::vector<Reconvergence> &pairs) {
    unsigned sum = 0;
    for (const Reconvergence &pair : pairs)
      sum += pair.missing();
    return sum;
  }

  /// Bends the pair's shorter path; what lacks room then, or nothing if no bend makes that less than `before`.
  std::optional<std::vector<Reconvergence>> bendFor(const Reconvergence &pair,
                                                    const std::vector<Reconvergence> &before) {
    if (problem.nets[pair.shorter].sinks.size() != 1)
      return std::nullopt;
    const std::vector<Hop> old = routing.hops[pair.shorter];
    const std::vector<unsigned> path = switchesOf(old);
    for (size_t at = 0; at + 1 < path.size(); ++at)
      for (unsigned side = 0; side < 4; ++side) {
        const std::vector<unsigned> bent = bend(path, at, Direction(side));
        if (bent.empty() || !write(pair.shorter, bent))
          continue;
        std::vector<Reconvergence> after = lacking();
        if (missing(after) < missing(before))
          return after;
        routing.hops[pair.shorter] = old;
      }
    return std::nullopt;
  }

  /// Of a net with one sink: a hop per switch, the last into the unit.
  static std::vector<unsigned> switchesOf(const std::vector<Hop> &hops) {
    std::vector<unsigned> path;
    for (const Hop &hop : hops)
      path.push_back(hop.sw);
    return path;
  }

  /// `path` with two switches beside its link number `at` put in; empty where there are none or the path has them.
  std::vector<unsigned> bend(const std::vector<unsigned> &path, size_t at, Direction side) const {
    const int first = model.neighbour(path[at], side), second = model.neighbour(path[at + 1], side);
    const auto isNew = [&](int sw) { return sw >= 0 && !std::count(path.begin(), path.end(), unsigned(sw)); };
    if (!isNew(first) || !isNew(second))
      return {};
    std::vector<unsigned> bent = path;
    bent.insert(bent.begin() + std::ptrdiff_t(at) + 1, {unsigned(first), unsigned(second)});
    return bent;
  }

  /// Whether another net than `self` uses the output of a switch.
  bool isTaken(NetId self, unsigned sw, unsigned sink) const {
    for (size_t n = 0; n < problem.nets.size(); ++n)
      if (NetId(n) != self && problem.nets[NetId(n)].network == problem.nets[self].network)
        for (const Hop &hop : routing.hops[NetId(n)])
          if (hop.sw == sw && hop.sink == sink)
            return true;
    return false;
  }

  /// A free link from `from` to its neighbour `to`.
  std::optional<unsigned> freeLink(NetId self, unsigned from, unsigned to) const {
    const std::vector<SwitchPort> &sinks = model.switchModel(from, problem.nets[self].network).sinks;
    for (unsigned sink = 0; sink < sinks.size(); ++sink)
      if (sinks[sink].isLink && model.neighbour(from, sinks[sink].direction) == int(to) && !isTaken(self, from, sink))
        return sink;
    return std::nullopt;
  }

  /// Routes the net along `path`; false, and nothing changed, if a link is missing.
  bool write(NetId id, const std::vector<unsigned> &path) {
    const Net &net = problem.nets[id];
    std::vector<Hop> hops;
    unsigned source = unsigned(model.sourceOfPort(placement.siteOf[net.source.unit], net.source.port));
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      const std::optional<unsigned> sink = freeLink(id, path[i], path[i + 1]);
      if (!sink)
        return false;
      hops.push_back({path[i], *sink, source});
      source = model.sourceOfLink(path[i], net.network, *sink);
    }
    const Terminal &end = net.sinks.front();
    hops.push_back({path.back(), unsigned(model.sinkOfPort(placement.siteOf[end.unit], end.port)), source});
    routing.hops[id] = std::move(hops);
    return true;
  }

  const Problem &problem;
  const Placement &placement;
  const FabricModel &model;
  Routing &routing;
};

} // namespace

void retime(const Problem &problem, const Placement &placement, const FabricModel &model, Routing &routing) {
  Retimer(problem, placement, model, routing).run();
}

} // namespace jacquard::mapper
