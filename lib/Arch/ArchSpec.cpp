// ArchSpec.cpp - figures that follow from an ArchSpec
#include "jacquard/Arch/ArchSpec.h"

#include <algorithm>

namespace jacquard {

namespace {

struct ElementTraits {
  unsigned bytes;
  bool isFloat;
  std::string_view name;
};

/// By ElementType.
constexpr ElementTraits elementTraits[numElementTypes] = {
    {4, true, "f32"}, {4, false, "i32"}, {8, false, "i64"}, {1, false, "i1"}, {8, true, "f64"},
    {2, true, "f16"}, {2, true, "bf16"}, {2, false, "i16"}, {1, false, "i8"},
};

} // namespace

unsigned elementBytes(ElementType type) { return elementTraits[unsigned(type)].bytes; }
bool isFloatElement(ElementType type) { return elementTraits[unsigned(type)].isFloat; }
std::string_view elementTypeName(ElementType type) { return elementTraits[unsigned(type)].name; }

double DramSpec::cyclesFor(double bytesRead, double bytesWritten) const {
  // Of one channel: a batch of writes ends with the bus idle from its last data to that of the next read.
  double batch = std::max(1.0, double(writeBatchStart) - double(writeBatchEnd)) * channels;
  double turns = std::min(bytesWritten / burstBytes / batch, bytesRead / burstBytes);
  double turned = turns * (2 * busTurnaround + writeToRead + columnRead);
  double working = refreshInterval > 0 ? 1 - refreshTime / refreshInterval : 1;
  return ((bytesRead + bytesWritten) / bytesPerCycle + turned) / working;
}

ArchSpec ArchSpec::wide() const {
  ArchSpec spec = *this;
  spec.compute.lanes = compute.wideLanes;
  spec.memory.banks = std::max(1u, memory.banks / 2); // a word lies in two neighbouring banks
  spec.memory.bankBytes = unsigned(memory.bytes() / 2 / spec.memory.banks);
  return spec;
}

// The checkerboard starts with a compute unit, so of an odd number of cells the odd one computes.
unsigned ArchSpec::numComputeUnits() const { return std::min(usableCompute, (columns * rows + 1) / 2); }
unsigned ArchSpec::numMemoryUnits() const { return std::min(usableMemory, columns * rows / 2); }

uint64_t ArchSpec::peakMultiplyAdds() const { return uint64_t(numComputeUnits()) * compute.lanes * compute.stages; }

} // namespace jacquard
