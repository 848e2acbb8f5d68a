// PipelineTest.cpp - small pipelines from DRAM to DRAM: values, accumulators, register tiles
#include "FabricBuilder.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

TEST(PipelineTest, CopiesThroughDram) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {100}), y = b.addOutput("y", ElementType::F32, {100});
  unsigned load = b.addLoad("load", x, affine(vectorLoop(100), {1}));
  unsigned store = b.addStore("store", y, affine(vectorLoop(100), {1}));
  b.connect({load, 0}, {store, 0});
  std::vector<float> values = someFloats(100, 1);
  RunResult result = runProgram(b.program(), {{"x", floats({100}, values)}});
  EXPECT_EQ(floatsOf(result.outputs.at("y")), values);
  const SectionStatistics &section = result.statistics.sections.at(0);
  EXPECT_EQ(section.dramReadBytes, 448u); // 7 bursts of 64 bytes
  EXPECT_EQ(section.dramWriteBytes, 448u);
  EXPECT_EQ(section.units[load].firings, 7u);
  EXPECT_EQ(section.units[load].name, "load");
}

TEST(PipelineTest, AddsTwoVectors) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {50}), y = b.addInput("y", ElementType::F32, {50});
  uint64_t z = b.addOutput("z", ElementType::F32, {50});
  unsigned loadX = b.addLoad("x", x, affine(vectorLoop(50), {1})),
           loadY = b.addLoad("y", y, affine(vectorLoop(50), {1}));
  unsigned store = b.addStore("z", z, affine(vectorLoop(50), {1}));
  unsigned add = b.addCompute("add", vectorLoop(50));
  b.input(add, 0, 0, 0);
  b.input(add, 1, 1, 0);
  b.stage(add, 0, Opcode::FAdd, {reg(0), reg(1)}, 2);
  b.output(add, 0, 2, 0);
  b.connect({loadX, 0}, {add, 0});
  b.connect({loadY, 0}, {add, 1});
  b.connect({add, 0}, {store, 0});
  std::vector<float> a = someFloats(50, 1), c = someFloats(50, 2), expected(50);
  for (size_t i = 0; i < 50; ++i)
    expected[i] = a[i] + c[i];
  RunResult result = runProgram(b.program(), {{"x", floats({50}, a)}, {"y", floats({50}, c)}});
  EXPECT_EQ(floatsOf(result.outputs.at("z")), expected);
}

TEST(PipelineTest, RunsAChainOfSixMultiplyAdds) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {64}), y = b.addOutput("y", ElementType::F32, {64});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(64), {1}));
  unsigned store = b.addStore("y", y, affine(vectorLoop(64), {1}));
  unsigned horner = b.addCompute("horner", vectorLoop(64));
  b.input(horner, 0, 0, 0);
  b.stage(horner, 0, Opcode::Fma, {constant(0.5f), reg(0), constant(0.25f)}, 1);
  for (unsigned s = 1; s < 6; ++s)
    b.stage(horner, s, Opcode::Fma, {reg(1), reg(0), constant(0.1f * float(s))}, 1);
  b.output(horner, 2, 1, 0);
  b.connect({load, 0}, {horner, 0});
  b.connect({horner, 2}, {store, 0});
  std::vector<float> values = someFloats(64, 3), expected(64);
  for (size_t i = 0; i < 64; ++i) {
    float r = std::fma(0.5f, values[i], 0.25f);
    for (unsigned s = 1; s < 6; ++s)
      r = std::fma(r, values[i], 0.1f * float(s));
    expected[i] = r;
  }
  RunResult result = runProgram(b.program(), {{"x", floats({64}, values)}});
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
  EXPECT_EQ(result.statistics.sections[0].multiplyAdds, 64u * 6);
}

TEST(PipelineTest, MakesADotProductWithAccumulatorAndTree) {
  // 90 elements: the last vector has 10 lanes; the others keep what they have.
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {90}), y = b.addInput("y", ElementType::F32, {90});
  uint64_t z = b.addOutput("z", ElementType::F32, {1});
  unsigned loadX = b.addLoad("x", x, affine(vectorLoop(90), {1})),
           loadY = b.addLoad("y", y, affine(vectorLoop(90), {1}));
  unsigned store = b.addStore("z", z, affine({}, {}));
  unsigned dot = b.addCompute("dot", vectorLoop(90));
  b.input(dot, 0, 0, 0);
  b.input(dot, 1, 1, 0);
  b.accumulate(dot, 0, Opcode::Fma, {reg(0), reg(1), accumulator()}, -1);
  b.drain(dot, 0, 1, -1).reduce = Opcode::FAdd;
  b.connect({loadX, 0}, {dot, 0});
  b.connect({loadY, 0}, {dot, 1});
  b.connect({dot, 0}, {store, 0});
  std::vector<float> a = someFloats(90, 4), c = someFloats(90, 5);
  float expected = 0;
  for (size_t i = 0; i < 90; ++i)
    expected += a[i] * c[i];
  RunResult result = runProgram(b.program(), {{"x", floats({90}, a)}, {"y", floats({90}, c)}});
  EXPECT_EQ(floatsOf(result.outputs.at("z")), std::vector<float>{expected});
  EXPECT_EQ(result.statistics.sections[0].multiplyAdds, 90u);
}

