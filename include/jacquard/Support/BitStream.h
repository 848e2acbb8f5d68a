// BitStream.h - fields of 0 to 64 bits in a row of bytes, least significant bit first
#ifndef JACQUARD_SUPPORT_BITSTREAM_H
#define JACQUARD_SUPPORT_BITSTREAM_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace jacquard {

/// Bits needed to tell `values` values apart: 0 for 0 and 1, 1 for 2, 2 for 3 and 4 ...
constexpr unsigned bitsFor(uint64_t values) {
  unsigned bits = 0;
  while (bits < 64 && values > (uint64_t(1) << bits))
    ++bits;
  return bits;
}

/// Appends fields: bit i of the stream is bit i % 8 of byte i / 8, a field's lowest bit comes first.
class BitWriter {
public:
  void write(uint64_t value, unsigned width) {
    assert(width <= 64 && (width == 64 || value >> width == 0) && "value does not fit its field");
    for (unsigned done = 0; done < width;) {
      if (used == 0)
        bytes.push_back(0);
      unsigned take = 8 - used < width - done ? 8 - used : width - done;
      bytes.back() |= uint8_t(((value >> done) & ((1u << take) - 1)) << used);
      used = (used + take) % 8;
      done += take;
    }
  }
  uint64_t numBits() const { return bytes.size() * 8 - (used ? 8 - used : 0); }
  /// The bytes; the bits after the last field are 0.
  std::vector<uint8_t> take() {
    used = 0;
    return std::exchange(bytes, {});
  }

private:
  std::vector<uint8_t> bytes;
  unsigned used = 0; ///< bits used in the last byte; 0: it is full
};

/// Reads fields back. Past the end every bit is 0 and overrun() is set.
class BitReader {
public:
  BitReader(const uint8_t *data, size_t size) : data(data), size(size) {}

  uint64_t read(unsigned width) {
    assert(width <= 64 && "a field has at most 64 bits");
    if (width > size * 8 - position) {
      past = true;
      position = size * 8;
      return 0;
    }
    uint64_t value = 0;
    for (unsigned done = 0; done < width;) {
      unsigned offset = position % 8;
      unsigned take = 8 - offset < width - done ? 8 - offset : width - done;
      value |= uint64_t((data[position / 8] >> offset) & ((1u << take) - 1)) << done;
      position += take;
      done += take;
    }
    return value;
  }
  bool overrun() const { return past; }
  uint64_t bitPosition() const { return position; }
  uint64_t bitsLeft() const { return size * 8 - position; }

private:
  const uint8_t *data;
  uint64_t size;
  uint64_t position = 0;
  bool past = false;
};

} // namespace jacquard

#endif // JACQUARD_SUPPORT_BITSTREAM_H
