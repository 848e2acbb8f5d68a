// Effort.h - how long to search for a mapping of the whole model
#ifndef JACQUARD_PIPELINE_EFFORT_H
#define JACQUARD_PIPELINE_EFFORT_H

#include "jacquard/Pipeline/Stages.h"

namespace jacquard {

constexpr unsigned mostEffort = 3;

/// `module` has reached stage Pat. Maps copies of it with several prices of scratchpads, the more the greater
/// `options.effort`, and returns `options` with the price whose mapping is predicted to be fastest. Patterns are mapped one by one; the
/// price says how much of the machine each leaves to tensors that other patterns keep on chip. A higher effort tries all that a
/// lower one tries.
PipelineOptions chooseScratchpadPrice(mlir::ModuleOp module, PipelineOptions options);

} // namespace jacquard

#endif // JACQUARD_PIPELINE_EFFORT_H
