// AccessWalker.cpp - affine registers kept incrementally, then the address stages lane by lane
#include "AccessWalker.h"

#include "Word.h"

#include <algorithm>
#include <limits>

namespace jacquard::sim {
namespace {

using bitstream::AddressOp;
using bitstream::AddressOpKind;

// Signed overflow wraps, as it does in the machine.
int64_t wrapAdd(int64_t a, int64_t b) { return int64_t(uint64_t(a) + uint64_t(b)); }
int64_t wrapMul(int64_t a, int64_t b) { return int64_t(uint64_t(a) * uint64_t(b)); }

/// floor(a / b) for b > 0.
int64_t floorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/// A word of the index stream as the address pipeline takes it.
template <typename W> int64_t indexValue(W word) {
  constexpr SignedOf<W> low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  return std::clamp(sint(word), low, high);
}

} // namespace

AccessWalker::AccessWalker(const bitstream::AccessProgram &program, unsigned lanes, unsigned numRegisters)
    : access(program), walker(program.counters, lanes), lanes(lanes), numRegisters(numRegisters),
      values(size_t(numRegisters + 1 + program.ops.size()) * lanes), part(lanes), addresses(lanes) {
  for (bitstream::AffineRegister &reg : access.registers) {
    reg.coefficients.resize(walker.numLevels());
    current.push_back(reg.base);
  }
  for (const AddressOp &op : access.ops)
    checks |= op.kind == AddressOpKind::Check;
  affine = access.ops.empty() && access.address < access.registers.size();
  if (affine)
    laneStride = strideOf(access.address);
  setDeltas();
}

int64_t AccessWalker::strideOf(unsigned r) const {
  return walker.vectorLevel() < 0 ? 0 : access.registers[r].coefficients[walker.vectorLevel()];
}

/// How the registers change when a level goes one step on and the deeper ones from their last step back to the first.
void AccessWalker::setDeltas() {
  deltas.resize(walker.numLevels() * current.size());
  for (size_t r = 0; r < current.size(); ++r) {
    const std::vector<int64_t> &coefficients = access.registers[r].coefficients;
    int64_t back = 0; // what the deeper levels take back
    for (unsigned level = walker.numLevels(); level-- > 0;) {
      int64_t stride = int(level) == walker.vectorLevel() ? wrapMul(coefficients[level], lanes) : coefficients[level];
      deltas[level * current.size() + r] = wrapAdd(stride, back);
      back = wrapAdd(back, wrapMul(stride, 1 - int64_t(walker.numSteps(level))));
    }
  }
}

void AccessWalker::advance() {
  int level = walker.advance();
  if (level < 0)
    return;
  const int64_t *delta = &deltas[unsigned(level) * current.size()];
  for (size_t r = 0; r < current.size(); ++r)
    current[r] = wrapAdd(current[r], delta[r]);
}

void AccessWalker::advanceInnermost(uint64_t firings) {
  walker.advance(firings);
  const int64_t *delta = deltas.data() + deltas.size() - current.size();
  for (size_t r = 0; r < current.size(); ++r)
    current[r] = wrapAdd(current[r], wrapMul(delta[r], int64_t(firings)));
}

void AccessWalker::setRegister(unsigned r) {
  int64_t stride = strideOf(r), *out = slot(r);
  int64_t value = current[r];
  for (unsigned lane = 0; lane < valid; ++lane, value = wrapAdd(value, stride))
    out[lane] = value;
}

void AccessWalker::runStage(const AddressOp &op, int64_t *result) {
  const int64_t *a = slot(op.a), *b = slot(op.b);
  switch (op.kind) {
  case AddressOpKind::None:
    return void(std::fill_n(result, valid, 0));
  case AddressOpKind::Madd:
    for (unsigned lane = 0; lane < valid; ++lane)
      result[lane] = wrapAdd(wrapMul(a[lane], op.low), b[lane]);
    return;
  case AddressOpKind::Div:
  case AddressOpKind::Mod: {
    // Neighbours mostly have the same quotient, and a multiplication is faster than a division.
    int64_t quotient = 0, begin = 0;
    for (unsigned lane = 0; lane < valid; ++lane) {
      int64_t remainder = wrapAdd(a[lane], -begin);
      if (remainder < 0 || remainder >= op.low) {
        quotient = floorDiv(a[lane], op.low);
        begin = wrapMul(quotient, op.low);
        remainder = wrapAdd(a[lane], -begin);
      }
      result[lane] = op.kind == AddressOpKind::Div ? quotient : remainder;
    }
    return;
  }
  case AddressOpKind::Check:
    for (unsigned lane = 0; lane < valid; ++lane) {
      result[lane] = a[lane];
      part[lane] &= op.low <= a[lane] && a[lane] < op.high;
    }
    return;
  }
}

template <typename W> void AccessWalker::evaluate(const W *index) {
  valid = walker.validLanes();
  anyPart = valid > 0;
  if (affine)
    return;
  if (checks || filled != valid)
    for (unsigned lane = 0; lane < lanes; ++lane)
      part[lane] = lane < valid;
  filled = valid;
  for (unsigned r = 0; r < current.size(); ++r)
    setRegister(r);
  if (index)
    for (unsigned lane = 0; lane < valid; ++lane)
      slot(numRegisters)[lane] = indexValue(index[lane]);
  for (unsigned j = 0; j < access.ops.size(); ++j)
    runStage(access.ops[j], slot(numRegisters + 1 + j));
  std::copy_n(slot(access.address), valid, addresses.begin());
  if (checks)
    anyPart = std::find(part.begin(), part.begin() + valid, 1) != part.begin() + valid;
}

template void AccessWalker::evaluate(const uint32_t *);
template void AccessWalker::evaluate(const uint64_t *);

} // namespace jacquard::sim
