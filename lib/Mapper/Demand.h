// Demand.h - where a placement will need links: the placer's estimate of congestion
#ifndef JACQUARD_LIB_MAPPER_DEMAND_H
#define JACQUARD_LIB_MAPPER_DEMAND_H

#include "jacquard/Mapper/Congestion.h"

#include <algorithm>
#include <vector>

namespace jacquard::mapper {

/// The switches that a net touches, ends included.
struct Box {
  int x0, x1, y0, y1;
  int halfPerimeter() const { return (x1 - x0) + (y1 - y0); }
  void include(int x, int y) {
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
  }
  bool operator==(const Box &o) const { return x0 == o.x0 && x1 == o.x1 && y0 == o.y0 && y1 == o.y1; }
};

/// Expected link demand per square region, network and direction. A net leaves its source towards each side of its box:
/// eastwards (x1 - source) links, spread evenly over the rows of the box, and so on. After Cheng, RISA, ICCAD 1994, but
/// by direction, as links are directed. Integers, so that taking a net's demand away restores exactly what was there.
class DemandMap {
public:
  /// Directions of regions that `avoid` knows as full count as smaller.
  DemandMap(const FabricModel &model, const Congestion &avoid);

  /// Adds (sign 1) or removes (-1) a net with its source at (x, y) that needs `factor` times the links of a path along
  /// both sides of `box`.
  void spread(NetworkKind network, const Box &box, int x, int y, double factor, int sign);

  /// Adds (sign 1) or removes (-1) `count` nets that end at switch `sw`: that enter it (sinks) or leave it (sources).
  /// Where several ports share a switch, its few links are what runs out first.
  void addEnds(NetworkKind network, unsigned sw, bool sinks, unsigned count, int sign) {
    if (count > 0)
      change(endsCell(network, sw, sinks), sign * int64_t(fraction) * int64_t(count));
  }

  /// Punishes each region quadratically for what it needs of a direction beyond half of its links.
  double totalPenalty() const;

  /// Changes between begin() and undo() or the next begin() are one move; their effect on the penalty is delta().
  void begin() {
    saved.clear();
    ++move;
  }
  void undo();
  double delta() const;

private:
  static constexpr double fraction = 65536.0;
  struct Saved {
    unsigned cell;
    int64_t demand;
  };

  unsigned cellOf(NetworkKind network, Direction direction, int rx, int ry) const {
    return ((unsigned(network) * 4 + unsigned(direction)) * unsigned(rows) + unsigned(ry)) * unsigned(columns) +
           unsigned(rx);
  }
  unsigned endsCell(NetworkKind network, unsigned sw, bool sinks) const {
    return unsigned(12 * rows * columns) + (unsigned(network) * 2 + sinks) * switches + sw;
  }
  /// Adds `density` for every switch of the given columns and rows.
  void fill(NetworkKind network, Direction direction, int x0, int x1, int y0, int y1, int64_t density);
  void change(unsigned cell, int64_t amount) {
    if (savedIn[cell] != move) {
      savedIn[cell] = move;
      saved.push_back({cell, demand[cell]});
    }
    demand[cell] += amount;
  }
  double penalty(unsigned cell, int64_t amount) const;

  int edge, columns, rows;
  unsigned switches;
  std::vector<int64_t> demand;               ///< by cellOf and endsCell
  std::vector<double> capacity, perCapacity; ///< links, and 1 / links in steps of `fraction`
  std::vector<int> regionOf;                 ///< by column or row
  std::vector<double> shareOf;               ///< by number of lines that share a demand: each one's, in steps
  std::vector<uint64_t> savedIn;             ///< the last move that changed the cell
  std::vector<Saved> saved;
  uint64_t move = 1;
};

} // namespace jacquard::mapper

#endif // JACQUARD_LIB_MAPPER_DEMAND_H
