// FabricModel.cpp - builds the sites, switches and links of an ArchSpec
#include "jacquard/Arch/FabricModel.h"

#include <cassert>
#include <fmt/format.h>

namespace jacquard {
namespace {

constexpr Direction directions[] = {Direction::North, Direction::East, Direction::South, Direction::West};

Direction opposite(Direction direction) { return Direction((unsigned(direction) + 2) % 4); }

unsigned inputsOf(const PortCounts &ports, NetworkKind net) {
  return net == NetworkKind::Vector ? ports.vectorIn : net == NetworkKind::Scalar ? ports.scalarIn : ports.controlIn;
}

unsigned outputsOf(const PortCounts &ports, NetworkKind net) {
  return net == NetworkKind::Vector ? ports.vectorOut : net == NetworkKind::Scalar ? ports.scalarOut : ports.controlOut;
}

/// Number of the first port of a network: vector ports come first, then scalar, then control.
template <typename CountOf> unsigned firstPort(const PortCounts &ports, NetworkKind net, CountOf countOf) {
  unsigned first = 0;
  for (unsigned n = 0; n < unsigned(net); ++n)
    first += countOf(ports, NetworkKind(n));
  return first;
}

template <typename CountOf> NetworkKind networkOf(const PortCounts &ports, unsigned port, CountOf countOf) {
  unsigned vector = countOf(ports, NetworkKind::Vector), scalar = countOf(ports, NetworkKind::Scalar);
  return port < vector ? NetworkKind::Vector : port < vector + scalar ? NetworkKind::Scalar : NetworkKind::Control;
}

/// DRAM ports per row of one side: port i of n stands in the row of the middle of the i-th of n equal parts.
std::vector<unsigned> portsPerRow(unsigned count, unsigned rows) {
  std::vector<unsigned> perRow(rows);
  for (unsigned i = 0; i < count; ++i)
    ++perRow[uint64_t(2 * i + 1) * rows / (2 * count)];
  return perRow;
}

} // namespace

const char *unitKindName(UnitKind kind) {
  static constexpr const char *names[] = {"compute", "memory", "dram"};
  return names[unsigned(kind)];
}

const char *networkKindName(NetworkKind kind) {
  static constexpr const char *names[] = {"vector", "scalar", "control"};
  return names[unsigned(kind)];
}

FabricModel::FabricModel(ArchSpec spec) : arch(std::move(spec)) {
  // Sites in raster order of their switches. An odd DRAM port goes to the left.
  std::vector<unsigned> left = portsPerRow((arch.dramPort.count + 1) / 2, arch.rows);
  std::vector<unsigned> right = portsPerRow(arch.dramPort.count / 2, arch.rows);
  sitesOfSwitch.resize(numSwitches());
  for (int y = 0; y < height(); ++y)
    for (int x = 0; x < width(); ++x) {
      bool edge = x == 0 || x == width() - 1;
      unsigned count = !edge ? 1 : x == 0 ? left[y] : right[y];
      UnitKind kind = edge ? UnitKind::DramPort : (x - 1 + y) % 2 == 0 ? UnitKind::Compute : UnitKind::Memory;
      for (unsigned slot = 0; slot < count; ++slot) {
        sitesOfSwitch[switchAt(x, y)].push_back(unsigned(allSites.size()));
        allSites.push_back({kind, x, y, slot});
      }
    }

  for (NetworkKind net : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control}) {
    std::vector<SwitchModel> &models = switches[unsigned(net)];
    models.resize(numSwitches());
    bases[unsigned(net)].push_back(0);
    for (unsigned sw = 0; sw < numSwitches(); ++sw) {
      SwitchModel &model = models[sw];
      for (Direction direction : directions)
        if (neighbour(sw, direction) >= 0)
          for (unsigned track = 0; track < tracks(net); ++track)
            model.sources.push_back({true, direction, track, 0, 0});
      model.sinks = model.sources;
      for (unsigned site : sitesOfSwitch[sw]) {
        const PortCounts &counts = ports(allSites[site].kind);
        for (unsigned i = 0; i < outputsOf(counts, net); ++i)
          model.sources.push_back({false, Direction::North, 0, site, firstPort(counts, net, outputsOf) + i});
        for (unsigned i = 0; i < inputsOf(counts, net); ++i)
          model.sinks.push_back({false, Direction::North, 0, site, firstPort(counts, net, inputsOf) + i});
      }
      bases[unsigned(net)].push_back(bases[unsigned(net)].back() + unsigned(model.sinks.size()));
    }
  }
}

