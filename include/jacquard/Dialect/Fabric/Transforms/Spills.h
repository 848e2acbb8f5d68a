// Spills.h - what fabric-retain and fabric-prefetch tell of tensors that found no room on chip
#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_SPILLS_H
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_SPILLS_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

namespace jacquard::fabric {

/// A copy of a tensor that was left in DRAM, or a weight that could come earlier. Sections are numbered as in
/// sectionsOf.
struct Spill {
  int64_t cycles = 0;  ///< that the DRAM is busy with its loads and the tensor's stores; of a weight, those to gain
  int64_t boxes = 0;   ///< memory units for operands with which the fullest section would have had room
  unsigned fullest = 0; ///< section on its way with the least room
  llvm::SmallVector<unsigned> writers = {}, readers = {}; ///< sections that store the tensor, and that load the copy
};

/// Written into an attribute of the device, the costliest first, and read from it.
void setSpills(DeviceOp device, llvm::ArrayRef<Spill> spills);
std::vector<Spill> spillsOf(DeviceOp device);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_TRANSFORMS_SPILLS_H
