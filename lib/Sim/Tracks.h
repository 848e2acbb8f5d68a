// Tracks.h - what two halves of a unit do, cycle by cycle, each as far as it is known
#ifndef JACQUARD_LIB_SIM_TRACKS_H
#define JACQUARD_LIB_SIM_TRACKS_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace jacquard::sim {

/// States in spans of cycles without gaps. Those that have been taken are forgotten.
template <typename State> class Track {
public:
  explicit Track(uint64_t start) : end(start) {}

  /// The cycles from the end of the track to `until` are of `state`.
  void extend(State state, uint64_t until) {
    if (until <= end)
      return;
    end = until;
    if (first < spans.size() && spans.back().state == state)
      spans.back().end = until;
    else
      spans.push_back({state, until});
  }
  /// The first cycle that is not known.
  uint64_t knownUntil() const { return end; }

  State state() const { return spans[first].state; }
  uint64_t spanEnd() const { return spans[first].end; }
  /// Forgets cycles before `cycle`, which is at most the end of the first span.
  void dropUntil(uint64_t cycle) {
    if (spans[first].end != cycle)
      return;
    if (++first == spans.size() || first == enough) {
      spans.erase(spans.begin(), spans.begin() + long(first));
      first = 0;
    }
  }

private:
  struct Span {
    State state;
    uint64_t end;
  };
  static constexpr size_t enough = 1024; ///< spans to forget at a time
  std::vector<Span> spans;
  size_t first = 0;
  uint64_t end;
};

/// Calls `take(cycle, a's state, b's state)` for the begin of each common span from `cycle` on, as far as both tracks
/// are known; returns that end.
template <typename A, typename B, typename Take>
uint64_t takeCommon(Track<A> &a, Track<B> &b, uint64_t cycle, Take take) {
  uint64_t end = std::min(a.knownUntil(), b.knownUntil());
  while (cycle < end) {
    uint64_t next = std::min(a.spanEnd(), b.spanEnd());
    take(cycle, a.state(), b.state());
    a.dropUntil(next);
    b.dropUntil(next);
    cycle = next;
  }
  return cycle;
}

} // namespace jacquard::sim

#endif // JACQUARD_LIB_SIM_TRACKS_H
