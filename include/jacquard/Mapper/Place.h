// Place.h - choose a site for every unit: greedy seed, then simulated annealing
#ifndef JACQUARD_MAPPER_PLACE_H
#define JACQUARD_MAPPER_PLACE_H

#include "jacquard/Mapper/Congestion.h"
#include "jacquard/Mapper/Problem.h"

namespace jacquard::mapper {

struct PlaceOptions {
  uint64_t seed = 1;
  double effort = 1.0; ///< scales the number of moves tried; 0 keeps the greedy seed
  const Congestion *avoid =
      nullptr; ///< if given, full regions cost, and those that earlier routings found full cost more
  const Placement *start = nullptr; ///< if given, a legal placement to improve on instead of the greedy seed
};

/// Cost: half-perimeter wire length, weighted by fan-out and (on a log scale) by activations; the ways from sources to
/// sinks, long ones more than in proportion; with `avoid` a penalty for regions whose expected link demand comes near
/// what they have. Deterministic for a problem, model and options. Error: that of check().
Result<Placement> place(const Problem &problem, const FabricModel &model, const PlaceOptions &options = {});

/// Sum over nets of the half perimeter of the switches they touch, in hops; for reports and tests.
uint64_t wireLength(const Problem &problem, const Placement &placement, const FabricModel &model);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_PLACE_H
