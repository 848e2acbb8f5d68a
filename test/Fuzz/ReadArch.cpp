// ReadArch.cpp - libFuzzer: the reader of architecture files takes any bytes
#include "jacquard/Arch/ArchCheck.h"

#include <cstdlib>

using namespace jacquard;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<ArchSpec> spec = parseArch({reinterpret_cast<const char *>(data), size}, "fuzz");
  if (!spec)
    return 0;
  std::string canonical = printArch(*spec);
  Result<ArchSpec> again = parseArch(canonical, "canonical");
  if (!again || printArch(*again) != canonical)
    std::abort();
  if (spec->columns * spec->rows <= 64 && !checkFabric(FabricModel(*spec))) // larger ones take too long here
    std::abort();
  return 0;
}
