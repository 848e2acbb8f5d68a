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
#include <utility>

namespace jacquard::sim {

/// One end of a stream: a port of a unit.
struct PortRef {
  unsigned site = 0;
  unsigned port = 0;
};

/// Where elements may be able to go on, as a unit has put something into an output queue or taken something from an
/// input FIFO: numbers, each at most once.
class Changes {
public:
  /// There are places from 0; not every one needs a node.
  void setNumPlaces(size_t places) { isSet.resize(places); }
  /// What changes when a unit changes the queue at `node`.
  void setPlace(unsigned node, unsigned place) {
    placeOf.resize(std::max<size_t>(placeOf.size(), node + 1));
    placeOf[node] = place;
  }
  void changed(unsigned node) { add(placeOf[node]); }
  void add(unsigned place) {
    if (!std::exchange(isSet[place], true))
      list.push_back(place);
  }
  /// Takes the next one; false when there is none.
  bool next(unsigned &place) {
    while (!list.empty()) {
      place = list.back();
      if (isSet[place])
        return true;
      list.pop_back();
    }
    return false;
  }
  bool has(unsigned place) const { return isSet[place]; }
  void set(unsigned place) { isSet[place] = true; } ///< by who sees to it that it is taken
  bool take(unsigned place) { return std::exchange(isSet[place], false); }

private:
  std::vector<unsigned> placeOf, list;
  std::vector<uint8_t> isSet;
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
  /// Who is told of changes: components that move everything on cycle by cycle, or who computes when elements arrive.
  void attach(Wakeups &wakeups) { wakes = &wakeups; }
  void attach(Changes &allChanges) { changes = &allChanges; }

  unsigned outputNode(PortRef port) const { return outputNodes.at({port.site, port.port}); }
  unsigned inputNode(PortRef port) const { return inputNodes.at({port.site, port.port}); }

  /// Unit side. A vector's lanes are written between newVector and push.
  bool hasRoom(unsigned output, uint64_t now) const {
    const TokenQueue &queue = nodes[output].queue;
    return queue.hasRoom(now) || answerNo(output, queue.roomIsKnown(), queue.roomFrom());
  }
  uint32_t newVector() { return pool.allocate(); }
  template <typename W> W *lanes(uint64_t token) { return pool.lanes<W>(uint32_t(token)); }
  void push(unsigned node, uint64_t payload, uint64_t visible) {
    nodes[node].queue.push(payload, visible);
    if (changes)
      changes->changed(node);
    else
      wakes->wake(nodes[node].consumer, visible);
  }
  bool ready(unsigned input, uint64_t now) const {
    const TokenQueue &queue = nodes[input].queue;
    return queue.ready(now) || answerNo(input, !queue.empty(), queue.visible(queue.numPopped()));
  }
  uint64_t front(unsigned input) const { return nodes[input].queue.front(); }
  NetworkKind kind(unsigned node) const { return nodes[node].kind; }
  void pop(unsigned input, uint64_t now) {
    if (nodes[input].kind == NetworkKind::Vector)
      pool.release(uint32_t(nodes[input].queue.front()));
    if (!changes)
      return remove(nodes[input], now);
    nodes[input].queue.pop(now);
    changes->changed(input);
  }

