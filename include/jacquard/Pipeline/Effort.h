// Effort.h - how long to search for a mapping of the whole model
#ifndef JACQUARD_PIPELINE_EFFORT_H
#define JACQUARD_PIPELINE_EFFORT_H

#include "jacquard/Pipeline/Stages.h"

namespace jacquard {

constexpr unsigned mostEffort = 3;

/// `module` has reached stage Pat. Its patterns are mapped one by one, each as if intermediates stayed on chip; what
/// finds no room there is known only when all are mapped. So copies of the module are mapped in rounds: patterns whose
/// results went to DRAM at more than one pass each are mapped for DRAM in the next round. And all of that with several
/// prices of scratchpads, which say how much of the machine a pattern leaves to tensors that others keep on chip.
/// Returns `options` with the price, and marks the patterns, of the mapping that is predicted to be fastest. A higher
/// `options.effort` tries all that a lower one tries; 0 tries nothing.
PipelineOptions searchMappings(mlir::ModuleOp module, PipelineOptions options);

} // namespace jacquard

#endif // JACQUARD_PIPELINE_EFFORT_H
