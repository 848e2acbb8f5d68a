// Climb.h - a way from one mapping of the whole model to better ones
#ifndef JACQUARD_LIB_PIPELINE_CLIMB_H
#define JACQUARD_LIB_PIPELINE_CLIMB_H

#include "TryMapping.h"

#include <set>

namespace jacquard {

/// A change of the limits of some patterns: they are tightened, or lifted.
struct Move {
  std::vector<int64_t> patterns;
  unsigned homeLevel; ///< at least
  int64_t mostBoxes;  ///< at most
  bool lifts = false; ///< the patterns have no limits any more

  bool operator<(const Move &other) const {
    return std::tie(patterns, homeLevel, mostBoxes, lifts) <
           std::tie(other.patterns, other.homeLevel, other.mostBoxes, other.lifts);
  }
  void applyTo(LimitsOf &limits) const;
};
/// Made together.
using Moves = std::vector<Move>;

/// A stretch of patterns in which another climb has the faster mappings.
struct Crossover {
  double gain; ///< cycles
  size_t donor;
  int64_t first, last; ///< patterns, both included
  double rank;         ///< the higher, the sooner it is tried
};

/// Where a climb is and what it has tried, all in one view.
struct Climb {
  MappingView view;
  LimitsOf limits = {};
  std::optional<Outcome> here = {};

  /// Makes room for what found none: for many tensors at once, then tensor by tensor, those that cost the DRAM most
  /// first. At most `most` moves that were not tried yet; what did not help is found again when all else was tried.
  std::vector<Moves> findMoves(size_t most);
  /// Lets moves be found again.
  void forget(const Moves &moves) { tried.erase(moves); }
  /// Says that the climb goes on from elsewhere.
  void arrive(LimitsOf newLimits, Outcome outcome);

private:
  std::optional<Moves> findBold();
  std::optional<Moves> find();

  std::set<Moves> tried;
  bool improved = false; ///< since all was to be tried
  bool isBold = true;    ///< makes room for many tensors at once
};

/// Crossovers with all donors that see as much of the scratchpads, the most promising first: each stretch as it is,
/// then with more and more of its neighbours, as what a pattern keeps on chip depends on who writes and reads it.
std::vector<Crossover> findCrossovers(const Climb &climb, llvm::ArrayRef<Climb> donors);

/// The climb's limits with those of the donor for a stretch of patterns.
LimitsOf crossOver(const Climb &climb, const Climb &donor, const Crossover &crossover);

} // namespace jacquard

#endif // JACQUARD_LIB_PIPELINE_CLIMB_H
