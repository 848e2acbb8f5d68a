// ContainerTest.cpp - whole programs: round trip, damage, and one message per way to be wrong
#include "RandomConfig.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Support/Hash.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::bitstream;

namespace {

Program sample(unsigned sections = 2, double fill = 0.4) {
  Random random(21);
  return test::randomProgram(random, *loadArch("tiny"), sections, fill);
}

std::string bytesOf(const Program &program) {
  Result<std::string> bytes = writeProgram(program);
  EXPECT_TRUE(bytes) << bytes.error();
  return bytes ? *bytes : "";
}

std::string writeError(const Program &program) {
  Result<std::string> bytes = writeProgram(program);
  return bytes ? "no error" : bytes.error();
}

std::string readError(const std::string &bytes) {
  Result<Program> program = readProgram(bytes);
  return program ? "no error" : program.error();
}

/// Repairs the checksum after a change, so that the checks behind it are reached.
std::string reseal(std::string bytes) {
  std::string_view view(bytes);
  uint64_t sum = hash64(view.substr(32), hash64(view.substr(0, 24)));
  for (unsigned i = 0; i < 8; ++i)
    bytes[24 + i] = char(sum >> (8 * i));
  return bytes;
}

bool startsWith(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

} // namespace

TEST(ContainerTest, RoundTrips) {
  Program program = sample();
  std::string bytes = bytesOf(program);
  Result<Program> read = readProgram(bytes);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(bytesOf(*read), bytes);
  EXPECT_EQ(bytesOf(program), bytes);

  FabricModel model(program.arch);
  EXPECT_EQ(read->toolVersion, program.toolVersion);
  EXPECT_EQ(read->options, program.options);
  EXPECT_EQ(read->modelHash, program.modelHash);
  EXPECT_EQ(read->multiplyAdds, program.multiplyAdds);
  EXPECT_EQ(read->compulsoryBytes, program.compulsoryBytes);
  EXPECT_EQ(printArch(read->arch), printArch(program.arch));
  EXPECT_EQ(read->schedule, program.schedule);
  EXPECT_EQ(read->dramBytes, program.dramBytes);
  ASSERT_EQ(read->sections.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read->sections[i].name, program.sections[i].name);
    EXPECT_EQ(read->sections[i].predictedCycles, program.sections[i].predictedCycles);
    EXPECT_EQ(read->sections[i].units[1].node, "\xff not text");
    EXPECT_EQ(disassembleSection(read->sections[i].config, model),
              disassembleSection(program.sections[i].config, model));
  }
  ASSERT_EQ(read->outputs.size(), 2u);
  EXPECT_EQ(read->outputs[1].shape, (std::vector<int64_t>{0, 5}));
  EXPECT_EQ(read->inputs[0].type, ElementType::F32);
  EXPECT_FALSE(read->inputs[0].isUnsigned);
  EXPECT_EQ(read->inputs[1].type, ElementType::I8);
  EXPECT_TRUE(read->inputs[1].isUnsigned);
  ASSERT_EQ(read->segments.size(), 3u);
  EXPECT_EQ(read->segments[1].bytes, (std::vector<uint8_t>{1, 2, 3}));
}

TEST(ContainerTest, SegmentsThatAreReferredToAreNotCopied) {
  Program program = sample();
  std::string owned = bytesOf(program);
  std::vector<std::vector<uint8_t>> elsewhere;
  for (DramSegment &segment : program.segments) {
    const auto &bytes = elsewhere.emplace_back(segment.bytes.begin(), segment.bytes.end());
    segment.bytes = SegmentBytes::refer(bytes.data(), bytes.size());
  }
  Result<ProgramPieces> pieces = layOutProgram(program);
  ASSERT_TRUE(pieces) << pieces.error();
  ASSERT_EQ(pieces->segments.size(), elsewhere.size());
  for (size_t i = 0; i < elsewhere.size(); ++i)
    EXPECT_EQ(static_cast<const void *>(pieces->segments[i].data()), elsewhere[i].data());
  EXPECT_EQ(pieces->size(), owned.size());
  EXPECT_EQ(bytesOf(program), owned);
}

