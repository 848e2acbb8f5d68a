// ReadBitstream.cpp - libFuzzer: the reader of `.jbit` files takes any bytes
//
// The checksum is repaired first, otherwise no mutation would get past it. What is accepted must survive a round trip.
#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Support/Hash.h"

#include <cstdlib>

using namespace jacquard;

namespace {

constexpr size_t headerBytes = 32, checksumOffset = 24;

void repairChecksum(std::string &bytes) {
  if (bytes.size() < headerBytes)
    return;
  std::string_view view(bytes);
  uint64_t sum = hash64(view.substr(headerBytes), hash64(view.substr(0, checksumOffset)));
  for (unsigned i = 0; i < 8; ++i)
    bytes[checksumOffset + i] = char(sum >> (8 * i));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string bytes(reinterpret_cast<const char *>(data), size);
  repairChecksum(bytes);
  Result<bitstream::Program> program = bitstream::readProgram(bytes);
  if (!program)
    return 0;
  Result<std::string> written = bitstream::writeProgram(*program);
  if (!written || !bitstream::readProgram(*written))
    std::abort();
  return 0;
}
