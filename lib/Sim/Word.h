// Word.h - the readings of a machine word of 32 or 64 bits
#ifndef JACQUARD_SIM_WORD_H
#define JACQUARD_SIM_WORD_H

#include <cstdint>
#include <cstring>

namespace jacquard::sim {

/// How operations read a word: as unsigned `Word`, as its signed integer, as its float.
template <typename Word> struct Reading;
template <> struct Reading<uint32_t> {
  using Signed = int32_t;
  using Real = float;
};
template <> struct Reading<uint64_t> {
  using Signed = int64_t;
  using Real = double;
};
template <typename Word> using SignedOf = typename Reading<Word>::Signed;
template <typename Word> using RealOf = typename Reading<Word>::Real;

template <typename Word> constexpr unsigned bitsOf = 8 * sizeof(Word);
template <typename Word> constexpr Word signBit = Word(1) << (bitsOf<Word> - 1);

template <typename Word> RealOf<Word> real(Word word) {
  RealOf<Word> value;
  std::memcpy(&value, &word, sizeof(value));
  return value;
}

template <typename Word> Word asWord(RealOf<Word> value) {
  Word word;
  std::memcpy(&word, &value, sizeof(word));
  return word;
}

template <typename Word> SignedOf<Word> sint(Word word) { return SignedOf<Word>(word); }

/// Copies `count` words; faster than std::copy for the few that a vector has.
template <typename Word> inline void copyLanes(Word *to, const Word *from, unsigned count) {
  constexpr unsigned block = 8;
  unsigned i = 0;
  for (; i + block <= count; i += block)
    std::memcpy(to + i, from + i, block * sizeof(Word));
  for (; i < count; ++i)
    to[i] = from[i];
}

} // namespace jacquard::sim

#endif // JACQUARD_SIM_WORD_H