TEST(ContainerTest, CopiesShareTheirBytes) {
  SegmentBytes copy;
  {
    SegmentBytes bytes{1, 2, 3};
    copy = bytes;
  }
  EXPECT_EQ(copy, (SegmentBytes{1, 2, 3}));
}

TEST(ContainerTest, RejectsEveryFlippedBit) {
  std::string bytes = bytesOf(sample(1, 0.1));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = char(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(readProgram(bytes)) << "bit " << bit;
    bytes[bit / 8] = char(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(ContainerTest, RejectsEveryTruncation) {
  std::string bytes = bytesOf(sample(1, 0.1));
  EXPECT_EQ(readError(""), "[JQ4001] empty file; expected a bitstream");
  for (size_t length = 1; length < bytes.size(); ++length)
    ASSERT_TRUE(startsWith(readError(bytes.substr(0, length)), "[JQ4001] truncated bitstream: ")) << length;
  EXPECT_EQ(readError(bytes.substr(0, 10)),
            "[JQ4001] truncated bitstream: 10 bytes found; expected at least the 32 of the header");
  EXPECT_EQ(readError(bytes + "x"), "[JQ4003] damaged bitstream: 1 bytes after its end; expected none");
}

TEST(ContainerTest, SurvivesDamageBehindTheChecksum) {
  std::string bytes = bytesOf(sample(1, 0.3));
  Random random(8);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = bytes;
    for (int change = 0; change <= round % 4; ++change)
      damaged[32 + random.below(bytes.size() - 32)] = char(random.next());
    if (Result<Program> program = readProgram(reseal(damaged))) {
      EXPECT_TRUE(writeProgram(*program));
    }
  }
  for (int round = 0; round < 1000; ++round) {
    std::string noise(random.below(200), '\0');
    for (char &c : noise)
      c = char(random.next());
    EXPECT_FALSE(readProgram(round % 2 ? "JBIT\2" + std::string(3, '\0') + noise : noise));
  }
}

TEST(ContainerTest, NamesForeignFilesAndVersions) {
  EXPECT_EQ(
      readError("\x7f"
                "ELF"),
      "[JQ4001] not a bitstream: the file does not begin with 'JBIT'; expected a file written by 'jacquard compile'");
  std::string bytes = bytesOf(sample(1, 0));
  std::string newer = bytes;
  newer[4] = 7;
  EXPECT_EQ(readError(reseal(newer)),
            "[JQ4002] bitstream format 7.0 is newer than this reader; expected 6.x, use a matching jacquard");
  std::string minor = bytes;
  minor[6] = 9;
  EXPECT_EQ(readError(reseal(minor)), "no error");
}

TEST(ContainerTest, RefusesDescriptionsThatWouldGrow) {
  std::string bytes = bytesOf(sample(1, 0));
  auto withDescription = [&](const std::string &extra) {
    std::string file = bytes.substr(0, 32), body = bytes.substr(32);
    uint64_t length = uint8_t(file[8]) + 256 * uint8_t(file[9]);
    body.insert(length, extra);
    for (unsigned i = 0; i < 8; ++i)
      file[8 + i] = char((length + extra.size()) >> (8 * i));
    return reseal(file + body);
  };
  std::string sections;
  for (int i = 0; i < 100000; ++i)
    sections += std::string("\x42\0", 2);
  EXPECT_TRUE(startsWith(readError(withDescription(sections)), "[JQ4003] damaged bitstream: 1000")) << readError(bytes);
  EXPECT_EQ(readError(withDescription("\xa3\x06\xa4\x06")), // an unknown group
            "[JQ4003] damaged bitstream: the description is not a message of this format");
  EXPECT_EQ(readError(withDescription("\xa2\x06\x01x")), "no error"); // a field of a later minor version
}

TEST(ContainerTest, ReportsAWrongChecksum) {
  std::string bytes = bytesOf(sample(1, 0));
  bytes.back() = char(bytes.back() ^ 1);
  EXPECT_TRUE(startsWith(readError(bytes), "[JQ4003] damaged bitstream: checksum ")) << readError(bytes);
}

TEST(ContainerTest, ReportsAFingerprintMismatch) {
  std::string bytes = bytesOf(sample(1, 0));
  size_t at = bytes.find("clock_ghz: 1");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 11] = '2';
  EXPECT_TRUE(startsWith(readError(reseal(bytes)), "[JQ4003] architecture fingerprint mismatch: "))
      << readError(reseal(bytes));
}

TEST(ContainerTest, NamesTheFieldOfAnInvalidFrame) {
  Program program = sample(1, 0);
  std::string bytes = bytesOf(program);
  // The frames of an empty section are 12 bytes of zeros behind their tag and length. With the presence bit of the
  // second site, compute(1,0), the unit's fields eat what were the bits of later frames.
  std::string frames(12, '\0');
  size_t at = bytes.find("\x12\x0c" + frames);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 2] = 2;
  frames[0] = 2;
  uint32_t crc = crc32c(frames);
  for (unsigned i = 0; i < 4; ++i)
    bytes[at + 15 + i] = char(crc >> (8 * i));
  EXPECT_EQ(readError(reseal(bytes)),
            "[JQ4003] section 0 ('section0'): invalid frame: dram(0,3).0: presence bit: the frames "
            "end here; expected more bytes");
  bytes[at + 15] = char(bytes[at + 15] ^ 1);
  EXPECT_TRUE(startsWith(readError(reseal(bytes)), "[JQ4003] section 0 ('section0'): frames are damaged: checksum "));
}

