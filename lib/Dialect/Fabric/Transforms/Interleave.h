// Interleave.h - part a constant so that what comes early alternates with what comes from the DRAM
#ifndef JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_INTERLEAVE_H
#define JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_INTERLEAVE_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

namespace jacquard::fabric {

/// A part of a constant: how its elements lie in DRAM, and how they are read. The accesses of both parts fire alike;
/// one of them brings the vector, the other one nothing.
struct ConstantPart {
  AccessAttr order, access;
};

struct Interleaving {
  ConstantPart streamed, early;
};

/// Steps of a loop of a packed constant's only load, in which two parts can take turns: of the loops that a port and
/// its FIFOs fetch ahead the one of the most steps, so that both parts come at an even rate. 1: there is none.
int64_t turnsOf(LoadOp load, BufferOp constant, const ArchSpec &spec);

/// The last `early` steps of that loop are one part, the others are the other one.
Interleaving interleave(LoadOp load, BufferOp constant, int64_t early, const ArchSpec &spec);

} // namespace jacquard::fabric

#endif // JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_INTERLEAVE_H
