// Demand.h - what sections ask of the chip and of the DRAM
#ifndef JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_DEMAND_H
#define JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_DEMAND_H

#include "Homes.h"

#include "jacquard/Arch/ArchSpec.h"

namespace jacquard::fabric {

/// Bytes of a load that must be there before what reads them can begin; 0 where it needs no memory.
double firstBytesOf(LoadOp load, const ArchSpec &spec);
/// Vectors of a load that must be there before, at one a cycle where they come from one memory.
double firstVectorsOf(LoadOp load, const ArchSpec &spec);
/// Bytes of a load that nothing has room for before the first tiles of all loads are there.
double lateBytesOf(LoadOp load, const ArchSpec &spec);

/// Of one section. Cycles follow the cost model of the mapping: the first tiles come, then computing and DRAM overlap.
struct Demand {
  double busyCycles = 0;              ///< when the first tiles are there and DRAM takes no time
  double chipStart = 0;               ///< cycles in which the first tiles come from other memories
  double firstBytes = 0;              ///< of the first tiles that come from DRAM
  double lateBytes = 0;               ///< that no memory takes before the first tiles are there
  double mostFirst = 0;               ///< of these, through one port
  double bytesRead = 0, bytesWritten = 0;
  double bytesAhead = 0;              ///< brought for later sections, beside the rest
  int64_t portsAhead = 0;
  int64_t freeMemories = 0, freePorts = 0;
  bool canServe = true; ///< runs once, in words of the usual width

  double cycles(const DramSpec &dram) const;
};

/// Of all sections in their order. `mostUsed` is the share of memory units and ports beyond which none is free.
std::vector<Demand> demandsOf(DeviceOp device, const SectionOrder &order, const ArchSpec &spec, double mostUsed);

} // namespace jacquard::fabric

#endif // JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_DEMAND_H
