// FabricModel.h - the grid that an ArchSpec describes: sites, switches and the links between them
//
// The one numbering of sites, switch inputs ("sources") and switch outputs ("sinks") that placer, router, bitstream
// and simulator share. Immutable after construction.
//
// Geometry: switches stand on a (columns + 2) x rows grid. Columns 1..columns hold one compute or memory unit each
// (checkerboard: compute where (x - 1 + y) is even), columns 0 and columns + 1 hold the DRAM ports, spread evenly over
// the rows; several ports may share an edge switch. Every unit hangs on the switch of its own cell. Neighbouring switches
// are joined by `tracks` directed links per direction and network.
#ifndef JACQUARD_ARCH_FABRICMODEL_H
#define JACQUARD_ARCH_FABRICMODEL_H

#include "jacquard/Arch/ArchSpec.h"

#include <string>
#include <vector>

namespace jacquard {

enum class UnitKind : uint8_t { Compute = 0, Memory = 1, DramPort = 2 };
enum class NetworkKind : uint8_t { Vector = 0, Scalar = 1, Control = 2 };
enum class Direction : uint8_t { North = 0, East = 1, South = 2, West = 3 }; // north is y - 1

const char *unitKindName(UnitKind kind);       ///< "compute", "memory", "dram"
const char *networkKindName(NetworkKind kind); ///< "vector", "scalar", "control"

struct Site {
  UnitKind kind;
  int x, y;
  unsigned slot; ///< position among the sites of the same switch
};

/// A place where a value enters (source) or leaves (sink) a switch: a link, or a port of a local unit.
struct SwitchPort {
  bool isLink;
  Direction direction; ///< links: the neighbour it comes from (source) or goes to (sink)
  unsigned track;
  unsigned site; ///< local ports: index of the site
  unsigned port; ///< local ports: port number of the unit (vector, scalar, control in one numbering)
};

/// Sources and sinks of one switch in one network. The bitstream stores per sink 0 (unused) or 1 + source index.
struct SwitchModel {
  std::vector<SwitchPort> sources, sinks;
};

class FabricModel {
public:
  explicit FabricModel(ArchSpec spec);

  const ArchSpec &spec() const { return arch; }
  int width() const { return int(arch.columns) + 2; } ///< switches per row, DRAM columns included
  int height() const { return int(arch.rows); }
  unsigned numSwitches() const { return unsigned(width() * height()); }
  unsigned switchAt(int x, int y) const { return unsigned(y * width() + x); }

  const std::vector<Site> &sites() const { return allSites; }
  unsigned switchOfSite(unsigned site) const { return switchAt(allSites[site].x, allSites[site].y); }
  const SwitchModel &switchModel(unsigned sw, NetworkKind net) const { return switches[unsigned(net)][sw]; }
  unsigned tracks(NetworkKind net) const;

  /// Route nodes are the sinks of all switches of a network, densely numbered: node = sinkBase(sw) + sink index.
  unsigned sinkBase(unsigned sw, NetworkKind net) const { return bases[unsigned(net)][sw]; }
  unsigned numSinks(NetworkKind net) const { return bases[unsigned(net)].back(); }
  /// The neighbour switch in `direction`, or -1 at the edge.
  int neighbour(unsigned sw, Direction direction) const;
  /// Index of a local port among the sources (sinks) of its switch, -1 when there is none.
  int sourceOfPort(unsigned site, unsigned outPort) const;
  int sinkOfPort(unsigned site, unsigned inPort) const;
  /// Source index, at the receiving switch, of the link that leaves `sw` through sink `sink` (which must be a link).
  unsigned sourceOfLink(unsigned sw, NetworkKind net, unsigned sink) const;

  const PortCounts &ports(UnitKind kind) const;
  NetworkKind networkOfInput(UnitKind kind, unsigned port) const;
  NetworkKind networkOfOutput(UnitKind kind, unsigned port) const;
  unsigned numInputs(UnitKind kind) const;
  unsigned numOutputs(UnitKind kind) const;

  /// One spelling for every log, error and document: "compute(3,1)", "dram(0,4).2".
  std::string describeSite(unsigned site) const;

private:
  ArchSpec arch;
  std::vector<Site> allSites;
  std::vector<std::vector<unsigned>> sitesOfSwitch;
  std::vector<SwitchModel> switches[3];
  std::vector<unsigned> bases[3];
};

} // namespace jacquard

#endif // JACQUARD_ARCH_FABRICMODEL_H