namespace {

/// C[m,n] = A[m,k] * B[k,n], m a multiple of 6, n of 16, k of 16: tiles of 6 x 16 in the accumulators of one unit. A
/// row of lanes of `a` holds k of one row; each of 6 scalar-broadcast streams would need a port, so A comes transposed
/// as vectors [k, 6 padded to 16] and every stage takes its own lane.
RunResult runGemm(const ArchSpec &arch, uint32_t m, uint32_t n, uint32_t k, const std::vector<float> &a,
                  const std::vector<float> &bValues, unsigned &unit) {
  FabricBuilder b(arch);
  uint32_t tilesM = m / 6, tilesN = n / 16;
  uint64_t aAddress = b.addInput("a", ElementType::F32, {tilesM, k, 16}),
           bAddress = b.addInput("b", ElementType::F32, {k, n});
  uint64_t cAddress = b.addOutput("c", ElementType::F32, {m, n});
  // Loops of all: tile row, tile column, k (6 rows when storing), lane.
  unsigned loadA = b.addLoad("a", aAddress, affine(loops({tilesM, tilesN, k, 16}, 3), {k * 16, 0, 16, 1}));
  unsigned loadB = b.addLoad("b", bAddress, affine(loops({tilesM, tilesN, k, 16}, 3), {0, 16, n, 1}));
  unsigned store = b.addStore("c", cAddress, affine(loops({tilesM, tilesN, 6, 16}, 3), {6 * n, 16, n, 1}));
  unit = b.addCompute("tile", loops({tilesM, tilesN, k, 16}, 3));
  b.input(unit, 0, 0, 2);
  b.input(unit, 1, 1, 2);
  for (unsigned row = 0; row < 6; ++row)
    b.accumulate(unit, row, Opcode::Fma, {laneOf(0, row, 0, -1), reg(1), accumulator()}, 1);
  b.drain(unit, 0, 0x3f, 1);
  b.connect({loadA, 0}, {unit, 0});
  b.connect({loadB, 0}, {unit, 1});
  b.connect({unit, 0}, {store, 0});
  return runProgram(b.program(), {{"a", floats({tilesM, k, 16}, a)}, {"b", floats({k, n}, bValues)}});
}

} // namespace

TEST(PipelineTest, MultipliesMatricesInARegisterTile) {
  constexpr uint32_t m = 12, n = 32, k = 20;
  std::vector<float> a = someFloats(m / 6 * k * 16, 6), bValues = someFloats(k * n, 7), expected(m * n);
  for (uint32_t i = 0; i < m; ++i)
    for (uint32_t j = 0; j < n; ++j)
      for (uint32_t l = 0; l < k; ++l)
        expected[i * n + j] += a[(i / 6 * k + l) * 16 + i % 6] * bValues[l * n + j];
  ArchSpec arch = *loadArch("tiny");
  unsigned unit = 0;
  RunResult result = runGemm(arch, m, n, k, a, bValues, unit);
  EXPECT_EQ(floatsOf(result.outputs.at("c")), expected);
  EXPECT_EQ(result.statistics.sections[0].multiplyAdds, uint64_t(m) * n * k);
  EXPECT_EQ(result.statistics.sections[0].units[unit].firings, 4u * k);

  // Without shadows the tile waits for each drain: the same values, later.
  arch.compute.shadowAccumulators = false;
  RunResult slower = runGemm(arch, m, n, k, a, bValues, unit);
  EXPECT_EQ(floatsOf(slower.outputs.at("c")), expected);
  EXPECT_GE(slower.statistics.cycles, result.statistics.cycles);
}

TEST(PipelineTest, BroadcastsALaneByCounter) {
  // out[i, :] = x[i] for the lanes of one vector x.
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {16}), y = b.addOutput("y", ElementType::F32, {16, 16});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(16), {1}));
  unsigned store = b.addStore("y", y, affine(loops({16, 16}, 1), {16, 1}));
  unsigned unit = b.addCompute("spread", loops({16, 16}, 1));
  b.input(unit, 0, 0, -1);
  b.stage(unit, 0, Opcode::Move, {laneOf(0, 0, 1, 0)}, 1);
  b.output(unit, 0, 1, 1);
  b.connect({load, 0}, {unit, 0});
  b.connect({unit, 0}, {store, 0});
  std::vector<float> values = someFloats(16, 8), expected;
  for (float value : values)
    expected.insert(expected.end(), 16, value);
  EXPECT_EQ(floatsOf(runProgram(b.program(), {{"x", floats({16}, values)}}).outputs.at("y")), expected);
}

