// Container.cpp - Program <-> the bytes of a `.jbit` file
//
// Header (32 bytes, little-endian): "JBIT", major and minor version (16 bits each), length of the description and of
// the data (64 bits each), hash64 over everything but itself. Then the description (jbit.proto), then the segments'
// bytes.
#include "ScanMessage.h"
#include "jbit.pb.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/Hash.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace jacquard::bitstream {
namespace {

constexpr std::string_view magic = "JBIT";
constexpr unsigned formatMajor = 6, formatMinor = 0;
constexpr size_t headerBytes = 32, checksumOffset = 24;
/// The description is parsed as a whole; segments, which may be large, are not part of it.
constexpr uint64_t maxDescriptionBytes = uint64_t(1) << 28;
/// All decoded switch settings of a program together: what a file of a few bytes per section could grow to.
constexpr uint64_t maxSelectBytes = uint64_t(1) << 30;

uint64_t load(std::string_view bytes, size_t at, unsigned count) {
  uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i)
    value |= uint64_t(uint8_t(bytes[at + i])) << (8 * i);
  return value;
}

void store(std::string &bytes, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    bytes.push_back(char(value >> (8 * i)));
}

template <typename Bytes> std::string_view viewOf(const Bytes &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

uint64_t checksum(std::string_view header, std::string_view rest) {
  return hash64(rest, hash64(header.substr(0, checksumOffset)));
}

std::string describeSection(const std::string &name, size_t index) {
  return fmt::format("section {} ('{}')", index, name);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Rules of a program, the same for writer and reader
//===-------------------------------------------------------------------------------------------------------------===//

Status checkSymbol(const TensorSymbol &symbol, const char *what, uint64_t dramBytes) {
  if (symbol.name.empty())
    return Error{fmt::format("{} without a name; expected one", what)};
  if (unsigned(symbol.type) >= numElementTypes)
    return Error{fmt::format("{} '{}': element type {} is not allowed; expected 0 to {}", what, symbol.name,
                             unsigned(symbol.type), numElementTypes - 1)};
  if (symbol.isUnsigned && (isFloatElement(symbol.type) || symbol.type == ElementType::I1))
    return Error{fmt::format("{} '{}': {} without sign is not allowed; expected an integer type", what, symbol.name,
                             elementTypeName(symbol.type))};
  uint64_t bytes = elementBytes(symbol.type);
  for (int64_t extent : symbol.shape) {
    if (extent < 0)
      return Error{fmt::format("{} '{}': extent {} is not allowed; expected at least 0", what, symbol.name, extent)};
    if (extent > 0 && bytes > dramBytes / uint64_t(extent))
      return Error{fmt::format("{} '{}' is larger than the DRAM layout of {} bytes", what, symbol.name, dramBytes)};
    bytes *= uint64_t(extent);
  }
  if (bytes > dramBytes || symbol.address > dramBytes - bytes)
    return Error{fmt::format("{} '{}': bytes {} to {} are outside DRAM; expected an end of at most {}", what,
                             symbol.name, symbol.address, symbol.address + bytes, dramBytes)};
  for (const ExtentSource &extent : symbol.extents)
    if (extent.dim >= symbol.shape.size() || dramBytes < 8 || extent.address > dramBytes - 8)
      return Error{
          fmt::format("{} '{}': extent of dimension {} at {} is not allowed; expected a dimension below {} and "
                      "an address of at most {}",
                      what, symbol.name, extent.dim, extent.address, symbol.shape.size(), int64_t(dramBytes) - 8)};
  return {};
}

Status checkSegments(const std::vector<DramSegment> &segments, uint64_t dramBytes) {
  uint64_t end = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const DramSegment &segment = segments[i];
    if (segment.bytes.size() > dramBytes || segment.address > dramBytes - segment.bytes.size())
      return Error{fmt::format("segment {}: {} bytes at {} are outside DRAM; expected an end of at most {}", i,
                               segment.bytes.size(), segment.address, dramBytes)};
    if (segment.address < end)
      return Error{
          fmt::format("segment {} at {} overlaps or precedes the one before; expected an address of at least {}", i,
                      segment.address, end)};
    end = segment.address + segment.bytes.size();
  }
  return {};
}

Status checkUnitNames(const std::vector<UnitName> &units, size_t sites) {
  for (const UnitName &unit : units)
    if (unit.site >= sites)
      return Error{
          fmt::format("unit name '{}': site {} is not allowed; expected 0 to {}", unit.name, unit.site, sites - 1)};
  return {};
}

/// Everything but the frames.
Status checkProgram(const Program &program, const FabricModel &model) {
  if (program.dramBytes > program.arch.dram.capacityBytes)
    return Error{fmt::format("the DRAM layout has {} bytes; expected at most the capacity of {}", program.dramBytes,
                             program.arch.dram.capacityBytes)};
  if (Status status = checkSegments(program.segments, program.dramBytes); !status)
    return status;
  for (const TensorSymbol &symbol : program.inputs)
    if (Status status = checkSymbol(symbol, "input", program.dramBytes); !status)
      return status;
  for (const TensorSymbol &symbol : program.outputs)
    if (Status status = checkSymbol(symbol, "output", program.dramBytes); !status)
      return status;
  for (size_t i = 0; i < program.schedule.size(); ++i)
    if (program.schedule[i] >= program.sections.size())
      return Error{fmt::format("schedule entry {}: section {} is not allowed; expected one of {} sections", i,
                               program.schedule[i], program.sections.size())};
  if (Status status = verifyLoops(program); !status)
    return status;
  for (size_t i = 0; i < program.sections.size(); ++i)
    if (Status status = checkUnitNames(program.sections[i].units, model.sites().size()); !status)
      return numberedUnlessInside(Diag::BadConfiguration,
                                  describeSection(program.sections[i].name, i) + ": " + status.error());
  return {};
}

//===-------------------------------------------------------------------------------------------------------------===//
// Writing
//===-------------------------------------------------------------------------------------------------------------===//

void describeSymbols(const std::vector<TensorSymbol> &symbols, google::protobuf::RepeatedPtrField<jbit::Symbol> &out) {
  for (const TensorSymbol &symbol : symbols) {
    jbit::Symbol &to = *out.Add();
    to.set_name(symbol.name);
    to.set_type(unsigned(symbol.type));
    to.mutable_shape()->Add(symbol.shape.begin(), symbol.shape.end());
    to.set_address(symbol.address);
    if (symbol.isUnsigned)
      to.set_is_unsigned(true);
    for (const ExtentSource &extent : symbol.extents) {
      jbit::Extent &source = *to.add_extents();
      source.set_dim(extent.dim);
      source.set_address(extent.address);
    }
  }
}

void describeSection(const Section &section, const FabricModel &model, jbit::Section &out) {
  std::vector<uint8_t> frames = packSection(section.config, model);
  out.set_name(section.name);
  out.set_frames(frames.data(), frames.size());
  out.set_crc(crc32c(viewOf(frames)));
  out.set_predicted_cycles(section.predictedCycles);
  for (const UnitName &unit : section.units) {
    jbit::Unit &to = *out.add_units();
    to.set_site(unit.site);
    to.set_name(unit.name);
    to.set_node(unit.node);
  }
}

void describeProgram(const Program &program, const FabricModel &model, jbit::Program &out) {
  out.set_tool_version(program.toolVersion);
  for (const auto &[key, value] : program.options) {
    jbit::Option &option = *out.add_options();
    option.set_key(key);
    option.set_value(value);
  }
  out.set_model_hash(program.modelHash);
  out.set_multiply_adds(program.multiplyAdds);
  out.set_compulsory_bytes(program.compulsoryBytes);
  out.set_arch(printArch(program.arch));
  out.set_arch_fingerprint(archFingerprint(program.arch));
  for (const Section &section : program.sections)
    describeSection(section, model, *out.add_sections());
  out.mutable_schedule()->Add(program.schedule.begin(), program.schedule.end());
  for (const ScheduleLoop &loop : program.loops) {
    jbit::Loop &to = *out.add_loops();
    to.set_begin(loop.begin);
    to.set_end(loop.end);
    to.set_max_trips(loop.maxTrips);
    if (loop.condition)
      to.set_condition(*loop.condition);
    if (loop.counter)
      to.set_counter(*loop.counter);
    if (loop.testFirst)
      to.set_test_first(true);
  }
  out.set_dram_bytes(program.dramBytes);
  describeSymbols(program.inputs, *out.mutable_inputs());
  describeSymbols(program.outputs, *out.mutable_outputs());
  for (const DramSegment &segment : program.segments) {
    jbit::Segment &to = *out.add_segments();
    to.set_address(segment.address);
    to.set_size(segment.bytes.size());
  }
}

std::string serialize(const jbit::Program &description) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  description.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Reading
//===-------------------------------------------------------------------------------------------------------------===//

struct Parts {
  std::string_view description, data;
};

/// Splits the file after checking everything that the header promises.
Result<Parts> openContainer(std::string_view bytes) {
  if (bytes.empty())
    return numbered(Diag::NotABitstream, "empty file; expected a bitstream");
  if (bytes.substr(0, magic.size()) != magic.substr(0, bytes.size()))
    return numbered(
        Diag::NotABitstream,
        "not a bitstream: the file does not begin with 'JBIT'; expected a file written by 'jacquard compile'");
  if (bytes.size() < headerBytes)
    return numbered(Diag::NotABitstream,
                    fmt::format("truncated bitstream: {} bytes found; expected at least the {} of the header",
                                bytes.size(), headerBytes));
  uint64_t major = load(bytes, 4, 2), minor = load(bytes, 6, 2);
  if (major != formatMajor)
    return numbered(Diag::BitstreamVersion,
                    fmt::format("bitstream format {}.{} is {} than this reader; expected {}.x, use a matching jacquard",
                                major, minor, major > formatMajor ? "newer" : "older", formatMajor));
  uint64_t description = load(bytes, 8, 8), data = load(bytes, 16, 8), rest = bytes.size() - headerBytes;
  if (description > maxDescriptionBytes)
    return numbered(Diag::BitstreamDamaged,
                    fmt::format("damaged bitstream: a description of {} bytes is not allowed; expected at most {}",
                                description, maxDescriptionBytes));
  if (description > rest || data > rest - description)
    return numbered(
        Diag::NotABitstream,
        fmt::format("truncated bitstream: {} bytes found; expected {} of description and {} of data after the "
                    "header",
                    bytes.size(), description, data));
  if (description + data != rest)
    return numbered(Diag::BitstreamDamaged,
                    fmt::format("damaged bitstream: {} bytes after its end; expected none", rest - description - data));
  std::string_view body = bytes.substr(headerBytes);
  uint64_t expected = checksum(bytes.substr(0, headerBytes), body), found = load(bytes, checksumOffset, 8);
  if (found != expected)
    return numbered(Diag::BitstreamDamaged,
                    fmt::format("damaged bitstream: checksum {:016x} found; expected {:016x}", found, expected));
  return Parts{body.substr(0, description), body.substr(description)};
}

Result<ArchSpec> readArch(const jbit::Program &in) {
  Result<ArchSpec> spec = parseArch(in.arch(), "architecture of the bitstream");
  if (!spec)
    return spec;
  if (uint64_t fingerprint = archFingerprint(*spec); fingerprint != in.arch_fingerprint())
    return numbered(
        Diag::BitstreamDamaged,
        fmt::format("architecture fingerprint mismatch: {:016x} found; expected {:016x} of the architecture in the "
                    "file",
                    in.arch_fingerprint(), fingerprint));
  return spec;
}

Result<Section> readSection(const jbit::Section &in, const FabricModel &model) {
  if (uint32_t crc = crc32c(in.frames()); crc != in.crc())
    return numbered(Diag::BitstreamDamaged,
                    fmt::format("frames are damaged: checksum {:08x} found; expected {:08x}", in.crc(), crc));
  Result<SectionConfig> config = unpackSection({in.frames().begin(), in.frames().end()}, model);
  if (!config)
    return numbered(Diag::BitstreamDamaged, "invalid frame: " + config.error());
  Section section;
  section.name = in.name();
  section.config = std::move(*config);
  section.predictedCycles = in.predicted_cycles();
  for (const jbit::Unit &unit : in.units())
    section.units.push_back({unit.site(), unit.name(), unit.node()});
  return section;
}

Status readSections(const jbit::Program &in, const FabricModel &model, Program &program) {
  uint64_t selects = 0;
  for (unsigned net = 0; net < 3; ++net)
    selects +=
        uint64_t(model.numSinks(NetworkKind(net))) * 4 + uint64_t(model.numSwitches()) * sizeof(std::vector<uint32_t>);
  if (uint64_t(in.sections_size()) > maxSelectBytes / selects)
    return Error{fmt::format("{} sections are too many; expected at most {} on this architecture", in.sections_size(),
                             maxSelectBytes / selects)};
  for (int i = 0; i < in.sections_size(); ++i) {
    Result<Section> section = readSection(in.sections(i), model);
    if (!section)
      return numberedUnlessInside(Diag::BitstreamDamaged,
                                  describeSection(in.sections(i).name(), size_t(i)) + ": " + section.error());
    program.sections.push_back(std::move(*section));
  }
  return {};
}

ScheduleLoop readLoop(const jbit::Loop &in) {
  ScheduleLoop loop;
  loop.begin = in.begin();
  loop.end = in.end();
  loop.maxTrips = in.max_trips();
  if (in.has_condition())
    loop.condition = in.condition();
  if (in.has_counter())
    loop.counter = in.counter();
  loop.testFirst = in.test_first();
  return loop;
}

std::vector<TensorSymbol> readSymbols(const google::protobuf::RepeatedPtrField<jbit::Symbol> &in) {
  std::vector<TensorSymbol> symbols;
  for (const jbit::Symbol &symbol : in) {
    symbols.push_back({symbol.name(),
                       ElementType(std::min(symbol.type(), 255u)),
                       {symbol.shape().begin(), symbol.shape().end()},
                       symbol.address(),
                       symbol.is_unsigned(),
                       {}});
    for (const jbit::Extent &extent : symbol.extents())
      symbols.back().extents.push_back({extent.dim(), extent.address()});
  }
  return symbols;
}

Status readSegments(const jbit::Program &in, std::string_view data, std::vector<DramSegment> &segments) {
  for (const jbit::Segment &segment : in.segments()) {
    if (segment.size() > data.size())
      return Error{fmt::format("segment {}: {} bytes are not in the file; expected at most {}", segments.size(),
                               segment.size(), data.size())};
    segments.push_back({segment.address(), std::vector<uint8_t>(data.begin(), data.begin() + segment.size())});
    data.remove_prefix(segment.size());
  }
  if (!data.empty())
    return Error{fmt::format("{} bytes of data belong to no segment; expected none", data.size())};
  return {};
}

} // namespace

