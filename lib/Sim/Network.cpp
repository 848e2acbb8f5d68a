// Network.cpp - follows the selects from every used input back to its output queue, and moves elements along
#include "Network.h"

#include <fmt/format.h>

namespace jacquard::sim {

using bitstream::SectionConfig;

//===-------------------------------------------------------------------------------------------------------------===//
// Building
//===-------------------------------------------------------------------------------------------------------------===//

class NetworkBuilder {
public:
  NetworkBuilder(const FabricModel &model, const SectionConfig &config, Network &result)
      : model(model), config(config), result(result) {}

  Status run(const std::vector<Network::Output> &outputs, const std::vector<PortRef> &inputs) {
    for (const Network::Output &output : outputs) {
      NetworkKind net = model.networkOfOutput(model.sites()[output.from.site].kind, output.from.port);
      result.outputNodes[{output.from.site, output.from.port}] = addNode(output.capacity, net, output.from);
    }
    for (const PortRef &input : inputs) {
      NetworkKind net = model.networkOfInput(model.sites()[input.site].kind, input.port);
      unsigned node = addNode(model.spec().network.inputFifoDepth, net, input);
      result.nodes[node].isInput = true;
      result.inputNodes[{input.site, input.port}] = node;
    }
    for (unsigned net = 0; net < 3; ++net) {
      if (Status status = addNetwork(NetworkKind(net)); !status)
        return status;
    }
    if (Status status = checkComplete(); !status)
      return status;
    return checkWords();
  }

private:
  unsigned addNode(unsigned capacity, NetworkKind net, PortRef port) {
    unsigned node = unsigned(result.nodes.size());
    result.nodes.push_back({TokenQueue(capacity), net, port});
    result.nodes.back().consumer = node;
    return node;
  }

  std::string describeSink(unsigned sw, NetworkKind net, unsigned sink) const {
    const SwitchPort &port = model.switchModel(sw, net).sinks[sink];
    std::string where =
        fmt::format("{} switch ({},{})", networkKindName(net), int(sw) % model.width(), int(sw) / model.width());
    static constexpr const char *names[] = {"north", "east", "south", "west"};
    if (port.isLink)
      return fmt::format("{}, link {} track {}", where, names[unsigned(port.direction)], port.track);
    return fmt::format("{}, input {} of {}", where, port.port, model.describeSite(port.site));
  }

  uint32_t select(unsigned sw, NetworkKind net, unsigned sink) const {
    const bitstream::SwitchSelects &selects = config.selects[unsigned(net)];
    return sw < selects.size() && sink < selects[sw].size() ? selects[sw][sink] : 0;
  }

  /// Two passes: a node for every used sink, then the edge from the sink's source.
  Status addNetwork(NetworkKind net) {
    std::vector<int> nodeOfSink(model.numSinks(net), -1);
    std::vector<std::vector<int>> linkInto(model.numSwitches()); // by source: the route node of the link's sending end
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      linkInto[sw].assign(model.switchModel(sw, net).sources.size(), -1);

    for (unsigned sw = 0; sw < model.numSwitches(); ++sw) {
      const std::vector<SwitchPort> &sinks = model.switchModel(sw, net).sinks;
      for (unsigned sink = 0; sink < sinks.size(); ++sink) {
        if (sinks[sink].isLink)
          linkInto[unsigned(model.neighbour(sw, sinks[sink].direction))][model.sourceOfLink(sw, net, sink)] =
              int(model.sinkBase(sw, net) + sink);
        if (select(sw, net, sink) == 0)
          continue;
        if (sinks[sink].isLink) {
          const NetworkSpec &spec = model.spec().network;
          // A link of several cycles holds what is on the way besides its buffer.
          unsigned node = addNode(spec.hopBufferDepth + latencyOf(spec) - 1, net, {});
          result.nodes[node].latency = latencyOf(spec);
          nodeOfSink[model.sinkBase(sw, net) + sink] = int(node);
          continue;
        }
        auto input = result.inputNodes.find({sinks[sink].site, sinks[sink].port});
        if (input == result.inputNodes.end())
          return Error{fmt::format("{} is fed but the unit does not use it", describeSink(sw, net, sink))};
        nodeOfSink[model.sinkBase(sw, net) + sink] = int(input->second);
      }
    }
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      for (unsigned sink = 0; sink < model.switchModel(sw, net).sinks.size(); ++sink)
        if (uint32_t value = select(sw, net, sink))
          if (Status status = connect(sw, net, sink, value - 1, nodeOfSink, linkInto); !status)
            return status;
    return {};
  }

