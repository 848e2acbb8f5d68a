// TokenQueue.h - bounded FIFOs of stream elements, and the store of vectors that they carry
#ifndef JACQUARD_SIM_TOKENQUEUE_H
#define JACQUARD_SIM_TOKENQUEUE_H

#include "Wakeups.h"

#include "jacquard/Sim/Evaluate.h"

#include <cstdint>
#include <vector>

namespace jacquard::sim {

/// Vectors in flight, counted by the FIFO entries that hold them. Storage grows with the largest number in flight,
/// which the FIFO depths bound; a vector never moves.
class TokenPool {
public:
  explicit TokenPool(unsigned lanes) : stride(paddedLanes(lanes)) {}

  /// A vector of arbitrary words, held once.
  uint32_t allocate() {
    if (free.empty())
      grow();
    uint32_t token = free.back();
    free.pop_back();
    holders[token] = 1;
    return token;
  }
  void hold(uint32_t token) { ++holders[token]; }
  void release(uint32_t token) {
    if (--holders[token] == 0)
      free.push_back(token);
  }
  uint32_t *lanes(uint32_t token) { return &blocks[token / blockTokens][size_t(token % blockTokens) * stride]; }

private:
  static constexpr uint32_t blockTokens = 64;

  void grow() {
    blocks.emplace_back(size_t(blockTokens) * stride);
    uint32_t first = uint32_t(holders.size());
    holders.resize(first + blockTokens);
    for (uint32_t i = blockTokens; i-- > 0;)
      free.push_back(first + i);
  }

  unsigned stride;
  std::vector<std::vector<uint32_t>> blocks;
  std::vector<uint32_t> holders, free;
};

/// A ring of at most `capacity` elements with the cycle from which each is visible. One side pushes and one side pops,
/// each at most once per cycle; whether there is room is decided by the fill at the begin of the cycle, so the answer
/// does not depend on who is visited first.
class TokenQueue {
public:
  explicit TokenQueue(unsigned capacity) : ring(capacity) {}

  bool hasRoom(uint64_t now) const { return count + (lastPop == now) < ring.size(); }
  bool ready(uint64_t now) const { return count && ring[head].visible <= now; }
  bool empty() const { return count == 0; }
  bool full() const { return count >= ring.size(); }
  uint32_t front() const { return ring[head].payload; }

  void push(uint32_t payload, uint64_t visible) {
    assert(!full() && "pushed without room");
    unsigned tail = head + count;
    ring[tail >= ring.size() ? tail - unsigned(ring.size()) : tail] = {visible, payload};
    ++count;
  }
  void pop(uint64_t now) {
    assert(count && "popped without an element");
    head = head + 1 == ring.size() ? 0 : head + 1;
    --count;
    lastPop = now;
  }

private:
  struct Entry {
    uint64_t visible;
    uint32_t payload; ///< vector: number of a pool token; scalar: the word; control: 0
  };
  std::vector<Entry> ring;
  unsigned head = 0, count = 0;
  uint64_t lastPop = never;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_TOKENQUEUE_H
