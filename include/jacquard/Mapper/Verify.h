// Verify.h - independent checkers of mapping results
//
// They recompute everything from the problem, the model and the claimed result and share nothing with the solvers. Each
// returns all violations, one sentence each; an empty list means that the result is right. They assume that check(problem)
// holds; beyond that no size, id or index is trusted.
#ifndef JACQUARD_MAPPER_VERIFY_H
#define JACQUARD_MAPPER_VERIFY_H

#include "jacquard/Mapper/Problem.h"

#include <array>

namespace jacquard::mapper {

/// Every unit stands on exactly one site of its kind, and no site carries two.
std::vector<std::string> verifyPlacement(const Problem &problem, const Placement &placement, const FabricModel &model);

/// Every net is a tree from its source port to exactly its sink ports, every hop selects an existing input that the net
/// drives, and no switch output is used twice. Needs a legal placement.
std::vector<std::string> verifyRouting(const Problem &problem, const Placement &placement, const Routing &routing,
                                       const FabricModel &model);

/// The select of every switch output: by NetworkKind, switch, sink; 0 = unused, s + 1 = source s.
using Selects = std::array<std::vector<std::vector<uint32_t>>, 3>;

/// What a routing configures. The routing must be right (verifyRouting).
Selects selectsOf(const Problem &problem, const Routing &routing, const FabricModel &model);

/// A port of a site, as the configured fabric shows it.
struct SitePort {
  unsigned site = 0, port = 0;
  friend bool operator==(const SitePort &a, const SitePort &b) { return a.site == b.site && a.port == b.port; }
  friend bool operator<(const SitePort &a, const SitePort &b) {
    return a.site != b.site ? a.site < b.site : a.port < b.port;
  }
};

struct LiftedNet {
  NetworkKind network = NetworkKind::Vector;
  SitePort source;
  std::vector<SitePort> sinks; ///< ascending
};

struct Lifted {
  std::vector<LiftedNet> nets;         ///< ascending by network, then source
  std::vector<std::string> violations; ///< selects that belong to no complete net
};

/// Reads the nets back out of selects alone.
Lifted lift(const Selects &selects, const FabricModel &model);

/// The configured fabric connects exactly what the problem asks for: lift, then compare.
std::vector<std::string> verifySelects(const Problem &problem, const Placement &placement, const Selects &selects,
                                       const FabricModel &model);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_VERIFY_H
