// DramPort.cpp - what load and store ports share: firing, issuing bursts, tokens
#include "DramPort.h"

#include <algorithm>
#include <fmt/format.h>

namespace jacquard::sim {

using namespace bitstream;

Status DramPort::check(const DramPortConfig &config, const ArchSpec &spec) {
  unsigned bytes = elementBytes(config.type);
  if (config.baseAddress % bytes || spec.dram.burstBytes % bytes)
    return Error{fmt::format("base address {} is not a multiple of the {} bytes of {}", config.baseAddress, bytes,
                             elementTypeName(config.type))};
  return {};
}

DramPort::DramPort(SectionState &state, unsigned site, unsigned component, const DramPortConfig &config)
    : Unit(state, site, component), config(config),
      lanes(config.wide ? lanesOf<uint64_t>(state.model.spec()) : lanesOf<uint32_t>(state.model.spec())),
      burstBytes(state.model.spec().dram.burstBytes), bytesPerElement(elementBytes(config.type)),
      walker(config.access, lanes, state.model.spec().dramPort.addressRegisters) {
  const ArchSpec &spec = state.model.spec();
  if (config.access.indexed)
    state.network.setUnit(indexNode = state.network.inputNode({site, indexIn}), component);
  if (config.waitToken)
    state.network.setUnit(tokenInNode = state.network.inputNode({site, tokenIn(spec)}), component);
  if (config.sendToken)
    state.network.setUnit(tokenOutNode = state.network.outputNode({site, tokenOut(spec)}), component);
}

void DramPort::visit(uint64_t now) {
  if (complete)
    return classify(now, CycleClass::Idle);
  while (!inFlight.empty() && inFlight.front()->done(now))
    inFlight.pop_front();
  bool busy = retire(now);
  bool fires = !walker.done() && canFire() && inputsReady(now);
  if (fires)
    fire(now);
  busy |= fires;
  busy |= issue(now);
  busy |= sendTokens(now);
  if (busy)
    wakeAt(now + 1);
  if (!busy && walker.done() && idle() && tokens.empty()) {
    complete = true;
    --state.unfinished;
    return classify(now, CycleClass::Idle);
  }
  classify(now, busy ? CycleClass::Busy : waiting(now));
}

bool DramPort::knowsStreams() const {
  return complete || (knowsData() && (!config.access.indexed || state.network.knowsElement(indexNode)) &&
                      (!tokenDue() || state.network.knowsElement(tokenInNode)) &&
                      (tokens.empty() || state.network.knowsRoom(tokenOutNode)));
}

CycleClass DramPort::waiting(uint64_t now) const {
  if (blockedByRoom(now) || tokenBlocked(now))
    return CycleClass::Blocked;
  if (!inFlight.empty() || !toIssue.empty())
    return CycleClass::DramWait;
  bool lacksData = !dataReady(now) || (config.access.indexed && !state.network.ready(indexNode, now));
  return lacksData ? CycleClass::Starved : CycleClass::Control;
}

bool DramPort::tokenBlocked(uint64_t now) const {
  return !tokens.empty() && tokens.front() <= numDone() && !state.network.hasRoom(tokenOutNode, now);
}

bool DramPort::inputsReady(uint64_t now) const {
  return (!tokenDue() || state.network.ready(tokenInNode, now)) &&
         (!config.access.indexed || state.network.ready(indexNode, now)) && dataReady(now);
}

void DramPort::computeAddresses() {
  if (!config.access.indexed)
    return walker.evaluate<uint32_t>(nullptr);
  uint64_t head = state.network.front(indexNode);
  if (config.wide)
    walker.evaluate(state.network.lanes<uint64_t>(head));
  else
    walker.evaluate(state.network.lanes<uint32_t>(head));
}

void DramPort::fire(uint64_t now) {
  computeAddresses();
  fireLanes(now);
  if (tokenDue())
    state.network.pop(tokenInNode, now);
  if (config.access.indexed && walker.ends(config.access.indexLevel))
    state.network.pop(indexNode, now);
  if (endsToken()) {
    flush();
    tokens.push_back(numStarted());
  }
  walker.advance();
  if (walker.done())
    flush();
  ++numFirings;
}

bool DramPort::issue(uint64_t now) {
  if (toIssue.empty() || inFlight.size() >= state.model.spec().dramPort.outstandingBursts)
    return false;
  inFlight.push_back(toIssue.front());
  state.dram.request(toIssue.front(), now);
  toIssue.pop_front();
  return true;
}

bool DramPort::sendTokens(uint64_t now) {
  if (tokens.empty() || tokens.front() > numDone() || !state.network.hasRoom(tokenOutNode, now))
    return false;
  tokens.pop_front();
  state.network.push(tokenOutNode, 0, now + 1);
  return true;
}

DramBurst *DramPort::newBurst(uint64_t address) {
  if (freeBursts.empty()) {
    bursts.emplace_back();
    bursts.back().data.resize(burstBytes);
    bursts.back().mask.resize(burstBytes);
    freeBursts.push_back(&bursts.back());
  }
  DramBurst *burst = freeBursts.back();
  freeBursts.pop_back();
  burst->address = address;
  burst->write = config.store;
  burst->background = config.background;
  burst->component = component;
  burst->doneAt = never;
  burst->users = 0;
  return burst;
}

bool DramPort::locate(unsigned lane, uint64_t &address) {
  // Counted in elements from the base, so that nothing can wrap around.
  int64_t element = walker.address(lane);
  uint64_t size = state.dram.size(), base = config.baseAddress;
  int64_t below = int64_t(base / bytesPerElement);
  uint64_t above = size >= base ? (size - base) / bytesPerElement : 0;
  if (element >= -below && (element < 0 ? size >= base : uint64_t(element) < above)) {
    address = uint64_t(int64_t(base) + element * int64_t(bytesPerElement));
    return true;
  }
  fail(fmt::format("{} of element {} in lane {} from address {} is outside the {} bytes of DRAM",
                   config.store ? "store" : "load", element, lane, base, size));
  return false;
}

std::vector<Wait> DramPort::explain(uint64_t now) const {
  std::vector<Wait> waits;
  if (blockedByRoom(now))
    waits.push_back(waitForRoom(dataOut, state.network.outputNode({siteNumber, dataOut})));
  if (tokenBlocked(now))
    waits.push_back(waitForRoom(tokenOut(state.model.spec()), tokenOutNode));
  if (walker.done())
    return waits;
  if (tokenDue() && !state.network.ready(tokenInNode, now))
    waits.push_back({"waits for a token on " + describeInput(tokenIn(state.model.spec())),
                     {state.network.producerOf(tokenInNode)}});
  if (config.access.indexed && !state.network.ready(indexNode, now))
    waits.push_back(waitForData(indexIn, indexNode));
  if (!dataReady(now))
    waits.push_back(waitForData(dataIn, state.network.inputNode({siteNumber, dataIn})));
  return waits;
}

} // namespace jacquard::sim
