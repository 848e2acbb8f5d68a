// Map.h - place and route together: when routing fails, place again with what the router learned
#ifndef JACQUARD_MAPPER_MAP_H
#define JACQUARD_MAPPER_MAP_H

#include "jacquard/Mapper/Place.h"
#include "jacquard/Mapper/Route.h"

namespace jacquard::mapper {

struct MapOptions {
  PlaceOptions place;
  RouteOptions route;
  unsigned tries = 4; ///< placements tried before the routing error is final
};

/// Checks, places and routes `problem`. The first try is place(options.place), which looks at length alone; later ones
/// improve on it, shift the seed and avoid what was full. Both solutions are verified (Verify.h) before they are
/// returned.
Result<Mapping> mapOntoFabric(const Problem &problem, const FabricModel &model, const MapOptions &options = {});

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_MAP_H
