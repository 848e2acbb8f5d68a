// Effort.h - how long to search for a mapping of the whole model
#ifndef JACQUARD_PIPELINE_EFFORT_H
#define JACQUARD_PIPELINE_EFFORT_H

#include "jacquard/Pipeline/Stages.h"

#include <limits>
#include <map>
#include <optional>

namespace jacquard {

constexpr unsigned mostEffort = 3;

/// What a whole mapping is predicted to give.
struct ViewTry {
  MappingView view = {};
  unsigned sections = 0;
  unsigned crowded = 0; ///< sections with more DRAM ports than the machine
  double cycles = 0;
};

/// What a pattern counts on, other than the rest of the model: how much less of the chip it may take, and in what view.
struct Limits {
  unsigned homeLevel = 0;                                  ///< for its results (mostHomes)
  int64_t mostBoxes = std::numeric_limits<int64_t>::max(); ///< for what it loads of its operands
  bool allPorts = false;                                   ///< counts those of what may stay on chip
  /// None: that of the whole model, which alone decides on shares of scratchpads and the price of sections.
  std::optional<MappingView> view = {};

  bool isTight() const { return homeLevel > 0 || mostBoxes != Limits().mostBoxes || allPorts; }
};
/// By pattern; the others have none.
using LimitsOf = std::map<int64_t, Limits>;

struct SearchResult {
  PipelineOptions options;         ///< with the view of the best mapping
  std::vector<ViewTry> tries = {}; ///< one for each view that was tried
  LimitsOf limits = {};            ///< that the patterns of the best mapping are marked with
};

/// `module` has reached stage Pat. Its patterns are mapped one by one, each as if intermediates stayed on chip; what
/// finds no room there is known only when all are mapped. So copies of the module are mapped in rounds: patterns whose
/// results went to DRAM at more than one pass each, or through more ports than there are, may use fewer memory units
/// for them in the next round, at last none. And all of that with several prices of scratchpads, which say how much of
/// the machine a pattern leaves to tensors that others keep on chip, with boxes that start early or move less, and with
/// shares of the machine, as less for each pattern may be more for all; views that come to the same mapping as another
/// one are replaced by further ones. From effort 2 on these are refined: each
/// tensor that found no room takes less, or the patterns of the fullest section on its way load less at a time,
/// whatever helps; then the best ones take over stretches of patterns from the others where these are faster. Returns
/// `options` with the view, and marks the patterns, of the mapping that is predicted to be fastest. A higher
/// `options.effort` tries all that a lower one tries; 0 tries nothing. Uses the threads of the module's context; the
/// result does not depend on them.
///
/// With `options.maxSections` and where more are needed, patterns share sections that were faster apart: at the lowest
/// price of a section that is enough, or else the one that comes closest. Nothing more is tried when `outOfTime`.
SearchResult searchMappings(
    mlir::ModuleOp module, const PipelineOptions &options, llvm::function_ref<bool()> outOfTime = [] { return false; });

/// Patterns of `module`, which was searched before, have retreated (Fit.h): what the others leave each other was found
/// for what these took then. Climbs on from the search's limits, and marks the patterns with those that it ends at.
void mendMapping(
    mlir::ModuleOp module, SearchResult &search, llvm::function_ref<bool()> outOfTime = [] { return false; });

/// Says in remarks what was tried and which prices were chosen.
void explainSearch(mlir::ModuleOp module, const SearchResult &result);

} // namespace jacquard

#endif // JACQUARD_PIPELINE_EFFORT_H
