// Hash.h - one 64-bit hash for fingerprints and checksums
#ifndef JACQUARD_SUPPORT_HASH_H
#define JACQUARD_SUPPORT_HASH_H

#include <cstdint>
#include <string_view>

namespace jacquard {

/// Hash of `bytes`: FNV-1a over 64-bit little-endian words with a fold after each step, the length as first word, the
/// tail padded with zeros. Every step is a bijection of the state, so two inputs of equal length that differ in one
/// word never collide. The values are part of the bitstream format. Not for adversaries.
uint64_t hash64(std::string_view bytes);

/// Continues a hash over another piece; `hash64(b)` is `hash64(b, 0)`.
uint64_t hash64(std::string_view bytes, uint64_t seed);

/// hash64 of bytes that come in pieces, whose total length is known before: `Hash64(n, seed)`, `add` all, `value`.
class Hash64 {
public:
  explicit Hash64(uint64_t totalBytes, uint64_t seed = 0);
  void add(std::string_view piece);
  uint64_t value() const;

private:
  uint64_t state;
  uint64_t word = 0;      ///< of a word that is not complete, its first bytes
  unsigned wordBytes = 0; ///< how many
};

/// CRC-32C (Castagnoli, as in iSCSI): the check value of packed frames.
uint32_t crc32c(std::string_view bytes);

} // namespace jacquard

#endif // JACQUARD_SUPPORT_HASH_H
