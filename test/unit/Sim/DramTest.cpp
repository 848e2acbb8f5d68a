// DramTest.cpp - the DRAM model's bandwidth, element types, coalescing, addresses that do not exist
#include "FabricBuilder.h"

#include <gtest/gtest.h>
#include <limits>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

/// Reads `vectors` vectors from addresses that `access` makes into one sum, and gives the share of the peak bandwidth.
double readShareOfPeak(const std::string &arch, uint32_t vectors, const AccessProgram &access, unsigned loads) {
  FabricBuilder b(arch);
  uint64_t x = b.allocate(uint64_t(vectors) * 64), y = b.addOutput("y", ElementType::F32, {16});
  for (unsigned i = 0; i < loads; ++i) {
    unsigned load = b.addLoad("x", x, access);
    unsigned sum = b.addCompute("sum", access.counters);
    b.input(sum, 0, 0, int(access.counters.extents.size()) - 1);
    b.accumulate(sum, 0, Opcode::FAdd, {reg(0), accumulator()}, -1);
    b.drain(sum, 0, 1, -1);
    unsigned store = b.addStore("y", y, affine(vectorLoop(16), {1}));
    b.connect({load, 0}, {sum, 0});
    b.connect({sum, 0}, {store, 0});
  }
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  uint64_t cycles = section.cycles - section.configurationCycles;
  return double(section.dramReadBytes) / double(cycles) / b.spec().dram.bytesPerCycle;
}

} // namespace

TEST(DramTest, StreamsAtNearlyPeakBandwidth) {
  constexpr uint32_t vectors = 20000;
  EXPECT_GT(readShareOfPeak("tiny", vectors, affine(vectorLoop(vectors * 16), {1}), 1), 0.9);
  EXPECT_GT(readShareOfPeak("plasticine", vectors, affine(vectorLoop(vectors * 16), {1}), 1), 0.9);
}

TEST(DramTest, IsSlowerOnScatteredReads) {
  // Every lane reads another burst of 8 MiB; the hash of a counter says which.
  constexpr uint32_t elements = 1 << 14;
  FabricBuilder b("plasticine");
  uint64_t x = b.allocate(uint64_t(1) << 23);
  unsigned hash = b.addCompute("hash", vectorLoop(elements));
  b.stage(hash, 0, Opcode::IMul, {counter(0), word(2654435761u)}, 0);
  b.stage(hash, 1, Opcode::ShrU, {reg(0), word(15)}, 0); // 17 bits: burst
  b.stage(hash, 2, Opcode::IMul, {reg(0), word(16)}, 0); // element
  b.output(hash, 0, 0, 0);
  AccessProgram gather;
  gather.used = gather.indexed = true;
  gather.counters = vectorLoop(elements);
  gather.address = b.spec().dramPort.addressRegisters;
  unsigned load = b.addLoad("x", x, gather);
  unsigned sink = b.addCompute("sink", vectorLoop(elements));
  b.input(sink, 0, 0, 0);
  b.connect({hash, 0}, {load, 1});
  b.connect({load, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  EXPECT_EQ(section.dramReadBytes, uint64_t(elements) * 64);
  EXPECT_GT(section.rowMisses, section.rowHits);
  uint64_t cycles = section.cycles - section.configurationCycles;
  double share = double(section.dramReadBytes) / double(cycles) / b.spec().dram.bytesPerCycle;
  EXPECT_LT(share, 0.85);
  EXPECT_GT(share, 0.3);
}

TEST(DramTest, PaysForARowThatChangesEveryTime) {
  // All reads in one bank, each in another row: a row cycle per burst.
  FabricBuilder b;
  const DramSpec &dram = b.spec().dram;
  int64_t rowElements = dram.rowBytes / 4, banks = dram.banksPerChannel;
  constexpr uint32_t reads = 256;
  // The bank is (row-sized block + block / banks) mod banks: blocks that are banks - 1 apart, except for the wrap
  // around.
  uint64_t x = b.allocate(uint64_t(reads) * uint64_t(rowElements) * uint64_t(banks) * 4);
  unsigned load =
      b.addLoad("x", x, affine(loops({reads / 16, 16}, -1), {rowElements * banks * banks, rowElements * (banks - 1)}));
  unsigned sink = b.addCompute("sink", loops({reads}, -1));
  b.input(sink, 0, 0, 0);
  b.connect({load, 0}, {sink, 0});
  const SectionStatistics section = runProgram(b.program(), {}).statistics.sections[0];
  EXPECT_EQ(section.rowMisses, reads);
  EXPECT_GT(double(section.cycles - section.configurationCycles),
            double(reads) * (dram.rowActive + dram.precharge) * 0.8);
}

TEST(DramTest, ReusesTheBurstOfTheFiringBefore) {
  // An unaligned stream touches two bursts per vector but asks for each once.
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {165}), y = b.addOutput("y", ElementType::F32, {160});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(160), {1}, 5));
  unsigned store = b.addStore("y", y, affine(vectorLoop(160), {1}));
  b.connect({load, 0}, {store, 0});
  std::vector<float> values = someFloats(165, 1);
  RunResult result = runProgram(b.program(), {{"x", floats({165}, values)}});
  EXPECT_EQ(floatsOf(result.outputs.at("y")), std::vector<float>(values.begin() + 5, values.end()));
  EXPECT_EQ(result.statistics.sections[0].dramReadBytes, 11u * 64);
}

