// PlaceState.h - who stands where while the placer works, and what that costs
//
// The cost has four parts. Wire: the half perimeter of a net's box times what its best tree is longer, times its
// weight. Reach: how far each sink is from its source, long ways more than in proportion. Attraction: how far units are
// from what later problems connect them with. Congestion: Demand.h. All change only for the moved units and their nets,
// so a move costs a handful of nets, not the whole problem. All but congestion are integers, so undoing a move is exact
// and nothing drifts.
#ifndef JACQUARD_LIB_MAPPER_PLACESTATE_H
#define JACQUARD_LIB_MAPPER_PLACESTATE_H

#include "Demand.h"
#include "jacquard/Mapper/Problem.h"

#include <array>
#include <optional>

namespace jacquard::mapper {

/// Units and nets are plain indices here: this is the inner loop.
class PlaceState {
public:
  static constexpr unsigned noUnit = ~0u;

  /// Without `avoid` congestion does not count.
  PlaceState(const Problem &problem, const FabricModel &model, const Congestion *avoid);

  size_t numUnits() const { return kindOf.size(); }
  size_t numNets() const { return nets.size(); }
  UnitKind kind(unsigned unit) const { return kindOf[unit]; }
  unsigned site(unsigned unit) const { return siteOfUnit[unit]; }
  /// Whether a unit that is not fixed may be put there.
  bool isFree(unsigned site) const { return unitAt[site] == noUnit && !lockedSite[site]; }
  /// Whether no move may touch the site.
  bool isLocked(unsigned site) const { return lockedSite[site]; }
  /// Units that the problem has put.
  const std::vector<unsigned> &fixed() const { return fixedUnits; }
  const std::vector<unsigned> &netsOf(unsigned unit) const { return netsOfUnit[unit]; }
  /// The units of a net, its source first, each once.
  const std::vector<unsigned> &unitsOf(unsigned net) const { return nets[net].units; }
  int64_t weight(unsigned net) const { return nets[net].wireWeight; }
  int x(unsigned unit) const { return px[unit]; }
  int y(unsigned unit) const { return py[unit]; }
  /// What it costs that `unit` is away from the sites that attract it, if it stands at `site`; as `weight` counts.
  int64_t attraction(unsigned unit, unsigned site) const {
    if (attractedTo[unit].empty())
      return 0;
    const Site &place = model.sites()[site];
    return attractedTo[unit][size_t(place.x)] + attractedTo[unit][size_t(model.width() + place.y)];
  }

  void put(unsigned unit, unsigned site);

  /// Computes boxes, demand and cost once all units are put.
  void start();

  double cost() const { return double(length) / weightUnit + (demand ? demand->totalPenalty() : 0.0); }

  /// Moves `unit` to `target`, exchanging places with who is there, and returns the change of cost. Follow with
  /// accept() or reject().
  double tryMove(unsigned unit, unsigned target);
  void accept();
  void reject();

private:
  static constexpr double weightUnit = 65536.0, reachUnit = 256.0;
  struct NetState {
    NetworkKind network;
    double factor;       ///< links of its tree / half perimeter
    int64_t wireWeight;  ///< cost of a hop of half perimeter
    int64_t reachWeight; ///< in steps of 1 / reachUnit
    std::vector<unsigned> units;
  };
  /// What a net's cost was computed from.
  struct Extent {
    Box box;
    int sourceX, sourceY;
    int64_t reach; ///< sum over the sinks, by reachOf
    bool operator==(const Extent &o) const {
      return box == o.box && sourceX == o.sourceX && sourceY == o.sourceY && reach == o.reach;
    }
  };
  struct Move {
    unsigned unit, other, from, target;
    int64_t lengthDelta = 0;
  };

  void addNet(const Net &net, uint64_t heaviest);
  void addAttraction(const Attraction &attraction);
  void apply(unsigned unit, unsigned other, unsigned from, unsigned to);
  Extent extentOf(unsigned net) const;
  int64_t lengthOf(unsigned net, const Extent &extent) const {
    return nets[net].wireWeight * extent.box.halfPerimeter() + nets[net].reachWeight * extent.reach;
  }
  void spread(unsigned net, const Extent &extent, int sign) {
    demand->spread(nets[net].network, extent.box, extent.sourceX, extent.sourceY, nets[net].factor, sign);
  }
  /// The nets of a DRAM port come to its switch; units of other kinds have a switch each, with links enough.
  void spreadEnds(unsigned unit, unsigned site, int sign);
  /// Brings the nets of `unit` up to date; returns the change of their length.
  int64_t updateNets(unsigned unit);

  const FabricModel &model;
  std::optional<DemandMap> demand; ///< none: only length counts
  std::vector<UnitKind> kindOf;
  std::vector<unsigned> siteOfUnit, unitAt, fixedUnits;
  std::vector<bool> lockedSite;
  std::vector<int> px, py;
  std::vector<NetState> nets;
  std::vector<std::vector<unsigned>> netsOfUnit;
  std::vector<std::vector<int64_t>> attractedTo; ///< by unit: cost of each column, then of each row; empty: 0
  std::vector<std::array<std::array<unsigned, 2>, 3>> endsOf; ///< by unit, network, source or sink: nets
  std::vector<int64_t> reachOf;                               ///< cost of a sink by its distance from the source
  std::vector<Extent> extents;
  int64_t length = 0;
  Move moved{};
  std::vector<std::pair<unsigned, Extent>> changed;
  std::vector<unsigned> stamp; ///< by net: the move that brought it up to date
  unsigned generation = 0;
};

} // namespace jacquard::mapper

#endif // JACQUARD_LIB_MAPPER_PLACESTATE_H
