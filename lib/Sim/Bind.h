// Bind.h - host tensors into and out of the DRAM layout of a program
#ifndef JACQUARD_SIM_BIND_H
#define JACQUARD_SIM_BIND_H

#include "DramModel.h"

#include <map>

namespace jacquard::sim {

/// Checks that segments, inputs and outputs lie inside the program's memory.
Status checkLayout(const bitstream::Program &program);
/// Copies segments and inputs. A missing or unknown input, a wrong shape or type is an error.
Status bindInputs(const bitstream::Program &program, const std::map<std::string, Tensor> &inputs, DramImage &image);
/// Outputs at the extents that the run has given them; an extent beyond the capacity is an error.
Result<std::map<std::string, Tensor>> readOutputs(const bitstream::Program &program, DramImage &image);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_BIND_H
