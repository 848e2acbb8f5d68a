// Effort.h - how much of the machine a pattern may count on, and how it retreats when its section does not fit
#ifndef JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H
#define JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H

#include "jacquard/Arch/ArchSpec.h"

#include "llvm/ADT/StringRef.h"

namespace jacquard {

/// On a pattern: its number in the module, by which sections name it.
constexpr llvm::StringLiteral patternNumberAttr = "jacquard.pattern";
/// On a section: the numbers of its patterns.
constexpr llvm::StringLiteral sectionPatternsAttr = "jacquard.patterns";
/// On a pattern: how many steps it has retreated; none: 0.
constexpr llvm::StringLiteral retreatAttr = "jacquard.retreat";

/// On a pattern: the most memory units that may hold each of its results from section to section; 0: they go through
/// DRAM; none: mostHomes(arch, 0).
constexpr llvm::StringLiteral mostHomesAttr = "jacquard.most_homes";

/// On a pattern: the most memory units that it may load boxes of its operands into, where another tensor needs the
/// others; none: no limit of its own.
constexpr llvm::StringLiteral mostBoxesAttr = "jacquard.most_boxes";

/// On a pattern: its own scratchpad-price, start-early, spare-readers, join-units and unit-share (see
/// convert-pat-to-pipe); none: those of the pass.
constexpr llvm::StringLiteral scratchpadPriceAttr = "jacquard.scratchpad_price";
constexpr llvm::StringLiteral startEarlyAttr = "jacquard.start_early";
constexpr llvm::StringLiteral spareReadersAttr = "jacquard.spare_readers";
constexpr llvm::StringLiteral joinUnitsAttr = "jacquard.join_units";
constexpr llvm::StringLiteral unitShareAttr = "jacquard.unit_share";

/// On a pattern: what may stay on chip counts as DRAM ports too, as with some of it left in DRAM its section had more
/// than the machine.
constexpr llvm::StringLiteral countAllPortsAttr = "jacquard.count_all_ports";

/// Each of the ports that read a tensor at the same time has a copy of what it reads, so a tensor takes the more memory
/// units the more readers it has. What finds no room moves a level up: fewer units, at the last level none.
constexpr unsigned numHomeLevels = 5;
inline int64_t mostHomes(const ArchSpec &arch, unsigned level) {
  constexpr double shares[numHomeLevels] = {0.55, 0.25, 0.12, 0.05, 0};
  return int64_t(shares[level] * double(arch.numMemoryUnits()));
}

/// Estimates of what partitioning and routing add can be too low: a pattern that did not fit is mapped again with less.
struct MappingEffort {
  double fill;  ///< share of the machine's units that a mapping may count on
  bool frugal;  ///< one copy of the units, and a section of its own
  unsigned cut; ///< cut what needs more than one `cut`th of the stages; 0: nothing
};

/// From the fastest mapping (step 0) to those of the fewest units.
inline constexpr MappingEffort retreats[] = {{0.99, false, 0}, {0.9, false, 0}, {0.7, false, 0}, {0.45, false, 0},
                                             {0, true, 0},     {0, true, 1},    {0, true, 2},    {0, true, 3},
                                             {0, true, 4},     {0, true, 6},    {0, true, 8}};
constexpr unsigned numRetreats = sizeof(retreats) / sizeof(retreats[0]);

} // namespace jacquard

#endif // JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H
