// MemoryTest.cpp - scratchpads: N buffers, bank conflicts, gather, accumulating writes
#include "FabricBuilder.h"

#include <gtest/gtest.h>
#include <numeric>
#include <optional>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

/// x (tiles of `words`) -> scratchpad -> y, where `read` reads each tile; returns the run.
RunResult throughScratchpad(uint32_t tiles, uint32_t words, uint32_t buffers, const AccessProgram &read,
                            uint32_t wordsOut, const std::vector<float> &values, uint64_t *memoryFirings = nullptr) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {tiles, words});
  uint64_t y = b.addOutput("y", ElementType::F32, {tiles, wordsOut});
  unsigned load = b.addLoad("x", x, affine(loops({tiles, words}, 1), {words, 1}));
  unsigned store = b.addStore("y", y, affine(loops({tiles, wordsOut}, 1), {wordsOut, 1}));
  unsigned memory = b.addMemory("tile", words, buffers);
  b.memory(memory).write = affine(loops({tiles, words}, 1), {0, 1});
  b.memory(memory).write.handoverLevel = 0;
  b.memory(memory).read = read;
  b.memory(memory).read.handoverLevel = 0;
  b.connect({load, 0}, {memory, 0});
  b.connect({memory, 0}, {store, 0});
  RunResult result = runProgram(b.program(), {{"x", floats({tiles, words}, values)}});
  if (memoryFirings)
    *memoryFirings = result.statistics.sections[0].units[memory].firings;
  return result;
}

} // namespace

TEST(MemoryTest, TransposesATileWithCountedConflicts) {
  // 16 x 16 words read down the columns: with 16 banks, all 16 lanes of an access meet in one bank.
  std::vector<float> values = someFloats(256, 1), expected(256);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 16; ++j)
      expected[i * 16 + j] = values[j * 16 + i];
  RunResult result = throughScratchpad(1, 256, 1, affine(loops({1, 16, 16}, 2), {0, 1, 16}), 256, values);
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
  EXPECT_EQ(result.statistics.sections[0].bankConflictCycles, 16u * 15);
}

TEST(MemoryTest, CountsConflictsByDistinctAddresses) {
  auto conflicts = [&](std::vector<int64_t> coefficients) {
    RunResult result =
        throughScratchpad(1, 256, 1, affine(loops({1, 8, 16}, 2), coefficients), 128, someFloats(256, 2));
    return result.statistics.sections[0].bankConflictCycles;
  };
  EXPECT_EQ(conflicts({0, 16, 1}), 0u);
  EXPECT_EQ(conflicts({0, 16, 0}), 0u); // one word for all lanes
  EXPECT_EQ(conflicts({0, 1, 2}), 8u);  // two words per bank
  EXPECT_EQ(conflicts({0, 1, 8}), 8u * 7);
  EXPECT_EQ(conflicts({0, 1, 3}), 0u); // an odd stride meets every bank once
}

TEST(MemoryTest, OverlapsTilesWithTwoBuffers) {
  // From a unit that counts to a unit that sums: one buffer is filled, then read; two work at the same time.
  auto cyclesWith = [](uint32_t buffers) {
    constexpr uint32_t tiles = 16, words = 1024;
    CounterChain chain = loops({tiles, words}, 1);
    FabricBuilder b;
    uint64_t y = b.addOutput("y", ElementType::I32, {tiles, 16});
    unsigned count = b.addCompute("count", chain), sum = b.addCompute("sum", chain);
    b.stage(count, 0, Opcode::IMad, {counter(0), word(words), counter(1)}, 0);
    b.output(count, 0, 0, 1);
    unsigned memory = b.addMemory("tile", words, buffers);
    b.memory(memory).write = b.memory(memory).read = affine(chain, {0, 1});
    b.memory(memory).write.handoverLevel = b.memory(memory).read.handoverLevel = 0;
    b.input(sum, 0, 0, 1);
    b.accumulate(sum, 0, Opcode::IAdd, {reg(0), accumulator()}, 0);
    b.drain(sum, 0, 1, 0);
    unsigned store = b.addStore("y", y, affine(loops({tiles, 16}, 1), {16, 1}), ElementType::I32);
    b.connect({count, 0}, {memory, 0});
    b.connect({memory, 0}, {sum, 0});
    b.connect({sum, 0}, {store, 0});
    RunResult result = runProgram(b.program(), {});
    std::vector<int32_t> expected(tiles * 16);
    for (uint32_t tile = 0; tile < tiles; ++tile)
      for (uint32_t i = 0; i < words; ++i)
        expected[tile * 16 + i % 16] += int32_t(tile * words + i);
    EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
    const SectionStatistics &section = result.statistics.sections[0];
    return section.cycles - section.configurationCycles;
  };
  constexpr uint64_t vectors = 16 * 64;
  EXPECT_GT(cyclesWith(1), 2 * vectors);
  EXPECT_LT(cyclesWith(2), vectors + 64 + 100); // the first tile's writing, and latencies
}

