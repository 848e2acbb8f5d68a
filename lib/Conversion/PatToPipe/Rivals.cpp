// Rivals.cpp - the mappings that the search met beside the one it chose
#include "Rivals.h"

using namespace jacquard;

static constexpr size_t kept = 2; // of mappings with the same roles: the chosen one may be the first

static bool isSame(const UnitPlan &a, const UnitPlan &b) {
  return std::tie(a.dim, a.count, a.stride) == std::tie(b.dim, b.count, b.stride);
}

static bool isSame(const Mapping &a, const Mapping &b) {
  auto sameLoop = [](const LoopPlan &x, const LoopPlan &y) {
    return std::tie(x.dim, x.extent, x.stride, x.role) == std::tie(y.dim, y.extent, y.stride, y.role);
  };
  return isSame(a.units, b.units) && isSame(a.joined, b.joined) && isSame(a.group, b.group) &&
         llvm::equal(a.loops, b.loops, sameLoop);
}

Rivals::Roles Rivals::rolesOf(const Mapping &mapping) {
  Roles roles = {-1, -1, mapping.units.dim, mapping.group.dim};
  for (const LoopPlan &loop : mapping.loops)
    if (loop.role == pipe::LoopRole::Lanes)
      roles[0] = int(loop.dim);
    else if (loop.role == pipe::LoopRole::Slots)
      roles[1] = int(loop.dim);
  return roles;
}

double Rivals::limit(const Mapping &candidate) const {
  auto it = fitting.find(rolesOf(candidate));
  bool full = it != fitting.end() && it->second.size() == kept;
  return full ? it->second.back().cost : std::numeric_limits<double>::infinity();
}

void Rivals::add(const Mapping &candidate, double cost, const UnitNeed &need, bool fits) {
  if (!fits) {
    if (!tooLarge || cost < tooLarge->cost)
      tooLarge = {candidate, cost, need};
    return;
  }
  std::vector<Rival> &rivals = fitting[rolesOf(candidate)];
  if (llvm::any_of(rivals, [&](const Rival &rival) { return isSame(rival.mapping, candidate); }))
    return;
  auto place = llvm::find_if(rivals, [&](const Rival &rival) { return cost < rival.cost; });
  rivals.insert(place, {candidate, cost, need});
  rivals.resize(std::min(rivals.size(), kept));
}

const Rivals::Rival *Rivals::otherTiles(const Mapping &chosen) const {
  auto it = fitting.find(rolesOf(chosen));
  if (it != fitting.end())
    for (const Rival &rival : it->second)
      if (!isSame(rival.mapping, chosen))
        return &rival;
  return nullptr;
}

const Rivals::Rival *Rivals::otherRoles(const Mapping &chosen) const {
  const Rival *best = nullptr;
  for (auto &[roles, rivals] : fitting)
    if (roles != rolesOf(chosen) && (!best || rivals.front().cost < best->cost))
      best = &rivals.front();
  return best;
}

const Rivals::Rival *Rivals::refused(const Mapping &chosen) const {
  return tooLarge && std::llround(tooLarge->mapping.cycles()) < std::llround(chosen.cycles()) ? &*tooLarge : nullptr;
}
