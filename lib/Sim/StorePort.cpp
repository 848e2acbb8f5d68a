// StorePort.cpp - vectors in, write-combined bursts out
#include "DramPort.h"
#include "DramWord.h"

#include <algorithm>

namespace jacquard::sim {

using namespace bitstream;

template <typename W>
StorePort<W>::StorePort(SectionState &state, unsigned site, unsigned component, const DramPortConfig &config)
    : DramPort(state, site, component, config), dataNode(state.network.inputNode({site, dataIn})) {
  state.network.setUnit(dataNode, component);
}

template <typename W> void StorePort<W>::fireLanes(uint64_t now) {
  const W *data = state.network.lanes<W>(state.network.front(dataNode));
  for (unsigned lane = 0; lane < walker.validLanes(); ++lane) {
    uint64_t address = 0;
    if (!walker.takesPart(lane))
      continue;
    if (!locate(lane, address))
      break;
    put(address, data[lane]);
  }
  state.network.pop(dataNode, now);
}

template <typename W> void StorePort<W>::put(uint64_t address, W word) {
  unsigned offset = unsigned(address % burstBytes);
  if (open && open->address != address - offset)
    close();
  if (!open) {
    open = newBurst(address - offset);
    std::fill(open->mask.begin(), open->mask.end(), 0);
  }
  wordToDram(config.type, word, open->data.data() + offset);
  std::fill_n(open->mask.begin() + offset, bytesPerElement, 1);
}

template <typename W> void StorePort<W>::close() {
  if (!open)
    return;
  toIssue.push_back(open);
  order.push_back(open);
  open = nullptr;
}

template <typename W> bool StorePort<W>::retire(uint64_t now) {
  bool any = false;
  for (; !order.empty() && order.front()->done(now); order.pop_front()) {
    freeBurst(order.front());
    ++retired;
    any = true;
  }
  return any;
}

template class StorePort<uint32_t>;
template class StorePort<uint64_t>;

} // namespace jacquard::sim