TEST(ContainerTest, ChecksSegments) {
  Program program = sample(1, 0);
  program.segments = {{8190, {1, 2, 3}}};
  EXPECT_EQ(writeError(program), "segment 0: 3 bytes at 8190 are outside DRAM; expected an end of at most 8192");
  program.segments = {{~uint64_t(0), {1, 2, 3}}};
  EXPECT_EQ(writeError(program),
            "segment 0: 3 bytes at 18446744073709551615 are outside DRAM; expected an end of at most 8192");
  program.segments = {{0, {1, 2, 3}}, {2, {4}}};
  EXPECT_EQ(writeError(program),
            "segment 1 at 2 overlaps or precedes the one before; expected an address of at least 3");
}

TEST(ContainerTest, ChecksScheduleSymbolsAndNames) {
  Program program = sample(1, 0);
  program.schedule = {0, 1};
  EXPECT_EQ(writeError(program), "schedule entry 1: section 1 is not allowed; expected one of 1 sections");
  program = sample(1, 0);
  program.inputs[0].shape = {int64_t(1) << 40, int64_t(1) << 40};
  EXPECT_EQ(writeError(program), "input 'x' is larger than the DRAM layout of 8192 bytes");
  program.inputs[0].shape = {-1};
  EXPECT_EQ(writeError(program), "input 'x': extent -1 is not allowed; expected at least 0");
  program.inputs[0] = {"x", ElementType::F32, {2}, 8188};
  EXPECT_EQ(writeError(program), "input 'x': bytes 8188 to 8196 are outside DRAM; expected an end of at most 8192");
  program.inputs[0] = {"x", ElementType(numElementTypes), {2}, 0};
  EXPECT_EQ(writeError(program), "input 'x': element type 9 is not allowed; expected 0 to 8");
  program.inputs[0] = {"x", ElementType::F16, {2}, 0, true};
  EXPECT_EQ(writeError(program), "input 'x': f16 without sign is not allowed; expected an integer type");
  program = sample(1, 0);
  program.sections[0].units[0].site = 24;
  EXPECT_EQ(writeError(program),
            "[JQ4004] section 0 ('section0'): unit name 'dram.0': site 24 is not allowed; expected 0 to 23");
  program = sample(1, 0);
  program.dramBytes = uint64_t(1) << 40;
  EXPECT_EQ(writeError(program),
            "the DRAM layout has 1099511627776 bytes; expected at most the capacity of 8589934592");
}

