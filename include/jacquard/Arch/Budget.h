// Budget.h - the part of a machine that a mapping may use
#ifndef JACQUARD_ARCH_BUDGET_H
#define JACQUARD_ARCH_BUDGET_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Arch/FabricModel.h"

#include <optional>

namespace jacquard {

/// Units that a section may use at most; nothing: all that the machine has.
struct UnitBudget {
  std::optional<unsigned> compute, memory, dram;

  std::optional<unsigned> of(UnitKind kind) const;
};

/// Reads "compute=32,memory=16,dram=4,scratchpad=4194304" (in any order, each at most once; pcu and pmu are other names
/// of compute and memory). `scratchpad` is in bytes and counts as the memory units that have as many. Every number is
/// from 1 to what `spec` has. An empty text is no limit.
Result<UnitBudget> parseBudget(std::string_view text, const ArchSpec &spec);

/// The machine as the mapper may count on it: fewer units, each as it was. Not a machine that can be built: the grid
/// does not change.
ArchSpec limitedTo(const UnitBudget &budget, const ArchSpec &spec);

} // namespace jacquard

#endif // JACQUARD_ARCH_BUDGET_H