TEST(DramTest, CombinesConsecutiveWritesToOneBurst) {
  // 4 lanes per firing: 4 firings make one burst.
  FabricBuilder b;
  uint64_t y = b.addOutput("y", ElementType::I32, {16, 4});
  unsigned iota = b.addCompute("iota", loops({16, 4}, 1));
  b.stage(iota, 0, Opcode::IMad, {counter(0), word(4), counter(1)}, 0);
  b.output(iota, 0, 0, 1);
  unsigned store = b.addStore("y", y, affine(loops({16, 4}, 1), {4, 1}), ElementType::I32);
  b.connect({iota, 0}, {store, 0});
  RunResult result = runProgram(b.program(), {});
  std::vector<int32_t> expected(64);
  for (int32_t i = 0; i < 64; ++i)
    expected[size_t(i)] = i;
  EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
  EXPECT_EQ(result.statistics.sections[0].dramWriteBytes, 4u * 64);
}

TEST(DramTest, ConvertsElementTypes) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I64, {5}), m = b.addInput("m", ElementType::I1, {5});
  uint64_t y = b.addOutput("y", ElementType::I64, {5}), z = b.addOutput("z", ElementType::I1, {5});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(5), {1}), ElementType::I64);
  unsigned loadMask = b.addLoad("m", m, affine(vectorLoop(5), {1}), ElementType::I1);
  unsigned store = b.addStore("y", y, affine(vectorLoop(5), {1}), ElementType::I64);
  unsigned storeMask = b.addStore("z", z, affine(vectorLoop(5), {1}), ElementType::I1);
  b.connect({load, 0}, {store, 0});
  b.connect({loadMask, 0}, {storeMask, 0});
  Tensor wide = makeTensor(DType::I64, {5}), mask = makeTensor(DType::Bool, {5});
  int64_t values[] = {-1, 7, int64_t(1) << 40, -(int64_t(1) << 40), std::numeric_limits<int32_t>::min()};
  int64_t expected[] = {-1, 7, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min(),
                        std::numeric_limits<int32_t>::min()};
  for (unsigned i = 0; i < 5; ++i) {
    wide.data<int64_t>()[i] = values[i];
    mask.bytes[i] = uint8_t(i % 2 * 3); // 0 or 3
  }
  RunResult result = runProgram(b.program(), {{"x", wide}, {"m", mask}});
  for (unsigned i = 0; i < 5; ++i) {
    EXPECT_EQ(result.outputs.at("y").data<int64_t>()[i], expected[i]);
    EXPECT_EQ(result.outputs.at("z").bytes[i], i % 2);
  }
}

TEST(DramTest, ScattersByAnIndexStream) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I32, {32}), i = b.addInput("i", ElementType::I32, {32});
  uint64_t y = b.addOutput("y", ElementType::I32, {32});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(32), {1}), ElementType::I32);
  unsigned index = b.addLoad("i", i, affine(vectorLoop(32), {1}), ElementType::I32);
  AccessProgram scatter;
  scatter.used = scatter.indexed = true;
  scatter.counters = vectorLoop(32);
  scatter.address = b.spec().dramPort.addressRegisters;
  unsigned store = b.addStore("y", y, scatter, ElementType::I32);
  b.connect({load, 0}, {store, 0});
  b.connect({index, 0}, {store, 1});
  std::vector<int32_t> values(32), at(32), expected(32);
  for (int32_t k = 0; k < 32; ++k) {
    values[size_t(k)] = 100 + k;
    at[size_t(k)] = k * 11 % 32;
    expected[size_t(at[size_t(k)])] = 100 + k;
  }
  RunResult result = runProgram(b.program(), {{"x", ints({32}, values)}, {"i", ints({32}, at)}});
  EXPECT_EQ(intsOf(result.outputs.at("y")), expected);
}

TEST(DramTest, ReportsAddressesOutsideTheProgramsMemory) {
  for (int64_t base : {-1, 1}) {
    FabricBuilder b;
    uint64_t x = b.addInput("x", ElementType::F32, {16});
    unsigned load = b.addLoad("x", x, affine(vectorLoop(16), {1}, base));
    unsigned sum = b.addCompute("sum", vectorLoop(16));
    b.input(sum, 0, 0, 0);
    b.connect({load, 0}, {sum, 0});
    std::string error = runError(b.program(), {{"x", floats({16}, someFloats(16, 1))}});
    EXPECT_NE(error.find("is outside the 64 bytes of DRAM"), std::string::npos) << error;
    EXPECT_NE(error.find("'x'"), std::string::npos) << error;
  }
}
