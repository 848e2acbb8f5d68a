// Balance.cpp - longest latency and least room from every fork to what it reaches
#include "jacquard/Mapper/Balance.h"

#include "jacquard/Mapper/Measure.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <tuple>

namespace jacquard::mapper {

namespace {

/// From the begin of a path to somewhere, over all ways.
struct Reach {
  unsigned latency = 0; ///< of the slowest
  unsigned room = ~0u;  ///< of the tightest
  void include(const Reach &other) {
    latency = std::max(latency, other.latency);
    room = std::min(room, other.room);
  }
};

class Balance {
public:
  Balance(const Problem &problem, const Placement &placement, const Routing &routing, const FabricModel &model)
      : problem(problem), network(model.spec().network), spec(model.spec()), edgesOf(problem.units.size()) {
    uint64_t busiest = 1;
    for (size_t n = 0; n < problem.nets.size(); ++n) {
      const NetId id(n);
      const std::vector<unsigned> hops = hopsToSinks(problem, placement, routing, id, model);
      for (size_t i = 0; i < hops.size(); ++i)
        edgesOf[problem.nets[id].source.unit].push_back({id, problem.nets[id].sinks[i], hops[i]});
      busiest = std::max(busiest, problem.nets[id].weight);
    }
    for (const Net &net : problem.nets)
      for (const Terminal &sink : net.sinks)
        rateAt[sink] = double(net.weight) / double(busiest);
    sortUnits();
  }

  std::vector<Reconvergence> run() {
    std::vector<Reconvergence> found;
    for (size_t u = 0; u < problem.units.size(); ++u)
      if (edgesOf[UnitId(u)].size() > 1)
        addPairs(UnitId(u), found);
    std::sort(found.begin(), found.end(), [](const Reconvergence &a, const Reconvergence &b) {
      return std::tuple(-a.lack(), a.fork, a.join, a.shorter) < std::tuple(-b.lack(), b.fork, b.join, b.shorter);
    });
    return found;
  }

private:
  struct Edge {
    NetId net;
    Terminal sink;
    unsigned hops;
  };
  using Arrivals = std::map<Terminal, Reach>;

  /// Units that paths pass through, in the order of the streams; those in cycles, and what only they feed, are left
  /// out.
  void sortUnits() {
    IdVector<UnitId, char> isThrough(problem.units.size(), false); // a vector of bool has no references
    for (size_t u = 0; u < problem.units.size(); ++u)
      isThrough[UnitId(u)] = isCompute(UnitId(u));
    forEachPassing([&](UnitId, UnitId to) { isThrough[to] = true; });
    IdVector<UnitId, unsigned> inputs(problem.units.size(), 0);
    forEachPassing([&](UnitId from, UnitId to) { inputs[to] += isThrough[from]; });
    for (size_t u = 0; u < problem.units.size(); ++u)
      if (inputs[UnitId(u)] == 0 && isThrough[UnitId(u)])
        order.push_back(UnitId(u));
    for (size_t i = 0; i < order.size(); ++i)
      for (const Edge &edge : edgesOf[order[i]])
        if (passes(edge) && --inputs[edge.sink.unit] == 0)
          order.push_back(edge.sink.unit);
  }
  template <typename Visit> void forEachPassing(Visit visit) const {
    for (size_t u = 0; u < problem.units.size(); ++u)
      for (const Edge &edge : edgesOf[UnitId(u)])
        if (passes(edge))
          visit(UnitId(u), edge.sink.unit);
  }

  bool isCompute(UnitId unit) const { return problem.units[unit].kind == UnitKind::Compute; }
  /// Whether each element that arrives makes one go on. In a memory unit those of port 0 are kept; what arrives at
  /// another port and is not as much as what leaves are addresses to write to.
  bool passes(const Edge &edge) const {
    const UnitId unit = edge.sink.unit;
    if (isCompute(unit))
      return true;
    return problem.units[unit].kind == UnitKind::Memory && edge.sink.port > 0 && !edgesOf[unit].empty() &&
           problem.nets[edgesOf[unit].front().net].weight == problem.nets[edge.net].weight;
  }
  /// From an input to an output of a unit.
  unsigned latencyOf(UnitId unit) const {
    return isCompute(unit) ? spec.compute.stages * spec.compute.stageLatency : spec.memory.readLatency;
  }

  /// Links and the input FIFO at their end. Each gives the room of an element back a cycle after it has left, so one
  /// entry of each does not count.
  Reach along(const Edge &edge) const {
    return {edge.hops * network.hopLatency + 1,
            edge.hops * (network.hopBufferDepth + network.hopLatency - 2) + network.inputFifoDepth - 1};
  }
  /// What an output queue holds beside the elements in the unit's pipeline.
  unsigned outputRoom(UnitId unit) const {
    switch (problem.units[unit].kind) {
    case UnitKind::Compute:
      return spec.compute.outputFifoDepth - 1;
    case UnitKind::Memory:
      return spec.memory.outputFifoDepth - 1;
    case UnitKind::DramPort:
      return spec.dramPort.outputFifoDepth - 1;
    }
    return 0;
  }

