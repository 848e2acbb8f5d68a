// WideTest.cpp - units of 64-bit words: values, lanes, banks, indices, and streams between units
#include "FabricBuilder.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

Operand constant64(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return word(bits);
}

/// A builder whose units are wide.
class WideBuilder : public FabricBuilder {
public:
  unsigned load(const char *name, AccessProgram access, ElementType type, std::vector<int64_t> shape) {
    unsigned site = addLoad(name, addInput(name, type, std::move(shape)), std::move(access), type);
    widen(site);
    return site;
  }
  unsigned store(const char *name, AccessProgram access, ElementType type, std::vector<int64_t> shape) {
    unsigned site = addStore(name, addOutput(name, type, std::move(shape)), std::move(access), type);
    widen(site);
    return site;
  }
  unsigned unit(const char *name, CounterChain counters) {
    unsigned site = addCompute(name, std::move(counters));
    widen(site);
    return site;
  }
  unsigned table(const char *name, uint32_t words) {
    unsigned site = addMemory(name, words);
    widen(site);
    return site;
  }
};

std::vector<int64_t> manyLongs(size_t count) {
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = (int64_t(1) << 33) * int64_t(i + 1) - int64_t(i);
  return values;
}

} // namespace

TEST(WideTest, SumsIntegersBeyond32Bits) {
  // 20 elements: two full vectors of 8 words and one of 4.
  WideBuilder b;
  unsigned load = b.load("x", affine(vectorLoop(20), {1}), ElementType::I64, {20});
  unsigned sum = b.unit("sum", vectorLoop(20)), store = b.store("y", affine({}, {}), ElementType::I64, {1});
  b.input(sum, 0, 0, 0);
  b.accumulate(sum, 0, Opcode::IAdd, {reg(0), accumulator()}, -1);
  b.drain(sum, 0, 1, -1).reduce = Opcode::IAdd;
  b.connect({load, 0}, {sum, 0});
  b.connect({sum, 0}, {store, 0});
  RunResult result = runProgram(b.program(), {{"x", tensorOf(DType::I64, manyLongs(20))}});
  // 2^33 * (1 + .. + 20) - (0 + .. + 19)
  EXPECT_EQ(valuesOf<int64_t>(result.outputs.at("y")), std::vector<int64_t>{(int64_t(1) << 33) * 210 - 190});
  EXPECT_EQ(result.statistics.sections[0].units[sum].firings, 3u);
  EXPECT_EQ(result.statistics.sections[0].multiplyAdds, 20u);
}

TEST(WideTest, StartsAccumulatorsFrom64Bits) {
  WideBuilder b;
  unsigned sum = b.unit("sum", vectorLoop(8)), store = b.store("y", affine(vectorLoop(8), {1}), ElementType::I64, {8});
  b.accumulate(sum, 0, Opcode::IAdd, {counter(0), accumulator()}, -1, uint64_t(5) << 40);
  b.drain(sum, 0, 1, -1);
  b.connect({sum, 0}, {store, 0});
  std::vector<int64_t> expected(8);
  std::iota(expected.begin(), expected.end(), int64_t(5) << 40);
  EXPECT_EQ(valuesOf<int64_t>(runProgram(b.program(), {}).outputs.at("y")), expected);
}

TEST(WideTest, MultipliesAndAddsDoubles) {
  WideBuilder b;
  unsigned load = b.load("x", affine(vectorLoop(30), {1}), ElementType::F64, {30});
  unsigned unit = b.unit("fma", vectorLoop(30));
  unsigned store = b.store("y", affine(vectorLoop(30), {1}), ElementType::F64, {30});
  b.input(unit, 0, 0, 0);
  b.stage(unit, 0, Opcode::Fma, {reg(0), constant64(1.0 / 3), constant64(1e-12)}, 1);
  b.output(unit, 0, 1, 0);
  b.connect({load, 0}, {unit, 0});
  b.connect({unit, 0}, {store, 0});
  std::vector<double> values(30), expected(30);
  for (size_t i = 0; i < 30; ++i) {
    values[i] = 1 + double(i) / 7;
    expected[i] = std::fma(values[i], 1.0 / 3, 1e-12);
  }
  EXPECT_EQ(valuesOf<double>(runProgram(b.program(), {{"x", tensorOf(DType::F64, values)}}).outputs.at("y")), expected);
}

