// StorePort.cpp - vectors in, write-combined bursts out
#include "DramPort.h"

#include <algorithm>
#include <cstring>

namespace jacquard::sim {

using namespace bitstream;

StorePort::StorePort(SectionState &state, unsigned site, unsigned component, const DramPortConfig &config)
    : DramPort(state, site, component, config), dataNode(state.network.inputNode({site, dataIn})) {
  state.network.setUnit(dataNode, component);
}

void StorePort::fireLanes(uint64_t now) {
  const uint32_t *data = state.network.lanes(state.network.front(dataNode));
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

void StorePort::put(uint64_t address, uint32_t word) {
  unsigned offset = unsigned(address % burstBytes);
  if (open && open->address != address - offset)
    close();
  if (!open) {
    open = newBurst(address - offset);
    std::fill(open->mask.begin(), open->mask.end(), 0);
  }
  uint8_t *bytes = open->data.data() + offset;
  if (config.type == ElementType::I1) {
    *bytes = word != 0;
  } else if (config.type == ElementType::I64) {
    int64_t wide = int32_t(word);
    std::memcpy(bytes, &wide, sizeof(wide));
  } else {
    std::memcpy(bytes, &word, sizeof(word));
  }
  std::fill_n(open->mask.begin() + offset, bytesPerElement, 1);
}

void StorePort::close() {
  if (!open)
    return;
  toIssue.push_back(open);
  order.push_back(open);
  open = nullptr;
}

bool StorePort::retire(uint64_t now) {
  bool any = false;
  for (; !order.empty() && order.front()->done(now); order.pop_front()) {
    freeBurst(order.front());
    ++retired;
    any = true;
  }
  return any;
}

} // namespace jacquard::sim
