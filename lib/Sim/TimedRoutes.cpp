// TimedRoutes.cpp - makes trees of legs from the network, and goes on with them as far as things are known
#include "TimedRoutes.h"

#include <algorithm>

namespace jacquard::sim {

//===-------------------------------------------------------------------------------------------------------------===//
// Building
//===-------------------------------------------------------------------------------------------------------------===//

TimedRoutes::TimedRoutes(Network &network, RouteListener &listener)
    : network(network), listener(listener), forkFrom(network.numNodes(), none), forkTo(network.numNodes(), none) {
  for (unsigned node = 0; node < network.numNodes(); ++node)
    if (isQueue(node) && !network.node(node).isInput)
      addTree(node);
  for (const Tree &tree : trees)
    sizeRings(tree);
  changes.setNumPlaces(forks.size());
  for (unsigned node = 0; node < network.numNodes(); ++node)
    if (network.isEnd(node))
      changes.setPlace(node, network.node(node).isInput ? forkTo[node] : forkFrom[node]);
  for (unsigned fork = 0; fork < forks.size(); ++fork)
    changes.add(fork); // finds out how far the empty queues let elements go
  network.attach(changes);
}

/// Whether the node has to be looked at by itself.
bool TimedRoutes::isQueue(unsigned number) const {
  const Network::Node &node = network.node(number);
  return network.isEnd(number) || node.queue.capacity() <= node.latency;
}

void TimedRoutes::addTree(unsigned node) {
  unsigned tree = unsigned(trees.size());
  forkFrom[node] = unsigned(forks.size());
  trees.push_back({node, &network.queue(node), network.kind(node) == NetworkKind::Vector, unsigned(forks.size())});
  addFork(node, none, none, tree);
}

void TimedRoutes::addFork(unsigned node, unsigned sender, unsigned leg, unsigned tree) {
  unsigned fork = unsigned(forks.size()), firstLeg = unsigned(legs.size());
  const std::vector<unsigned> &branches = network.node(node).branches;
  forks.push_back({tree, sender, leg, firstLeg, unsigned(branches.size())});
  ++trees[tree].numForks;
  for (unsigned branch : branches)
    legs.push_back(legTo(branch));
  for (unsigned i = firstLeg; i < firstLeg + branches.size(); ++i) {
    unsigned end = legs[i].node;
    if (legs[i].queue) {
      forkTo[end] = fork;
      ++trees[tree].ends;
    } else {
      legs[i].fork = unsigned(forks.size());
      addFork(end, fork, i, tree);
    }
  }
}

TimedRoutes::Leg TimedRoutes::legTo(unsigned branch) const {
  Leg leg = {};
  for (leg.node = branch; !isQueue(leg.node) && network.node(leg.node).branches.size() == 1;
       leg.node = network.node(leg.node).branches.front()) {
    const Network::Node &link = network.node(leg.node);
    ++leg.links;
    leg.delay += link.latency;
    leg.window += link.queue.capacity();
  }
  leg.latency = network.node(leg.node).latency;
  leg.window += network.node(leg.node).queue.capacity();
  if (isQueue(leg.node))
    leg.queue = &network.queue(leg.node);
  return leg;
}

uint64_t TimedRoutes::windowBehind(const Fork &fork) const {
  uint64_t window = 0;
  for (unsigned leg = fork.firstLeg; leg < fork.firstLeg + fork.numLegs; ++leg)
    window = std::max(window, legs[leg].window + (legs[leg].queue ? 0 : windowBehind(forks[legs[leg].fork])));
  return window;
}

/// All elements that are of interest lie between the last one that has left the tree and the newest, and in the same
/// distance before that.
void TimedRoutes::sizeRings(const Tree &tree) {
  uint64_t window = 2 * (tree.queue->capacity() + windowBehind(forks[tree.firstFork]) + 1);
  tree.queue->remember(window);
  for (unsigned fork = tree.firstFork; fork < tree.firstFork + tree.numForks; ++fork)
    for (unsigned i = forks[fork].firstLeg; i < forks[fork].firstLeg + forks[fork].numLegs; ++i) {
      Leg &leg = legs[i];
      leg.entered.resize(window);
      if (leg.queue)
        leg.queue->remember(window);
      else
        leg.back.resize(window);
    }
}

/// Calls `take(node, distance)` for the queues that the tree goes to.
template <typename Take> void TimedRoutes::forEachEnd(const Tree &tree, Take take) const {
  std::vector<Distance> toFork(tree.numForks, {0, 0}); // a fork comes before those behind it
  for (unsigned fork = 0; fork < tree.numForks; ++fork)
    for (unsigned i = 0; i < forks[tree.firstFork + fork].numLegs; ++i) {
      const Leg &leg = legs[forks[tree.firstFork + fork].firstLeg + i];
      Distance distance = {toFork[fork].elements + leg.delay + leg.latency, toFork[fork].room + 1 + leg.links};
      if (leg.queue)
        take(leg.node, distance);
      else
        toFork[leg.fork - tree.firstFork] = distance;
    }
}

/// Whoever is not in the group answers an element, or room, in the next cycle at the earliest, by one or the other;
/// what it sends is on its way from the cycle after.
uint64_t TimedRoutes::lookahead(const std::vector<bool> &inGroup, uint64_t most) const {
  Distance out, in, direct;
  bool areRowsWhole = true;
  for (const Tree &tree : trees)
    forEachEnd(tree, [&](unsigned node, const Distance &distance) {
      areRowsWhole &= network.isEnd(tree.node) && network.isEnd(node);
      if (inGroup[tree.node])
        (inGroup[node] ? direct : out).include(distance);
      else if (inGroup[node])
        in.include(distance);
    });
  if (!areRowsWhole)
    return 1;
  auto after = [&](uint64_t cycles) { return cycles == never ? most : 1 + cycles; };
  uint64_t round = after(std::min(out.elements, in.room)) + after(std::min(out.room, in.elements));
  return std::min({most, round, after(direct.elements), after(direct.room)});
}

//===-------------------------------------------------------------------------------------------------------------===//
// Going on
//===-------------------------------------------------------------------------------------------------------------===//

bool TimedRoutes::advance() {
  bool any = false;
  for (unsigned fork; changes.next(fork); any = true)
    advance(trees[forks[fork].tree]);
  return any;
}

void TimedRoutes::advance(Tree &tree) {
  holdVectors(tree);
  for (unsigned fork = tree.firstFork + tree.numForks; --fork > tree.firstFork;)
    if (changes.has(fork) && updateBack(forks[fork]))
      changes.set(forks[fork].sender);

  uint64_t before = tree.queue->numPopped();
  for (unsigned fork = tree.firstFork; fork < tree.firstFork + tree.numForks; ++fork)
    if (changes.take(fork))
      goOn(tree, fork);
  if (before == tree.queue->numPopped())
    return;
  if (forkTo[tree.node] != none)
    changes.add(forkTo[tree.node]);
  else
    listener.departed(tree.node, before, tree.queue->numPopped());
}

/// Leaves the fork and arrives behind its legs.
void TimedRoutes::goOn(Tree &tree, unsigned number) {
  Fork &fork = forks[number];
  if (number == tree.firstFork) {
    leave(fork, tree.queue, tree.queue->numPushed(), tree.queue->allVisible(), 0);
  } else {
    const Leg &leg = legs[fork.leg];
    leave(fork, nullptr, leg.entered.size(), leg.entered.view(), leg.delay + leg.latency);
  }
  for (unsigned leg = fork.firstLeg; leg < fork.firstLeg + fork.numLegs; ++leg)
    if (legs[leg].queue)
      arrive(tree, legs[leg]);
    else if (legs[leg].entered.size() > forks[legs[leg].fork].numLeft)
      changes.set(legs[leg].fork);
}

/// A vector is held once by each queue that it goes to.
void TimedRoutes::holdVectors(Tree &tree) {
  if (tree.vectors && tree.ends > 1)
    for (; tree.held < tree.queue->numPushed(); ++tree.held)
      network.vectors().hold(uint32_t(tree.queue->payload(tree.held)), tree.ends - 1);
}

uint64_t TimedRoutes::numBack(const Fork &fork) const {
  uint64_t number = never;
  for (unsigned leg = fork.firstLeg; leg < fork.firstLeg + fork.numLegs; ++leg)
    number = std::min(number, numBack(legs[leg]));
  return number;
}

/// Calls `take(k, cycle)` for k < count: element first + k finds room in the leg from that cycle on.
template <typename Take>
void TimedRoutes::forEachBack(const Leg &leg, uint64_t first, uint64_t count, Take take) const {
  if (!leg.queue) {
    RingView back = leg.back.view();
    for (uint64_t k = 0; k < count; ++k)
      take(k, back[first + k]);
    return;
  }
  uint64_t k = 0, extra = 1 + leg.links, window = leg.window;
  for (; k < count && first + k < window; ++k)
    take(k, 0);
  RingView left = leg.queue->allLeft();
  for (; k < count; ++k)
    take(k, left[first + k - window] + extra);
}

/// When elements find room in all legs.
void TimedRoutes::maximumBack(const Fork &fork, uint64_t first, uint64_t count, uint64_t *cycles) const {
  forEachBack(legs[fork.firstLeg], first, count, [&](uint64_t k, uint64_t cycle) { cycles[k] = cycle; });
  for (unsigned leg = fork.firstLeg + 1; leg < fork.firstLeg + fork.numLegs; ++leg)
    forEachBack(legs[leg], first, count, [&](uint64_t k, uint64_t cycle) { cycles[k] = std::max(cycles[k], cycle); });
}

/// Returns whether it has become known for more elements.
bool TimedRoutes::updateBack(const Fork &fork) {
  Leg &leg = legs[fork.leg];
  uint64_t end = numBack(fork) + leg.window, i = leg.back.size();
  if (i >= end)
    return false;
  for (; i < end && i < leg.window; ++i)
    leg.back.push(0);
  uint64_t cycles[batch];
  for (uint64_t count; i < end; i += count) {
    count = std::min(end - i, batch);
    maximumBack(fork, i - leg.window, count, cycles);
    for (uint64_t k = 0; k < count; ++k)
      leg.back.push(cycles[k] + 1 + leg.links);
  }
  return true;
}

/// An element goes into each leg as soon as there is room, and leaves when it has gone into all; at the root it leaves
/// `queue`. It is there `delay` after `visible`.
void TimedRoutes::leave(Fork &fork, TokenQueue *queue, uint64_t numVisible, RingView visible, uint64_t delay) {
  uint64_t end = std::min(numVisible, numBack(fork));
  uint64_t earliest[batch], latest[batch];
  for (uint64_t count; fork.numLeft < end; fork.numLeft += count) {
    uint64_t first = fork.numLeft, next = fork.earliest;
    count = std::min(end - first, batch);
    bool free = hasRoomThroughout(fork, first, count, std::max(visible[first] + delay, next));
    if (!free)
      maximumBack(fork, first, count, latest);
    for (uint64_t k = 0; k < count; ++k) {
      earliest[k] = std::max(visible[first + k] + delay, next);
      latest[k] = free ? earliest[k] : std::max(earliest[k], latest[k]);
      next = latest[k] + 1;
    }
    fork.earliest = next;
    for (unsigned number = fork.firstLeg; number < fork.firstLeg + fork.numLegs; ++number) {
      Leg &leg = legs[number];
      uint64_t entered = leg.entered.size() - first; // it may have the first one
      if (free || fork.numLegs == 1)
        for (uint64_t k = entered; k < count; ++k)
          leg.entered.push(latest[k]);
      else
        forEachBack(leg, first + entered, count - entered,
                    [&](uint64_t k, uint64_t cycle) { leg.entered.push(std::max(earliest[entered + k], cycle)); });
    }
    for (uint64_t k = 0; queue && k < count; ++k)
      queue->pop(latest[k]);
  }
  if (fork.numLeft < numVisible && fork.numLegs > 1)
    enterSome(fork, std::max(visible[fork.numLeft] + delay, fork.earliest));
}

/// Whether it shows at a glance that elements find room in all legs, if the first one comes at `cycle` and the others
/// one per cycle or later: cycles in which there is room rise by one at least from element to element.
bool TimedRoutes::hasRoomThroughout(const Fork &fork, uint64_t first, uint64_t count, uint64_t cycle) const {
  bool hasRoom = true;
  for (unsigned leg = fork.firstLeg; leg < fork.firstLeg + fork.numLegs; ++leg)
    forEachBack(legs[leg], first + count - 1, 1,
                [&](uint64_t, uint64_t back) { hasRoom &= back <= cycle + count - 1; });
  return hasRoom;
}

/// The next element cannot go into all legs yet.
void TimedRoutes::enterSome(Fork &fork, uint64_t earliest) {
  uint64_t i = fork.numLeft;
  for (unsigned number = fork.firstLeg; number < fork.firstLeg + fork.numLegs; ++number) {
    Leg &leg = legs[number];
    if (leg.entered.size() == i && i < numBack(leg))
      forEachBack(leg, i, 1, [&](uint64_t, uint64_t cycle) { leg.entered.push(std::max(earliest, cycle)); });
  }
}

void TimedRoutes::arrive(const Tree &tree, Leg &leg) {
  TokenQueue &queue = *leg.queue;
  uint64_t first = queue.numPushed(), capacity = queue.capacity();
  uint64_t end = std::min(leg.entered.size(), queue.numPopped() + capacity);
  if (first >= end)
    return;
  RingView entered = leg.entered.view(), left = queue.allLeft();
  for (uint64_t i = first; i < end; ++i) {
    uint64_t room = i < capacity ? 0 : left[i - capacity] + 1;
    queue.push(tree.queue->payload(i), std::max(entered[i] + leg.delay, room) + leg.latency);
  }
  if (forkFrom[leg.node] != none)
    changes.add(forkFrom[leg.node]);
  else
    listener.arrived(leg.node, first, end);
}

//===-------------------------------------------------------------------------------------------------------------===//
// When nothing goes on
//===-------------------------------------------------------------------------------------------------------------===//

uint64_t TimedRoutes::lastArrival() const {
  uint64_t last = 0;
  auto include = [&](const TokenQueue &queue) {
    if (queue.numPushed())
      last = std::max(last, queue.visible(queue.numPushed() - 1));
  };
  for (const Tree &tree : trees) {
    include(*tree.queue);
    for (unsigned fork = tree.firstFork; fork < tree.firstFork + tree.numForks; ++fork)
      for (unsigned leg = forks[fork].firstLeg; leg < forks[fork].firstLeg + forks[fork].numLegs; ++leg) {
        if (legs[leg].queue)
          include(*legs[leg].queue);
        last = std::max(last, lastArrival(legs[leg]));
      }
  }
  return last;
}

/// Of the elements that have not left the leg: how far each of them has got. It goes into a node of the row when those
/// that have room from there on have left what is behind the row.
uint64_t TimedRoutes::lastArrival(const Leg &leg) const {
  std::vector<const Network::Node *> row;
  for (unsigned node = leg.node; row.size() <= leg.links; node = network.node(node).parent)
    row.insert(row.begin(), &network.node(node));
  uint64_t known = leg.queue ? leg.queue->numPopped() : numBack(forks[leg.fork]), last = 0;
  for (uint64_t i = leg.queue ? leg.queue->numPushed() : forks[leg.fork].numLeft; i < leg.entered.size(); ++i) {
    uint64_t delay = 0, window = leg.window, links = leg.links + 1;
    for (const Network::Node *node : row) {
      if (i >= known + window)
        break;
      uint64_t room = 0;
      if (i >= window) {
        if (leg.queue)
          room = leg.queue->leftAt(i - window);
        else
          maximumBack(forks[leg.fork], i - window, 1, &room);
        room += links;
      }
      last = std::max(last, std::max(leg.entered[i] + delay, room) + node->latency);
      delay += node->latency;
      window -= node->queue.capacity();
      --links;
    }
  }
  return last;
}

} // namespace jacquard::sim