TEST(WideTest, TakesLanesCountersAndConstantsOf64Bits) {
  // y[i, j] = x[7 - i] + 2^40 * j
  WideBuilder b;
  unsigned load = b.load("x", affine(vectorLoop(8), {1}), ElementType::I64, {8});
  unsigned unit = b.unit("unit", loops({2, 8}, 1));
  unsigned store = b.store("y", affine(loops({2, 8}, 1), {8, 1}), ElementType::I64, {2, 8});
  b.input(unit, 0, 0, -1);
  b.stage(unit, 0, Opcode::Move, {laneOf(0, 6, 1, 0)}, 1);
  b.stage(unit, 1, Opcode::IMad, {counter(1), word(uint64_t(1) << 40), reg(1)}, 2);
  b.output(unit, 0, 2, 1);
  b.connect({load, 0}, {unit, 0});
  b.connect({unit, 0}, {store, 0});
  std::vector<int64_t> values = manyLongs(8), expected;
  for (size_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 8; ++j)
      expected.push_back(values[6 + i] + (j << 40));
  EXPECT_EQ(valuesOf<int64_t>(runProgram(b.program(), {{"x", tensorOf(DType::I64, values)}}).outputs.at("y")),
            expected);
}

TEST(WideTest, CountsConflictsInBanksOfWideWords) {
  // 8 x 8 words: 16 banks of 32 bits are 8 of 64 bits, where the words of a column meet.
  auto run = [](std::vector<int64_t> coefficients, uint64_t conflicts) {
    WideBuilder b;
    unsigned load = b.load("x", affine(vectorLoop(64), {1}), ElementType::I64, {64});
    unsigned memory = b.table("tile", 64);
    b.memory(memory).write = affine(vectorLoop(64), {1});
    b.memory(memory).read = affine(loops({8, 8}, 1), coefficients);
    unsigned store = b.store("y", affine(loops({8, 8}, 1), {8, 1}), ElementType::I64, {8, 8});
    b.connect({load, 0}, {memory, 0});
    b.connect({memory, 0}, {store, 0});
    std::vector<int64_t> values = manyLongs(64), expected;
    for (int64_t i = 0; i < 8; ++i)
      for (int64_t j = 0; j < 8; ++j)
        expected.push_back(values[size_t(coefficients[0] * i + coefficients[1] * j)]);
    RunResult result = runProgram(b.program(), {{"x", tensorOf(DType::I64, values)}});
    EXPECT_EQ(valuesOf<int64_t>(result.outputs.at("y")), expected);
    EXPECT_EQ(result.statistics.sections[0].bankConflictCycles, conflicts);
  };
  run({8, 1}, 0);
  run({1, 8}, 8 * 7);
  run({1, 3}, 0);
  run({1, 4}, 8 * 3); // two banks, four words each
}

TEST(WideTest, AccumulatesInMemory) {
  WideBuilder b;
  unsigned ones = b.unit("terms", vectorLoop(24)), memory = b.table("sum", 8);
  b.stage(ones, 0, Opcode::IMul, {counter(0), word(uint64_t(1) << 34)}, 0);
  b.output(ones, 0, 0, 0);
  MemoryConfig &config = b.memory(memory);
  config.accumulate = Opcode::IAdd;
  config.accumulateInit = uint64_t(1) << 50;
  config.write = affine(loops({3, 8}, 1), {0, 1});
  config.read = affine(vectorLoop(8), {1});
  unsigned store = b.store("y", affine(vectorLoop(8), {1}), ElementType::I64, {8});
  b.connect({ones, 0}, {memory, 0});
  b.connect({memory, 0}, {store, 0});
  std::vector<int64_t> expected(8);
  for (int64_t i = 0; i < 8; ++i) // terms i, i + 8, i + 16
    expected[size_t(i)] = (int64_t(1) << 50) + ((3 * i + 24) << 34);
  EXPECT_EQ(valuesOf<int64_t>(runProgram(b.program(), {}).outputs.at("y")), expected);
}

