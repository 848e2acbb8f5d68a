// DramHarness.cpp - the ports' side of the DRAM model
#include "DramHarness.h"

#include <algorithm>
#include <utility>

namespace jacquard::sim::test {

/// Patterns stay within this; memory is taken only where it is touched.
static constexpr uint64_t extent = uint64_t(1) << 32;

DramHarness::DramHarness(const ArchSpec &arch)
    : spec(arch), image(std::move(*DramImage::create(extent, spec.dram.burstBytes))), model(spec, image),
      wakes(model.numChannels() + 1, 0) {
  model.attach(wakes, 0, counts);
}

DramBurst *DramHarness::request(const DramRequest &request) {
  if (unused.empty())
    unused.push_back(&bursts.emplace_back());
  DramBurst &burst = *unused.back();
  unused.pop_back();
  burst.address = request.address;
  burst.write = request.write;
  burst.background = request.background;
  burst.component = model.numChannels();
  burst.data.resize(spec.dram.burstBytes);
  burst.mask.resize(spec.dram.burstBytes);
  model.request(&burst, wakes.now());
  return &burst;
}

void DramHarness::visitChannels() {
  wakes.visitDue([&](unsigned component) {
    if (component < model.numChannels())
      model.visit(component, wakes.now());
  });
}

std::vector<uint64_t> DramHarness::run(const std::vector<DramRequest> &requests) {
  std::vector<DramBurst *> made;
  for (const DramRequest &r : requests)
    wakes.wake(model.numChannels(), std::max(r.cycle, wakes.now() + 1));
  while (wakes.advance()) {
    visitChannels();
    while (made.size() < requests.size() && requests[made.size()].cycle <= wakes.now())
      made.push_back(request(requests[made.size()]));
  }
  std::vector<uint64_t> done;
  for (const DramBurst *burst : made)
    done.push_back(burst->doneAt);
  return done;
}

double DramHarness::shareOfPeak(const std::function<DramRequest()> &next, unsigned outstanding, uint64_t cycles) {
  std::vector<DramBurst *> open;
  uint64_t served = 0;
  while (wakes.now() < cycles) {
    wakes.wake(model.numChannels(), wakes.now() + 1);
    wakes.advance();
    visitChannels();
    auto answered = std::partition(open.begin(), open.end(), [&](DramBurst *b) { return !b->done(wakes.now()); });
    served += uint64_t(open.end() - answered);
    unused.insert(unused.end(), answered, open.end());
    open.erase(answered, open.end());
    for (unsigned i = 0; i < spec.dram.channels && open.size() < outstanding; ++i)
      open.push_back(request(next()));
  }
  return double(served) * spec.dram.burstBytes / double(cycles) / spec.dram.bytesPerCycle;
}

} // namespace jacquard::sim::test
