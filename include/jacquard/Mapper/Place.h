// Place.h - choose a site for every unit: greedy seed, then simulated annealing
#ifndef JACQUARD_MAPPER_PLACE_H
#define JACQUARD_MAPPER_PLACE_H

#include "jacquard/Mapper/Congestion.h"
#include "jacquard/Mapper/Problem.h"

namespace jacquard::mapper {

struct PlaceOptions {
  uint64_t seed = 1;
  double effort = 1.0;               ///< scales the number of moves tried; 0 keeps the greedy seed
  const Congestion *avoid = nullptr; ///< regions that earlier routings found full count as smaller
};

/// Cost: half-perimeter wire length, weighted by fan-out and (on a log scale) by activations, plus a penalty for regions
/// whose estimated track demand comes near their capacity. Deterministic for a problem, model and options.
/// Error: that of check().
Result<Placement> place(const Problem &problem, const FabricModel &model, const PlaceOptions &options = {});

/// Sum over nets of the half perimeter of the switches they touch, in hops; for reports and tests.
uint64_t wireLength(const Problem &problem, const Placement &placement, const FabricModel &model);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_PLACE_H
