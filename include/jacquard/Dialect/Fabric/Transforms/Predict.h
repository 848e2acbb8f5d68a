// Predict.h - how long a device takes, before it is placed
#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

namespace jacquard::fabric {

/// DRAM bytes of all firings of a port's access: a vector's neighbours share bursts, others take one each.
double bytesMoved(AccessAttr access, const ArchSpec &spec);
/// Cycles that the DRAM is busy with these: bursts at peak bandwidth, and for each stretch of neighbouring bursts the
/// time that the change to another row takes from the rest.
double dramCycles(AccessAttr access, const ArchSpec &spec);
/// The same of all ports of a section.
double dramCycles(SectionOp section, const ArchSpec &spec);

/// Cycles of all sections of a device with virtual units, one after another; those of loops for each trip. Of a section:
/// what its mapping predicts or, if that is more, what its DRAM ports really take.
double predictedCycles(DeviceOp device, const ArchSpec &spec);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H
