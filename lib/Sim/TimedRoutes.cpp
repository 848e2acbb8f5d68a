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
    leave(fork, tree.queue, tree.queue->numPushed(), [&](uint64_t element) { return tree.queue->visible(element); });
  } else {
    const Leg &leg = legs[fork.leg];
    uint64_t delay = leg.delay + leg.latency;
    leave(fork, nullptr, leg.entered.size(), [&](uint64_t element) { return leg.entered[element] + delay; });
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

uint64_t TimedRoutes::back(const Fork &fork, uint64_t i) const {
  uint64_t cycle = 0;
  for (unsigned leg = fork.firstLeg; leg < fork.firstLeg + fork.numLegs; ++leg)
    cycle = std::max(cycle, back(legs[leg], i));
  return cycle;
}

/// Returns whether it has become known for more elements.
bool TimedRoutes::updateBack(const Fork &fork) {
  Leg &leg = legs[fork.leg];
  uint64_t end = numBack(fork) + leg.window;
  if (leg.back.size() >= end)
    return false;
  for (uint64_t i = leg.back.size(); i < end; ++i)
    leg.back.push(i < leg.window ? 0 : back(fork, i - leg.window) + 1 + leg.links);
  return true;
}

/// An element goes into each leg as soon as there is room, and leaves when it has gone into all; at the root it leaves
/// `queue`.
template <typename Visible>
void TimedRoutes::leave(Fork &fork, TokenQueue *queue, uint64_t numVisible, Visible visible) {
  uint64_t end = std::min(numVisible, numBack(fork));
  for (uint64_t i = fork.numLeft; i < end; ++i) {
    uint64_t earliest = std::max(visible(i), fork.earliest), latest = 0;
    for (unsigned number = fork.firstLeg; number < fork.firstLeg + fork.numLegs; ++number) {
      Leg &leg = legs[number];
      if (leg.entered.size() == i)
        leg.entered.push(std::max(earliest, back(leg, i)));
      latest = std::max(latest, leg.entered[i]);
    }
    fork.earliest = latest + 1;
    if (queue)
      queue->pop(latest);
  }
  fork.numLeft = std::max(fork.numLeft, end);
  if (fork.numLeft < numVisible && fork.numLegs > 1)
    enterSome(fork, std::max(visible(fork.numLeft), fork.earliest));
}

/// The next element cannot go into all legs yet.
void TimedRoutes::enterSome(Fork &fork, uint64_t earliest) {
  uint64_t i = fork.numLeft;
  for (unsigned number = fork.firstLeg; number < fork.firstLeg + fork.numLegs; ++number) {
    Leg &leg = legs[number];
    if (leg.entered.size() == i && i < numBack(leg))
      leg.entered.push(std::max(earliest, back(leg, i)));
  }
}

void TimedRoutes::arrive(const Tree &tree, Leg &leg) {
  TokenQueue &queue = *leg.queue;
  uint64_t first = queue.numPushed(), capacity = queue.capacity();
  uint64_t end = std::min(leg.entered.size(), queue.numPopped() + capacity);
  for (uint64_t i = first; i < end; ++i) {
    uint64_t cycle = leg.entered[i] + leg.delay;
    if (i >= capacity)
      cycle = std::max(cycle, queue.leftAt(i - capacity) + 1);
    queue.push(tree.queue->payload(i), cycle + leg.latency);
  }
  if (first >= end)
    return;
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
      if (i >= window)
        room = links + (leg.queue ? leg.queue->leftAt(i - window) : back(forks[leg.fork], i - window));
      last = std::max(last, std::max(leg.entered[i] + delay, room) + node->latency);
      delay += node->latency;
      window -= node->queue.capacity();
      --links;
    }
  }
  return last;
}

} // namespace jacquard::sim