  /// For units that are not visited cycle by cycle: of at most `most` cycles from `now` on, how many in a row find an
  /// element, if the first one serves `first` cycles and the others `each`.
  uint64_t readyInRow(unsigned input, uint64_t now, uint64_t first, uint64_t each, uint64_t most) const {
    const TokenQueue &queue = nodes[input].queue;
    uint64_t element = queue.numPopped(), count = 0;
    for (uint64_t next = first; count < most; count = next, next += each, ++element)
      if (element == queue.numPushed() || queue.visible(element) > now + count)
        return count;
    return most;
  }
  /// Takes `count` elements, the first in cycle `now` and each of the others `each` cycles after the one before.
  void popRow(unsigned input, uint64_t now, uint64_t each, uint64_t count) {
    TokenQueue &queue = nodes[input].queue;
    if (nodes[input].kind == NetworkKind::Vector)
      for (uint64_t i = queue.numPopped(); i < queue.numPopped() + count; ++i)
        pool.release(uint32_t(queue.payload(i)));
    queue.popRow(now, each, count);
    changes->changed(input);
  }
  /// The payload of the element `ahead` of the front.
  uint64_t upcoming(unsigned input, uint64_t ahead) const {
    const TokenQueue &queue = nodes[input].queue;
    return queue.payload(queue.numPopped() + ahead);
  }
  /// Of at most `most` cycles from `now` on, how many in a row have room for an element in each. Then pushes of which
  /// is told once, at the end.
  uint64_t roomInRow(unsigned output, uint64_t now, uint64_t most) const {
    const TokenQueue &queue = nodes[output].queue;
    uint64_t count = 0;
    while (count < most && queue.hasRoom(now + count, count))
      ++count;
    return count;
  }
  void pushSilently(unsigned output, uint64_t payload, uint64_t visible) { nodes[output].queue.push(payload, visible); }
  void pushed(unsigned output) { changes->changed(output); }

  /// Whether it is settled when there is room for, or when there is, the next element.
  bool knowsRoom(unsigned output) const { return nodes[output].queue.roomIsKnown(); }
  bool knowsElement(unsigned input) const { return !nodes[input].queue.empty(); }

  /// What would have to happen before a question that was answered no can be answered yes.
  struct Missing {
    unsigned node = ~0u;   ///< an end of a stream of which the next element, or the next room, is not known yet
    uint64_t from = never; ///< else the cycle from which the first of the answers is yes
  };
  /// Of the questions since it was asked for last: for units that are not visited cycle by cycle.
  Missing takeMissing() { return std::exchange(missing, {}); }

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

  struct Node {
    TokenQueue queue;
    NetworkKind kind;
    PortRef port; ///< of input FIFOs and output queues
    bool isInput = false;
    unsigned parent = ~0u;   ///< the node that fills this one; output queues have none
    unsigned producer = ~0u; ///< component that pushes: the parent, or the unit of an output queue
    unsigned consumer = ~0u; ///< component that pops: the node itself, or the unit of an input FIFO
    unsigned latency = 1;    ///< from the parent into this node
    uint64_t delivered = 0;  ///< branches that already have the head
    std::vector<unsigned> branches = {};
  };

  /// For the routes: nodes as they are built, and the queues between which elements go.
  const Node &node(unsigned number) const { return nodes[number]; }
  bool isEnd(unsigned number) const { return nodes[number].isInput || nodes[number].parent == ~0u; }
  TokenQueue &queue(unsigned number) { return nodes[number].queue; }
  TokenPool &vectors() { return pool; }

private:
  explicit Network(const ComputeSpec &spec) : pool(spec.lanes, spec.wideLanes) {}

  /// Takes the head off without releasing what it holds.
  void remove(Node &node, uint64_t now) {
    if (node.queue.full()) // only then somebody may wait for room
      wakes->wake(node.producer, now + 1);
    node.queue.pop(now);
  }
  bool answerNo(unsigned node, bool isKnown, uint64_t from) const {
    if (isKnown)
      missing.from = std::min(missing.from, from);
    else
      missing.node = node;
    return false;
  }
  bool moveHead(Node &node, uint64_t now);
  bool copyHead(Node &node, uint64_t now);
  friend class NetworkBuilder;

  std::vector<Node> nodes;
  std::map<std::pair<unsigned, unsigned>, unsigned> outputNodes, inputNodes; ///< by site and port
  TokenPool pool;
  Wakeups *wakes = nullptr;
  Changes *changes = nullptr;
  mutable Missing missing;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_NETWORK_H