TEST(WideTest, SaturatesIndicesTo32Bits) {
  // Truncated, 2^32 + 3 would read word 3.
  WideBuilder b;
  unsigned load = b.load("x", affine(vectorLoop(16), {1}), ElementType::I64, {16});
  unsigned index = b.load("i", affine(vectorLoop(4), {1}), ElementType::I64, {4});
  unsigned memory = b.table("table", 16);
  b.memory(memory).write = affine(vectorLoop(16), {1});
  AccessProgram &read = b.memory(memory).read;
  read.used = read.indexed = true;
  read.counters = vectorLoop(4);
  unsigned stream = b.spec().memory.addressRegisters;
  read.ops = {{AddressOpKind::Check, stream, 0, 0, 16}};
  read.address = stream;
  read.elseValue = uint64_t(9) << 40;
  unsigned store = b.store("y", affine(vectorLoop(4), {1}), ElementType::I64, {4});
  b.connect({load, 0}, {memory, 0});
  b.connect({index, 0}, {memory, 2});
  b.connect({memory, 0}, {store, 0});
  std::vector<int64_t> values = manyLongs(16), at = {3, (int64_t(1) << 32) + 3, -(int64_t(1) << 40), 15};
  RunResult result = runProgram(b.program(), {{"x", tensorOf(DType::I64, values)}, {"i", tensorOf(DType::I64, at)}});
  int64_t otherwise = int64_t(9) << 40;
  EXPECT_EQ(valuesOf<int64_t>(result.outputs.at("y")),
            (std::vector<int64_t>{values[3], otherwise, otherwise, values[15]}));
}

TEST(WideTest, SendsScalarsOf64Bits) {
  WideBuilder b;
  unsigned factor = b.unit("factor", {}), scale = b.unit("scale", vectorLoop(8));
  unsigned store = b.store("y", affine(vectorLoop(8), {1}), ElementType::I64, {8});
  unsigned scalarOut = b.spec().compute.ports.vectorOut, scalarIn = b.spec().compute.ports.vectorIn;
  b.stage(factor, 0, Opcode::Move, {word(uint64_t(1) << 40)}, 0);
  b.output(factor, scalarOut, 0, -1);
  b.input(scale, scalarIn, 0, -1);
  b.stage(scale, 0, Opcode::IMul, {counter(0), reg(0)}, 1);
  b.output(scale, 0, 1, 0);
  b.connect({factor, scalarOut}, {scale, scalarIn});
  b.connect({scale, 0}, {store, 0});
  std::vector<int64_t> expected(8);
  for (int64_t i = 0; i < 8; ++i)
    expected[size_t(i)] = i << 40;
  EXPECT_EQ(valuesOf<int64_t>(runProgram(b.program(), {}).outputs.at("y")), expected);
}

TEST(WideTest, RefusesStreamsBetweenWordsOfTwoSizes) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I64, {8}), y = b.addOutput("y", ElementType::I64, {8});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(8), {1}), ElementType::I64);
  unsigned store = b.addStore("y", y, affine(vectorLoop(8), {1}), ElementType::I64);
  b.connect({load, 0}, {store, 0});
  b.widen(store);
  EXPECT_EQ(runError(b.program(), {{"x", makeTensor(DType::I64, {8})}}),
            "[JQ6001] section 'main': a vector stream goes from output 0 of " + b.fabric().describeSite(load) +
                " (32-bit words) to input 0 of " + b.fabric().describeSite(store) +
                " (64-bit words); expected words of one size");
}

TEST(WideTest, PassesTokensBetweenWordsOfTwoSizes) {
  // y is stored with wide words, then read again with narrow ones: the token carries no word.
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I64, {8}), y = b.addOutput("y", ElementType::I64, {8}),
           z = b.addOutput("z", ElementType::I64, {8});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(8), {1}), ElementType::I64);
  unsigned store = b.addStore("y", y, affine(vectorLoop(8), {1}), ElementType::I64);
  unsigned again = b.addLoad("again", y, affine(vectorLoop(8), {1}), ElementType::I64);
  unsigned copy = b.addStore("z", z, affine(vectorLoop(8), {1}), ElementType::I64);
  b.widen(load);
  b.widen(store);
  b.dram(store).sendToken = b.dram(again).waitToken = true;
  b.connect({load, 0}, {store, 0});
  b.connect({store, b.controlOut()}, {again, b.controlIn()});
  b.connect({again, 0}, {copy, 0});
  std::vector<int64_t> values = {1, -2, 3, int64_t(1) << 40, 5, 6, 7, 8}, narrow = values;
  narrow[3] = std::numeric_limits<int32_t>::max();
  RunResult result = runProgram(b.program(), {{"x", tensorOf(DType::I64, values)}});
  EXPECT_EQ(valuesOf<int64_t>(result.outputs.at("y")), values);
  EXPECT_EQ(valuesOf<int64_t>(result.outputs.at("z")), narrow);
}
