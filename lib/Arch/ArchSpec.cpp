// ArchSpec.cpp - figures that follow from an ArchSpec
#include "jacquard/Arch/ArchSpec.h"

namespace jacquard {

unsigned elementBytes(ElementType type) {
  switch (type) {
  case ElementType::F32:
  case ElementType::I32:
    return 4;
  case ElementType::I64:
    return 8;
  case ElementType::I1:
    return 1;
  }
  return 0;
}

std::string_view elementTypeName(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return "f32";
  case ElementType::I32:
    return "i32";
  case ElementType::I64:
    return "i64";
  case ElementType::I1:
    return "i1";
  }
  return "";
}

// The checkerboard starts with a compute unit, so of an odd number of cells the odd one computes.
unsigned ArchSpec::numComputeUnits() const { return (columns * rows + 1) / 2; }
unsigned ArchSpec::numMemoryUnits() const { return columns * rows / 2; }

uint64_t ArchSpec::peakMultiplyAdds() const { return uint64_t(numComputeUnits()) * compute.lanes * compute.stages; }

} // namespace jacquard
