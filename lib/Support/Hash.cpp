// Hash.cpp - word-wise FNV-1a and CRC-32C
#include "jacquard/Support/Hash.h"

#include <array>

namespace jacquard {
namespace {

uint64_t step(uint64_t state, uint64_t word) {
  state = (state ^ word) * 0x100000001b3u; // the FNV prime is odd: multiplication is a bijection
  return state ^ (state >> 32);            // brings the high half down, which multiplication alone never does
}

uint64_t loadWord(const char *bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i)
    word |= uint64_t(uint8_t(bytes[i])) << (8 * i);
  return word;
}

std::array<uint32_t, 256> makeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    table[byte] = crc;
  }
  return table;
}

} // namespace

Hash64::Hash64(uint64_t totalBytes, uint64_t seed) : state(step(0xcbf29ce484222325u ^ seed, totalBytes)) {}

void Hash64::add(std::string_view piece) {
  for (; wordBytes != 0 && !piece.empty(); piece.remove_prefix(1)) {
    word |= uint64_t(uint8_t(piece.front())) << (8 * wordBytes);
    if (++wordBytes == 8) {
      state = step(state, word);
      word = wordBytes = 0;
    }
  }
  for (; piece.size() >= 8; piece.remove_prefix(8))
    state = step(state, loadWord(piece.data(), 8));
  if (!piece.empty()) {
    word = loadWord(piece.data(), piece.size());
    wordBytes = unsigned(piece.size());
  }
}

uint64_t Hash64::value() const { return wordBytes ? step(state, word) : state; }

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  Hash64 hash(bytes.size(), seed);
  hash.add(bytes);
  return hash.value();
}

uint64_t hash64(std::string_view bytes) { return hash64(bytes, 0); }

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = makeCrcTable();
  uint32_t crc = ~0u;
  for (char byte : bytes)
    crc = (crc >> 8) ^ table[uint8_t(crc) ^ uint8_t(byte)];
  return ~crc;
}

} // namespace jacquard
