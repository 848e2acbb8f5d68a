// Route.cpp - PathFinder negotiation over link bundles, then tracks
//
// Why bundles: every output of a switch may select every input, so the tracks between two neighbouring switches are
// interchangeable. Negotiating over "how many nets leave switch s eastwards, of T tracks" is therefore exact, T times
// smaller than negotiating over single links, and free of ties between equal tracks. The tracks are dealt out at the
// end. Why each net visits a switch once: a tree that is grown from all its switches at cost 0 never re-enters one.
#include "jacquard/Mapper/Route.h"

#include "jacquard/Mapper/Balance.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <queue>

namespace jacquard::mapper {

namespace {

constexpr unsigned numDirections = 4;
/// A bundle is 4 * switch + direction: all tracks of one network from a switch to its neighbour.
using Bundle = unsigned;
constexpr Bundle noBundle = ~0u;
constexpr double closed = 1e9;     ///< cost of a link that must not be taken
constexpr double depthShare = 0.1; ///< price of a link on the way from the source to where a sink joins the tree
constexpr double wayPrice = 0.1;   ///< price of a link of a way from source to sink, against 1 of a link in use

//===-------------------------------------------------------------------------------------------------------------===//
// One network
//===-------------------------------------------------------------------------------------------------------------===//

/// Negotiates the nets of one network. A net's tree is the list of bundles it uses, each after the one that feeds it.
class NetworkRouter {
public:
  NetworkRouter(const Problem &problem, const Placement &placement, const FabricModel &model, NetworkKind network)
      : problem(problem), placement(placement), model(model), network(network), tracks(model.tracks(network)),
        occupancy(model.numSwitches() * numDirections, 0), history(occupancy.size(), 0.0f),
        overuse(occupancy.size(), 0.0f), enteredBy(model.numSwitches(), noBundle), distance(model.numSwitches(), 0.0),
        mark(model.numSwitches(), 0), inTree(model.numSwitches(), 0), wanted(model.numSwitches(), 0),
        depth(model.numSwitches(), 0) {
    neighbours.resize(occupancy.size());
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      for (unsigned d = 0; d < numDirections; ++d)
        neighbours[4 * sw + d] = model.neighbour(sw, Direction(d));
    for (size_t i = 0; i < problem.nets.size(); ++i)
      if (problem.nets[NetId(i)].network == network)
        nets.push_back(NetId(i));
    // Nets with many sinks first: they have the fewest ways around.
    std::sort(nets.begin(), nets.end(), [&](NetId a, NetId b) {
      const size_t sinksA = problem.nets[a].sinks.size(), sinksB = problem.nets[b].sinks.size();
      return sinksA != sinksB ? sinksA > sinksB : a < b;
    });
    trees.resize(problem.nets.size());
    prices.resize(problem.nets.size());
  }

  /// True when no bundle is over-subscribed at the end. Gives up early when many rounds brought nothing.
  bool negotiate(unsigned maxIterations) {
    constexpr unsigned patience = 30;
    unsigned best = ~0u, bestIteration = 0;
    for (unsigned iteration = 0; iteration < std::max(maxIterations, 1u); ++iteration) {
      for (NetId net : nets)
        if (iteration == 0 || isCongested(net)) {
          ripUp(net);
          grow(net, depthShare);
          prices[net] = price(net);
        }
      const unsigned excess = recordOveruse();
      if (excess == 0) {
        polish();
        return true;
      }
      if (excess < best) {
        best = excess;
        bestIteration = iteration;
      }
      if (iteration - bestIteration >= patience)
        return false;
      presentFactor = std::min(presentFactor * 1.5, 1000.0);
    }
    return false;
  }

  const std::vector<float> &congestion() const { return overuse; }

  /// The worst bundle in the words of a user; only after negotiate() failed.
  std::string explain() const {
    const Bundle worst = Bundle(std::max_element(occupancy.begin(), occupancy.end()) - occupancy.begin());
    const size_t full = std::count_if(occupancy.begin(), occupancy.end(), [&](unsigned n) { return n > tracks; });
    std::vector<std::string> users;
    for (NetId net : nets)
      if (std::count(trees[net].begin(), trees[net].end(), worst))
        users.push_back(describe(problem.nets[net], problem));
    const unsigned from = worst / numDirections, to = unsigned(neighbours[worst]);
    std::string text = fmt::format("{} links from switch ({},{}) to ({},{}): {} needed, {} available; nets: {}",
                                   networkKindName(network), x(from), y(from), x(to), y(to), occupancy[worst], tracks,
                                   joinFirst(users));
    if (full > 1)
      text += fmt::format("; over-subscribed link bundles in all: {}", full);
    return text;
  }

