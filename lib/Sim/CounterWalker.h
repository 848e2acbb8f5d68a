// CounterWalker.h - steps a CounterChain from firing to firing
#ifndef JACQUARD_SIM_COUNTERWALKER_H
#define JACQUARD_SIM_COUNTERWALKER_H

#include "jacquard/Bitstream/Config.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace jacquard::sim {

/// The position of one loop nest. Starts at the first firing; `advance` goes to the next until `done`.
class CounterWalker {
public:
  CounterWalker(const bitstream::CounterChain &chain, unsigned lanes)
      : vector(chain.vectorLevel), lanes(lanes), extents(chain.extents), steps(chain.extents.size()),
        counts(chain.extents) {
    if (vector >= 0)
      counts[vector] = (extents[vector] + lanes - 1) / lanes;
    update();
  }

  unsigned numLevels() const { return unsigned(steps.size()); }
  int vectorLevel() const { return vector; }
  bool done() const { return finished; }
  uint32_t step(unsigned level) const { return steps[level]; }
  uint32_t numSteps(unsigned level) const { return counts[level]; }
  /// Counter value in lane 0; lane l of the vector level has l more.
  uint32_t value(unsigned level) const { return int(level) == vector ? steps[level] * lanes : steps[level]; }
  /// Lanes that take part: a prefix of all.
  unsigned validLanes() const {
    return vector < 0 ? 1 : unsigned(std::min<uint64_t>(lanes, uint64_t(extents[vector]) - value(unsigned(vector))));
  }

  /// Whether all levels deeper than `level` are at their first (last) step.
  bool begins(int level) const { return deepestNotFirst <= level; }
  bool ends(int level) const { return deepestNotLast <= level; }

  /// Firings from this one up to that in which `level` ends, both included; at most 2^32.
  uint64_t firingsTo(int level) const {
    uint64_t firings = 1, inside = 1; // firings of a step of level k
    for (int k = int(steps.size()); --k > level;) {
      firings = std::min(firings + inside * (counts[k] - 1 - steps[k]), many);
      inside = std::min(inside * counts[k], many);
    }
    return firings;
  }
  /// Firings from one end of `level` to the next; at most 2^32.
  uint64_t firingsBetween(int level) const {
    uint64_t firings = 1;
    for (int k = int(steps.size()); --k > level;)
      firings = std::min(firings * counts[k], many);
    return firings;
  }
  /// Firings from this one on that have the same valid lanes, at least.
  uint64_t firingsAlike() const { return vector < 0 || extents[vector] % lanes == 0 ? many : firingsTo(vector); }

  /// Goes on; returns the outermost level whose step changed (all deeper ones went back to 0), -1 when the chain is
  /// done.
  int advance() {
    int level = deepestNotLast;
    if (level < 0) {
      finished = true;
      return -1;
    }
    ++steps[level];
    for (unsigned k = unsigned(level) + 1; k < steps.size(); ++k)
      steps[k] = 0;
    update();
    return level;
  }

  /// Goes on by so many firings; there have to be as many.
  void advance(uint64_t firings) {
    for (int k = int(steps.size()); k-- > 0 && firings > 0;) {
      uint64_t step = steps[k] + firings;
      firings = step < counts[k] ? 0 : step / counts[k];
      steps[k] = uint32_t(step - firings * counts[k]);
    }
    finished = firings > 0;
    update();
  }

private:
  static constexpr uint64_t many = uint64_t(1) << 32; ///< times a count it still fits

  void update() {
    deepestNotFirst = deepestNotLast = int(steps.size()) - 1;
    while (deepestNotFirst >= 0 && steps[deepestNotFirst] == 0)
      --deepestNotFirst;
    while (deepestNotLast >= 0 && steps[deepestNotLast] + 1 == counts[deepestNotLast])
      --deepestNotLast;
  }

  int vector;
  unsigned lanes;
  std::vector<uint32_t> extents, steps, counts;
  int deepestNotFirst = -1, deepestNotLast = -1;
  bool finished = false;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_COUNTERWALKER_H
