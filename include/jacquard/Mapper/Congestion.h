// Congestion.h - where the router found too little room: what it hands back to the placer
#ifndef JACQUARD_MAPPER_CONGESTION_H
#define JACQUARD_MAPPER_CONGESTION_H

#include "jacquard/Arch/FabricModel.h"

#include <vector>

namespace jacquard::mapper {

/// Per network and link bundle (4 * switch + direction), how often it was over-subscribed, in links; empty: nothing known.
struct Congestion {
  std::vector<float> overuse[3];

  void add(const Congestion &other) {
    for (unsigned net = 0; net < 3; ++net) {
      if (overuse[net].size() < other.overuse[net].size())
        overuse[net].resize(other.overuse[net].size(), 0.0f);
      for (size_t i = 0; i < other.overuse[net].size(); ++i)
        overuse[net][i] += other.overuse[net][i];
    }
  }
};

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_CONGESTION_H
