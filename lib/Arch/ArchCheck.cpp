// ArchCheck.cpp - the consistency proof of a FabricModel
#include "jacquard/Arch/ArchCheck.h"

#include <fmt/format.h>
#include <set>

namespace jacquard {
namespace {

constexpr NetworkKind networks[] = {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control};

template <typename... Args> Error violation(fmt::format_string<Args...> format, Args &&...args) {
  return Error{"inconsistent fabric model: " + fmt::format(format, std::forward<Args>(args)...)};
}

Status checkSites(const FabricModel &model) {
  const ArchSpec &spec = model.spec();
  unsigned counts[3] = {}, left = 0;
  std::set<std::tuple<int, int, unsigned>> places;
  for (unsigned site = 0; site < model.sites().size(); ++site) {
    const Site &s = model.sites()[site];
    bool edge = s.x == 0 || s.x == model.width() - 1;
    UnitKind expected = edge ? UnitKind::DramPort : (s.x - 1 + s.y) % 2 == 0 ? UnitKind::Compute : UnitKind::Memory;
    if (s.x < 0 || s.x >= model.width() || s.y < 0 || s.y >= model.height() || s.kind != expected)
      return violation("{} is not where a {} unit stands", model.describeSite(site), unitKindName(s.kind));
    if (!places.insert({s.x, s.y, s.slot}).second || (!edge && s.slot != 0))
      return violation("{} shares its place", model.describeSite(site));
    ++counts[unsigned(s.kind)];
    left += s.x == 0;
  }
  unsigned expected[3] = {spec.numComputeUnits(), spec.numMemoryUnits(), spec.dramPort.count};
  for (unsigned kind = 0; kind < 3; ++kind)
    if (counts[kind] != expected[kind])
      return violation("{} {} units; expected {}", counts[kind], unitKindName(UnitKind(kind)), expected[kind]);
  if (left != (spec.dramPort.count + 1) / 2)
    return violation("{} DRAM ports on the left; expected {}", left, (spec.dramPort.count + 1) / 2);
  return {};
}

bool isPort(const SwitchPort &port, unsigned site, unsigned number) {
  return !port.isLink && port.site == site && port.port == number;
}

Status checkPorts(const FabricModel &model, unsigned site) {
  UnitKind kind = model.sites()[site].kind;
  unsigned sw = model.switchOfSite(site);
  for (unsigned port = 0; port < model.numOutputs(kind); ++port) {
    const auto &sources = model.switchModel(sw, model.networkOfOutput(kind, port)).sources;
    int index = model.sourceOfPort(site, port);
    if (index < 0 || size_t(index) >= sources.size() || !isPort(sources[index], site, port))
      return violation("output {} of {} is not among the sources of its switch", port, model.describeSite(site));
  }
  for (unsigned port = 0; port < model.numInputs(kind); ++port) {
    const auto &sinks = model.switchModel(sw, model.networkOfInput(kind, port)).sinks;
    int index = model.sinkOfPort(site, port);
    if (index < 0 || size_t(index) >= sinks.size() || !isPort(sinks[index], site, port))
      return violation("input {} of {} is not among the sinks of its switch", port, model.describeSite(site));
  }
  if (model.sourceOfPort(site, model.numOutputs(kind)) != -1 || model.sinkOfPort(site, model.numInputs(kind)) != -1)
    return violation("{} has a port beyond its last", model.describeSite(site));
  return {};
}

Status checkLinks(const FabricModel &model, unsigned sw, NetworkKind net) {
  const SwitchModel &here = model.switchModel(sw, net);
  unsigned links = 0;
  for (unsigned sink = 0; sink < here.sinks.size(); ++sink) {
    const SwitchPort &out = here.sinks[sink];
    if (!out.isLink)
      continue;
    ++links;
    int receiver = model.neighbour(sw, out.direction);
    if (receiver < 0)
      return violation("a {} link leaves switch {} over the edge", networkKindName(net), sw);
    unsigned source = model.sourceOfLink(sw, net, sink);
    const auto &sources = model.switchModel(unsigned(receiver), net).sources;
    if (source >= sources.size() || !sources[source].isLink || sources[source].track != out.track ||
        model.neighbour(unsigned(receiver), sources[source].direction) != int(sw))
      return violation("{} link {} of switch {} does not come back from switch {}", networkKindName(net), sink, sw,
                       receiver);
  }
  unsigned neighbours = 0, incoming = 0;
  for (unsigned direction = 0; direction < 4; ++direction)
    neighbours += model.neighbour(sw, Direction(direction)) >= 0;
  for (const SwitchPort &source : here.sources)
    incoming += source.isLink;
  if (links != neighbours * model.tracks(net) || incoming != links)
    return violation("switch {} has {} outgoing and {} incoming {} links; expected {}", sw, links, incoming,
                     networkKindName(net), neighbours * model.tracks(net));
  return {};
}

/// Together with checkPorts (each port is there) this proves that there is nothing else.
Status checkNumbering(const FabricModel &model, NetworkKind net) {
  unsigned base = 0;
  size_t localSinks = 0, localSources = 0, inputs = 0, outputs = 0;
  for (unsigned sw = 0; sw < model.numSwitches(); ++sw) {
    if (model.sinkBase(sw, net) != base)
      return violation("{} nodes of switch {} start at {}; expected {}", networkKindName(net), sw,
                       model.sinkBase(sw, net), base);
    const SwitchModel &here = model.switchModel(sw, net);
    base += unsigned(here.sinks.size());
    for (const SwitchPort &sink : here.sinks)
      localSinks += !sink.isLink;
    for (const SwitchPort &source : here.sources)
      localSources += !source.isLink;
  }
  for (const Site &site : model.sites()) {
    for (unsigned port = 0; port < model.numInputs(site.kind); ++port)
      inputs += model.networkOfInput(site.kind, port) == net;
    for (unsigned port = 0; port < model.numOutputs(site.kind); ++port)
      outputs += model.networkOfOutput(site.kind, port) == net;
  }
  if (base != model.numSinks(net) || localSinks != inputs || localSources != outputs)
    return violation("{} {} nodes, {} local sinks, {} local sources; expected {}, {}, {}", model.numSinks(net),
                     networkKindName(net), localSinks, localSources, base, inputs, outputs);
  return {};
}

} // namespace

Status checkFabric(const FabricModel &model) {
  if (Status status = checkSites(model); !status)
    return status;
  for (unsigned site = 0; site < model.sites().size(); ++site)
    if (Status status = checkPorts(model, site); !status)
      return status;
  for (NetworkKind net : networks) {
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      if (Status status = checkLinks(model, sw, net); !status)
        return status;
    if (Status status = checkNumbering(model, net); !status)
      return status;
  }
  return {};
}

} // namespace jacquard