  /// Deals out the tracks and writes the hops of every net; only after negotiate() succeeded.
  void commit(Routing &routing) const {
    std::vector<unsigned> nextTrack(occupancy.size(), 0);
    std::vector<unsigned> sourceAt(model.numSwitches(), 0);
    for (NetId id : nets) {
      const Net &net = problem.nets[id];
      const unsigned site = placement.siteOf[net.source.unit];
      std::vector<Hop> &hops = routing.hops[id];
      sourceAt[model.switchOfSite(site)] = unsigned(model.sourceOfPort(site, net.source.port));
      for (Bundle bundle : trees[id]) {
        const unsigned sw = bundle / numDirections;
        const unsigned sink = linkSink(sw, Direction(bundle % numDirections), nextTrack[bundle]++);
        hops.push_back({sw, sink, sourceAt[sw]});
        sourceAt[unsigned(neighbours[bundle])] = model.sourceOfLink(sw, network, sink);
      }
      for (const Terminal &end : net.sinks) {
        const unsigned sinkSite = placement.siteOf[end.unit], sw = model.switchOfSite(sinkSite);
        hops.push_back({sw, unsigned(model.sinkOfPort(sinkSite, end.port)), sourceAt[sw]});
      }
    }
  }

private:
  int x(unsigned sw) const { return int(sw) % model.width(); }
  int y(unsigned sw) const { return int(sw) / model.width(); }
  double hopsBetween(unsigned a, unsigned b) const { return std::abs(x(a) - x(b)) + std::abs(y(a) - y(b)); }

  unsigned linkSink(unsigned sw, Direction direction, unsigned track) const {
    const auto &sinks = model.switchModel(sw, network).sinks;
    for (unsigned i = 0; i < sinks.size(); ++i)
      if (sinks[i].isLink && sinks[i].direction == direction && sinks[i].track == track)
        return i;
    assert(false && "a bundle with room has a link for every track");
    return 0;
  }

  bool isCongested(NetId net) const {
    return std::any_of(trees[net].begin(), trees[net].end(), [&](Bundle b) { return occupancy[b] > tracks; });
  }

  void ripUp(NetId net) {
    for (Bundle bundle : trees[net])
      --occupancy[bundle];
    trees[net].clear();
  }

  /// Every hop costs 1 plus its history, times what the present nets make of it; never less than 1, so that the
  /// distance in hops is a lower bound of the cost that remains.
  double cost(Bundle bundle) const {
    const int excess = int(occupancy[bundle]) + 1 - int(tracks);
    return (1.0 + history[bundle]) * (excess > 0 ? 1.0 + presentFactor * excess : 1.0);
  }

  /// What a link of `bundle` costs the net that is being routed.
  double linkCost(Bundle bundle) const { return strict ? strictCost(bundle) : cost(bundle); }

  /// When all nets are routed, links that are not full cost 1, full ones are closed.
  double strictCost(Bundle bundle) const { return occupancy[bundle] < tracks ? 1.0 : closed; }

  /// Routes `net` sink by sink, always the one that is cheapest to reach; what the tree has is free but for the way
  /// from the source (after Alpert et al., Prim-Dijkstra tradeoffs, IEEE TCAD 1995). False if closed links were in the
  /// way.
  bool grow(NetId id, double depthPrice) {
    const Net &net = problem.nets[id];
    std::vector<Bundle> &tree = trees[id];
    const unsigned root = model.switchOfSite(placement.siteOf[net.source.unit]);
    ++treeGeneration;
    treeSwitches.assign(1, root);
    inTree[root] = treeGeneration;
    depth[root] = 0;
    targets.clear();
    for (const Terminal &end : net.sinks) {
      const unsigned sw = model.switchOfSite(placement.siteOf[end.unit]);
      if (wanted[sw] != treeGeneration && sw != root)
        targets.push_back(sw);
      wanted[sw] = treeGeneration;
    }
    wanted[root] = 0;
    bool open = true;
    while (open && !targets.empty())
      open = extend(tree, depthPrice);
    for (Bundle bundle : tree)
      ++occupancy[bundle];
    return open;
  }

  struct Front {
    double estimate, cost;
    unsigned sw;
    bool operator>(const Front &other) const {
      if (estimate != other.estimate)
        return estimate > other.estimate;
      return cost != other.cost ? cost < other.cost : sw > other.sw; // on a tie the one nearer to the target
    }
  };

  /// A lower bound of what is left to the nearest target; with many targets not worth its time.
  double leastWay(unsigned sw) const {
    constexpr size_t few = 6;
    if (targets.size() > few)
      return 0.0;
    double least = hopsBetween(sw, targets[0]);
    for (size_t i = 1; i < targets.size(); ++i)
      least = std::min(least, hopsBetween(sw, targets[i]));
    return least;
  }

