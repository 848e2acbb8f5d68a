// DramHarness.h - drives the DRAM model alone: single requests with their times, and endless patterns
#ifndef JACQUARD_TEST_UNIT_SIM_DRAMHARNESS_H
#define JACQUARD_TEST_UNIT_SIM_DRAMHARNESS_H

#include "DramModel.h"

#include <deque>
#include <functional>
#include <vector>

namespace jacquard::sim::test {

struct DramRequest {
  uint64_t cycle; ///< in which it is made
  uint64_t address;
  bool write = false;
  bool background = false;
};

class DramHarness {
public:
  explicit DramHarness(const ArchSpec &spec);

  /// Cycles in which the requests are done; they are in order of time.
  std::vector<uint64_t> run(const std::vector<DramRequest> &requests);

  /// Makes requests as `next` says for so many cycles, with `outstanding` of them unanswered at most and as many per
  /// cycle as there are channels; gives the share of the peak bandwidth that was served.
  double shareOfPeak(const std::function<DramRequest()> &next, unsigned outstanding, uint64_t cycles);

  const SectionStatistics &statistics() const { return counts; }

private:
  DramBurst *request(const DramRequest &request);
  void visitChannels();

  ArchSpec spec;
  DramImage image;
  DramModel model;
  Wakeups wakes;
  SectionStatistics counts;
  std::deque<DramBurst> bursts;
  std::vector<DramBurst *> unused;
};

} // namespace jacquard::sim::test

#endif // JACQUARD_TEST_UNIT_SIM_DRAMHARNESS_H
