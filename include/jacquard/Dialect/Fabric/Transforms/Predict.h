// Predict.h - how long a device takes, before it is placed
#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

namespace jacquard::fabric {

/// DRAM bytes of all firings of a port's access: a vector's neighbours share bursts, others take one each.
double bytesMoved(AccessAttr access, const ArchSpec &spec);

/// Cycles that a port takes alone: its bursts, and for each stretch of neighbouring bursts the time that the change to
/// another row takes.
double dramCycles(AccessAttr access, const ArchSpec &spec);
/// Cycles that the DRAM is busy with all ports of a section; in the shade of each other they change rows for nothing.
double dramCycles(SectionOp section, const ArchSpec &spec);

/// Cycles of a section with virtual units that `fabric-predict` has not seen: what its mapping predicts and the way
/// through the longest cascade of slices or, if that is more, what its DRAM ports really take.
double predictedCycles(SectionOp section, const ArchSpec &spec);
/// How often it runs: the most trips of all loops around it.
double tripsOf(SectionOp section);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_TRANSFORMS_PREDICT_H
