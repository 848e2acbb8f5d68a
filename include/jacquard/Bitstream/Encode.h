// Encode.h - Program <-> the bytes of a `.jbit` file, and frames <-> configuration structs
#ifndef JACQUARD_BITSTREAM_ENCODE_H
#define JACQUARD_BITSTREAM_ENCODE_H

#include "jacquard/Bitstream/Program.h"

#include <string>
#include <string_view>

namespace jacquard::bitstream {

/// Checks every field against the architecture: counts, field ranges, sites, levels, ports, selects. The first violation.
Status verifyConfig(const SectionConfig &config, const FabricModel &model);

/// Checks that the loops of the schedule are ordered, nested, bounded, and have their words in DRAM.
Status verifyLoops(const Program &program);

/// Packed frames of one section, units by ascending site, then the switches.
std::vector<uint8_t> packSection(const SectionConfig &config, const FabricModel &model);
Result<SectionConfig> unpackSection(const std::vector<uint8_t> &bytes, const FabricModel &model);

/// The container in pieces: the segments' bytes stay where they are in the program.
struct ProgramPieces {
  std::string head; ///< header and description
  std::vector<std::string_view> segments;

  std::vector<std::string_view> all() const;
  uint64_t size() const; ///< of all together
};
/// Equal programs give equal bytes. The pieces refer to the program.
Result<ProgramPieces> layOutProgram(const Program &program);
Result<ProgramPieces> layOutProgram(Program &&program) = delete;
/// The same in one piece.
Result<std::string> writeProgram(const Program &program);
/// Reads and validates: magic, version, checksum, fingerprint, every frame. Memory is bounded by the size of `bytes`
/// and the limits of the architecture.
Result<Program> readProgram(std::string_view bytes);

/// Text of one section, one field per line; `assembleSection(disassembleSection(c)) == c`.
std::string disassembleSection(const SectionConfig &config, const FabricModel &model);
Result<SectionConfig> assembleSection(std::string_view text, const FabricModel &model);

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_ENCODE_H