  /// A* from all switches of the tree to the cheapest target; appends the path to the tree. The grid is connected, so
  /// it ends there, unless links are closed.
  bool extend(std::vector<Bundle> &tree, double depthPrice) {
    std::priority_queue<Front, std::vector<Front>, std::greater<Front>> queue;
    ++generation;
    for (unsigned sw : treeSwitches) {
      mark[sw] = generation;
      distance[sw] = depthPrice * depth[sw];
      enteredBy[sw] = noBundle;
      queue.push({distance[sw] + leastWay(sw), distance[sw], sw});
    }
    while (!queue.empty() && wanted[queue.top().sw] != treeGeneration) {
      const Front front = queue.top();
      queue.pop();
      if (front.cost > distance[front.sw])
        continue;
      for (unsigned d = 0; d < numDirections; ++d) {
        const Bundle bundle = front.sw * numDirections + d;
        const int next = neighbours[bundle];
        if (next < 0 || inTree[next] == treeGeneration) // a tree enters a switch once
          continue;
        const double total = front.cost + linkCost(bundle);
        if (total >= closed || (mark[next] == generation && distance[next] <= total))
          continue;
        mark[next] = generation;
        distance[next] = total;
        enteredBy[next] = bundle;
        queue.push({total + leastWay(unsigned(next)), total, unsigned(next)});
      }
    }
    if (queue.empty())
      return false;
    append(tree, queue.top().sw);
    return true;
  }

  /// Adds the path that extend() found to `target` to the tree.
  void append(std::vector<Bundle> &tree, unsigned target) {
    const size_t begin = tree.size();
    for (unsigned sw = target; enteredBy[sw] != noBundle; sw = enteredBy[sw] / numDirections)
      tree.push_back(enteredBy[sw]);
    std::reverse(tree.begin() + begin, tree.end());
    for (size_t i = begin; i < tree.size(); ++i) {
      const unsigned sw = unsigned(neighbours[tree[i]]);
      depth[sw] = depth[tree[i] / numDirections] + 1;
      treeSwitches.push_back(sw);
      inTree[sw] = treeGeneration;
    }
    wanted[target] = 0;
    targets.erase(std::find(targets.begin(), targets.end(), target));
  }

  /// The price of a tree: its links, and a share of the ways from the source to the sinks. Only for the net grown last,
  /// whose depths are still there.
  double price(NetId net) const {
    double ways = 0;
    for (const Terminal &end : problem.nets[net].sinks)
      ways += depth[model.switchOfSite(placement.siteOf[end.unit])];
    return double(trees[net].size()) + wayPrice * ways;
  }

  /// Routes nets again one by one on the links that the others leave, as long as that makes trees cheaper. No net ever
  /// gets worse.
  void polish() {
    strict = true;
    constexpr unsigned rounds = 3;
    for (unsigned round = 0; round < rounds; ++round) {
      bool better = false;
      for (NetId net : nets)
        better |= improve(net);
      if (!better)
        break;
    }
    strict = false;
  }

  bool improve(NetId net) {
    std::vector<Bundle> best = trees[net];
    double bestPrice = prices[net];
    bool better = false;
    for (double depthPrice : {0.0, 0.1, 0.3}) {
      ripUp(net);
      if (grow(net, depthPrice) && (price(net) < bestPrice - 1e-9)) {
        better = true;
        best = trees[net];
        bestPrice = price(net);
      }
    }
    ripUp(net);
    trees[net] = std::move(best);
    prices[net] = bestPrice;
    for (Bundle bundle : trees[net])
      ++occupancy[bundle];
    return better;
  }

  /// Adds this round's over-subscription to the history and returns its sum.
  unsigned recordOveruse() {
    unsigned excess = 0;
    for (Bundle b = 0; b < occupancy.size(); ++b)
      if (occupancy[b] > tracks) {
        excess += occupancy[b] - tracks;
        history[b] += float(occupancy[b] - tracks);
        overuse[b] += float(occupancy[b] - tracks);
      }
    return excess;
  }

  const Problem &problem;
  const Placement &placement;
  const FabricModel &model;
  const NetworkKind network;
  const unsigned tracks;
  double presentFactor = 0.5;
  std::vector<NetId> nets;
  IdVector<NetId, std::vector<Bundle>> trees;
  IdVector<NetId, double> prices;
  std::vector<int> neighbours;
  std::vector<unsigned> occupancy;
  std::vector<float> history, overuse;
  bool strict = false; ///< see strictCost
  // Scratch of one search; `mark`, `inTree` and `wanted` say for which search or net an entry holds.
  std::vector<Bundle> enteredBy;
  std::vector<double> distance;
  std::vector<unsigned> mark, inTree, wanted, depth, treeSwitches, targets;
  unsigned generation = 0, treeGeneration = 0;
};

} // namespace

Result<Routing> route(const Problem &problem, const Placement &placement, const FabricModel &model,
                      const RouteOptions &options, Congestion *found) {
  Routing routing;
  routing.hops.resize(problem.nets.size());
  std::string firstFailure;
  for (NetworkKind network : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control}) {
    NetworkRouter router(problem, placement, model, network);
    const bool routed = router.negotiate(options.maxIterations);
    if (found)
      found->overuse[unsigned(network)] = router.congestion();
    if (routed)
      router.commit(routing);
    else if (firstFailure.empty())
      firstFailure = router.explain();
  }
  if (!firstFailure.empty())
    return Error{firstFailure};
  if (options.retime)
    retime(problem, placement, model, routing);
  return routing;
}

} // namespace jacquard::mapper