TEST(MemoryTest, ReadsATileSeveralTimes) {
  std::vector<float> values = someFloats(64, 4), expected;
  for (unsigned tile = 0; tile < 2; ++tile)
    for (unsigned times = 0; times < 3; ++times)
      expected.insert(expected.end(), values.begin() + tile * 32, values.begin() + tile * 32 + 32);
  RunResult result = throughScratchpad(2, 32, 2, affine(loops({2, 3, 32}, 2), {0, 0, 1}), 96, values);
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
}

TEST(MemoryTest, BroadcastsOneWord) {
  std::vector<float> values = someFloats(16, 5), expected;
  for (float value : values)
    expected.insert(expected.end(), 16, value);
  AccessProgram read = affine(loops({1, 16, 16}, 2), {0, 1, 0});
  read.broadcast = true;
  RunResult result = throughScratchpad(1, 16, 1, read, 256, values);
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
  EXPECT_EQ(result.statistics.sections[0].bankConflictCycles, 0u);
}

TEST(MemoryTest, ReadsElseValuesOutsideAPaddedRow) {
  // y[i] = x[i - 2] with 7 outside.
  AccessProgram read = affine(loops({1, 36}, 1), {0, 1}, -2);
  read.ops = {{AddressOpKind::Check, 0, 0, 0, 32}};
  uint32_t seven = 0x40e00000;
  read.elseValue = seven;
  std::vector<float> values = someFloats(32, 6), expected(36, 7);
  std::copy(values.begin(), values.end(), expected.begin() + 2);
  EXPECT_EQ(floatsOf(throughScratchpad(1, 32, 1, read, 36, values).outputs.at("y")), expected);
}

TEST(MemoryTest, GathersByAnIndexStreamWithElse) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I32, {64}), indices = b.addInput("i", ElementType::I64, {40});
  uint64_t y = b.addOutput("y", ElementType::I32, {40});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(64), {1}), ElementType::I32);
  unsigned loadIndex = b.addLoad("i", indices, affine(vectorLoop(40), {1}), ElementType::I64);
  unsigned store = b.addStore("y", y, affine(vectorLoop(40), {1}), ElementType::I32);
  unsigned memory = b.addMemory("table", 64);
  b.memory(memory).write = affine(vectorLoop(64), {1});
  AccessProgram &read = b.memory(memory).read;
  read.used = read.indexed = true;
  read.counters = vectorLoop(40);
  unsigned stream = b.spec().memory.addressRegisters;
  read.ops = {{AddressOpKind::Check, stream, 0, 0, 64}};
  read.address = stream;
  read.elseValue = uint32_t(-1);
  b.connect({load, 0}, {memory, 0});
  b.connect({loadIndex, 0}, {memory, 2});
  b.connect({memory, 0}, {store, 0});

  std::vector<int32_t> table(64), expected;
  std::iota(table.begin(), table.end(), 100);
  Tensor index = makeTensor(DType::I64, {40});
  for (int64_t i = 0; i < 40; ++i) {
    int64_t at = i * 7 % 90 - 10;
    index.data<int64_t>()[i] = at;
    expected.push_back(at >= 0 && at < 64 ? table[size_t(at)] : -1);
  }
  RunResult result = runProgram(b.program(), {{"x", ints({64}, table)}, {"i", index}});
  EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
}

