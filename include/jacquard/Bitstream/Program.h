// Program.h - a whole compiled model: what a `.jbit` file holds, decoded
#ifndef JACQUARD_BITSTREAM_PROGRAM_H
#define JACQUARD_BITSTREAM_PROGRAM_H

#include "jacquard/Bitstream/Config.h"

#include <string>
#include <utility>
#include <vector>

namespace jacquard::bitstream {

/// A named tensor in DRAM, row-major and dense.
struct TensorSymbol {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  uint64_t address = 0;
  bool isUnsigned = false; ///< integers: what the host makes of the bits
};

/// Bytes that are in DRAM before the first section runs (weights).
struct DramSegment {
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
};

/// Names for people: which node of the model a configured unit works for. Never read by the engines.
struct UnitName {
  unsigned site = 0;
  std::string name; ///< e.g. "compute.3"
  std::string node; ///< e.g. "Conv_37 (layer2.0.conv1)"
};

struct Section {
  std::string name;
  SectionConfig config;
  std::vector<UnitName> units;
  uint64_t predictedCycles = 0; ///< the compiler's own estimate, for reports; 0: none
};

struct Program {
  std::string toolVersion;
  std::vector<std::pair<std::string, std::string>> options; ///< as given, in a fixed order; the seed is one of them
  uint64_t modelHash = 0;
  uint64_t multiplyAdds = 0;   ///< of the model, for the report's percentage of the limit
  uint64_t compulsoryBytes = 0; ///< every weight once + inputs + outputs
  ArchSpec arch;
  std::vector<Section> sections;   ///< distinct configurations
  std::vector<uint32_t> schedule;  ///< order of execution, indices into `sections`
  uint64_t dramBytes = 0;          ///< extent of the layout
  std::vector<TensorSymbol> inputs, outputs;
  std::vector<DramSegment> segments; ///< ascending, disjoint
};

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_PROGRAM_H
