// Netlists.h - random netlists for the mapper's tests
#ifndef JACQUARD_TEST_UNIT_MAPPER_NETLISTS_H
#define JACQUARD_TEST_UNIT_MAPPER_NETLISTS_H

#include "jacquard/Mapper/Problem.h"
#include "jacquard/Support/Random.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace jacquard::mapper {

inline FabricModel presetModel(const std::string &name) {
  Result<ArchSpec> spec = loadArch(name);
  if (!spec) {
    ADD_FAILURE() << spec.error();
    std::abort();
  }
  return FabricModel(*spec);
}

inline unsigned numSites(const FabricModel &model, UnitKind kind) {
  return unsigned(std::count_if(model.sites().begin(), model.sites().end(), [&](auto &s) { return s.kind == kind; }));
}

/// Draws a netlist shaped like a real one: a chain of neighbourhoods, most nets short, some broadcasts.
class NetlistMaker {
public:
  NetlistMaker(const FabricModel &model, uint64_t seed) : model(model), random(seed) {}

  /// `fill`: share of the sites in use. `density`: share of the output ports that drive a net. `reach`: how far apart, in
  /// unit numbers, two ends of a net may be (before broadcasts).
  Problem make(double fill, double density, unsigned reach) {
    problem = {};
    taken.clear();
    for (UnitKind kind : {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort})
      for (unsigned i = 0, n = unsigned(fill * numSites(model, kind)); i < n; ++i) {
        order.push_back(problem.units.add({kind, std::string(unitKindName(kind)) + std::to_string(i),
                                           "Node_" + std::to_string(i * 8 / n)}));
        position.push_back(double(i) / n);
      }
    std::sort(order.begin(), order.end(), [&](UnitId a, UnitId b) {
      const double pa = position[a.index()], pb = position[b.index()];
      return pa != pb ? pa < pb : a < b;
    });
    for (size_t i = 0; i < order.size(); ++i)
      for (unsigned port = 0; port < model.numOutputs(problem.units[order[i]].kind); ++port)
        if (random.chance(density))
          addNet(i, port, reach);
    return std::move(problem);
  }

private:
  void addNet(size_t at, unsigned port, unsigned reach) {
    const UnitId source = order[at];
    const NetworkKind network = model.networkOfOutput(problem.units[source].kind, port);
    Net net{"net" + std::to_string(problem.nets.size()), network, {source, port}, {}, 1 + random.below(100000)};
    const size_t sinks = random.chance(0.02) ? 8 : random.chance(0.2) ? 3 : 1;
    const unsigned far = sinks == 8 ? 4 * reach : reach;
    for (size_t attempt = 0; attempt < 4 * sinks && net.sinks.size() < sinks; ++attempt) {
      const int64_t low = std::max<int64_t>(0, int64_t(at) - far);
      const int64_t high = std::min<int64_t>(int64_t(order.size()) - 1, int64_t(at) + far);
      const UnitId sink = order[size_t(random.between(low, high))];
      for (unsigned in = 0; in < model.numInputs(problem.units[sink].kind); ++in)
        if (model.networkOfInput(problem.units[sink].kind, in) == network && taken.insert({sink, in}).second) {
          net.sinks.push_back({sink, in});
          break;
        }
    }
    if (!net.sinks.empty())
      problem.nets.add(net);
  }

  const FabricModel &model;
  Random random;
  Problem problem;
  std::vector<UnitId> order;
  std::vector<double> position;
  std::set<Terminal> taken;
};

} // namespace jacquard::mapper

#endif // JACQUARD_TEST_UNIT_MAPPER_NETLISTS_H