std::vector<std::string_view> ProgramPieces::all() const {
  std::vector<std::string_view> pieces = {head};
  pieces.insert(pieces.end(), segments.begin(), segments.end());
  return pieces;
}

uint64_t ProgramPieces::size() const {
  uint64_t bytes = head.size();
  for (std::string_view segment : segments)
    bytes += segment.size();
  return bytes;
}

Result<ProgramPieces> layOutProgram(const Program &program) {
  Result<ArchSpec> arch = parseArch(printArch(program.arch), "architecture"); // nothing unreadable is written
  if (!arch)
    return arch.takeError();
  FabricModel model(*arch);
  if (Status status = checkProgram(program, model); !status)
    return status.takeError();
  for (size_t i = 0; i < program.sections.size(); ++i)
    if (Status status = verifyConfig(program.sections[i].config, model); !status)
      return numberedUnlessInside(Diag::BadConfiguration,
                                  describeSection(program.sections[i].name, i) + ": " + status.error());

  jbit::Program message;
  describeProgram(program, model, message);
  if (uint64_t size = message.ByteSizeLong(); size > maxDescriptionBytes)
    return Error{
        fmt::format("the description of the program has {} bytes; expected at most {}", size, maxDescriptionBytes)};
  std::string body = serialize(message);
  if (Status status = scanMessage(body, *jbit::Program::descriptor()); !status)
    return status.takeError();
  ProgramPieces pieces;
  uint64_t data = 0;
  for (const DramSegment &segment : program.segments) {
    pieces.segments.push_back(viewOf(segment.bytes));
    data += segment.bytes.size();
  }
  pieces.head = magic;
  store(pieces.head, formatMajor, 2);
  store(pieces.head, formatMinor, 2);
  store(pieces.head, body.size(), 8);
  store(pieces.head, data, 8);
  Hash64 hash(body.size() + data, hash64(pieces.head));
  hash.add(body);
  for (std::string_view segment : pieces.segments)
    hash.add(segment);
  store(pieces.head, hash.value(), 8);
  pieces.head += body;
  return pieces;
}

