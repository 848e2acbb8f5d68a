// Program.h - a whole compiled model: what a `.jbit` file holds, decoded
#ifndef JACQUARD_BITSTREAM_PROGRAM_H
#define JACQUARD_BITSTREAM_PROGRAM_H

#include "jacquard/Bitstream/Config.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace jacquard::bitstream {

/// A dimension whose extent data decides: the layout has its capacity, a 64-bit integer in DRAM says how many of the
/// positions are there.
struct ExtentSource {
  uint32_t dim = 0;
  uint64_t address = 0;
};

/// A named tensor in DRAM, row-major and dense.
struct TensorSymbol {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  uint64_t address = 0;
  bool isUnsigned = false; ///< integers: what the host makes of the bits
  std::vector<ExtentSource> extents = {}; ///< of outputs; dimensions that are not named have the shape's extent
};

/// Immutable bytes that are owned (copies share them), or that are referred to where they lie: weights are not copied on
/// their way from the model's file to the bitstream.
class SegmentBytes {
public:
  SegmentBytes() = default;
  SegmentBytes(std::vector<uint8_t> bytes)
      : owned(std::make_shared<const std::vector<uint8_t>>(std::move(bytes))), start(owned->data()),
        count(owned->size()) {}
  SegmentBytes(std::initializer_list<uint8_t> bytes) : SegmentBytes(std::vector<uint8_t>(bytes)) {}
  /// Bytes of someone else, who keeps them for as long as this or a copy of it is used.
  static SegmentBytes refer(const void *start, size_t count) {
    SegmentBytes bytes;
    bytes.start = static_cast<const uint8_t *>(start);
    bytes.count = count;
    return bytes;
  }

  using const_iterator = const uint8_t *;
  using value_type = uint8_t;
  const uint8_t *data() const { return start; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  const_iterator begin() const { return start; }
  const_iterator end() const { return start + count; }
  friend bool operator==(const SegmentBytes &a, const SegmentBytes &b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

private:
  std::shared_ptr<const std::vector<uint8_t>> owned;
  const uint8_t *start = nullptr;
  size_t count = 0;
};

/// Bytes that are in DRAM before the first section runs (weights).
struct DramSegment {
  uint64_t address = 0;
  SegmentBytes bytes;
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

/// Entries [begin, end) of the schedule are run again and again. Before every trip but the first the sequencer reads
/// the condition and leaves the loop when it is 0; with `testFirst` it does so before the first trip too.
struct ScheduleLoop {
  uint32_t begin = 0, end = 0;
  uint32_t maxTrips = 1;             ///< always a bound, so that a program cannot run for ever
  std::optional<uint64_t> condition; ///< address of a byte in DRAM
  std::optional<uint64_t> counter;   ///< address of a 32-bit word in DRAM that takes the number of every trip, from 0
  bool testFirst = false;
};

struct Program {
  std::string toolVersion;
  std::vector<std::pair<std::string, std::string>> options; ///< as given, in a fixed order; the seed is one of them
  uint64_t modelHash = 0;
  uint64_t multiplyAdds = 0;   ///< of the model, for the report's percentage of the limit
  uint64_t compulsoryBytes = 0; ///< what is used of weights and inputs, once, + outputs
  ArchSpec arch;
  std::vector<Section> sections;   ///< distinct configurations
  std::vector<uint32_t> schedule;  ///< order of execution, indices into `sections`
  std::vector<ScheduleLoop> loops; ///< nested, by `begin`, outer ones first
  uint64_t dramBytes = 0;          ///< extent of the layout
  std::vector<TensorSymbol> inputs, outputs;
  std::vector<DramSegment> segments; ///< ascending, disjoint
};

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_PROGRAM_H
