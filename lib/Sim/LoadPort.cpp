// LoadPort.cpp - bursts in, vectors out, in order
#include "DramPort.h"
#include "DramWord.h"

#include <algorithm>

namespace jacquard::sim {

using namespace bitstream;

template <typename W>
LoadPort<W>::LoadPort(SectionState &state, unsigned site, unsigned component, const DramPortConfig &config)
    : DramPort(state, site, component, config), capacity(std::max(1u, state.model.spec().dramPort.outstandingBursts)),
      outputNode(state.network.outputNode({site, dataOut})), entries(size_t(capacity) * lanes) {
  state.network.setUnit(outputNode, component);
}

/// A burst that this firing or the one before already asked for, or a new one.
template <typename W> DramBurst *LoadPort<W>::burstAt(uint64_t address, const Lane *current, unsigned lane) {
  // Neighbouring lanes mostly share a burst, so look back from the newest.
  for (unsigned l = lane; l-- > 0;)
    if (current[l].burst && current[l].burst->address == address)
      return current[l].burst;
  for (DramBurst *burst : previous)
    if (burst->address == address)
      return burst;
  DramBurst *burst = newBurst(address);
  toIssue.push_back(burst);
  return burst;
}

template <typename W> void LoadPort<W>::fireLanes(uint64_t) {
  Lane *entry = firing(delivered + pending);
  std::fill_n(entry, lanes, Lane{nullptr, 0});
  ++pending;
  unsigned count = config.access.broadcast ? 1 : walker.validLanes();
  for (unsigned lane = 0; lane < count; ++lane) {
    uint64_t address = 0;
    if (!walker.takesPart(lane))
      continue;
    if (!locate(lane, address))
      break;
    unsigned offset = unsigned(address % burstBytes);
    entry[lane] = {burstAt(address - offset, entry, lane), offset};
    use(entry[lane].burst);
  }
  if (config.access.broadcast)
    for (unsigned lane = 1; lane < lanes; ++lane)
      if ((entry[lane] = entry[0]).burst)
        use(entry[lane].burst);

  // Remember this firing's bursts instead of the last one's.
  std::vector<DramBurst *> old;
  old.swap(previous);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    DramBurst *burst = entry[lane].burst;
    if (burst && std::find(previous.rbegin(), previous.rend(), burst) == previous.rend()) {
      previous.push_back(burst);
      use(burst);
    }
  }
  for (DramBurst *burst : old)
    unuse(burst);
}

template <typename W> bool LoadPort<W>::allDone(uint64_t number, uint64_t now) const {
  const Lane *entry = firing(number);
  for (unsigned lane = 0; lane < lanes; ++lane)
    if (entry[lane].burst && !entry[lane].burst->done(now))
      return false;
  return true;
}

template <typename W> bool LoadPort<W>::blockedByRoom(uint64_t now) const {
  return pending && allDone(delivered, now) && !state.network.hasRoom(outputNode, now);
}

template <typename W> W LoadPort<W>::element(const Lane &lane) const {
  return lane.burst ? wordFromDram<W>(config.type, lane.burst->data.data() + lane.offset) : W(config.access.elseValue);
}

template <typename W> bool LoadPort<W>::retire(uint64_t now) {
  if (config.sendToken)
    while (arrived < delivered + pending && allDone(arrived, now))
      ++arrived;
  if (!pending || !state.network.hasRoom(outputNode, now) || !allDone(delivered, now))
    return false;
  Lane *entry = firing(delivered);
  uint32_t token = state.network.newVector();
  W *words = state.network.lanes<W>(token);
  for (unsigned lane = 0; lane < lanes; ++lane)
    words[lane] = element(entry[lane]);
  for (unsigned lane = 0; lane < lanes; ++lane)
    if (entry[lane].burst)
      unuse(entry[lane].burst);
  state.network.push(outputNode, token, now + 1);
  ++delivered;
  --pending;
  return true;
}

template class LoadPort<uint32_t>;
template class LoadPort<uint64_t>;

} // namespace jacquard::sim
