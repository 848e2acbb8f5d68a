// Effort.h - how much of the machine a pattern may count on, and how it retreats when its section does not fit
#ifndef JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H
#define JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H

#include "llvm/ADT/StringRef.h"

namespace jacquard {

/// On a pattern: its number in the module, by which sections name it.
constexpr llvm::StringLiteral patternNumberAttr = "jacquard.pattern";
/// On a section: the numbers of its patterns.
constexpr llvm::StringLiteral sectionPatternsAttr = "jacquard.patterns";
/// On a pattern: how many steps it has retreated; none: 0.
constexpr llvm::StringLiteral retreatAttr = "jacquard.retreat";

/// On a pattern: its results go through DRAM, because they find no room on chip.
constexpr llvm::StringLiteral inDramAttr = "jacquard.in_dram";

/// Estimates of what partitioning and routing add can be too low: a pattern that did not fit is mapped again with less.
struct MappingEffort {
  double fill;  ///< share of the machine's units that a mapping may count on
  bool frugal;  ///< one copy of the units, and a section of its own
  unsigned cut; ///< cut what needs more than one `cut`th of the stages; 0: nothing
};

/// From the fastest mapping (step 0) to those of the fewest units.
inline constexpr MappingEffort retreats[] = {{0.9, false, 0}, {0.7, false, 0}, {0.45, false, 0}, {0, true, 0},
                                             {0, true, 1},    {0, true, 2},    {0, true, 3},     {0, true, 4},
                                             {0, true, 6},    {0, true, 8}};
constexpr unsigned numRetreats = sizeof(retreats) / sizeof(retreats[0]);

} // namespace jacquard

#endif // JACQUARD_CONVERSION_PATTOPIPE_EFFORT_H
