// Timeline.h - what ran when, in bounded memory: runs of sections, and the spans in which each unit was active
#ifndef JACQUARD_SIM_TIMELINE_H
#define JACQUARD_SIM_TIMELINE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jacquard::sim {

/// Filled in ascending order of time. When there are more than `maxSpans` spans, those of one unit (and runs of
/// sections) that are less than the resolution apart are merged, with a resolution that doubles until at most half are
/// left; so the whole run is always shown, coarser where it is long. No cycle of activity is lost: a merged span keeps
/// their number.
class Timeline {
public:
  /// One run of an entry of the schedule; merged ones have the entry of the longest.
  struct Run {
    uint32_t entry = 0;
    uint64_t begin = 0; ///< of its configuration
    uint64_t execution = 0, end = 0;
    uint64_t runs = 1;
  };
  struct Span {
    uint32_t entry = 0; ///< of the schedule; merged ones have that of the longest
    uint64_t begin = 0, end = 0;
    uint64_t active = 0; ///< cycles within in which the unit was busy or in a bank conflict
  };
  static constexpr size_t defaultSpans = 50000;

  /// At least one span per unit is kept.
  explicit Timeline(size_t maxSpans = defaultSpans) : maxSpans(maxSpans) {}

  void beginRun(uint32_t entry, uint64_t begin, uint64_t execution);
  void endRun(uint64_t end);
  /// The unit at `site` was active in the cycles [begin, end) of the current run.
  void add(unsigned site, uint64_t begin, uint64_t end);

  const std::vector<Run> &runs() const { return allRuns; }
  /// By site; sites after the last one that was active are missing.
  const std::vector<std::vector<Span>> &spans() const { return bySite; }
  /// Spans less than so many cycles apart were merged; 1: only those that touch.
  uint64_t resolution() const { return gap; }

private:
  void coarsen();
  size_t size() const { return numSpans + allRuns.size(); }

  size_t maxSpans, numSpans = 0;
  uint64_t gap = 1;
  std::vector<Run> allRuns;
  std::vector<std::vector<Span>> bySite;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_TIMELINE_H
