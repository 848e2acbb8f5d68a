// Climb.cpp - a way from one mapping of the whole model to better ones
#include "Climb.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace jacquard;

void Move::applyTo(LimitsOf &limits) const {
  for (int64_t number : patterns) {
    Limits &own = limits[number];
    if (lifts)
      own = {0, Limits().mostBoxes, false, own.view};
    own.homeLevel = std::max(own.homeLevel, homeLevel);
    own.mostBoxes = std::min(own.mostBoxes, mostBoxes);
  }
}

/// Ways to make room for a tensor: the fullest section on its way takes less, or the tensor does.
static std::vector<Move> waysOut(const Lack &lack, const LimitsOf &limits) {
  std::vector<Move> moves;
  for (int64_t boxes : {lack.boxes, lack.boxes / 2})
    if (boxes > 0)
      moves.push_back({lack.fullest, 0, boxes});
  unsigned level = 0;
  for (int64_t number : lack.writers)
    if (auto own = limits.find(number); own != limits.end())
      level = std::max(level, own->second.homeLevel);
  while (++level < numHomeLevels)
    moves.push_back({lack.writers, level, Limits().mostBoxes});
  return moves;
}

/// The same way out for all tensors that found no room, or for the costliest of them.
std::optional<Moves> Climb::findBold() {
  for (size_t count = here->lacks.size(); count > 1; count /= 2) {
    std::vector<Moves> byWay;
    for (const Lack &lack : ArrayRef(here->lacks).take_front(count))
      for (auto [way, move] : llvm::enumerate(waysOut(lack, limits))) {
        byWay.resize(std::max(byWay.size(), way + 1));
        byWay[way].push_back(move);
      }
    for (Moves &moves : byWay)
      if (tried.insert(moves).second)
        return std::move(moves);
  }
  return std::nullopt;
}

/// What was not tried yet; nothing when all was.
std::optional<Moves> Climb::find() {
  if (isBold)
    if (std::optional<Moves> moves = findBold())
      return moves;
  isBold = false;
  for (const Lack &lack : here->lacks)
    for (Move &move : waysOut(lack, limits))
      if (Moves moves = {std::move(move)}; tried.insert(moves).second)
        return moves;
  for (auto &[number, own] : limits) // when there is room after all
    if (Moves lift = {{{number}, 0, Limits().mostBoxes, true}}; own.isTight() && tried.insert(lift).second)
      return lift;
  return std::nullopt;
}

std::vector<Moves> Climb::findMoves(size_t most) {
  std::vector<Moves> all;
  while (all.size() < most)
    if (std::optional<Moves> moves = find())
      all.push_back(std::move(*moves));
    else if (all.empty() && std::exchange(improved, false))
      tried.clear();
    else
      break;
  return all;
}

void Climb::arrive(LimitsOf newLimits, Outcome outcome) {
  limits = std::move(newLimits);
  here = std::move(outcome);
  improved = true;
}

/// The stretches in which the donor is faster, each as long as it pays: it ends where half of the gain is lost again.
static void findStretches(const Climb &climb, const Climb &donor, size_t number, std::vector<Crossover> &found) {
  Crossover best{0, number, 0, 0, 0};
  double sum = 0;
  auto close = [&] {
    if (best.gain > 0)
      found.push_back(best);
    best.gain = sum = 0;
  };
  for (auto [pattern, cycles] : climb.here->cyclesOf) {
    auto other = donor.here->cyclesOf.find(pattern);
    if (sum == 0)
      best.first = pattern;
    sum += other == donor.here->cyclesOf.end() ? 0 : cycles - other->second;
    if (sum > best.gain) {
      best.gain = sum;
      best.last = pattern;
    }
    if (sum <= best.gain / 2)
      close();
  }
  close();
}

std::vector<Crossover> jacquard::findCrossovers(const Climb &climb, ArrayRef<Climb> donors) {
  constexpr int64_t neighbours[] = {0, 1, 2, 4, 8};
  constexpr double least = 1e-4; // of all cycles: what is less is noise
  std::vector<Crossover> stretches, all;
  for (auto [number, donor] : llvm::enumerate(donors))
    if (donor.view.scratchpadShare == climb.view.scratchpadShare)
      findStretches(climb, donor, number, stretches);
  llvm::erase_if(stretches, [&](const Crossover &each) { return each.gain < least * climb.here->result.cycles; });
  for (auto [level, more] : llvm::enumerate(neighbours))
    for (Crossover each : stretches) {
      each.first -= more;
      each.last += more;
      each.rank = each.gain / double(1 << level);
      all.push_back(each);
    }
  llvm::sort(all, [](const Crossover &a, const Crossover &b) {
    return std::tie(b.rank, a.donor, a.first) < std::tie(a.rank, b.donor, b.first);
  });
  return all;
}

LimitsOf jacquard::crossOver(const Climb &climb, const Climb &donor, const Crossover &crossover) {
  LimitsOf limits = climb.limits;
  for (auto &[pattern, cycles] : climb.here->cyclesOf) {
    if (pattern < crossover.first || pattern > crossover.last)
      continue;
    auto own = donor.limits.find(pattern);
    Limits &taken = limits[pattern] = own == donor.limits.end() ? Limits() : own->second;
    if (!taken.view)
      taken.view = donor.view;
  }
  return limits;
}