  static unsigned latencyOf(const NetworkSpec &spec) { return std::max(1u, spec.hopLatency); }

  Status connect(unsigned sw, NetworkKind net, unsigned sink, uint32_t source, const std::vector<int> &nodeOfSink,
                 const std::vector<std::vector<int>> &linkInto) {
    const std::vector<SwitchPort> &sources = model.switchModel(sw, net).sources;
    if (source >= sources.size())
      return Error{fmt::format("{} selects source {} of {}", describeSink(sw, net, sink), source, sources.size())};
    int parent = -1;
    if (sources[source].isLink) {
      int sendingEnd = linkInto[sw][source];
      parent = sendingEnd < 0 ? -1 : nodeOfSink[sendingEnd];
    } else if (auto it = result.outputNodes.find({sources[source].site, sources[source].port});
               it != result.outputNodes.end()) {
      parent = int(it->second);
    }
    if (parent < 0)
      return Error{fmt::format("{} selects source {}, which carries nothing", describeSink(sw, net, sink), source)};
    unsigned node = unsigned(nodeOfSink[model.sinkBase(sw, net) + sink]);
    result.nodes[node].parent = result.nodes[node].producer = unsigned(parent);
    result.nodes[unsigned(parent)].branches.push_back(node);
    return {};
  }

  /// Every used input is reached from an output, every output goes somewhere, no link stands in a circle or ends
  /// nowhere.
  Status checkComplete() const {
    std::vector<uint8_t> reached(result.nodes.size());
    std::vector<unsigned> stack;
    for (const auto &[port, node] : result.outputNodes)
      stack.push_back(node);
    while (!stack.empty()) {
      unsigned node = stack.back();
      stack.pop_back();
      reached[node] = true;
      const Network::Node &n = result.nodes[node];
      if (n.branches.size() > 64)
        return Error{fmt::format("a fork of {} branches; at most 64 are possible", n.branches.size())};
      if (n.branches.empty() && !n.isInput)
        return Error{n.parent == ~0u ? fmt::format("output {} of {} is used but not routed", n.port.port,
                                                   model.describeSite(n.port.site))
                                     : fmt::format("a {} link is driven but leads nowhere", networkKindName(n.kind))};
      stack.insert(stack.end(), n.branches.begin(), n.branches.end());
    }
    for (unsigned node = 0; node < result.nodes.size(); ++node) {
      const Network::Node &n = result.nodes[node];
      if (!reached[node])
        return Error{
            n.isInput && n.parent == ~0u
                ? fmt::format("input {} of {} is used but not routed", n.port.port, model.describeSite(n.port.site))
                : fmt::format("the {} network's selects form a circle", networkKindName(n.kind))};
    }
    return {};
  }

  /// Words have the same size at both ends of a stream; tokens have none.
  Status checkWords() const {
    std::vector<uint8_t> wide(model.sites().size());
    for (const auto &unit : config.compute)
      wide[unit.site] = unit.config.wide;
    for (const auto &unit : config.memory)
      wide[unit.site] = unit.config.wide;
    for (const auto &unit : config.dram)
      wide[unit.site] = unit.config.wide;
    auto describe = [&](PortRef port) {
      return fmt::format("{} ({}-bit words)", model.describeSite(port.site), wide[port.site] ? 64 : 32);
    };
    for (const auto &[port, node] : result.inputNodes) {
      const Network::Node &input = result.nodes[node];
      PortRef from = result.producerOf(node);
      if (input.kind != NetworkKind::Control && wide[from.site] != wide[input.port.site])
        return Error{fmt::format("a {} stream goes from output {} of {} to input {} of {}; expected words of one size",
                                 networkKindName(input.kind), from.port, describe(from), input.port.port,
                                 describe(input.port))};
    }
    return {};
  }

