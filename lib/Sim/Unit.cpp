// Unit.cpp - names of ports and the common reasons to wait
#include "Unit.h"

#include <fmt/format.h>

namespace jacquard::sim {
namespace {

std::string describePort(NetworkKind net, const char *direction, unsigned port, unsigned vectors, unsigned scalars) {
  unsigned first = net == NetworkKind::Vector ? 0 : net == NetworkKind::Scalar ? vectors : vectors + scalars;
  return fmt::format("{} {} {}", networkKindName(net), direction, port - first);
}

} // namespace

std::string Unit::describeInput(unsigned port) const {
  UnitKind kind = state.model.sites()[siteNumber].kind;
  const PortCounts &ports = state.model.ports(kind);
  return describePort(state.model.networkOfInput(kind, port), "in", port, ports.vectorIn, ports.scalarIn);
}

std::string Unit::describeOutput(unsigned port) const {
  UnitKind kind = state.model.sites()[siteNumber].kind;
  const PortCounts &ports = state.model.ports(kind);
  return describePort(state.model.networkOfOutput(kind, port), "out", port, ports.vectorOut, ports.scalarOut);
}

Wait Unit::waitForData(unsigned port, unsigned node) const {
  return {"waits for data on " + describeInput(port), {state.network.producerOf(node)}};
}

Wait Unit::waitForRoom(unsigned port, unsigned node) const {
  Wait wait{"waits for room on " + describeOutput(port), {}};
  std::vector<Network::Consumer> consumers = state.network.consumersOf(node);
  for (bool full : {true, false}) // those that hold it up first
    for (const Network::Consumer &consumer : consumers)
      if (consumer.full == full)
        wait.on.push_back(consumer.port);
  return wait;
}

} // namespace jacquard::sim
