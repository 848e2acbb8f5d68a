// Problem.h - what is to be mapped: virtual units and the nets between their ports
#ifndef JACQUARD_MAPPER_PROBLEM_H
#define JACQUARD_MAPPER_PROBLEM_H

#include "jacquard/Arch/FabricModel.h"
#include "jacquard/Mapper/Ids.h"
#include "jacquard/Support/Result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jacquard::mapper {

/// A unit program that needs one site of its kind.
struct Unit {
  UnitKind kind = UnitKind::Compute;
  std::string name; ///< for messages and pictures, e.g. "conv1.mac0"
  std::string node; ///< the model's node that it computes, e.g. "Conv_1"; may be empty
  std::optional<unsigned> fixedSite = {}; ///< where it has to stand
};

/// One end of a net: an output port (source) or an input port (sink) of a unit, numbered as in FabricModel.
struct Terminal {
  UnitId unit;
  unsigned port = 0;
  friend bool operator==(const Terminal &a, const Terminal &b) { return a.unit == b.unit && a.port == b.port; }
  friend bool operator<(const Terminal &a, const Terminal &b) {
    return a.unit != b.unit ? a.unit < b.unit : a.port < b.port;
  }
};

/// A stream from one output port to one or more input ports, all of one network.
struct Net {
  std::string name;
  NetworkKind network = NetworkKind::Vector;
  Terminal source;
  std::vector<Terminal> sinks;
  uint64_t weight = 1; ///< activations: how many values it carries; the placer keeps busy nets short
};

/// A unit that problems to come will connect with what stands on `sites`: the placer keeps it near them.
struct Attraction {
  UnitId unit;
  std::vector<unsigned> sites; ///< at least one
};

struct Problem {
  IdVector<UnitId, Unit> units;
  IdVector<NetId, Net> nets;
  std::vector<Attraction> attractions = {}; ///< of units without a fixed site; any number for a unit
  std::vector<unsigned> reservedSites = {}; ///< ascending; only units that are fixed there may stand on them
};

/// Whether the problem can be posed to the placer: ports exist and are of the net's network, each port belongs to at
/// most one net, fixed sites fit their units, sites that are named exist, and the fabric has enough sites of every
/// kind. Says what is scarce and which model nodes use it.
Status check(const Problem &problem, const FabricModel &model);

/// The site of every unit.
struct Placement {
  IdVector<UnitId, unsigned> siteOf;
  friend bool operator==(const Placement &a, const Placement &b) { return a.siteOf == b.siteOf; }
};

/// At switch `sw` (in the net's network) the output `sink` selects the input `source`.
struct Hop {
  unsigned sw = 0, sink = 0, source = 0;
  friend bool operator==(const Hop &a, const Hop &b) {
    return a.sw == b.sw && a.sink == b.sink && a.source == b.source;
  }
};

/// The tree of every net, from the source outwards: a hop comes after the hop that feeds it.
struct Routing {
  IdVector<NetId, std::vector<Hop>> hops;
  friend bool operator==(const Routing &a, const Routing &b) { return a.hops == b.hops; }
};

struct Mapping {
  Placement placement;
  Routing routing;
};

/// The spelling of messages: "'conv1.mac0' (Conv_1)", without the node when there is none.
std::string describe(const Unit &unit);
/// "'net name' (node of the source unit)".
std::string describe(const Net &net, const Problem &problem);
/// The first four of `items`, joined by ", ", then " and 7 more".
std::string joinFirst(const std::vector<std::string> &items);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_PROBLEM_H