  const FabricModel &model;
  const SectionConfig &config;
  Network &result;
};

Result<Network> Network::build(const FabricModel &model, const SectionConfig &config,
                               const std::vector<Output> &outputs, const std::vector<PortRef> &inputs) {
  Network network(model.spec().compute);
  if (Status status = NetworkBuilder(model, config, network).run(outputs, inputs); !status)
    return status.takeError();
  size_t vectors = 1; // one may be in the making
  for (const Node &node : network.nodes)
    if (node.kind == NetworkKind::Vector)
      vectors += node.queue.capacity();
  network.pool.reserve(vectors);
  return network;
}

void Network::setUnit(unsigned node, unsigned component) {
  (nodes[node].isInput ? nodes[node].consumer : nodes[node].producer) = component;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Running
//===-------------------------------------------------------------------------------------------------------------===//

void Network::forward(unsigned number, uint64_t now) {
  Node &node = nodes[number];
  if (!node.queue.ready(now))
    return;
  bool gone = node.branches.size() == 1 ? moveHead(node, now) : copyHead(node, now);
  if (gone && !node.queue.empty())
    wakes->wake(number, now + 1);
}

/// One branch: the element goes on as it is.
bool Network::moveHead(Node &node, uint64_t now) {
  unsigned next = node.branches.front();
  if (!nodes[next].queue.hasRoom(now))
    return false;
  push(next, node.queue.front(), now + nodes[next].latency);
  remove(node, now);
  return true;
}

/// A fork: true when the last branch has the element.
bool Network::copyHead(Node &node, uint64_t now) {
  uint64_t payload = node.queue.front();
  bool all = true;
  for (unsigned i = 0; i < node.branches.size(); ++i) {
    if (node.delivered >> i & 1)
      continue;
    Node &branch = nodes[node.branches[i]];
    if (!branch.queue.hasRoom(now)) {
      all = false;
      continue;
    }
    node.delivered |= uint64_t(1) << i;
    if (node.kind == NetworkKind::Vector)
      pool.hold(uint32_t(payload));
    push(node.branches[i], payload, now + branch.latency);
  }
  if (!all)
    return false;
  node.delivered = 0;
  if (node.kind == NetworkKind::Vector)
    pool.release(uint32_t(payload));
  remove(node, now);
  return true;
}

void Network::countHops(uint64_t *hops) const {
  for (const Node &node : nodes) { // each one that is not an output queue, with what entered its route at the root
    unsigned root = unsigned(&node - nodes.data());
    while (nodes[root].parent != ~0u)
      root = nodes[root].parent;
    if (node.parent != ~0u)
      hops[unsigned(node.kind)] += nodes[root].queue.numPushed();
  }
}

//===-------------------------------------------------------------------------------------------------------------===//
// Explaining
//===-------------------------------------------------------------------------------------------------------------===//

PortRef Network::producerOf(unsigned input) const {
  unsigned node = input;
  while (nodes[node].parent != ~0u)
    node = nodes[node].parent;
  return nodes[node].port;
}

std::vector<Network::Consumer> Network::consumersOf(unsigned output) const {
  std::vector<Consumer> result;
  std::vector<unsigned> stack = {output};
  while (!stack.empty()) {
    unsigned node = stack.back();
    stack.pop_back();
    if (nodes[node].isInput)
      result.push_back({nodes[node].port, nodes[node].queue.full()});
    stack.insert(stack.end(), nodes[node].branches.rbegin(), nodes[node].branches.rend());
  }
  return result;
}

} // namespace jacquard::sim
