// GroupNests.h - which patterns share a section
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H

#include "EmitSection.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"

namespace jacquard {

/// Maps the patterns (in order of the program) and cuts them into sections: a pattern joins the section before it when
/// saving the change of configuration and the way of intermediates through DRAM outweighs running on one unit.
/// `effortOf` says how much of the machine each may take. `bufferOf` names the buffer of a tensor: a
/// pattern that overwrites what another one reads does not share its section. `mayStay` holds the tensors that may stay
/// on chip from section to section; those that their producer's mapping sends to DRAM after all are taken out.
std::vector<std::vector<PlannedNest>> groupNests(llvm::ArrayRef<mlir::Operation *> patterns, const ArchSpec &arch,
                                                 llvm::function_ref<MappingEffort(mlir::Operation *)> effortOf,
                                                 llvm::function_ref<mlir::Value(mlir::Value)> bufferOf,
                                                 llvm::DenseSet<mlir::Value> &mayStay, double scratchpadPrice);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_GROUPNESTS_H