TEST(MemoryTest, AccumulatesAHistogram) {
  FabricBuilder b;
  uint64_t keys = b.addInput("keys", ElementType::I32, {100}), y = b.addOutput("y", ElementType::I32, {10});
  unsigned load = b.addLoad("keys", keys, affine(vectorLoop(100), {1}), ElementType::I32);
  unsigned ones = b.addCompute("ones", vectorLoop(100));
  b.stage(ones, 0, Opcode::Move, {word(1)}, 0);
  b.output(ones, 0, 0, 0);
  unsigned store = b.addStore("y", y, affine(vectorLoop(10), {1}), ElementType::I32);
  unsigned memory = b.addMemory("bins", 10);
  MemoryConfig &config = b.memory(memory);
  config.accumulate = Opcode::IAdd;
  config.accumulateInit = 1000;
  config.write.used = config.write.indexed = true;
  config.write.counters = vectorLoop(100);
  unsigned stream = b.spec().memory.addressRegisters;
  config.write.ops = {{AddressOpKind::Check, stream, 0, 0, 10}}; // other keys are dropped
  config.write.address = stream;
  config.read = affine(vectorLoop(10), {1});
  b.connect({ones, 0}, {memory, 0});
  b.connect({load, 0}, {memory, 1});
  b.connect({memory, 0}, {store, 0});

  std::vector<int32_t> values(100), expected(10, 1000);
  uint64_t conflicts = 0;
  for (int32_t i = 0; i < 100; ++i) {
    values[size_t(i)] = i * i % 13;
    if (values[size_t(i)] < 10)
      ++expected[size_t(values[size_t(i)])];
  }
  // Equal keys within one vector of 16 are combined one after the other.
  for (size_t first = 0; first < 100; first += 16) {
    std::vector<uint64_t> count(10);
    for (size_t i = first; i < std::min<size_t>(100, first + 16); ++i)
      if (values[i] < 10)
        ++count[size_t(values[i])];
    conflicts += std::max<uint64_t>(1, *std::max_element(count.begin(), count.end())) - 1;
  }
  RunResult result = runProgram(b.program(), {{"keys", ints({100}, values)}});
  EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
  EXPECT_EQ(result.statistics.sections[0].bankConflictCycles, conflicts);
}

TEST(MemoryTest, StartsWithZerosWhereNothingIsWritten) {
  FabricBuilder b;
  uint64_t y = b.addOutput("y", ElementType::I32, {32});
  unsigned memory = b.addMemory("zeros", 32);
  b.memory(memory).read = affine(vectorLoop(32), {1});
  unsigned store = b.addStore("y", y, affine(vectorLoop(32), {1}), ElementType::I32);
  b.connect({memory, 0}, {store, 0});
  EXPECT_EQ(intsOf(runProgram(b.program(), {}).outputs.at("y")), std::vector<int32_t>(32));
}

TEST(MemoryTest, ReportsAnAddressOutsideTheBuffer) {
  FabricBuilder b;
  uint64_t y = b.addOutput("y", ElementType::I32, {32});
  unsigned memory = b.addMemory("small", 20);
  b.memory(memory).read = affine(vectorLoop(32), {1});
  unsigned store = b.addStore("y", y, affine(vectorLoop(32), {1}), ElementType::I32);
  b.connect({memory, 0}, {store, 0});
  std::string error = runError(b.program(), {});
  EXPECT_NE(error.find(b.fabric().describeSite(memory) +
                       " 'small' of node of small: read address 20 in lane 4 is outside the buffer of 20 words"),
            std::string::npos)
      << error;
}

