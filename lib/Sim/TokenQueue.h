// TokenQueue.h - bounded FIFOs of stream elements, and the store of vectors that they carry
#ifndef JACQUARD_SIM_TOKENQUEUE_H
#define JACQUARD_SIM_TOKENQUEUE_H

#include "Wakeups.h"

#include "jacquard/Sim/Evaluate.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace jacquard::sim {

/// Vectors in flight, counted by the FIFO entries that hold them. FIFO depths bound their number; a vector never moves.
/// It has words of 32 or of 64 bits, as its producer says.
class TokenPool {
public:
  TokenPool(unsigned lanes, unsigned wideLanes)
      : stride(std::max(paddedLanes(lanes) * sizeof(uint32_t), paddedLanes(wideLanes) * sizeof(uint64_t))) {
    stride = (stride + alignment - 1) / alignment * alignment;
  }

  /// Makes room for so many vectors; memory is not touched before it is used. Called once.
  void reserve(size_t vectors) {
    storage.reset(static_cast<unsigned char *>(std::aligned_alloc(alignment, std::max<size_t>(vectors, 1) * stride)));
    if (!storage)
      throw std::bad_alloc();
    holders.resize(vectors);
    free.resize(vectors);
    for (numFree = 0; numFree < vectors; ++numFree)
      free[numFree] = uint32_t(vectors - 1 - numFree);
  }

  /// A vector of arbitrary words, held once.
  uint32_t allocate() {
    assert(numFree > 0 && "more vectors than the queues hold");
    uint32_t token = free[--numFree];
    holders[token] = 1;
    return token;
  }
  void hold(uint32_t token, uint32_t times = 1) { holders[token] += times; }
  void release(uint32_t token) {
    if (--holders[token] == 0)
      free[numFree++] = token;
  }
  template <typename W> W *lanes(uint32_t token) { return reinterpret_cast<W *>(storage.get() + token * stride); }

private:
  static constexpr size_t alignment = 64;
  struct Free {
    void operator()(unsigned char *memory) const { std::free(memory); }
  };

  size_t stride;                                  ///< bytes of a vector, whole words of either size
  std::unique_ptr<unsigned char[], Free> storage; ///< bytes: what is stored there makes the type
  std::vector<uint32_t> holders, free;
  size_t numFree = 0;
};

/// Values by number, of which the newest are kept; for loops.
struct RingView {
  const uint64_t *values;
  uint64_t mask;
  uint64_t operator[](uint64_t i) const { return values[i & mask]; }
};

/// A queue of at most `capacity` elements, with the cycle from which each is visible and the cycle in which it left.
/// One side pushes and one side pops, each at most once per cycle and in order of time, but they need not be at the
/// same cycle: elements are numbered, and whether there is room in cycle t follows from when the element `capacity`
/// before left (a place that becomes free in t can be used from t + 1 on). So the answer does not depend on who is
/// visited first within a cycle, nor on how far one side has run ahead of the other.
class TokenQueue {
public:
  explicit TokenQueue(unsigned capacity) : limit(capacity) { remember(capacity); }

  /// Elements stay readable by number, and so do the cycles in which they left, until `window` later ones have come.
  void remember(uint64_t window) {
    size_t size = std::max<size_t>(left.size(), 1);
    while (size < window)
      size *= 2;
    visibleFrom.resize(size);
    payloads.resize(size);
    left.resize(size);
    mask = size - 1;
  }

  unsigned capacity() const { return limit; }
  uint64_t numPushed() const { return pushed; }
  uint64_t numPopped() const { return popped; }
  bool empty() const { return pushed == popped; }
  bool full() const { return pushed - popped >= limit; }

  /// For the element that is pushed next, or `ahead` later.
  bool hasRoom(uint64_t now, uint64_t ahead = 0) const {
    uint64_t element = pushed + ahead;
    return element < limit || (element < limit + popped && left[(element - limit) & mask] < now);
  }
  bool ready(uint64_t now) const { return !empty() && visible(popped) <= now; }
  uint64_t front() const { return payload(popped); }

  /// Whether it is settled in which cycle the next element can be pushed, and that cycle (0: in any).
  bool roomIsKnown() const { return pushed < limit + popped; }
  uint64_t roomFrom() const { return pushed < limit ? 0 : left[(pushed - limit) & mask] + 1; }

  // By number of element.
  uint64_t visible(uint64_t i) const { return visibleFrom[i & mask]; }
  uint64_t payload(uint64_t i) const { return payloads[i & mask]; }
  uint64_t leftAt(uint64_t i) const { return left[i & mask]; }
  RingView allVisible() const { return {visibleFrom.data(), mask}; }
  RingView allLeft() const { return {left.data(), mask}; }

  void push(uint64_t payload, uint64_t visible) {
    assert(!full() && "pushed without room");
    visibleFrom[pushed & mask] = visible;
    payloads[pushed++ & mask] = payload;
  }
  void pop(uint64_t now) {
    assert(!empty() && "popped without an element");
    left[popped++ & mask] = now;
  }
  /// The first in cycle `now` and each of the others `each` cycles after the one before.
  void popRow(uint64_t now, uint64_t each, uint64_t count) {
    assert(pushed - popped >= count && "popped without an element");
    uint64_t first = popped;
    for (uint64_t i = first; i < first + count; ++i, now += each)
      left[i & mask] = now;
    popped += count;
  }

private:
  std::vector<uint64_t> visibleFrom, left;
  std::vector<uint64_t> payloads; ///< vector: number of a pool token; scalar: the word; control: 0
  uint64_t pushed = 0, popped = 0, mask = 0;
  uint64_t limit;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_TOKENQUEUE_H