Result<std::string> writeProgram(const Program &program) {
  Result<ProgramPieces> pieces = layOutProgram(program);
  if (!pieces)
    return pieces.takeError();
  std::string bytes;
  bytes.reserve(pieces->size());
  for (std::string_view piece : pieces->all())
    bytes += piece;
  return bytes;
}

Result<Program> readProgram(std::string_view bytes) {
  Result<Parts> parts = openContainer(bytes);
  if (!parts)
    return parts.takeError();
  if (Status status = scanMessage(parts->description, *jbit::Program::descriptor()); !status)
    return numbered(Diag::BitstreamDamaged, "damaged bitstream: " + status.error());
  jbit::Program in;
  if (!in.ParseFromArray(parts->description.data(), int(parts->description.size())))
    return numbered(Diag::BitstreamDamaged, "damaged bitstream: the description is not a message of this format");
  Result<ArchSpec> arch = readArch(in);
  if (!arch)
    return arch.takeError();
  FabricModel model(*arch);

  Program program;
  program.arch = std::move(*arch);
  program.toolVersion = in.tool_version();
  for (const jbit::Option &option : in.options())
    program.options.push_back({option.key(), option.value()});
  program.modelHash = in.model_hash();
  program.multiplyAdds = in.multiply_adds();
  program.compulsoryBytes = in.compulsory_bytes();
  program.schedule.assign(in.schedule().begin(), in.schedule().end());
  for (const jbit::Loop &loop : in.loops())
    program.loops.push_back(readLoop(loop));
  program.dramBytes = in.dram_bytes();
  program.inputs = readSymbols(in.inputs());
  program.outputs = readSymbols(in.outputs());
  if (Status status = readSegments(in, parts->data, program.segments); !status)
    return status.takeError();
  if (Status status = readSections(in, model, program); !status)
    return status.takeError();
  if (Status status = checkProgram(program, model); !status)
    return status.takeError();
  return program;
}

} // namespace jacquard::bitstream
