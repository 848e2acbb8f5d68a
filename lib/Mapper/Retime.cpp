// Retime.cpp - bends short paths after routing, where streams that meet again lack room
#include "jacquard/Mapper/Balance.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

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
    const std::vector<Hop> old = routing.hops[pair.shorter];
    const Branch branch = branchTo(pair.shorter, pair.first);
    for (size_t at = 0; at < branch.switches.size(); ++at)
      for (unsigned side = 0; side < 4; ++side) {
        const std::vector<unsigned> bent = bend(branch.switches, at, Direction(side));
        if (bent.empty() || !write(pair.shorter, branch, bent))
          continue;
        std::vector<Reconvergence> after = lacking();
        if (missing(after) < missing(before))
          return after;
        routing.hops[pair.shorter] = old;
      }
    return std::nullopt;
  }

  /// The end of a net's tree that leads to one sink alone.
  struct Branch {
    std::vector<unsigned> switches; ///< from where it begins to the sink's
    unsigned source = 0;            ///< the input of the first switch that it selects
    Hop last;                       ///< into the unit
    std::vector<Hop> others;        ///< hops of the rest of the tree
  };

  Branch branchTo(NetId id, const Terminal &end) const {
    const Net &net = problem.nets[id];
    const std::vector<Hop> &hops = routing.hops[id];
    const unsigned sink = unsigned(model.sinkOfPort(placement.siteOf[end.unit], end.port));
    const auto into = std::find_if(hops.begin(), hops.end(), [&](const Hop &hop) {
      return hop.sink == sink && hop.sw == model.switchOfSite(placement.siteOf[end.unit]);
    });
    assert(into != hops.end() && "the routing was verified");
    const auto isAlone = [&](const Hop &hop) {
      return std::count_if(hops.begin(), hops.end(),
                           [&](const Hop &o) { return o.sw == hop.sw && o.source == hop.source; }) == 1;
    };
    const auto feeds = [&](const Hop &from, const Hop &to) {
      const SwitchPort &out = model.switchModel(from.sw, net.network).sinks[from.sink];
      return out.isLink && model.neighbour(from.sw, out.direction) == int(to.sw) &&
             model.sourceOfLink(from.sw, net.network, from.sink) == to.source;
    };
    std::vector<Hop> branch{*into};
    while (isAlone(branch.back())) {
      const auto before =
          std::find_if(hops.begin(), hops.end(), [&](const Hop &hop) { return feeds(hop, branch.back()); });
      if (before == hops.end())
        break; // at the unit where the net begins
      branch.push_back(*before);
    }
    Branch result;
    result.source = branch.back().source;
    result.last = *into;
    for (auto hop = branch.rbegin(); hop != branch.rend(); ++hop)
      result.switches.push_back(hop->sw);
    for (const Hop &hop : hops)
      if (std::find(branch.begin(), branch.end(), hop) == branch.end())
        result.others.push_back(hop);
    return result;
  }

  /// `path` with two switches beside its link number `at` put in, or out to the side and back where it ends; empty
  /// where there are none or the path has them. Switches of the net's other branches will do: their links are others.
  std::vector<unsigned> bend(const std::vector<unsigned> &path, size_t at, Direction side) const {
    const bool atEnd = at + 1 == path.size();
    const int first = model.neighbour(path[at], side),
              second = atEnd ? int(path[at]) : model.neighbour(path[at + 1], side);
    const auto isNew = [&](int sw) { return sw >= 0 && !std::count(path.begin(), path.end(), unsigned(sw)); };
    if (!isNew(first) || (!atEnd && !isNew(second)))
      return {};
    std::vector<unsigned> bent = path;
    bent.insert(bent.begin() + std::ptrdiff_t(at) + 1, {unsigned(first), unsigned(second)});
    return bent;
  }

  /// Whether a net uses the output of a switch.
  bool isTaken(NetworkKind network, unsigned sw, unsigned sink) const {
    for (size_t n = 0; n < problem.nets.size(); ++n)
      if (problem.nets[NetId(n)].network == network)
        for (const Hop &hop : routing.hops[NetId(n)])
          if (hop.sw == sw && hop.sink == sink)
            return true;
    return false;
  }

  /// A free link from `from` to its neighbour `to`.
  std::optional<unsigned> freeLink(NetworkKind network, unsigned from, unsigned to) const {
    const std::vector<SwitchPort> &sinks = model.switchModel(from, network).sinks;
    for (unsigned sink = 0; sink < sinks.size(); ++sink)
      if (sinks[sink].isLink && model.neighbour(from, sinks[sink].direction) == int(to) &&
          !isTaken(network, from, sink))
        return sink;
    return std::nullopt;
  }

  /// Routes the branch along `path`; false, and nothing changed, if a link is missing.
  bool write(NetId id, const Branch &branch, const std::vector<unsigned> &path) {
    const NetworkKind network = problem.nets[id].network;
    std::vector<Hop> &hops = routing.hops[id];
    const std::vector<Hop> old = std::exchange(hops, branch.others);
    unsigned source = branch.source;
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      const std::optional<unsigned> sink = freeLink(network, path[i], path[i + 1]);
      if (!sink) {
        hops = old;
        return false;
      }
      hops.push_back({path[i], *sink, source});
      source = model.sourceOfLink(path[i], network, *sink);
    }
    hops.push_back({branch.last.sw, branch.last.sink, source});
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
