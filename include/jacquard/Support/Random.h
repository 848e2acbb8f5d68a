// Random.h - the one seeded generator: equal seeds give equal numbers on every platform and standard library
#ifndef JACQUARD_SUPPORT_RANDOM_H
#define JACQUARD_SUPPORT_RANDOM_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace jacquard {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): 64 bits of state, passes BigCrush, good for search and test data.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// Uniform in 0 .. n-1 without bias; n at least 1.
  uint64_t below(uint64_t n) {
    assert(n > 0 && "below needs a range");
    uint64_t reject = -n % n; // 2^64 mod n: draws below it would favour small results
    for (;;)
      if (uint64_t x = next(); x >= reject)
        return x % n;
  }
  /// Uniform in low .. high, both included.
  int64_t between(int64_t low, int64_t high) {
    uint64_t span = uint64_t(high) - uint64_t(low) + 1;
    return int64_t(uint64_t(low) + (span ? below(span) : next()));
  }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + uniform() * (high - low); }
  bool chance(double probability) { return uniform() < probability; }

  /// Fisher-Yates over any container with size() and operator[].
  template <typename T> void shuffle(T &items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

private:
  uint64_t state;
};

} // namespace jacquard

#endif // JACQUARD_SUPPORT_RANDOM_H