  /// Where the elements that leave the fork through `first` arrive.
  Arrivals follow(const Edge &first) const {
    Arrivals arrivals{{first.sink, along(first)}};
    IdVector<UnitId, Reach> at(problem.units.size());
    if (passes(first))
      at[first.sink.unit].include(along(first));
    for (UnitId unit : order) {
      if (at[unit].room == ~0u)
        continue;
      for (const Edge &edge : edgesOf[unit]) {
        Reach reach = along(edge);
        reach.latency += at[unit].latency + latencyOf(unit);
        reach.room += at[unit].room + latencyOf(unit) + outputRoom(unit);
        arrivals[edge.sink].include(reach);
        if (passes(edge))
          at[edge.sink.unit].include(reach);
      }
    }
    return arrivals;
  }

  /// The two slowest and the two tightest ways that arrive at a port, through different nets' ends at the fork: two, as
  /// the worst pair must not be one and the same way.
  struct Extremes {
    std::vector<std::pair<unsigned, Reach>> slowest, tightest;
    void add(unsigned edge, const Reach &reach) {
      keepTwo(slowest, edge, reach, [](const Reach &a, const Reach &b) { return a.latency > b.latency; });
      keepTwo(tightest, edge, reach, [](const Reach &a, const Reach &b) { return a.room < b.room; });
    }
    template <typename Less>
    static void keepTwo(std::vector<std::pair<unsigned, Reach>> &best, unsigned edge, const Reach &reach, Less less) {
      auto at = best.begin();
      while (at != best.end() && !less(reach, at->second))
        ++at;
      best.insert(at, {edge, reach});
      if (best.size() > 2)
        best.pop_back();
    }
  };

  void addPairs(UnitId fork, std::vector<Reconvergence> &found) const {
    const std::vector<Edge> &edges = edgesOf[fork];
    std::map<Terminal, Extremes> arrivals; // the ports of a unit are neighbours
    for (unsigned edge = 0; edge < edges.size(); ++edge)
      for (const auto &[at, reach] : follow(edges[edge]))
        arrivals[at].add(edge, reach);
    for (auto begin = arrivals.begin(); begin != arrivals.end();) {
      const auto end = arrivals.upper_bound({begin->first.unit, ~0u});
      for (auto tight = begin; tight != end; ++tight) {
        std::optional<Reconvergence> worst;
        for (auto slow = begin; slow != end; ++slow)
          if (slow != tight && rateAt.at(slow->first) == rateAt.at(tight->first))
            compare(fork, slow->first, slow->second, tight->second, worst);
        if (worst)
          found.push_back(*worst);
      }
      begin = end;
    }
  }

  void compare(UnitId fork, const Terminal &at, const Extremes &slow, const Extremes &tight,
               std::optional<Reconvergence> &worst) const {
    for (const auto &[longer, slowReach] : slow.slowest)
      for (const auto &[shorter, tightReach] : tight.tightest) {
        if (longer == shorter)
          continue;
        const Edge &slowEdge = edgesOf[fork][longer], &tightEdge = edgesOf[fork][shorter];
        Reconvergence pair{fork, at.unit, slowEdge.net, tightEdge.net, tightEdge.sink, 0, tightReach.room};
        if (pair.longer != pair.shorter)
          pair.room += outputRoom(fork); // of its own port; the branches of one net share a queue
        pair.need = unsigned(std::ceil(rateAt.at(at) * slowReach.latency));
        if (!worst || pair.lack() > worst->lack())
          worst = pair;
      }
  }

  const Problem &problem;
  const NetworkSpec &network;
  const ArchSpec &spec;
  IdVector<UnitId, std::vector<Edge>> edgesOf; ///< by the unit that they leave
  std::map<Terminal, double> rateAt;           ///< elements per cycle at most
  std::vector<UnitId> order;
};

} // namespace

std::vector<Reconvergence> reconvergences(const Problem &problem, const Placement &placement, const Routing &routing,
                                          const FabricModel &model) {
  return Balance(problem, placement, routing, model).run();
}

std::string describe(const Reconvergence &pair, const Problem &problem) {
  return fmt::format("{} to {}: {} elements on the way through '{}', room for {} on that through '{}'",
                     describe(problem.units[pair.fork]), describe(problem.units[pair.join]), pair.need,
                     problem.nets[pair.longer].name, pair.room, problem.nets[pair.shorter].name);
}

} // namespace jacquard::mapper