TEST(ContainerTest, KeepsLoopsAndExtents) {
  Program program = sample(2, 1);
  program.schedule = {0, 1, 0};
  program.loops = {{0, 3, 5, 4000, std::nullopt, true}, {0, 1, 2, std::nullopt, 64, false}};
  program.outputs = {{"y", ElementType::F32, {4, 8}, 0, false, {{1, 512}}}};
  auto written = writeProgram(program);
  ASSERT_TRUE(bool(written)) << written.error();
  auto read = readProgram(*written);
  ASSERT_TRUE(bool(read)) << read.error();
  ASSERT_EQ(read->loops.size(), 2u);
  const ScheduleLoop &outer = read->loops[0], &inner = read->loops[1];
  EXPECT_EQ(std::tie(outer.begin, outer.end, outer.maxTrips, outer.testFirst), std::make_tuple(0u, 3u, 5u, true));
  EXPECT_EQ(outer.condition, 4000u);
  EXPECT_EQ(outer.counter, std::nullopt);
  EXPECT_EQ(std::tie(inner.begin, inner.end, inner.maxTrips, inner.testFirst), std::make_tuple(0u, 1u, 2u, false));
  EXPECT_EQ(inner.condition, std::nullopt);
  EXPECT_EQ(inner.counter, 64u);
  ASSERT_EQ(read->outputs.at(0).extents.size(), 1u);
  EXPECT_EQ(read->outputs[0].extents[0].dim, 1u);
  EXPECT_EQ(read->outputs[0].extents[0].address, 512u);
}

TEST(ContainerTest, ChecksLoopsAndExtents) {
  auto loopError = [](std::vector<ScheduleLoop> loops) {
    Program program = sample(1, 0);
    program.schedule = {0, 0, 0};
    program.loops = std::move(loops);
    return writeError(program);
  };
  EXPECT_EQ(loopError({{1, 1, 2, {}, {}, false}}),
            "loop 0: entries 1 to 1 are not allowed; expected a range of 3 schedule entries");
  EXPECT_EQ(loopError({{1, 4, 2, {}, {}, false}}),
            "loop 0: entries 1 to 4 are not allowed; expected a range of 3 schedule entries");
  EXPECT_EQ(loopError({{0, 1, 0, {}, {}, false}}), "loop 0: 0 trips are not allowed; expected 1 to 2147483647");
  EXPECT_EQ(loopError({{0, 1, 1, {}, {}, true}}), "loop 0: a test before the first trip needs a condition");
  EXPECT_EQ(loopError({{0, 1, 1, 8192, {}, false}}),
            "loop 0: condition at 8192 is outside DRAM; expected at most 8191");
  EXPECT_EQ(loopError({{0, 1, 1, {}, 8190, false}}),
            "loop 0: counter at 8190 is not allowed; expected a multiple of 4 that is at most 8188");
  EXPECT_EQ(loopError({{1, 2, 1, {}, {}, false}, {0, 1, 1, {}, {}, false}}),
            "loop 1: begins before loop 0; expected loops in order");
  EXPECT_EQ(loopError({{0, 2, 1, {}, {}, false}, {1, 3, 1, {}, {}, false}}),
            "loop 1: ends outside of the loop around it; expected nested loops");
  EXPECT_EQ(loopError(std::vector<ScheduleLoop>(65, {0, 1, 1, {}, {}, false})), "loop 64: nested more than 64 deep");
  Program program = sample(1, 0);
  program.outputs = {{"y", ElementType::F32, {4}, 0, false, {{1, 512}}}};
  EXPECT_EQ(writeError(program),
            "output 'y': extent of dimension 1 at 512 is not allowed; expected a dimension below 1 "
            "and an address of at most 8184");
  program.outputs[0].extents = {{0, 8185}};
  EXPECT_EQ(writeError(program),
            "output 'y': extent of dimension 0 at 8185 is not allowed; expected a dimension below 1 "
            "and an address of at most 8184");
}

TEST(ContainerTest, RefusesToWriteWhatItCouldNotRead) {
  Program program = sample(1, 1);
  program.sections[0].config.compute[0].config.counters.vectorLevel = 99;
  EXPECT_TRUE(startsWith(writeError(program),
                         "[JQ4004] section 0 ('section0'): compute(1,0): counters.vectorLevel: 99 is not allowed"));
  program = sample(1, 0);
  program.arch.compute.lanes = 3;
  EXPECT_EQ(writeError(program),
            "[JQ2002] architecture:10:3: compute.lanes: 3 is not allowed; expected a power of two from 1 to 64");
}
