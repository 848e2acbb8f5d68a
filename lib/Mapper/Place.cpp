// Place.cpp - greedy seed and simulated annealing with incremental cost
#include "jacquard/Mapper/Place.h"

#include "PlaceState.h"
#include "jacquard/Support/Random.h"

#include <cmath>
#include <cstdlib>

namespace jacquard::mapper {

namespace {

//===-------------------------------------------------------------------------------------------------------------===//
// Greedy seed
//===-------------------------------------------------------------------------------------------------------------===//

/// Puts unit after unit, always the one most tied to those that stand already, on the free site nearest to its nets.
class GreedySeed {
public:
  GreedySeed(PlaceState &state, const FabricModel &model)
      : state(state), model(model), placed(state.numUnits(), false), pull(state.numUnits(), 0), boxes(state.numNets()),
        begun(state.numNets(), false), anchor(findAnchor(model)) {}

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
    for (unsigned net : state.netsOf(unit))
      include(net, unit);
  }

  unsigned nextUnit() const {
    unsigned best = PlaceState::noUnit;
    for (unsigned u = 0; u < placed.size(); ++u)
      if (!placed[u] && (best == PlaceState::noUnit || pull[u] > pull[best] ||
                         (pull[u] == pull[best] && state.netsOf(u).size() > state.netsOf(best).size())))
        best = u;
    return best;
  }

  unsigned bestSite(unsigned unit) const {
    unsigned best = PlaceState::noUnit;
    int64_t bestCost = 0;
    for (unsigned s = 0; s < model.sites().size(); ++s) {
      if (model.sites()[s].kind != state.kind(unit) || !state.isFree(s))
        continue;
      const int64_t cost = costAt(unit, s);
      if (best == PlaceState::noUnit || cost < bestCost) {
        best = s;
        bestCost = cost;
      }
    }
    assert(best != PlaceState::noUnit && "check() counted the sites");
    return best;
  }

  /// A DRAM port in the middle of an edge.
  static Site findAnchor(const FabricModel &model) {
    const Site *best = nullptr;
    const auto rank = [&](const Site &site) { return std::pair(std::abs(2 * site.y - model.height() + 1), site.x); };
    for (const Site &site : model.sites())
      if (site.kind == UnitKind::DramPort && (!best || rank(site) < rank(*best)))
        best = &site;
    return best ? *best : model.sites().front();
  }

  /// Growth of the boxes of the unit's nets. The distance from a DRAM port decides ties: sections grow from there, so the
  /// way to the DRAM, and to what is kept on chip, does not grow with the grid.
  int64_t costAt(unsigned unit, unsigned number) const {
    const Site &site = model.sites()[number];
    int64_t cost = std::abs(site.x - anchor.x) + std::abs(site.y - anchor.y);
    cost += 64 * state.attraction(unit, number);
    for (unsigned net : state.netsOf(unit))
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
    for (unsigned other : state.unitsOf(net))
      pull[other] += state.weight(net) / int64_t(state.unitsOf(net).size());
  }

  PlaceState &state;
  const FabricModel &model;
  std::vector<bool> placed;
  std::vector<int64_t> pull;
  std::vector<Box> boxes;
  std::vector<bool> begun;
  const Site anchor;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Annealing
//===-------------------------------------------------------------------------------------------------------------===//

/// The adaptive schedule of VPR (Betz, Rose, Marquardt 1999): temperature and reach of the moves follow the rate of
/// accepted moves. Most moves are directed (after Elgammal, Murray, Betz, IEEE TCAD 2022): to a unit of a common net.
/// It starts colder than VPR, as the seed is good, and spends the time on more moves.
class Annealer {
public:
  Annealer(PlaceState &state, const FabricModel &model, const PlaceOptions &options)
      : state(state), model(model), random(options.seed), reach(std::max(model.width(), model.height())),
        refines(options.start) {
    // VPR's N^(4/3), but about N for what exceeds one small chip: a thousand units must not take half a minute.
    const double units = double(state.numUnits()), many = std::max(1.0, units / 200.0);
    movesPerRound = size_t(std::ceil(options.effort * movesScale * std::pow(units, 4.0 / 3.0) / std::pow(many, 0.3)));
    if (options.start)
      movesPerRound /= 2;
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
    const double widest = reach;
    double temperature = deviation() * (refines ? 0.2 : 0.3);
    if (refines)
      reach = std::min(reach, 4.0);
    constexpr unsigned maxRounds = 300;
    for (unsigned round = 0; round < maxRounds; ++round) {
      if (temperature < 0.005 * state.cost() / double(state.numNets()))
        break;
      const double rate = anneal(temperature, movesPerRound);
      temperature *= rate > 0.96 ? 0.5 : rate > 0.8 ? 0.9 : rate > 0.15 || reach > 1.0 ? 0.9 : 0.8;
      reach = std::clamp(reach * (1.0 - 0.44 + rate), 1.0, widest);
    }
    anneal(0.0, movesPerRound);
  }

private:
  static constexpr double movesScale = 8.0;
  static constexpr double directed = 0.6; ///< share of the moves to a unit of a common net
  static constexpr int partnerReach = 2;

  /// The standard deviation of the cost of moves away from the present placement.
  double deviation() {
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

  /// A site of the unit's kind: near a unit that shares a net with it, or anywhere within reach; its own site when luck
  /// finds none.
  unsigned pickSite(unsigned unit) {
    if (state.isLocked(state.site(unit)))
      return state.site(unit);
    if (random.chance(directed) && !state.netsOf(unit).empty()) {
      const auto &nets = state.netsOf(unit);
      const auto &ends = state.unitsOf(nets[random.below(nets.size())]);
      const unsigned partner = ends[random.below(ends.size())];
      if (partner != unit)
        return pickNear(unit, state.x(partner), state.y(partner), partnerReach);
    }
    return pickNear(unit, state.x(unit), state.y(unit), int(reach));
  }

  unsigned pickNear(unsigned unit, int x, int y, int r) {
    const UnitKind kind = state.kind(unit);
    for (int attempt = 0; attempt < 6; ++attempt) {
      unsigned candidate = state.site(unit);
      if (kind == UnitKind::DramPort) {
        candidate = dramSites[random.below(dramSites.size())];
      } else {
        const auto &here =
            sitesOfSwitch[model.switchAt(pickWithin(x, r, model.width()), pickWithin(y, r, model.height()))];
        if (!here.empty())
          candidate = here[random.below(here.size())];
      }
      const Site &to = model.sites()[candidate];
      if (to.kind == kind && candidate != state.site(unit) && !state.isLocked(candidate) &&
          std::abs(to.y - y) <= std::max(r, 2))
        return candidate;
    }
    return state.site(unit);
  }
  int pickWithin(int centre, int r, int size) {
    return int(random.between(std::max(0, centre - r), std::min(size - 1, centre + r)));
  }

  PlaceState &state;
  const FabricModel &model;
  Random random;
  double reach;
  bool refines;
  size_t movesPerRound = 0;
  std::vector<std::vector<unsigned>> sitesOfSwitch;
  std::vector<unsigned> dramSites;
};

} // namespace

Result<Placement> place(const Problem &problem, const FabricModel &model, const PlaceOptions &options) {
  if (Status status = check(problem, model); !status)
    return status.takeError();
  PlaceState state(problem, model, options.avoid);
  if (options.start)
    for (unsigned u = 0; u < problem.units.size(); ++u)
      state.put(u, options.start->siteOf[UnitId(u)]);
  else
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
