// Timeline.cpp - merging of spans
#include "jacquard/Sim/Timeline.h"

namespace jacquard::sim {
namespace {

using Run = Timeline::Run;
using Span = Timeline::Span;

template <typename T> uint64_t length(const T &part) { return part.end - part.begin; }

/// Whether `next`, which begins after `last`, becomes part of it. Parts of other entries of the schedule only do so
/// when both are too short to be told apart.
template <typename T> bool merges(const T &last, const T &next, uint64_t gap) {
  bool isShort = length(last) < gap && length(next) < gap;
  return next.begin - last.end < gap && (last.entry == next.entry || isShort);
}

void join(Span &last, const Span &next) {
  if (length(next) > length(last))
    last.entry = next.entry;
  last.end = next.end;
  last.active += next.active;
}

void join(Run &last, const Run &next) {
  if (length(next) > length(last)) {
    last.entry = next.entry;
    last.execution = next.execution;
  }
  last.end = next.end;
  last.runs += next.runs;
}

template <typename T> void mergeAll(std::vector<T> &parts, uint64_t gap) {
  size_t kept = 0;
  for (size_t i = 1; i < parts.size(); ++i)
    if (merges(parts[kept], parts[i], gap))
      join(parts[kept], parts[i]);
    else
      parts[++kept] = parts[i];
  if (!parts.empty())
    parts.resize(kept + 1);
}

} // namespace

void Timeline::beginRun(uint32_t entry, uint64_t begin, uint64_t execution) {
  allRuns.push_back({entry, begin, execution, execution, 1});
}

void Timeline::endRun(uint64_t end) {
  allRuns.back().end = end;
  if (size() > maxSpans)
    coarsen();
}

void Timeline::add(unsigned site, uint64_t begin, uint64_t end) {
  if (begin == end)
    return;
  if (bySite.size() <= site)
    bySite.resize(site + 1);
  Span span{allRuns.back().entry, begin, end, end - begin};
  std::vector<Span> &spans = bySite[site];
  if (!spans.empty() && merges(spans.back(), span, gap))
    return join(spans.back(), span);
  spans.push_back(span);
  ++numSpans;
  if (size() > maxSpans)
    coarsen();
}

void Timeline::coarsen() {
  // The current run has not ended, so it must stay the last one.
  Run current = allRuns.back();
  allRuns.pop_back();
  constexpr uint64_t coarsest = uint64_t(1) << 62; // then one span per unit is left
  while (size() > maxSpans / 2 && gap < coarsest) {
    gap *= 2;
    mergeAll(allRuns, gap);
    numSpans = 0;
    for (std::vector<Span> &spans : bySite) {
      mergeAll(spans, gap);
      numSpans += spans.size();
    }
  }
  allRuns.push_back(current);
}

} // namespace jacquard::sim
