// Deadlock.h - says which units wait on one another
#ifndef JACQUARD_SIM_DEADLOCK_H
#define JACQUARD_SIM_DEADLOCK_H

#include "Unit.h"

#include <memory>

namespace jacquard::sim {

/// "compute(3,1) 'name'", without a name where the section has none.
std::string describeUnit(const bitstream::Section &section, const FabricModel &model, unsigned site);

/// One line: the circle of waiting units, or the chain that ends at a unit that has finished; at most 8 units.
/// Units are in the order of `section.units`' sites.
std::string explainDeadlock(const bitstream::Section &section, const FabricModel &model,
                            const std::vector<std::unique_ptr<Unit>> &units, uint64_t now);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_DEADLOCK_H
