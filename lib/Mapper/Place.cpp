// Place.cpp - greedy seed and simulated annealing with incremental cost
//
// The cost has two parts. Wire length: the half perimeter of a net's bounding box times its weight, in fixed point, so
// that undoing a move is exact. Congestion: every net spreads its expected wire over its bounding box; where a region of
// the grid needs more than half of its links, the excess is punished quadratically. Both change only for the nets of the
// moved units, so a move costs a handful of nets, not the whole problem.
#include "jacquard/Mapper/Place.h"

#include "jacquard/Support/Random.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace jacquard::mapper {

namespace {

constexpr unsigned noUnit = ~0u;

struct Box {
  int x0, x1, y0, y1;
  int halfPerimeter() const { return (x1 - x0) + (y1 - y0); }
  bool contains(int x, int y) const { return x0 <= x && x <= x1 && y0 <= y && y <= y1; }
  bool strictlyContains(int x, int y) const { return x0 < x && x < x1 && y0 < y && y < y1; }
  void include(int x, int y) {
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
  }
  bool operator==(const Box &o) const { return x0 == o.x0 && x1 == o.x1 && y0 == o.y0 && y1 == o.y1; }
};

/// How much longer than its half perimeter the best tree of a net with `pins` ends is (after Cheng, RISA, ICCAD 1994).
double treeFactor(size_t pins) {
  if (pins <= 3)
    return 1.0;
  return pins <= 50 ? 1.0 + 0.038 * double(pins - 3) : 2.79 + 0.026 * double(pins - 50);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Congestion estimate
//===-------------------------------------------------------------------------------------------------------------===//

/// Track demand per square region and network, in links with `fraction` steps each: integers, so that taking a net's
/// demand away restores exactly what was there.
class DemandMap {
public:
  DemandMap(const FabricModel &model, const Congestion *avoid)
      : edge(std::max(2, std::max(model.width(), model.height()) / 10)),
        columns((model.width() + edge - 1) / edge), rows((model.height() + edge - 1) / edge) {
    for (unsigned net = 0; net < 3; ++net) {
      demand[net].assign(size_t(columns) * rows, 0);
      savedIn[net].assign(demand[net].size(), 0);
      capacity[net] = regionCapacity(model, NetworkKind(net), avoid);
    }
    saved.reserve(64);
  }

  /// Adds (sign 1) or removes (-1) the expected wire of a net with `factor` times the half perimeter of `box`.
  void spread(NetworkKind network, const Box &box, double factor, int sign) {
    const int cells = (box.x1 - box.x0 + 1) * (box.y1 - box.y0 + 1);
    const int64_t density = sign * int64_t(box.halfPerimeter() * factor * fraction / cells);
    if (density == 0)
      return;
    for (int ry = box.y0 / edge; ry <= box.y1 / edge; ++ry) {
      const int high = std::min(box.y1, ry * edge + edge - 1) - std::max(box.y0, ry * edge) + 1;
      for (int rx = box.x0 / edge; rx <= box.x1 / edge; ++rx) {
        const int wide = std::min(box.x1, rx * edge + edge - 1) - std::max(box.x0, rx * edge) + 1;
        change(unsigned(network), unsigned(ry * columns + rx), density * high * wide);
      }
    }
  }

  double totalPenalty() const {
    double sum = 0;
    for (unsigned net = 0; net < 3; ++net)
      for (unsigned r = 0; r < demand[net].size(); ++r)
        sum += penalty(net, r);
    return sum;
  }

  /// Changes between begin() and undo() or keep() are one move; their effect on the penalty is delta().
  void begin() {
    saved.clear();
    ++move;
  }
  void undo() {
    for (size_t i = saved.size(); i-- > 0;)
      demand[saved[i].net][saved[i].region] = saved[i].demand;
    begin();
  }
  double delta() const {
    double sum = 0;
    for (const Saved &s : saved)
      sum += penalty(s.net, s.region) - penaltyOf(s.demand, capacity[s.net][s.region]);
    return sum;
  }

private:
  static constexpr double fraction = 65536.0;
  struct Saved {
    unsigned net, region;
    int64_t demand;
  };

  static double penaltyOf(int64_t demand, double capacity) {
    constexpr double comfortable = 0.5, strength = 24.0;
    const double excess = double(demand) / (capacity * fraction) - comfortable;
    return excess > 0 ? strength * capacity * excess * excess : 0.0;
  }
  double penalty(unsigned net, unsigned region) const { return penaltyOf(demand[net][region], capacity[net][region]); }

  void change(unsigned net, unsigned region, int64_t amount) {
    if (savedIn[net][region] != move) {
      savedIn[net][region] = move;
      saved.push_back({net, region, demand[net][region]});
    }
    demand[net][region] += amount;
  }

  /// Links that leave the switches of each region; fewer where earlier routings were over-subscribed.
  std::vector<double> regionCapacity(const FabricModel &model, NetworkKind network, const Congestion *avoid) const {
    std::vector<double> links(size_t(columns) * rows, 0.0), overuse(links.size(), 0.0);
    const std::vector<float> *known = avoid ? &avoid->overuse[unsigned(network)] : nullptr;
    for (int y = 0; y < model.height(); ++y)
      for (int x = 0; x < model.width(); ++x)
        for (unsigned d = 0; d < 4; ++d) {
          const unsigned sw = model.switchAt(x, y), region = unsigned((y / edge) * columns + x / edge);
          if (model.neighbour(sw, Direction(d)) >= 0)
            links[region] += model.tracks(network);
          if (known && 4 * sw + d < known->size())
            overuse[region] += (*known)[4 * sw + d];
        }
    for (size_t r = 0; r < links.size(); ++r)
      links[r] = std::max(links[r], 0.5) / (1.0 + std::log2(1.0 + overuse[r]) / 6.0);
    return links;
  }

  int edge, columns, rows;
  std::vector<int64_t> demand[3];
  std::vector<double> capacity[3];
  std::vector<Saved> saved;
  std::vector<uint64_t> savedIn[3]; ///< the last move that changed the region
  uint64_t move = 1;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Placement state
//===-------------------------------------------------------------------------------------------------------------===//

/// Who stands where, and what that costs. Units and nets are plain indices here: this is the inner loop.
class State {
public:
  State(const Problem &problem, const FabricModel &model, const Congestion *avoid)
      : model(model), demand(model, avoid), kindOf(problem.units.size()), siteOfUnit(problem.units.size(), 0),
        unitAt(model.sites().size(), noUnit), lockedSite(model.sites().size()), px(problem.units.size(), 0),
        py(problem.units.size(), 0), netsOfUnit(problem.units.size()), stamp(problem.nets.size(), 0) {
    for (unsigned site : problem.reservedSites)
      lockedSite[site] = true;
    for (unsigned u = 0; u < kindOf.size(); ++u) {
      kindOf[u] = problem.units[UnitId(u)].kind;
      if (std::optional<unsigned> site = problem.units[UnitId(u)].fixedSite) {
        lockedSite[*site] = true;
        put(u, *site);
        fixedUnits.push_back(u);
      }
    }
    uint64_t heaviest = 1;
    for (const Net &net : problem.nets)
      heaviest = std::max(heaviest, net.weight);
    for (const Net &net : problem.nets)
      addNet(net, heaviest);
    boxes.resize(pins.size());
  }

  size_t numUnits() const { return kindOf.size(); }
  size_t numNets() const { return pins.size(); }
  UnitKind kind(unsigned unit) const { return kindOf[unit]; }
  unsigned site(unsigned unit) const { return siteOfUnit[unit]; }
  /// Whether a unit that is not fixed may be put there.
  bool isFree(unsigned site) const { return unitAt[site] == noUnit && !lockedSite[site]; }
  /// Whether no move may touch the site.
  bool isLocked(unsigned site) const { return lockedSite[site]; }
  const std::vector<unsigned> &fixed() const { return fixedUnits; }
  const std::vector<unsigned> &nets(unsigned unit) const { return netsOfUnit[unit]; }
  const std::vector<unsigned> &pinsOf(unsigned net) const { return pins[net]; }
  int64_t weight(unsigned net) const { return weights[net]; }
  int x(unsigned unit) const { return px[unit]; }
  int y(unsigned unit) const { return py[unit]; }

  void put(unsigned unit, unsigned site) {
    siteOfUnit[unit] = site;
    unitAt[site] = unit;
    px[unit] = model.sites()[site].x;
    py[unit] = model.sites()[site].y;
  }

  /// Computes boxes, demand and cost once all units are put.
  void start() {
    wire = 0;
    demand.begin();
    for (unsigned n = 0; n < pins.size(); ++n) {
      boxes[n] = boxOf(n);
      wire += weights[n] * boxes[n].halfPerimeter();
      demand.spread(networks[n], boxes[n], factors[n], 1);
    }
    demand.begin();
  }

  double cost() const { return double(wire) / weightUnit + demand.totalPenalty(); }

  /// Moves `unit` to `target`, exchanging places with who is there, and returns the change of cost. Follow with accept()
  /// or reject().
  double tryMove(unsigned unit, unsigned target) {
    moved = {unit, unitAt[target], siteOfUnit[unit], target};
    apply(unit, moved.other, moved.from, target);
    changed.clear();
    demand.begin();
    ++generation;
    int64_t wireDelta = updateNets(unit, model.sites()[moved.from]);
    if (moved.other != noUnit)
      wireDelta += updateNets(moved.other, model.sites()[target]);
    moved.wireDelta = wireDelta;
    return double(wireDelta) / weightUnit + demand.delta();
  }
  void accept() {
    wire += moved.wireDelta;
    demand.begin();
  }
  void reject() {
    for (const auto &[net, box] : changed)
      boxes[net] = box;
    demand.undo();
    apply(moved.unit, moved.other, moved.target, moved.from);
  }

private:
  static constexpr double weightUnit = 256.0;
  struct Move {
    unsigned unit, other, from, target;
    int64_t wireDelta = 0;
  };

  void addNet(const Net &net, uint64_t heaviest) {
    std::vector<unsigned> ends{net.source.unit.index()};
    for (const Terminal &sink : net.sinks)
      ends.push_back(sink.unit.index());
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    for (unsigned unit : ends)
      netsOfUnit[unit].push_back(unsigned(pins.size()));
    factors.push_back(treeFactor(ends.size()));
    // The log scale keeps one net of 10^9 values from making all others worthless: weights are within 1 .. 4.
    const double busy = std::log2(1.0 + double(net.weight)) / std::log2(1.0 + double(heaviest));
    weights.push_back(std::llround(weightUnit * factors.back() * (1.0 + 3.0 * busy)));
    networks.push_back(net.network);
    pins.push_back(std::move(ends));
  }

  void apply(unsigned unit, unsigned other, unsigned from, unsigned to) {
    unitAt[from] = noUnit;
    put(unit, to);
    if (other != noUnit)
      put(other, from);
  }

  Box boxOf(unsigned net) const {
    const std::vector<unsigned> &ends = pins[net];
    Box box{px[ends[0]], px[ends[0]], py[ends[0]], py[ends[0]]};
    for (size_t i = 1; i < ends.size(); ++i)
      box.include(px[ends[i]], py[ends[i]]);
    return box;
  }

  /// Brings the nets of `unit`, which came from `from`, up to date; returns the change of weighted wire length.
  int64_t updateNets(unsigned unit, const Site &from) {
    int64_t delta = 0;
    for (unsigned net : netsOfUnit[unit]) {
      if (stamp[net] == generation)
        continue; // the other unit's turn has seen both new positions
      Box &box = boxes[net];
      // Most moves inside a wide net change nothing, and that can be seen without looking at its pins. With two moved
      // units the shortcut would have to look at both, so it is for single moves.
      if (moved.other == noUnit && box.strictlyContains(from.x, from.y) && box.contains(px[unit], py[unit]))
        continue;
      stamp[net] = generation;
      const Box fresh = boxOf(net);
      if (fresh == box)
        continue;
      delta += weights[net] * (fresh.halfPerimeter() - box.halfPerimeter());
      demand.spread(networks[net], box, factors[net], -1);
      demand.spread(networks[net], fresh, factors[net], 1);
      changed.push_back({net, box});
      box = fresh;
    }
    return delta;
  }

  const FabricModel &model;
  DemandMap demand;
  std::vector<UnitKind> kindOf;
  std::vector<unsigned> siteOfUnit, unitAt, fixedUnits;
  std::vector<bool> lockedSite;
  std::vector<int> px, py;
  std::vector<std::vector<unsigned>> netsOfUnit, pins;
  std::vector<int64_t> weights;
  std::vector<double> factors;
  std::vector<NetworkKind> networks;
  std::vector<Box> boxes;
  int64_t wire = 0;
  Move moved{};
  std::vector<std::pair<unsigned, Box>> changed;
  std::vector<unsigned> stamp;
  unsigned generation = 0;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Greedy seed
//===-------------------------------------------------------------------------------------------------------------===//

/// Puts unit after unit, always the one most tied to those that stand already, on the free site nearest to its nets.
class GreedySeed {
public:
  GreedySeed(State &state, const FabricModel &model)
      : state(state), model(model), placed(state.numUnits(), false), pull(state.numUnits(), 0),
        boxes(state.numNets()), begun(state.numNets(), false) {}

  void run() {
    for (unsigned unit : state.fixed())
      settle(unit);
    for (size_t i = state.fixed().size(); i < state.numUnits(); ++i) {
      const unsigned unit = nextUnit();
      state.put(unit, bestSite(unit));
      settle(unit);
    }
  }

private:
  void settle(unsigned unit) {
    placed[unit] = true;
    for (unsigned net : state.nets(unit))
      include(net, unit);
  }

  unsigned nextUnit() const {
    unsigned best = noUnit;
    for (unsigned u = 0; u < placed.size(); ++u)
      if (!placed[u] && (best == noUnit || pull[u] > pull[best] ||
                         (pull[u] == pull[best] && state.nets(u).size() > state.nets(best).size())))
        best = u;
    return best;
  }

  unsigned bestSite(unsigned unit) const {
    unsigned best = noUnit;
    int64_t bestCost = 0;
    for (unsigned s = 0; s < model.sites().size(); ++s) {
      if (model.sites()[s].kind != state.kind(unit) || !state.isFree(s))
        continue;
      const int64_t cost = costAt(unit, model.sites()[s]);
      if (best == noUnit || cost < bestCost) {
        best = s;
        bestCost = cost;
      }
    }
    assert(best != noUnit && "check() counted the sites");
    return best;
  }

  /// Growth of the boxes of the unit's nets; the distance from the centre decides ties, so that growth has room all around.
  int64_t costAt(unsigned unit, const Site &site) const {
    int64_t cost = std::abs(2 * site.x - model.width() + 1) + std::abs(2 * site.y - model.height() + 1);
    for (unsigned net : state.nets(unit))
      if (begun[net]) {
        Box box = boxes[net];
        box.include(site.x, site.y);
        cost += 64 * state.weight(net) * (box.halfPerimeter() - boxes[net].halfPerimeter());
      }
    return cost;
  }

  void include(unsigned net, unsigned unit) {
    if (begun[net]) {
      boxes[net].include(state.x(unit), state.y(unit));
      return;
    }
    begun[net] = true;
    boxes[net] = {state.x(unit), state.x(unit), state.y(unit), state.y(unit)};
    for (unsigned other : state.pinsOf(net))
      pull[other] += state.weight(net) / int64_t(state.pinsOf(net).size());
  }

  State &state;
  const FabricModel &model;
  std::vector<bool> placed;
  std::vector<int64_t> pull;
  std::vector<Box> boxes;
  std::vector<bool> begun;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Annealing
//===-------------------------------------------------------------------------------------------------------------===//

/// The adaptive schedule of VPR (Betz, Rose, Marquardt 1999): temperature and reach of the moves follow the rate of accepted moves.
class Annealer {
public:
  Annealer(State &state, const FabricModel &model, const PlaceOptions &options)
      : state(state), model(model), random(options.seed), reach(std::max(model.width(), model.height())) {
    movesPerRound = size_t(std::ceil(options.effort * movesScale * std::pow(double(state.numUnits()), 4.0 / 3.0)));
    sitesOfSwitch.resize(model.numSwitches());
    for (unsigned s = 0; s < model.sites().size(); ++s) {
      sitesOfSwitch[model.switchOfSite(s)].push_back(s);
      if (model.sites()[s].kind == UnitKind::DramPort)
        dramSites.push_back(s);
    }
  }

  void run() {
    if (state.numNets() == 0 || movesPerRound == 0)
      return;
    double temperature = startTemperature();
    const double widest = reach;
    constexpr unsigned maxRounds = 300;
    for (unsigned round = 0; round < maxRounds; ++round) {
      if (temperature < 0.005 * state.cost() / double(state.numNets()))
        break;
      const double rate = anneal(temperature, movesPerRound);
      temperature *= rate > 0.96 ? 0.5 : rate > 0.8 ? 0.9 : rate > 0.15 || reach > 1.0 ? 0.93 : 0.8;
      reach = std::clamp(reach * (1.0 - 0.44 + rate), 1.0, widest);
    }
    anneal(0.0, movesPerRound);
  }

private:
  static constexpr double movesScale = 2.0;

  /// About two thirds of the moves away from the greedy seed pass at the standard deviation of their cost.
  double startTemperature() {
    double squares = 0;
    const size_t samples = std::max<size_t>(state.numUnits(), 16);
    for (size_t i = 0; i < samples; ++i) {
      const unsigned unit = unsigned(random.below(state.numUnits()));
      const unsigned target = pickSite(unit);
      if (target == state.site(unit))
        continue;
      const double delta = state.tryMove(unit, target);
      state.reject();
      squares += delta * delta;
    }
    return std::sqrt(squares / double(samples));
  }

  /// `moves` tries at one temperature; the share that was accepted.
  double anneal(double temperature, size_t moves) {
    size_t accepted = 0;
    for (size_t i = 0; i < moves; ++i) {
      const unsigned unit = unsigned(random.below(state.numUnits()));
      const unsigned target = pickSite(unit);
      if (target == state.site(unit))
        continue;
      const double delta = state.tryMove(unit, target);
      const bool take = delta <= 0 || (temperature > 0 && random.uniform() < std::exp(-delta / temperature));
      take ? state.accept() : state.reject();
      accepted += take;
    }
    return double(accepted) / double(moves);
  }

  /// A random site of the unit's kind within reach; its own site when luck finds none.
  unsigned pickSite(unsigned unit) {
    const Site &from = model.sites()[state.site(unit)];
    if (state.isLocked(state.site(unit)))
      return state.site(unit);
    const int r = int(reach);
    for (int attempt = 0; attempt < 6; ++attempt) {
      unsigned candidate = state.site(unit);
      if (from.kind == UnitKind::DramPort) {
        candidate = dramSites[random.below(dramSites.size())];
      } else {
        const int x = pickWithin(from.x, r, model.width()), y = pickWithin(from.y, r, model.height());
        const auto &here = sitesOfSwitch[model.switchAt(x, y)];
        if (!here.empty())
          candidate = here[random.below(here.size())];
      }
      const Site &to = model.sites()[candidate];
      if (to.kind == from.kind && candidate != state.site(unit) && !state.isLocked(candidate) &&
          std::abs(to.y - from.y) <= std::max(r, 2))
        return candidate;
    }
    return state.site(unit);
  }
  int pickWithin(int centre, int r, int size) {
    return int(random.between(std::max(0, centre - r), std::min(size - 1, centre + r)));
  }

  State &state;
  const FabricModel &model;
  Random random;
  double reach;
  size_t movesPerRound = 0;
  std::vector<std::vector<unsigned>> sitesOfSwitch;
  std::vector<unsigned> dramSites;
};

} // namespace

Result<Placement> place(const Problem &problem, const FabricModel &model, const PlaceOptions &options) {
  if (Status status = check(problem, model); !status)
    return status.takeError();
  State state(problem, model, options.avoid);
  GreedySeed(state, model).run();
  state.start();
  Annealer(state, model, options).run();
  Placement placement;
  for (unsigned u = 0; u < problem.units.size(); ++u)
    placement.siteOf.add(state.site(u));
  return placement;
}

uint64_t wireLength(const Problem &problem, const Placement &placement, const FabricModel &model) {
  uint64_t sum = 0;
  for (const Net &net : problem.nets) {
    const Site &from = model.sites()[placement.siteOf[net.source.unit]];
    Box box{from.x, from.x, from.y, from.y};
    for (const Terminal &sink : net.sinks) {
      const Site &to = model.sites()[placement.siteOf[sink.unit]];
      box.include(to.x, to.y);
    }
    sum += uint64_t(box.halfPerimeter());
  }
  return sum;
}

} // namespace jacquard::mapper
