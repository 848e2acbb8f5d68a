// Demand.cpp - spreads the expected links of nets over regions and punishes full regions
#include "Demand.h"

#include <cmath>

namespace jacquard::mapper {

DemandMap::DemandMap(const FabricModel &model, const Congestion &avoid)
    : edge(std::max(2, std::max(model.width(), model.height()) / 10)), columns((model.width() + edge - 1) / edge),
      rows((model.height() + edge - 1) / edge), switches(model.numSwitches()) {
  const size_t cells = size_t(12) * columns * rows + size_t(6) * switches;
  demand.assign(cells, 0);
  savedIn.assign(cells, 0);
  capacity.assign(cells, 0.0);
  std::vector<double> overuse(cells, 0.0);
  for (NetworkKind network : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control})
    for (unsigned bundle = 0; bundle < 4 * switches; ++bundle) {
      const unsigned sw = bundle / 4;
      const Direction direction = Direction(bundle % 4);
      const int next = model.neighbour(sw, direction);
      if (next < 0)
        continue;
      const int x = int(sw) % model.width(), y = int(sw) / model.width();
      const std::vector<float> &known = avoid.overuse[unsigned(network)];
      for (unsigned cell : {cellOf(network, direction, x / edge, y / edge), endsCell(network, sw, false),
                            endsCell(network, unsigned(next), true)}) {
        capacity[cell] += model.tracks(network);
        overuse[cell] += bundle < known.size() ? known[bundle] : 0.0f;
      }
    }
  for (size_t cell = 0; cell < cells; ++cell)
    capacity[cell] = std::max(capacity[cell], 0.5) / (1.0 + std::log2(1.0 + overuse[cell]) / 6.0);
  for (double links : capacity)
    perCapacity.push_back(1.0 / (links * fraction));
  saved.reserve(256);
  for (int line = 0; line <= std::max(model.width(), model.height()); ++line) {
    regionOf.push_back(line / edge);
    shareOf.push_back(line ? fraction / line : 0.0);
  }
}

void DemandMap::spread(NetworkKind network, const Box &box, int x, int y, double factor, int sign) {
  const auto density = [&](int lines) { return sign * int64_t(factor * shareOf[size_t(lines)]); };
  const int64_t perRow = density(box.y1 - box.y0 + 1), perColumn = density(box.x1 - box.x0 + 1);
  fill(network, Direction::East, x, box.x1 - 1, box.y0, box.y1, perRow);
  fill(network, Direction::West, box.x0 + 1, x, box.y0, box.y1, perRow);
  fill(network, Direction::South, box.x0, box.x1, y, box.y1 - 1, perColumn);
  fill(network, Direction::North, box.x0, box.x1, box.y0 + 1, y, perColumn);
}

void DemandMap::fill(NetworkKind network, Direction direction, int x0, int x1, int y0, int y1, int64_t density) {
  if (x0 > x1 || y0 > y1)
    return;
  const int left = regionOf[size_t(x0)], right = regionOf[size_t(x1)];
  const int top = regionOf[size_t(y0)], bottom = regionOf[size_t(y1)];
  for (int ry = top; ry <= bottom; ++ry) {
    const int64_t perColumn = density * (std::min(y1, ry * edge + edge - 1) - std::max(y0, ry * edge) + 1);
    unsigned cell = cellOf(network, direction, left, ry);
    for (int rx = left; rx <= right; ++rx, ++cell)
      change(cell, perColumn * (std::min(x1, rx * edge + edge - 1) - std::max(x0, rx * edge) + 1));
  }
}

double DemandMap::penalty(unsigned cell, int64_t amount) const {
  constexpr double comfortable = 0.4, strength = 24.0;
  const double excess = double(amount) * perCapacity[cell] - comfortable;
  return excess > 0 ? strength * capacity[cell] * excess * excess : 0.0;
}

double DemandMap::totalPenalty() const {
  double sum = 0;
  for (unsigned cell = 0; cell < demand.size(); ++cell)
    sum += penalty(cell, demand[cell]);
  return sum;
}

void DemandMap::undo() {
  for (const Saved &s : saved) // each cell once
    demand[s.cell] = s.demand;
  begin();
}

double DemandMap::delta() const {
  double sum = 0;
  for (const Saved &s : saved)
    sum += penalty(s.cell, demand[s.cell]) - penalty(s.cell, s.demand);
  return sum;
}

} // namespace jacquard::mapper
