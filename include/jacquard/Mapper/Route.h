// Route.h - find a tree of switch connections for every net by negotiated congestion
#ifndef JACQUARD_MAPPER_ROUTE_H
#define JACQUARD_MAPPER_ROUTE_H

#include "jacquard/Mapper/Congestion.h"
#include "jacquard/Mapper/Problem.h"

namespace jacquard::mapper {

struct RouteOptions {
  unsigned maxIterations = 100; ///< rounds of rip-up and re-route before giving up
  bool retime = true;           ///< bend short paths where streams that meet again lack room (Balance.h)
};

/// Routes every net, each network on its own tracks, no link used twice (PathFinder). The placement must be legal
/// (verifyPlacement). Error: the worst link bundle with links needed and available, and the nets that want it.
/// `found`, if given, receives the over-subscription that the negotiation met.
Result<Routing> route(const Problem &problem, const Placement &placement, const FabricModel &model,
                      const RouteOptions &options = {}, Congestion *found = nullptr);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_ROUTE_H
