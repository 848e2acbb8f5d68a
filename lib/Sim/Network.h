// Network.h - the routed streams of one section: output queues, link registers, input FIFOs
//
// Built from the select of every switch output. An element leaves a unit's output queue, takes hopLatency cycles into
// each link register on its way and one cycle into the input FIFO. A fork hands the element to every branch as soon as
// that branch has room and forgets it when all have it.
#ifndef JACQUARD_SIM_NETWORK_H
#define JACQUARD_SIM_NETWORK_H

#include "TokenQueue.h"

#include "jacquard/Bitstream/Config.h"

#include <map>
#include <string>

namespace jacquard::sim {

/// One end of a stream: a port of a unit.
struct PortRef {
  unsigned site = 0;
  unsigned port = 0;
};

class Network {
public:
  struct Output {
    PortRef from;
    unsigned capacity; ///< of the output queue
  };

  /// Makes the nodes for the units' used ports: `outputs` and `inputs` come with their unit's ports, in any order. Node
  /// numbers are component numbers, from 0.
  static Result<Network> build(const FabricModel &model, const bitstream::SectionConfig &config,
                               const std::vector<Output> &outputs, const std::vector<PortRef> &inputs);

  unsigned numNodes() const { return unsigned(nodes.size()); }
  /// The component to visit when input FIFO or output queue `node` changes.
  void setUnit(unsigned node, unsigned component);
  void attach(Wakeups &wakeups) { wakes = &wakeups; }

  unsigned outputNode(PortRef port) const { return outputNodes.at({port.site, port.port}); }
  unsigned inputNode(PortRef port) const { return inputNodes.at({port.site, port.port}); }

  /// Unit side. A vector's lanes are written between newVector and push.
  bool hasRoom(unsigned output, uint64_t now) const { return nodes[output].queue.hasRoom(now); }
  uint32_t newVector() { return pool.allocate(); }
  template <typename W> W *lanes(uint64_t token) { return pool.lanes<W>(uint32_t(token)); }
  void push(unsigned node, uint64_t payload, uint64_t visible) {
    ++nodes[node].pushes;
    nodes[node].queue.push(payload, visible);
    wakes->wake(nodes[node].consumer, visible);
  }
  bool ready(unsigned input, uint64_t now) const { return nodes[input].queue.ready(now); }
  uint64_t front(unsigned input) const { return nodes[input].queue.front(); }
  NetworkKind kind(unsigned node) const { return nodes[node].kind; }
  void pop(unsigned input, uint64_t now) {
    if (nodes[input].kind == NetworkKind::Vector)
      pool.release(uint32_t(nodes[input].queue.front()));
    remove(nodes[input], now);
  }

  /// Moves the head of an output queue or link register on as far as its branches have room.
  void forward(unsigned node, uint64_t now);

  /// Adds, by NetworkKind, the elements that units have sent times the links and inputs that their routes enter.
  void countHops(uint64_t *hops) const;

  /// For explanations: who fills this input; which inputs an output feeds and whether they are full.
  PortRef producerOf(unsigned input) const;
  struct Consumer {
    PortRef port;
    bool full;
  };
  std::vector<Consumer> consumersOf(unsigned output) const;

private:
  struct Node {
    TokenQueue queue;
    NetworkKind kind;
    PortRef port; ///< of input FIFOs and output queues
    bool isInput = false;
    unsigned parent = ~0u;   ///< the node that fills this one; output queues have none
    unsigned producer = ~0u; ///< component that pushes: the parent, or the unit of an output queue
    unsigned consumer = ~0u; ///< component that pops: the node itself, or the unit of an input FIFO
    unsigned latency = 1;    ///< from the parent into this node
    uint64_t pushes = 0;
    uint64_t delivered = 0; ///< branches that already have the head
    std::vector<unsigned> branches = {};
  };

  explicit Network(const ComputeSpec &spec) : pool(spec.lanes, spec.wideLanes) {}

  /// Takes the head off without releasing what it holds.
  void remove(Node &node, uint64_t now) {
    if (node.queue.full()) // only then somebody may wait for room
      wakes->wake(node.producer, now + 1);
    node.queue.pop(now);
  }
  bool moveHead(Node &node, uint64_t now);
  bool copyHead(Node &node, uint64_t now);
  friend class NetworkBuilder;

  std::vector<Node> nodes;
  std::map<std::pair<unsigned, unsigned>, unsigned> outputNodes, inputNodes; ///< by site and port
  TokenPool pool;
  Wakeups *wakes = nullptr;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_NETWORK_H
