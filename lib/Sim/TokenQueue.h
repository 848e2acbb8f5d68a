// TokenQueue.h - bounded FIFOs of stream elements, and the store of vectors that they carry
#ifndef JACQUARD_SIM_TOKENQUEUE_H
#define JACQUARD_SIM_TOKENQUEUE_H

#include "Wakeups.h"

#include "jacquard/Sim/Evaluate.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace jacquard::sim {

/// Vectors in flight, counted by the FIFO entries that hold them. Storage grows with the largest number in flight,
/// which the FIFO depths bound; a vector never moves. A vector has words of 32 or of 64 bits, as its producer says.
class TokenPool {
public:
  TokenPool(unsigned lanes, unsigned wideLanes)
      : stride(std::max(paddedLanes(lanes) * sizeof(uint32_t), paddedLanes(wideLanes) * sizeof(uint64_t))) {}

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
  template <typename W> W *lanes(uint32_t token) {
    return reinterpret_cast<W *>(&blocks[token / blockTokens][token % blockTokens * stride]);
  }

private:
  static constexpr uint32_t blockTokens = 64;

  void grow() {
    blocks.push_back(std::make_unique<unsigned char[]>(blockTokens * stride));
    uint32_t first = uint32_t(holders.size());
    holders.resize(first + blockTokens);
    for (uint32_t i = blockTokens; i-- > 0;)
      free.push_back(first + i);
  }

  size_t stride;                                        ///< bytes of a vector, whole words of either size
  std::vector<std::unique_ptr<unsigned char[]>> blocks; ///< bytes: what is stored there makes the type
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
  uint64_t front() const { return ring[head].payload; }

  void push(uint64_t payload, uint64_t visible) {
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
    uint64_t payload; ///< vector: number of a pool token; scalar: the word; control: 0
  };
  std::vector<Entry> ring;
  unsigned head = 0, count = 0;
  uint64_t lastPop = never;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_TOKENQUEUE_H
