// AccessWalker.h - runs an AccessProgram: one address per lane and firing
#ifndef JACQUARD_SIM_ACCESSWALKER_H
#define JACQUARD_SIM_ACCESSWALKER_H

#include "CounterWalker.h"

#include <cstdint>
#include <vector>

namespace jacquard::sim {

/// The loop nest and the address pipeline of one port. Arithmetic is 64-bit two's complement and wraps.
class AccessWalker {
public:
  /// `numRegisters` is what the unit has: the index stream's word is value number `numRegisters`.
  AccessWalker(const bitstream::AccessProgram &program, unsigned lanes, unsigned numRegisters);

  const bitstream::AccessProgram &program() const { return access; }
  const CounterWalker &counters() const { return walker; }
  bool done() const { return walker.done(); }
  bool begins(int level) const { return walker.begins(level); }
  bool ends(int level) const { return walker.ends(level); }

  /// Computes this firing's addresses. `index`: the index stream's vector (words of 32 or 64 bits), or null.
  template <typename W> void evaluate(const W *index);
  /// After evaluate: lanes that the loop nest covers, and per lane whether it accesses and where (in elements).
  unsigned validLanes() const { return valid; }
  bool takesPart(unsigned lane) const { return affine ? lane < valid : part[lane]; }
  int64_t address(unsigned lane) const {
    return affine ? int64_t(uint64_t(current[access.address]) + lane * uint64_t(laneStride)) : addresses[lane];
  }
  /// After evaluate: whether any lane takes part.
  bool anyTakesPart() const { return anyPart; }

  /// Whether in all firings all valid lanes take part, each `stride` after the one before: worth a short cut.
  bool isAffine() const { return affine; }
  int64_t stride() const { return laneStride; }
  /// And how far the address moves with a step of the innermost level.
  int64_t innermostStep() const {
    return walker.numLevels() == 0 ? 0 : deltas[(walker.numLevels() - 1) * current.size() + access.address];
  }

  void advance();
  /// Goes on by so many firings of the innermost level, which has as many before its last step.
  void advanceInnermost(uint64_t firings);

private:
  int64_t *slot(unsigned value) { return &values[size_t(value) * lanes]; }
  int64_t strideOf(unsigned r) const;
  void setDeltas();
  void setRegister(unsigned r);
  void runStage(const bitstream::AddressOp &op, int64_t *result);

  bitstream::AccessProgram access;
  CounterWalker walker;
  unsigned lanes, numRegisters;
  unsigned valid = 0;
  bool affine = false, checks = false; ///< a lone affine register; some stage may leave lanes out
  int64_t laneStride = 0;              ///< of the register that is the address
  unsigned filled = ~0u;               ///< so many lanes of `part` are set, where nothing checks
  bool anyPart = false;
  std::vector<int64_t> current; ///< lane 0 of every affine register, kept up to date from firing to firing
  std::vector<int64_t> deltas;  ///< by level and register: what a step of the level changes
  std::vector<int64_t> values;  ///< all values of the address pipeline, lane by lane
  std::vector<uint8_t> part;
  std::vector<int64_t> addresses;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_ACCESSWALKER_H
