// Measure.h - figures of a mapping: what comparisons and reports state about it
#ifndef JACQUARD_MAPPER_MEASURE_H
#define JACQUARD_MAPPER_MEASURE_H

#include "jacquard/Mapper/Problem.h"

namespace jacquard::mapper {

/// All lengths are in links between switches; a stream to a unit on the same switch has length 0.
struct RouteFigures {
  uint64_t links = 0;      ///< links in use, all networks together
  double meanHops = 0;     ///< links from source to sink, mean over all sinks of all nets
  double weightedHops = 0; ///< the same, every sink counted by the activations of its net
  unsigned longestHops = 0;
};

/// The routing must be right (verifyRouting).
RouteFigures measure(const Problem &problem, const Placement &placement, const Routing &routing,
                     const FabricModel &model);

/// Links from the source of `net` to each of its sinks, in their order.
std::vector<unsigned> hopsToSinks(const Problem &problem, const Placement &placement, const Routing &routing, NetId net,
                                  const FabricModel &model);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_MEASURE_H
