// TryMapping.h - maps a copy of the whole model, and says what came of it
#ifndef JACQUARD_LIB_PIPELINE_TRYMAPPING_H
#define JACQUARD_LIB_PIPELINE_TRYMAPPING_H

#include "PatternNumbers.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Pipeline/Effort.h"

#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace jacquard {

/// A tensor that found no room on chip.
struct Lack {
  std::vector<int64_t> writers; ///< patterns of the sections that store it
  std::vector<int64_t> fullest; ///< patterns of the fullest section on its way
  int64_t boxes;                ///< with which these would have left enough
};

/// What came of a mapping of the whole model.
struct Outcome {
  ViewTry result;
  PatternNumbers spilling;            ///< whose results were to stay on chip and found no room
  PatternNumbers crowding;            ///< of sections with too many ports
  std::vector<Lack> lacks;            ///< what crowds a section first, then the costliest
  std::map<int64_t, double> cyclesOf; ///< of patterns; those of a section share its cycles
};

/// Marks the patterns of `module` with their limits.
void setLimits(mlir::ModuleOp module, const LimitsOf &limits, const ArchSpec &arch);

/// Removes what setLimits has marked them with.
void clearLimits(mlir::ModuleOp module, const LimitsOf &limits, const ArchSpec &arch);

/// Maps a copy of `module` within `limits`; nothing when it cannot be mapped so. Safe to call from several threads.
std::optional<Outcome> tryMapping(mlir::ModuleOp module, const PipelineOptions &options, const LimitsOf &limits,
                                  const ArchSpec &arch);

} // namespace jacquard

#endif // JACQUARD_LIB_PIPELINE_TRYMAPPING_H
