// Measure.cpp - walks routed trees and counts links
#include "jacquard/Mapper/Measure.h"

#include <algorithm>

namespace jacquard::mapper {

std::vector<unsigned> hopsToSinks(const Problem &problem, const Placement &placement, const Routing &routing, NetId id,
                                  const FabricModel &model) {
  const Net &net = problem.nets[id];
  // A net enters a switch once, so a switch has one distance; hops come after the hop that feeds them.
  std::vector<std::pair<unsigned, unsigned>> reached{{model.switchOfSite(placement.siteOf[net.source.unit]), 0u}};
  const auto distanceOf = [&](unsigned sw) {
    const auto at = std::find_if(reached.begin(), reached.end(), [&](auto &entry) { return entry.first == sw; });
    assert(at != reached.end() && "the routing must be right");
    return at->second;
  };
  for (const Hop &hop : routing.hops[id]) {
    const SwitchPort &out = model.switchModel(hop.sw, net.network).sinks[hop.sink];
    if (out.isLink)
      reached.push_back({unsigned(model.neighbour(hop.sw, out.direction)), distanceOf(hop.sw) + 1});
  }
  std::vector<unsigned> hops;
  for (const Terminal &sink : net.sinks)
    hops.push_back(distanceOf(model.switchOfSite(placement.siteOf[sink.unit])));
  return hops;
}

RouteFigures measure(const Problem &problem, const Placement &placement, const Routing &routing,
                     const FabricModel &model) {
  RouteFigures figures;
  double hopSum = 0, weightedSum = 0, sinks = 0, weights = 0;
  for (size_t i = 0; i < problem.nets.size(); ++i) {
    const NetId id(i);
    const Net &net = problem.nets[id];
    for (const Hop &hop : routing.hops[id])
      figures.links += model.switchModel(hop.sw, net.network).sinks[hop.sink].isLink;
    for (unsigned hops : hopsToSinks(problem, placement, routing, id, model)) {
      hopSum += hops;
      weightedSum += double(net.weight) * hops;
      sinks += 1;
      weights += double(net.weight);
      figures.longestHops = std::max(figures.longestHops, hops);
    }
  }
  figures.meanHops = sinks > 0 ? hopSum / sinks : 0;
  figures.weightedHops = weights > 0 ? weightedSum / weights : 0;
  return figures;
}

} // namespace jacquard::mapper
