// PlaceState.cpp - the incremental cost of a placement
#include "PlaceState.h"

#include <cmath>
#include <cstdlib>

namespace jacquard::mapper {

/// How much longer than its half perimeter the best tree of a net with `pins` ends is (after Cheng, RISA, ICCAD 1994).
static double treeFactor(size_t pins) {
  if (pins <= 3)
    return 1.0;
  return pins <= 50 ? 1.0 + 0.038 * double(pins - 3) : 2.79 + 0.026 * double(pins - 50);
}

PlaceState::PlaceState(const Problem &problem, const FabricModel &model, const Congestion *avoid)
    : model(model), kindOf(problem.units.size()), siteOfUnit(problem.units.size(), 0),
      unitAt(model.sites().size(), noUnit), lockedSite(model.sites().size()), px(problem.units.size(), 0),
      py(problem.units.size(), 0), netsOfUnit(problem.units.size()), attractedTo(problem.units.size()),
      endsOf(problem.units.size()), extents(problem.nets.size()), stamp(problem.nets.size(), 0) {
  if (avoid)
    demand.emplace(model, *avoid);
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
  for (const Attraction &attraction : problem.attractions)
    addAttraction(attraction);
  constexpr double share = 0.05, bend = 16.0; // measured: half as many links on the longest way, 1 % more links
  for (int distance = 0; distance <= model.width() + model.height(); ++distance)
    reachOf.push_back(std::llround(weightUnit / reachUnit * share * distance * (1.0 + distance / bend)));
}

void PlaceState::addNet(const Net &net, uint64_t heaviest) {
  NetState state;
  state.network = net.network;
  state.units.push_back(net.source.unit.index());
  for (const Terminal &sink : net.sinks)
    if (std::find(state.units.begin(), state.units.end(), sink.unit.index()) == state.units.end())
      state.units.push_back(sink.unit.index());
  for (unsigned unit : state.units) {
    netsOfUnit[unit].push_back(unsigned(nets.size()));
    ++endsOf[unit][unsigned(net.network)][unit != state.units.front()];
  }
  state.factor = treeFactor(state.units.size());
  // The log scale keeps one net of 10^9 values from making all others worthless.
  const double busy = std::log2(1.0 + double(net.weight)) / std::log2(1.0 + double(heaviest));
  const double weight = 1.0 + 0.5 * busy;
  state.wireWeight = std::llround(weightUnit * state.factor * weight);
  state.reachWeight = std::llround(reachUnit * weight);
  nets.push_back(std::move(state));
}

void PlaceState::addAttraction(const Attraction &attraction) {
  constexpr double share = 1.0; // of what a net of weight 1 costs; measured: 0.5 leaves parts of a tensor far apart
  std::vector<int64_t> &costs = attractedTo[attraction.unit.index()];
  costs.resize(size_t(model.width() + model.height()), 0);
  const double each = weightUnit * share / double(attraction.sites.size());
  for (unsigned site : attraction.sites) {
    const Site &place = model.sites()[site];
    for (int x = 0; x < model.width(); ++x)
      costs[size_t(x)] += std::llround(each * std::abs(x - place.x));
    for (int y = 0; y < model.height(); ++y)
      costs[size_t(model.width() + y)] += std::llround(each * std::abs(y - place.y));
  }
}

void PlaceState::put(unsigned unit, unsigned site) {
  siteOfUnit[unit] = site;
  unitAt[site] = unit;
  px[unit] = model.sites()[site].x;
  py[unit] = model.sites()[site].y;
}

void PlaceState::start() {
  length = 0;
  for (unsigned u = 0; u < kindOf.size(); ++u)
    length += attraction(u, siteOfUnit[u]);
  for (unsigned n = 0; n < nets.size(); ++n) {
    extents[n] = extentOf(n);
    length += lengthOf(n, extents[n]);
    if (demand)
      spread(n, extents[n], 1);
  }
  for (unsigned u = 0; demand && u < kindOf.size(); ++u)
    spreadEnds(u, siteOfUnit[u], 1);
}

double PlaceState::tryMove(unsigned unit, unsigned target) {
  moved = {unit, unitAt[target], siteOfUnit[unit], target};
  apply(unit, moved.other, moved.from, target);
  changed.clear();
  if (demand)
    demand->begin();
  for (auto [who, from, to] : {std::array{unit, moved.from, target}, std::array{moved.other, target, moved.from}})
    if (demand && who != noUnit) {
      spreadEnds(who, from, -1);
      spreadEnds(who, to, 1);
    }
  ++generation;
  moved.lengthDelta = updateNets(unit) + attraction(unit, target) - attraction(unit, moved.from);
  if (moved.other != noUnit)
    moved.lengthDelta +=
        updateNets(moved.other) + attraction(moved.other, moved.from) - attraction(moved.other, target);
  return double(moved.lengthDelta) / weightUnit + (demand ? demand->delta() : 0.0);
}

void PlaceState::accept() { length += moved.lengthDelta; }

void PlaceState::reject() {
  for (const auto &[net, extent] : changed)
    extents[net] = extent;
  if (demand)
    demand->undo();
  apply(moved.unit, moved.other, moved.target, moved.from);
}

void PlaceState::apply(unsigned unit, unsigned other, unsigned from, unsigned to) {
  unitAt[from] = noUnit;
  put(unit, to);
  if (other != noUnit)
    put(other, from);
}

PlaceState::Extent PlaceState::extentOf(unsigned net) const {
  const std::vector<unsigned> &ends = nets[net].units;
  const int x = px[ends[0]], y = py[ends[0]];
  Extent extent{{x, x, y, y}, x, y, 0};
  for (size_t i = 1; i < ends.size(); ++i) {
    const int toX = px[ends[i]], toY = py[ends[i]];
    extent.box.include(toX, toY);
    extent.reach += reachOf[size_t(std::abs(toX - x) + std::abs(toY - y))];
  }
  return extent;
}

void PlaceState::spreadEnds(unsigned unit, unsigned site, int sign) {
  if (kindOf[unit] != UnitKind::DramPort)
    return;
  for (NetworkKind network : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control})
    for (bool sinks : {false, true})
      demand->addEnds(network, model.switchOfSite(site), sinks, endsOf[unit][unsigned(network)][sinks], sign);
}

int64_t PlaceState::updateNets(unsigned unit) {
  int64_t delta = 0;
  for (unsigned net : netsOfUnit[unit]) {
    if (stamp[net] == generation)
      continue; // the other unit's turn has seen both new positions
    stamp[net] = generation;
    const Extent fresh = extentOf(net);
    Extent &extent = extents[net];
    if (fresh == extent)
      continue;
    delta += lengthOf(net, fresh) - lengthOf(net, extent);
    if (demand && (!(fresh.box == extent.box) || fresh.sourceX != extent.sourceX || fresh.sourceY != extent.sourceY)) {
      spread(net, extent, -1);
      spread(net, fresh, 1);
    }
    changed.push_back({net, extent});
    extent = fresh;
  }
  return delta;
}

} // namespace jacquard::mapper
