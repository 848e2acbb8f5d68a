// Estimates.h - energy of a run and area of a chip, from the figures per unit of the architecture file
//
// The model follows Prabhakar et al., Plasticine, ISCA 2017 (area) and Zhang et al., Scalable Interconnects for
// Reconfigurable Spatial Architectures, ISCA 2019 (energy): a unit takes energy in the cycles in which it works, a switch
// per element that passes and, where it carries any stream, idle power.
#ifndef JACQUARD_RUNTIME_ESTIMATES_H
#define JACQUARD_RUNTIME_ESTIMATES_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Simulator.h"

namespace jacquard::runtime {

/// Joules.
struct EnergyEstimate {
  double compute = 0;   ///< busy cycles of compute units
  double memory = 0;    ///< busy and conflict cycles of memory units
  double dramPorts = 0; ///< busy cycles of DRAM ports
  double network = 0;   ///< hops of elements
  double dram = 0;      ///< bytes and activations
  double idle = 0;      ///< switches with streams, over the time of their sections
  double watts = 0;     ///< the sum over the time of the run; 0 without cycles
  double total() const { return compute + memory + dramPorts + network + dram + idle; }
};

EnergyEstimate estimateEnergy(const bitstream::Program &program, const sim::Statistics &statistics);

/// Square millimetres.
struct AreaEstimate {
  double compute = 0, memory = 0, dramPorts = 0, switches = 0;
  double total() const { return compute + memory + dramPorts + switches; }
};

AreaEstimate estimateArea(const ArchSpec &arch);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_ESTIMATES_H
