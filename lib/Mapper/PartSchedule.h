// PartSchedule.h - does a set of nodes fit one physical compute unit, and if so, how
#ifndef JACQUARD_LIB_MAPPER_PARTSCHEDULE_H
#define JACQUARD_LIB_MAPPER_PARTSCHEDULE_H

#include "jacquard/Mapper/Partition.h"

#include <optional>

namespace jacquard::mapper {

/// Who feeds whom in a program; every list ascending and without repetition.
struct ProgramGraph {
  explicit ProgramGraph(const ComputeProgram &program);

  const ComputeProgram &program;
  std::vector<std::vector<unsigned>> producers; ///< per node: nodes that it reads
  std::vector<std::vector<unsigned>> consumers; ///< per node: nodes that read it
  std::vector<std::vector<unsigned>> inputs;    ///< per node: program inputs that it reads
  std::vector<std::vector<unsigned>> outputs;   ///< per node: program outputs that it feeds
};

/// A resource of which there is too little.
struct Shortage {
  const char *resource;
  unsigned need, have;
};

/// Answers for sets of nodes, given in ascending order. Sets that hold a draining node must hold its whole output.
class PartScheduler {
public:
  PartScheduler(const ProgramGraph &graph, const ArchSpec &spec) : graph(graph), spec(spec) {}

  bool fits(const std::vector<unsigned> &nodes) const;
  /// What keeps the set from fitting; nothing when it fits.
  std::optional<Shortage> shortage(const std::vector<unsigned> &nodes) const;
  unsigned stagesOf(const std::vector<unsigned> &nodes) const;
  /// The unit's program; the set must fit.
  Part build(const std::vector<unsigned> &nodes) const;

private:
  struct Boundary;
  Boundary boundaryOf(const std::vector<unsigned> &nodes) const;
  std::optional<Shortage> countedShortage(const std::vector<unsigned> &nodes, const Boundary &boundary) const;
  std::optional<std::vector<unsigned>> order(const std::vector<unsigned> &nodes, const Boundary &boundary,
                                             unsigned registers) const;

  const ProgramGraph &graph;
  const ArchSpec &spec;
};

} // namespace jacquard::mapper

#endif // JACQUARD_LIB_MAPPER_PARTSCHEDULE_H
