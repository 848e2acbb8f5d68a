// ArchSpecTest.cpp - presets, canonical text and located errors of the architecture reader
#include "jacquard/Arch/ArchSpec.h"

#include <gtest/gtest.h>

using namespace jacquard;

namespace {

std::string tinyText() {
  Result<ArchSpec> tiny = loadArch("tiny");
  return tiny ? printArch(*tiny) : tiny.error();
}

/// `text` with the first `from` replaced by `to`.
std::string replace(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string errorOf(const std::string &text) {
  Result<ArchSpec> spec = parseArch(text, "a.textproto");
  return spec ? "no error" : spec.error();
}

} // namespace

TEST(ArchSpecTest, LoadsEveryPresetAndRoundTripsItsCanonicalText) {
  EXPECT_EQ(archPresetNames(), (std::vector<std::string>{"plasticine", "sara", "sn10", "tiny"}));
  for (const std::string &name : archPresetNames()) {
    Result<ArchSpec> spec = loadArch(name);
    ASSERT_TRUE(spec) << spec.error();
    EXPECT_EQ(spec->name, name);
    Result<ArchSpec> again = parseArch(printArch(*spec), "again");
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(printArch(*again), printArch(*spec));
    EXPECT_EQ(archFingerprint(*again), archFingerprint(*spec));
  }
}

TEST(ArchSpecTest, PlasticineHasThePublishedSize) {
  Result<ArchSpec> spec = loadArch("plasticine");
  ASSERT_TRUE(spec) << spec.error();
  EXPECT_EQ(spec->numComputeUnits(), 64u);
  EXPECT_EQ(spec->numMemoryUnits(), 64u);
  EXPECT_EQ(spec->peakMultiplyAdds(), 6144u);
  EXPECT_EQ(spec->memory.bytes(), 256u * 1024);
  EXPECT_EQ(spec->dram.bytesPerCycle, 51.2);
  EXPECT_EQ(spec->stagesOf(Opcode::FDiv), 2u);
  EXPECT_EQ(spec->stagesOf(Opcode::Fma), 1u);
}

TEST(ArchSpecTest, Sn10HasThePublishedUnitsAndMemory) {
  Result<ArchSpec> spec = loadArch("sn10");
  ASSERT_TRUE(spec) << spec.error();
  EXPECT_EQ(spec->numComputeUnits(), 640u);
  EXPECT_EQ(spec->numMemoryUnits() * spec->memory.bytes(), 320u * 1024 * 1024);
}

TEST(ArchSpecTest, LocatesAValueOutOfRange) {
  EXPECT_EQ(errorOf(replace(tinyText(), "lanes: 16", "lanes: 0")),
            "[JQ2002] a.textproto:10:3: compute.lanes: 0 is not allowed; expected a power of two from 1 to 64");
  EXPECT_EQ(errorOf(replace(tinyText(), "lanes: 16", "lanes: 12")),
            "[JQ2002] a.textproto:10:3: compute.lanes: 12 is not allowed; expected a power of two from 1 to 64");
  EXPECT_EQ(errorOf(replace(tinyText(), "columns: 4", "columns: -4")),
            "[JQ2002] a.textproto:3:3: grid.columns: -4 is not allowed; expected 1 to 128");
  EXPECT_EQ(errorOf(replace(tinyText(), "clock_ghz: 1", "clock_ghz: nan")),
            "[JQ2002] a.textproto:6:1: clock_ghz: nan is not allowed; expected 0.001 to 100");
  EXPECT_EQ(errorOf(replace(tinyText(), "vector_in: 3", "vector_in: 0")),
            "[JQ2002] a.textproto:16:5: compute.ports.vector_in: 0 is not allowed; expected 1 to 16");
}

TEST(ArchSpecTest, LocatesAMissingValueAtItsBlock) {
  EXPECT_EQ(errorOf(replace(tinyText(), "  lanes: 16\n", "")),
            "[JQ2002] a.textproto:9:1: compute.lanes is missing; expected a power of two from 1 to 64");
  EXPECT_EQ(errorOf(""), "[JQ2002] a.textproto:1:1: name is missing; expected a string");
  EXPECT_EQ(errorOf("name: \"x\""), "[JQ2002] a.textproto:1:1: grid is missing; expected a block { ... }");
}

TEST(ArchSpecTest, LocatesSyntaxErrors) {
  EXPECT_EQ(errorOf("name: \"x\"\ngrid {"), "[JQ2001] a.textproto:2:7: expected identifier, got: ");
  EXPECT_EQ(errorOf("lanes: 1"),
            "[JQ2001] a.textproto:1:6: message type \"jacquard.archfile.Arch\" has no field named \"lanes\"");
  EXPECT_EQ(errorOf("name: \"x\" name: \"y\""),
            "[JQ2001] a.textproto:1:15: non-repeated field \"name\" is specified multiple times");
  EXPECT_EQ(errorOf("clock_ghz: fast"), "[JQ2001] a.textproto:1:12: expected double, got: fast");
}

TEST(ArchSpecTest, ChecksRelationsBetweenFields) {
  EXPECT_EQ(errorOf(replace(tinyText(), "count: 8", "count: 129")),
            "[JQ2002] a.textproto:50:3: dram_port.count: 129 ports do not fit beside 4 rows; expected 1 to 128");
  EXPECT_EQ(
      errorOf(replace(tinyText(), "row_bytes: 8192", "row_bytes: 32")),
      "[JQ2002] a.textproto:77:3: dram.row_bytes: 32 is smaller than a burst of 64 bytes; expected at least one burst");
  EXPECT_EQ(
      errorOf(replace(tinyText(), "capacity_bytes: 8589934592", "capacity_bytes: 100")),
      "[JQ2002] a.textproto:79:3: dram.capacity_bytes: 100 is not a whole number of bursts; expected a multiple of 64");
  EXPECT_EQ(
      errorOf(replace(tinyText(), "refresh_time: 260", "refresh_time: 7800")),
      "[JQ2002] a.textproto:95:3: dram.refresh_time: 7800 leaves no time between refreshes; expected less than 7800");
  EXPECT_EQ(errorOf(replace(tinyText(), "stages: 6", "stages: 3")),
            "[JQ2002] a.textproto:130:3: opcodes.fpow: 4 stages do not fit into a compute unit; expected 1 to 3");
}

TEST(ArchSpecTest, RefusesImpossibleDramTiming) {
  auto errorWith = [](const char *from, const char *to) { return errorOf(replace(tinyText(), from, to)); };
  EXPECT_EQ(errorWith(" ranks: 2", " ranks: 3"), "[JQ2002] a.textproto:75:3: dram.ranks: 16 banks cannot be divided "
                                                 "among 3 ranks; expected a divisor of 16");
  EXPECT_EQ(errorWith("row_active: 35", "row_active: 13"),
            "[JQ2002] a.textproto:87:3: dram.row_active: 13 is less than dram.activate; expected at least 13.75");
  EXPECT_EQ(errorWith("four_activates: 30", "four_activates: 6"),
            "[JQ2002] a.textproto:89:3: dram.four_activates: 6 is less than dram.activate_to_activate; expected at "
            "least 6.25");
  EXPECT_EQ(errorWith("write_batch_start: 24", "write_batch_start: 33"),
            "[JQ2002] a.textproto:97:3: dram.write_batch_start: 33 writes never wait in a queue of 32; expected at "
            "most 32");
  EXPECT_EQ(errorWith("write_batch_end: 4", "write_batch_end: 24"),
            "[JQ2002] a.textproto:98:3: dram.write_batch_end: 24 is not less than dram.write_batch_start; expected "
            "at most 23");
  EXPECT_EQ(errorWith("bus_turnaround: 1.25", "bus_turnaround: -1"),
            "[JQ2002] a.textproto:93:3: dram.bus_turnaround: -1 is not allowed; expected 0 to 1000000");
}

TEST(ArchSpecTest, RefusesEstimatesThatAreNoFigures) {
  for (const char *figure : {"nan", "inf", "-1"})
    EXPECT_EQ(errorOf(replace(tinyText(), "compute_cycle: 224", std::string("compute_cycle: ") + figure)),
              std::string("[JQ2002] a.textproto:102:3: energy.compute_cycle: ") + figure +
                  " is not allowed; expected 0 to 1000000000");
  EXPECT_EQ(errorOf(replace(tinyText(), "compute_unit: 0.849", "compute_unit: -0.5")),
            "[JQ2002] a.textproto:113:3: area.compute_unit: -0.5 is not allowed; expected 0 to 1000000000");
  EXPECT_EQ(errorOf(replace(tinyText(), "source: \"28 nm model from published tables\"", "source: \"\"")),
            "[JQ2002] a.textproto:101:3: energy.source: a text of 0 characters is not allowed; expected 1 to 64");
}

TEST(ArchSpecTest, ChecksWideLanes) {
  auto with = [](const char *lanes) {
    return replace(tinyText(), "wide_lanes: 8", std::string("wide_lanes: ") + lanes);
  };
  Result<ArchSpec> none = parseArch(with("0"), "a.textproto");
  ASSERT_TRUE(none) << none.error();
  EXPECT_EQ(none->compute.wideLanes, 0u);
  EXPECT_TRUE(parseArch(with("4"), "a.textproto"));
  EXPECT_EQ(errorOf(with("16")),
            "[JQ2002] a.textproto:11:3: compute.wide_lanes: 16 is not allowed; expected 0 or a power of two "
            "of at most 8, half of compute.lanes");
  EXPECT_EQ(errorOf(with("3")),
            "[JQ2002] a.textproto:11:3: compute.wide_lanes: 3 is not allowed; expected 0 or a power of two "
            "of at most 8, half of compute.lanes");
  EXPECT_EQ(errorOf(with("64")), "[JQ2002] a.textproto:11:3: compute.wide_lanes: 64 is not allowed; expected 0 to 32");
  EXPECT_EQ(errorOf(replace(tinyText(), "  wide_lanes: 8\n", "")),
            "[JQ2002] a.textproto:9:1: compute.wide_lanes is missing; expected 0 to 32");
}

TEST(ArchSpecTest, CountsTheWideMachineIn64BitWords) {
  Result<ArchSpec> spec = loadArch("tiny");
  ASSERT_TRUE(spec) << spec.error();
  ArchSpec wide = spec->wide();
  EXPECT_EQ(wide.compute.lanes, 8u);
  EXPECT_EQ(wide.memory.banks, spec->memory.banks / 2);
  EXPECT_EQ(wide.memory.bytes() / 4, spec->memory.bytes() / 8);
  for (unsigned type = 0; type < numElementTypes; ++type)
    EXPECT_NE(elementTypeName(ElementType(type)), "");
  EXPECT_EQ(elementBytes(ElementType::BF16), 2u);
  EXPECT_TRUE(isFloatElement(ElementType::F64));
  EXPECT_FALSE(isFloatElement(ElementType::I8));
}

TEST(ArchSpecTest, ChecksOpcodeNames) {
  EXPECT_EQ(errorOf(replace(tinyText(), "\"fdiv\"", "\"fdivide\"")),
            "[JQ2002] a.textproto:120:3: opcodes.op[0].name: 'fdivide' is not an operation; expected a name of "
            "Opcodes.def such as "
            "'fdiv'");
  EXPECT_EQ(errorOf(replace(tinyText(), "\"fdiv\"", "\"frem\"")),
            "[JQ2002] a.textproto:121:3: opcodes.op[1].name: 'frem' is listed twice; expected each operation once");
}

TEST(ArchSpecTest, NamesThePresetsWhenThereIsNoSuchFile) {
  Result<ArchSpec> spec = loadArch("/nonexistent/chip");
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error(),
            "[JQ2003] no architecture '/nonexistent/chip': it is not a preset (plasticine, sara, sn10, tiny), and as "
            "a file: cannot open '/nonexistent/chip': No such file or directory");
}

TEST(ArchSpecTest, OpcodeNamesAreUniqueAndFindable) {
  for (unsigned op = 0; op < numOpcodes(); ++op) {
    EXPECT_EQ(opcodeFromName(opcodeName(Opcode(op))), Opcode(op));
    EXPECT_LE(opcodeArity(Opcode(op)), 3u);
  }
  EXPECT_FALSE(opcodeFromName("fdivide"));
}