TEST(PipelineTest, CountsWithoutInputs) {
  FabricBuilder b;
  uint64_t y = b.addOutput("y", ElementType::I32, {3, 20});
  unsigned store = b.addStore("y", y, affine(loops({3, 20}, 1), {20, 1}), ElementType::I32);
  unsigned unit = b.addCompute("iota", loops({3, 20}, 1));
  b.stage(unit, 0, Opcode::IMad, {counter(0), word(100), counter(1)}, 0);
  b.output(unit, 0, 0, 1);
  b.connect({unit, 0}, {store, 0});
  std::vector<int32_t> expected;
  for (int32_t i = 0; i < 3; ++i)
    for (int32_t j = 0; j < 20; ++j)
      expected.push_back(100 * i + j);
  EXPECT_EQ(intsOf(runProgram(b.program(), {}).outputs.at("y")), expected);
}

TEST(PipelineTest, SendsScalarsOverTheScalarNetwork) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::F32, {64}), y = b.addOutput("y", ElementType::F32, {64});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(64), {1}));
  unsigned store = b.addStore("y", y, affine(vectorLoop(64), {1}));
  unsigned factor = b.addCompute("factor", {});
  unsigned scale = b.addCompute("scale", vectorLoop(64));
  unsigned scalarOut = b.spec().compute.ports.vectorOut, scalarIn = b.spec().compute.ports.vectorIn;
  b.stage(factor, 0, Opcode::Move, {constant(3)}, 0);
  b.output(factor, scalarOut, 0, -1);
  b.input(scale, 0, 0, 0);
  b.input(scale, scalarIn, 1, -1);
  b.stage(scale, 0, Opcode::FMul, {reg(0), reg(1)}, 2);
  b.output(scale, 0, 2, 0);
  b.connect({load, 0}, {scale, 0});
  b.connect({factor, scalarOut}, {scale, scalarIn});
  b.connect({scale, 0}, {store, 0});
  std::vector<float> values = someFloats(64, 9), expected;
  for (float value : values)
    expected.push_back(3 * value);
  EXPECT_EQ(floatsOf(runProgram(b.program(), {{"x", floats({64}, values)}}).outputs.at("y")), expected);
}

namespace {

/// Two units that sum rows of a and of b over lanes; the second one sends both, as `link` says.
RunResult chainOfTwo(const std::function<void(ComputeOutput &)> &link, uint32_t wordsOut, const std::vector<float> &as,
                     const std::vector<float> &bs) {
  constexpr uint32_t rows = 5, depth = 7;
  CounterChain chain = loops({rows, depth, 16}, 2);
  FabricBuilder b;
  uint64_t xs[2] = {b.addInput("a", ElementType::F32, {rows, depth, 16}),
                    b.addInput("b", ElementType::F32, {rows, depth, 16})};
  uint64_t y = b.addOutput("y", ElementType::F32, {rows, wordsOut});
  unsigned units[2];
  for (unsigned u = 0; u < 2; ++u) {
    unsigned load = b.addLoad(u ? "b" : "a", xs[u], affine(chain, {depth * 16, 16, 1}));
    units[u] = b.addCompute(u ? "second" : "first", chain);
    b.input(units[u], 0, 0, 2);
    b.accumulate(units[u], 1, Opcode::FAdd, {reg(0), accumulator()}, 0);
    ComputeOutput &output = b.drain(units[u], 0, 2, 0);
    if (u == 1) // the first has no one before it
      link(output);
    b.connect({load, 0}, {units[u], 0});
  }
  unsigned store = b.addStore("y", y, affine(loops({rows, wordsOut}, 1), {wordsOut, 1}));
  b.connect({units[0], 0}, {units[1], 1});
  b.connect({units[1], 0}, {store, 0});
  return runProgram(b.program(), {{"a", floats({rows, depth, 16}, as)}, {"b", floats({rows, depth, 16}, bs)}});
}

/// Per row and lane the sum over the depth.
float rowSum(const std::vector<float> &values, unsigned row, unsigned lane) {
  float sum = 0;
  for (unsigned k = 0; k < 7; ++k)
    sum += values[(row * 7 + k) * 16 + lane];
  return sum;
}

} // namespace

TEST(PipelineTest, PassesTheResultsOfAChainOnBeforeItsOwn) {
  std::vector<float> as = someFloats(560, 11), bs = someFloats(560, 12), expected;
  RunResult result = chainOfTwo([](ComputeOutput &output) { output.chain = 1, output.chainCount = 1; }, 32, as, bs);
  for (unsigned row = 0; row < 5; ++row)
    for (const std::vector<float> *values : {&as, &bs})
      for (unsigned lane = 0; lane < 16; ++lane)
        expected.push_back(rowSum(*values, row, lane));
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
}

TEST(PipelineTest, CombinesTheResultsOfAChain) {
  std::vector<float> as = someFloats(560, 13), bs = someFloats(560, 14), expected;
  RunResult result =
      chainOfTwo([](ComputeOutput &output) { output.chain = 1, output.combine = Opcode::FAdd; }, 16, as, bs);
  for (unsigned row = 0; row < 5; ++row)
    for (unsigned lane = 0; lane < 16; ++lane)
      expected.push_back(rowSum(as, row, lane) + rowSum(bs, row, lane));
  EXPECT_EQ(floatsOf(result.outputs.at("y")), expected);
}
