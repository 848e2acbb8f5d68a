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
  bool takesPart(unsigned lane) const { return part[lane]; }
  int64_t address(unsigned lane) const { return addresses[lane]; }

  /// Whether all valid lanes take part, with ascending neighbours from address(0): the common case, worth a short cut.
  bool dense() const { return isDense; }

  void advance();

private:
  int64_t *slot(unsigned value) { return &values[size_t(value) * lanes]; }
  void setRegister(unsigned r);
  void runStage(const bitstream::AddressOp &op, int64_t *result);

  bitstream::AccessProgram access;
  CounterWalker walker;
  unsigned lanes, numRegisters;
  unsigned valid = 0;
  bool isDense = false;         ///< of every firing: a lone affine register with unit stride
  std::vector<int64_t> current; ///< lane 0 of every affine register, kept up to date from firing to firing
  std::vector<int64_t> values;  ///< all values of the address pipeline, lane by lane
  std::vector<uint8_t> part;
  std::vector<int64_t> addresses;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_ACCESSWALKER_H