unsigned FabricModel::tracks(NetworkKind net) const {
  return net == NetworkKind::Vector   ? arch.network.vectorTracks
         : net == NetworkKind::Scalar ? arch.network.scalarTracks
                                      : arch.network.controlTracks;
}

int FabricModel::neighbour(unsigned sw, Direction direction) const {
  static constexpr int dx[] = {0, 1, 0, -1}, dy[] = {-1, 0, 1, 0};
  int x = int(sw) % width() + dx[unsigned(direction)], y = int(sw) / width() + dy[unsigned(direction)];
  return x < 0 || x >= width() || y < 0 || y >= height() ? -1 : int(switchAt(x, y));
}

// Local ports follow the links, site by site, so their index is found by counting rather than by search.
int FabricModel::sourceOfPort(unsigned site, unsigned outPort) const {
  UnitKind kind = allSites[site].kind;
  if (outPort >= numOutputs(kind))
    return -1;
  NetworkKind net = networkOfOutput(kind, outPort);
  unsigned sw = switchOfSite(site), perSite = outputsOf(ports(kind), net);
  size_t local = sitesOfSwitch[sw].size() * perSite; // the sites of one switch are of one kind
  size_t first = switchModel(sw, net).sources.size() - local;
  return int(first + allSites[site].slot * perSite + outPort - firstPort(ports(kind), net, outputsOf));
}

int FabricModel::sinkOfPort(unsigned site, unsigned inPort) const {
  UnitKind kind = allSites[site].kind;
  if (inPort >= numInputs(kind))
    return -1;
  NetworkKind net = networkOfInput(kind, inPort);
  unsigned sw = switchOfSite(site), perSite = inputsOf(ports(kind), net);
  size_t local = sitesOfSwitch[sw].size() * perSite;
  size_t first = switchModel(sw, net).sinks.size() - local;
  return int(first + allSites[site].slot * perSite + inPort - firstPort(ports(kind), net, inputsOf));
}

unsigned FabricModel::sourceOfLink(unsigned sw, NetworkKind net, unsigned sink) const {
  const SwitchPort &link = switchModel(sw, net).sinks[sink];
  assert(link.isLink && "only links lead to another switch");
  unsigned receiver = unsigned(neighbour(sw, link.direction));
  Direction side = opposite(link.direction);
  unsigned before = 0; // directions of the receiver that are numbered before `side`
  for (Direction direction : directions)
    before += direction < side && neighbour(receiver, direction) >= 0;
  return before * tracks(net) + link.track;
}

const PortCounts &FabricModel::ports(UnitKind kind) const {
  return kind == UnitKind::Compute  ? arch.compute.ports
         : kind == UnitKind::Memory ? arch.memory.ports
                                    : arch.dramPort.ports;
}

NetworkKind FabricModel::networkOfInput(UnitKind kind, unsigned port) const {
  return networkOf(ports(kind), port, inputsOf);
}

NetworkKind FabricModel::networkOfOutput(UnitKind kind, unsigned port) const {
  return networkOf(ports(kind), port, outputsOf);
}

unsigned FabricModel::numInputs(UnitKind kind) const {
  const PortCounts &counts = ports(kind);
  return counts.vectorIn + counts.scalarIn + counts.controlIn;
}

unsigned FabricModel::numOutputs(UnitKind kind) const {
  const PortCounts &counts = ports(kind);
  return counts.vectorOut + counts.scalarOut + counts.controlOut;
}

std::string FabricModel::describeSite(unsigned site) const {
  const Site &s = allSites[site];
  std::string text = fmt::format("{}({},{})", unitKindName(s.kind), s.x, s.y);
  return s.kind == UnitKind::DramPort ? fmt::format("{}.{}", text, s.slot) : text;
}

} // namespace jacquard
