// Wakeups.h - which components have something to do in which cycle
//
// Everything a component does in cycle t takes effect at t + 1 or later, so a component that waits need not be looked
// at until the thing it waits for is due. The order of visits within a cycle is ascending by number, always.
#ifndef JACQUARD_SIM_WAKEUPS_H
#define JACQUARD_SIM_WAKEUPS_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace jacquard::sim {

constexpr uint64_t never = ~uint64_t(0);

class Wakeups {
public:
  Wakeups(unsigned components, uint64_t now)
      : cycle(now), due((components + 63) / 64), next(due.size()), wheel(wheelSize) {}

  uint64_t now() const { return cycle; }

  /// Visit `component` in cycle `at`, which lies in the future. Asking twice is asking once.
  void wake(unsigned component, uint64_t at) {
    assert(at > cycle && "effects are in the future");
    if (at == cycle + 1) {
      uint64_t &word = next[component / 64];
      uint64_t bit = uint64_t(1) << component % 64;
      nextCount += !(word & bit);
      word |= bit;
      return;
    }
    wheel[at % wheelSize].push_back({at, component});
    ++wheelCount;
  }

  /// Goes to the next cycle in which something is due; false when nothing will ever be.
  bool advance() {
    if (nextCount == 0 && wheelCount == 0)
      return false;
    do {
      ++cycle;
      due.swap(next);
      takeFromWheel();
    } while (std::exchange(nextCount, 0) == 0);
    return true;
  }

  /// Whether something is known to be due in the next cycle; there may be more.
  bool knowsNext() const { return nextCount > 0; }

  /// Calls `visit(component)` for everything that is due now.
  template <typename Visit> void visitDue(Visit visit) {
    for (size_t i = 0; i < due.size(); ++i)
      while (due[i]) {
        unsigned bit = unsigned(__builtin_ctzll(due[i]));
        due[i] &= due[i] - 1;
        visit(unsigned(i * 64 + bit));
      }
  }

private:
  static constexpr unsigned wheelSize = 256;
  struct Entry {
    uint64_t at;
    unsigned component;
  };

  /// Moves this cycle's entries of the wheel to `due`; entries of later turns stay.
  void takeFromWheel() {
    std::vector<Entry> &bucket = wheel[cycle % wheelSize];
    if (bucket.empty())
      return;
    size_t kept = 0;
    for (const Entry &entry : bucket)
      if (entry.at == cycle) {
        due[entry.component / 64] |= uint64_t(1) << entry.component % 64;
        ++nextCount;
        --wheelCount;
      } else {
        bucket[kept++] = entry;
      }
    bucket.resize(kept);
  }

  uint64_t cycle;
  std::vector<uint64_t> due, next;
  unsigned nextCount = 0; ///< set bits of `next`; within advance(): whether anything is due
  std::vector<std::vector<Entry>> wheel;
  uint64_t wheelCount = 0;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_WAKEUPS_H
