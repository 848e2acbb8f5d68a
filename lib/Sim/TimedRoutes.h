// TimedRoutes.h - when the elements of routed streams move, computed without going through the cycles in between
//
// An element leaves a node as soon as it is visible there, the one before it has left, and there is room in the next
// node. With x_j[i] the cycle in which element i leaves node j of a row, c_j the capacity of node j and L_j the latency
// into it, that is
//
//   x_j[i] = max(x_{j-1}[i] + L_j, x_j[i-1] + 1, x_{j+1}[i - c_{j+1}] + 1)
//
// (a timed event graph, linear in max and plus; Baccelli, Cohen, Olsder, Quadrat: Synchronization and Linearity, 1992).
// So a unit may be any distance ahead of another one, as long as the cycles that it depends on are known.
//
// A link with c >= L + 1 takes one element per cycle whatever happens: from entering it and back are L + 1 cycles for c
// elements, which need c cycles anyway. So the longest path to any event never turns round within such links, and they
// need not be looked at one by one: between the queue that a stream comes from and those that it goes to (output
// queues, input FIFOs, and links with less) there are only legs, rows of links from one fork to the next. With y the
// cycles in which elements leave a queue, an element enters
//
//   a leg to a queue   at  max(visible[i], left[i-1] + 1, back[i]),  back[i] = y[i - window] + 1 + links
//                      and arrives at  max(entered[i] + delay, y[i - capacity] + 1)
//   a leg to a fork    at  max(visible[i], left[i-1] + 1, back[i]),
//                      back[i] = max over the fork's legs of back_leg[i - window] + 1 + links
//
// and has left a fork when it has entered all of its legs. `window` is the capacity of the row and of the node behind.
#ifndef JACQUARD_LIB_SIM_TIMEDROUTES_H
#define JACQUARD_LIB_SIM_TIMEDROUTES_H

#include "Network.h"

namespace jacquard::sim {

/// Told when it becomes known when elements `first` to `end` are visible in an input FIFO, or have left an output
/// queue.
class RouteListener {
public:
  virtual ~RouteListener() = default;
  virtual void arrived(unsigned node, uint64_t first, uint64_t end) = 0;
  virtual void departed(unsigned node, uint64_t first, uint64_t end) = 0;
};

/// All streams of a section. The output queues and input FIFOs at their ends are those of the network.
class TimedRoutes {
public:
  TimedRoutes(Network &network, RouteListener &listener);

  /// Goes on with all streams that have changed; false if none has.
  bool advance();
  bool hasChanged() {
    unsigned fork;
    return changes.next(fork);
  }
  /// What somebody in `group` does in cycle t to a stream is of no effect to others of the group, or to itself by a way
  /// round, before cycle t + this; at most `most`. `inGroup` by node.
  uint64_t lookahead(const std::vector<bool> &inGroup, uint64_t most) const;
  /// The last cycle in which an element that got stuck becomes visible somewhere; 0 if there is none.
  uint64_t lastArrival() const;

private:
  static constexpr unsigned none = ~0u;
  static constexpr uint64_t batch = 64; ///< elements that are gone on with at a time

  /// Values by number of element, of the newest ones.
  class Ring {
  public:
    void resize(uint64_t window) {
      size_t size = 1;
      while (size < window)
        size *= 2;
      values.resize(size);
      mask = size - 1;
    }
    uint64_t operator[](uint64_t i) const { return values[i & mask]; }
    uint64_t size() const { return count; }
    void push(uint64_t value) { values[count++ & mask] = value; }
    RingView view() const { return {values.data(), mask}; }

  private:
    std::vector<uint64_t> values;
    uint64_t count = 0, mask = 0;
  };
  struct Leg {
    unsigned node;               ///< behind the row
    TokenQueue *queue = nullptr; ///< of that node, if the leg goes to a queue, else
    unsigned fork = none;        ///< what the leg goes to
    uint64_t links = 0, delay = 0, window = 0;
    uint64_t latency = 0; ///< into the node behind the row
    Ring entered;
    Ring back; ///< of a leg to a fork
  };
  /// Where elements come from a queue or a leg and go into legs.
  struct Fork {
    unsigned tree = 0;
    unsigned sender = none, leg = none; ///< the fork and the leg that elements come from; none for a queue
    unsigned firstLeg = 0, numLegs = 0;
    uint64_t numLeft = 0;  ///< elements that have
    uint64_t earliest = 0; ///< for the next one to leave, after those before it
  };
  /// From one queue to others.
  struct Tree {
    unsigned node;
    TokenQueue *queue;
    bool vectors;
    unsigned firstFork, numForks = 0; ///< the first is at the queue; each comes before those behind it
    unsigned ends = 0;
    uint64_t held = 0; ///< elements whose vectors have been held once per end
  };

  // Building.
  bool isQueue(unsigned node) const;
  Leg legTo(unsigned branch) const;
  void addTree(unsigned node);
  void addFork(unsigned node, unsigned sender, unsigned leg, unsigned tree);
  uint64_t windowBehind(const Fork &fork) const;
  void sizeRings(const Tree &tree);

  /// From one end of a stream to another one, at least: for elements from leaving to being visible, for room from an
  /// element's leaving the far end to one's leaving the near end.
  struct Distance {
    uint64_t elements = never, room = never;
    void include(const Distance &other) {
      elements = std::min(elements, other.elements);
      room = std::min(room, other.room);
    }
  };
  template <typename Take> void forEachEnd(const Tree &tree, Take take) const;

  // Going on.
  void advance(Tree &tree);
  void holdVectors(Tree &tree);
  uint64_t numBack(const Leg &leg) const { return leg.queue ? leg.queue->numPopped() + leg.window : leg.back.size(); }
  uint64_t numBack(const Fork &fork) const;
  template <typename Take> void forEachBack(const Leg &leg, uint64_t first, uint64_t count, Take take) const;
  void maximumBack(const Fork &fork, uint64_t first, uint64_t count, uint64_t *cycles) const;
  bool updateBack(const Fork &fork);
  void goOn(Tree &tree, unsigned number);
  void leave(Fork &fork, TokenQueue *queue, uint64_t numVisible, RingView visible, uint64_t delay);
  bool hasRoomThroughout(const Fork &fork, uint64_t first, uint64_t count, uint64_t cycle) const;
  void enterSome(Fork &fork, uint64_t earliest);
  void arrive(const Tree &tree, Leg &leg);
  uint64_t lastArrival(const Leg &leg) const;

  Network &network;
  RouteListener &listener;
  Changes changes;                        ///< forks
  std::vector<unsigned> forkFrom, forkTo; ///< by node that is a queue: where its elements go, where they come from
  std::vector<Tree> trees;
  std::vector<Fork> forks;
  std::vector<Leg> legs;
};

} // namespace jacquard::sim

#endif // JACQUARD_LIB_SIM_TIMEDROUTES_H
