// Rivals.h - the mappings that the search met beside the one it chose, to explain the choice
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_RIVALS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_RIVALS_H

#include "Mapping.h"

#include <array>
#include <map>

namespace jacquard {

/// Collects the candidates of one search. Two mappings have the same roles when lanes, slots, units and groups run
/// along the same dimensions; tiles, orders and counts may differ.
class Rivals {
public:
  /// `fill` is the share of the machine's units that counts as room.
  explicit Rivals(double fill) : fill(fill) {}

  struct Rival {
    Mapping mapping;
    double cost;
    UnitNeed need;
  };

  /// The cost from which on a candidate is of no interest: at least that of the cheapest that fits.
  double limit(const Mapping &candidate) const;
  void add(const Mapping &candidate, double cost, const UnitNeed &need, bool fits);

  /// The cheapest with the same roles as `chosen`, but other tiles, order or units; null when there was none.
  const Rival *otherTiles(const Mapping &chosen) const;
  /// The cheapest with other roles; null when there was none.
  const Rival *otherRoles(const Mapping &chosen) const;
  /// The cheapest that the machine has no room for, where it is predicted to be faster than `chosen`; else null.
  const Rival *refused(const Mapping &chosen) const;

  const double fill;

private:
  using Roles = std::array<int, 4>; ///< dimensions of lanes, slots, units and groups; -1: none
  static Roles rolesOf(const Mapping &mapping);

  std::map<Roles, std::vector<Rival>> fitting; ///< of each the two cheapest, in order
  std::optional<Rival> tooLarge;
};

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_RIVALS_H
