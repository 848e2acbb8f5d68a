// Map.cpp - the place-and-route loop
#include "jacquard/Mapper/Map.h"

#include "jacquard/Mapper/Verify.h"
#include "jacquard/Support/Diagnostics.h"

#include <algorithm>
#include <fmt/format.h>

namespace jacquard::mapper {

namespace {

/// A wrong solution is a defect of the mapper, but the user's file must not suffer: it becomes an error like any other.
Status accept(const char *what, const std::vector<std::string> &violations) {
  if (violations.empty())
    return {};
  return numbered(
      Diag::MapperCheck,
      fmt::format("the mapper's own {} failed its check: {}; please report this with the model and the seed", what,
                  joinFirst(violations)));
}

} // namespace

Result<Mapping> mapOntoFabric(const Problem &problem, const FabricModel &model, const MapOptions &options) {
  Congestion learned;
  std::string failure;
  Placement last;
  const unsigned tries = std::max(options.tries, 1u);
  for (unsigned attempt = 0; attempt < tries; ++attempt) {
    PlaceOptions placeOptions = options.place;
    placeOptions.seed += attempt;
    if (attempt > 0) {
      placeOptions.avoid = &learned;
      placeOptions.start = &last;
    }
    Result<Placement> placement = place(problem, model, placeOptions);
    if (!placement)
      return placement.takeError();
    if (Status status = accept("placement", verifyPlacement(problem, *placement, model)); !status)
      return status.takeError();

    Congestion found;
    Result<Routing> routing = route(problem, *placement, model, options.route, &found);
    if (!routing) {
      failure = routing.error();
      learned.add(found);
      last = std::move(*placement);
      continue;
    }
    if (Status status = accept("routing", verifyRouting(problem, *placement, *routing, model)); !status)
      return status.takeError();
    return Mapping{std::move(*placement), std::move(*routing)};
  }
  return Error{fmt::format("{}; tried {} placements", failure, tries)};
}

} // namespace jacquard::mapper
