// Measure.cpp - walks routed trees and counts links
#include "jacquard/Mapper/Measure.h"

#include <algorithm>
#include <map>

namespace jacquard::mapper {

std::vector<unsigned> hopsToSinks(const Problem &problem, const Placement &placement, const Routing &routing, NetId id,
                                  const FabricModel &model) {
  const Net &net = problem.nets[id];
  // By switch and the input through which the net comes; hops come after the hop that feeds them.
  using Point = std::pair<unsigned, unsigned>;
  const unsigned site = placement.siteOf[net.source.unit];
  std::map<Point, unsigned> distanceOf{
      {{model.switchOfSite(site), unsigned(model.sourceOfPort(site, net.source.port))}, 0}};
  std::map<Point, unsigned> hopsTo; // by site and port
  for (const Hop &hop : routing.hops[id]) {
    const SwitchPort &out = model.switchModel(hop.sw, net.network).sinks[hop.sink];
    const auto at = distanceOf.find({hop.sw, hop.source});
    assert(at != distanceOf.end() && "the routing must be right");
    if (out.isLink)
      distanceOf[{unsigned(model.neighbour(hop.sw, out.direction)),
                  model.sourceOfLink(hop.sw, net.network, hop.sink)}] = at->second + 1;
    else
      hopsTo[{out.site, out.port}] = at->second;
  }
  std::vector<unsigned> hops;
  for (const Terminal &sink : net.sinks)
    hops.push_back(hopsTo.at({placement.siteOf[sink.unit], sink.port}));
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