namespace {

/// A section that fills a scratchpad from x, one that does not use it, one that stores it to y.
RunResult throughSections(bool retain, const std::vector<float> &values) {
  uint32_t words = uint32_t(values.size());
  FabricBuilder fill;
  uint64_t x = fill.addInput("x", ElementType::F32, {words}), y = fill.addOutput("y", ElementType::F32, {words});
  unsigned load = fill.addLoad("x", x, affine(vectorLoop(words), {1})), full = fill.addMemory("kept", words);
  fill.memory(full).write = affine(vectorLoop(words), {1});
  fill.memory(full).retain = true;
  fill.connect({load, 0}, {full, 0});
  FabricBuilder other;
  unsigned in = other.addLoad("x", x, affine(vectorLoop(words), {1}));
  unsigned out = other.addStore("y", y, affine(vectorLoop(words), {1}));
  other.connect({in, 0}, {out, 0});
  FabricBuilder empty;
  unsigned kept = empty.addMemory("kept", words), store = empty.addStore("y", y, affine(vectorLoop(words), {1}));
  empty.memory(kept).read = affine(vectorLoop(words), {1});
  empty.memory(kept).retain = retain;
  empty.connect({kept, 0}, {store, 0});
  Program program = fill.program();
  for (const FabricBuilder *builder : {&other, &empty}) {
    program.schedule.push_back(uint32_t(program.sections.size()));
    program.sections.push_back({"more", builder->section(), {}, 0});
  }
  return runProgram(program, {{"x", floats({words}, values)}});
}

/// x -> scratchpad of three slices of 16, 16 and 8 words -> y, read by `read`, which may step through it in any way.
RunResult throughSlices(const AccessProgram &read, uint32_t wordsOut, const std::vector<float> &values) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {40}), y = b.addOutput("y", ElementType::F32, {wordsOut});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(40), {1}));
  unsigned store = b.addStore("y", y, affine(vectorLoop(wordsOut), {1}));
  std::optional<unsigned> before;
  for (uint32_t begin : {0u, 16u, 32u}) {
    unsigned slice = b.addMemory("slice", std::min(16u, 40 - begin));
    b.memory(slice).write = affine(vectorLoop(40), {1});
    b.memory(slice).read = read;
    b.memory(slice).sliced = true;
    b.memory(slice).firstWord = begin;
    b.memory(slice).cascade = before.has_value();
    b.connect({load, 0}, {slice, 0});
    if (before)
      b.connect({*before, 0}, {slice, 1});
    before = slice;
  }
  b.connect({*before, 0}, {store, 0});
  return runProgram(b.program(), {{"x", floats({40}, values)}});
}

} // namespace

TEST(MemoryTest, RetainsWordsAcrossSections) {
  std::vector<float> values = someFloats(100, 5);
  EXPECT_EQ(floatsOf(throughSections(true, values).outputs.at("y")), values);
}

TEST(MemoryTest, BeginsWithZerosUnlessItRetains) {
  EXPECT_EQ(floatsOf(throughSections(false, someFloats(100, 6)).outputs.at("y")), std::vector<float>(100, 0));
}

TEST(MemoryTest, JoinsSlicesToOneScratchpad) {
  std::vector<float> values = someFloats(40, 7);
  EXPECT_EQ(floatsOf(throughSlices(affine(vectorLoop(40), {1}), 40, values).outputs.at("y")), values);
}

TEST(MemoryTest, CascadesLaneByLaneAndBroadcasts) {
  std::vector<float> values = someFloats(40, 8), expected;
  for (unsigned j = 0; j < 13; ++j)
    expected.push_back(values[3 * j]); // lanes of one vector lie in all three slices
  EXPECT_EQ(floatsOf(throughSlices(affine(vectorLoop(13), {3}), 13, values).outputs.at("y")), expected);
  AccessProgram one = affine(vectorLoop(16), {0});
  one.registers[0].base = 20;
  one.broadcast = true;
  EXPECT_EQ(floatsOf(throughSlices(one, 16, values).outputs.at("y")), std::vector<float>(16, values[20]));
}

TEST(MemoryTest, ReadsElseOutsideOfAllSlices) {
  AccessProgram beyond = affine(vectorLoop(16), {1});
  beyond.registers[0].base = 32;
  beyond.ops = {{AddressOpKind::Check, 0, 0, 0, 40}};
  beyond.elseValue = 0x40000000; // 2.0
  std::vector<float> values = someFloats(40, 9), expected(values.begin() + 32, values.end());
  expected.resize(16, 2.0f);
  EXPECT_EQ(floatsOf(throughSlices(beyond, 16, values).outputs.at("y")), expected);
}
