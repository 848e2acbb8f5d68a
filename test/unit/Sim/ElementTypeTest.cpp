// ElementTypeTest.cpp - every element type through DRAM ports of 32-bit and of 64-bit words
#include "FabricBuilder.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

namespace {

enum Words { Narrow, Wide };

/// `values` loaded as `from` and stored as `to`.
template <typename Out, typename In>
std::vector<Out> through(Words words, ElementType from, const std::vector<In> &values, ElementType to) {
  FabricBuilder b;
  uint32_t count = uint32_t(values.size());
  uint64_t x = b.addInput("x", from, {count}), y = b.addOutput("y", to, {count});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(count), {1}), from);
  unsigned store = b.addStore("y", y, affine(vectorLoop(count), {1}), to);
  b.connect({load, 0}, {store, 0});
  if (words == Wide) {
    b.widen(load);
    b.widen(store);
  }
  RunResult result = runProgram(b.program(), {{"x", tensorOf(hostType(from), values)}});
  const Tensor &out = result.outputs.at("y");
  EXPECT_EQ(out.type, hostType(to));
  return valuesOf<Out>(out);
}

using F = std::vector<float>;
using D = std::vector<double>;
using Bits = std::vector<uint16_t>;
using I8 = std::vector<int8_t>;
using I16 = std::vector<int16_t>;
using I32 = std::vector<int32_t>;
using I64 = std::vector<int64_t>;
using Bytes = std::vector<uint8_t>;

constexpr int32_t min32 = std::numeric_limits<int32_t>::min(), max32 = std::numeric_limits<int32_t>::max();
constexpr int64_t min64 = std::numeric_limits<int64_t>::min(), max64 = std::numeric_limits<int64_t>::max();

class ElementTypeTest : public testing::TestWithParam<Words> {};

} // namespace

INSTANTIATE_TEST_SUITE_P(Words, ElementTypeTest, testing::Values(Narrow, Wide),
                         [](const auto &info) { return info.param == Wide ? "Wide" : "Narrow"; });

TEST_P(ElementTypeTest, KeepsWhatFits) {
  Words w = GetParam();
  F floats = {0, -1.5f, 3e38f, INFINITY, 1e-40f};
  EXPECT_EQ(through<float>(w, ElementType::F32, floats, ElementType::F32), floats);
  Bits halves = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00};
  EXPECT_EQ(through<uint16_t>(w, ElementType::F16, halves, ElementType::F16), halves);
  Bits bfloats = {0x0000, 0x8000, 0x3f80, 0xc049, 0x7f7f, 0x0001, 0xff80};
  EXPECT_EQ(through<uint16_t>(w, ElementType::BF16, bfloats, ElementType::BF16), bfloats);
  I8 bytes = {0, 1, -1, 127, -128};
  EXPECT_EQ(through<int8_t>(w, ElementType::I8, bytes, ElementType::I8), bytes);
  I16 shorts = {0, 1, -1, 32767, -32768};
  EXPECT_EQ(through<int16_t>(w, ElementType::I16, shorts, ElementType::I16), shorts);
  I32 ints = {0, -1, max32, min32};
  EXPECT_EQ(through<int32_t>(w, ElementType::I32, ints, ElementType::I32), ints);
  I64 longs = {0, -1, max32, min32};
  EXPECT_EQ(through<int64_t>(w, ElementType::I64, longs, ElementType::I64), longs);
  EXPECT_EQ(through<uint8_t>(w, ElementType::I1, Bytes{0, 1, 2, 0x80}, ElementType::I1), (Bytes{0, 1, 1, 1}));
}

TEST_P(ElementTypeTest, ExtendsAndTruncatesIntegers) {
  Words w = GetParam();
  EXPECT_EQ(through<int32_t>(w, ElementType::I8, I8{-128, 127}, ElementType::I32), (I32{-128, 127}));
  EXPECT_EQ(through<int64_t>(w, ElementType::I16, I16{-32768, 5}, ElementType::I64), (I64{-32768, 5}));
  EXPECT_EQ(through<int64_t>(w, ElementType::I32, I32{min32, 5}, ElementType::I64), (I64{min32, 5}));
  EXPECT_EQ(through<int8_t>(w, ElementType::I32, I32{300, -129, 127}, ElementType::I8), (I8{44, 127, 127}));
  EXPECT_EQ(through<int16_t>(w, ElementType::I32, I32{65536 + 7, -32769}, ElementType::I16), (I16{7, 32767}));
  EXPECT_EQ(through<uint8_t>(w, ElementType::I16, I16{256, 0}, ElementType::I1), (Bytes{1, 0}));
}

TEST_P(ElementTypeTest, WidensAndRoundsFloats) {
  Words w = GetParam();
  EXPECT_EQ(through<float>(w, ElementType::F16, Bits{0x3e00, 0x7bff, 0x8001}, ElementType::F32),
            (F{1.5f, 65504, -0x1p-24f}));
  EXPECT_EQ(through<double>(w, ElementType::BF16, Bits{0x4049, 0xff80}, ElementType::F64), (D{3.140625, -INFINITY}));
  EXPECT_EQ(through<double>(w, ElementType::F32, F{0.1f}, ElementType::F64), D{double(0.1f)});
  EXPECT_EQ(through<float>(w, ElementType::F64, D{0.1, 1e300}, ElementType::F32), (F{0.1f, INFINITY}));
  EXPECT_EQ(through<uint16_t>(w, ElementType::F32, F{1 + 0x1p-11f, 1 + 0x3p-11f, 65519, 65520}, ElementType::F16),
            (Bits{0x3c00, 0x3c02, 0x7bff, 0x7c00}));
  EXPECT_EQ(through<uint16_t>(w, ElementType::F32, F{1 + 0x1p-8f, 1 + 0x3p-8f}, ElementType::BF16),
            (Bits{0x3f80, 0x3f82}));
}

TEST(ElementTypesTest, SaturatesAndRounds64BitsInNarrowPorts) {
  EXPECT_EQ(through<int64_t>(Narrow, ElementType::I64, I64{max64, min64, int64_t(1) << 32}, ElementType::I64),
            (I64{max32, min32, max32}));
  EXPECT_EQ(through<double>(Narrow, ElementType::F64, D{0.1}, ElementType::F64), D{double(0.1f)});
}

TEST(ElementTypesTest, Keeps64BitsInWidePorts) {
  I64 longs = {max64, min64, int64_t(1) << 32, -(int64_t(1) << 40) - 1, 0, 1, 2, 3, 4};
  EXPECT_EQ(through<int64_t>(Wide, ElementType::I64, longs, ElementType::I64), longs);
  D doubles = {0.1, 1e300, -5e-324, -INFINITY, 1 + 0x1p-52};
  EXPECT_EQ(through<double>(Wide, ElementType::F64, doubles, ElementType::F64), doubles);
  EXPECT_EQ(through<int32_t>(Wide, ElementType::I64, I64{(int64_t(1) << 32) + 5}, ElementType::I32), I32{5});
  // Just above a tie of f16: one rounding goes up, one through f32 would make it a tie.
  EXPECT_EQ(through<uint16_t>(Wide, ElementType::F64, D{1 + 0x1p-11 + 0x1p-40}, ElementType::F16), Bits{0x3c01});
}

TEST(ElementTypesTest, PacksElementsInBursts) {
  FabricBuilder b;
  uint64_t x = b.addInput("x", ElementType::I8, {128}), y = b.addOutput("y", ElementType::I8, {128});
  unsigned load = b.addLoad("x", x, affine(vectorLoop(128), {1}), ElementType::I8);
  unsigned store = b.addStore("y", y, affine(vectorLoop(128), {1}), ElementType::I8);
  b.connect({load, 0}, {store, 0});
  I8 values(128);
  for (int i = 0; i < 128; ++i)
    values[size_t(i)] = int8_t(i * 3);
  RunResult result = runProgram(b.program(), {{"x", tensorOf(DType::I8, values)}});
  EXPECT_EQ(valuesOf<int8_t>(result.outputs.at("y")), values);
  EXPECT_EQ(result.statistics.sections[0].dramReadBytes, 128u);
  EXPECT_EQ(result.statistics.sections[0].dramWriteBytes, 128u);
}

TEST(ElementTypesTest, BindsUnsignedTensorsByTheirBits) {
  for (bool isUnsigned : {false, true}) {
    FabricBuilder b;
    uint64_t x = b.addInput("x", ElementType::I8, {4}), y = b.addOutput("y", ElementType::I8, {4});
    unsigned load = b.addLoad("x", x, affine(vectorLoop(4), {1}), ElementType::I8);
    unsigned store = b.addStore("y", y, affine(vectorLoop(4), {1}), ElementType::I8);
    b.connect({load, 0}, {store, 0});
    Program program = b.program();
    program.inputs[0].isUnsigned = program.outputs[0].isUnsigned = isUnsigned;
    Bytes values = {0, 127, 128, 255};
    RunResult result = runProgram(program, {{"x", tensorOf(DType::U8, values)}});
    EXPECT_EQ(result.outputs.at("y").type, isUnsigned ? DType::U8 : DType::I8);
    EXPECT_EQ(result.outputs.at("y").bytes, values);
    EXPECT_EQ(runError(program, {{"x", makeTensor(DType::Bool, {4})}}),
              isUnsigned ? "[JQ5002] input 'x' is 4xbool; expected 4xuint8"
                         : "[JQ5002] input 'x' is 4xbool; expected 4xint8");
  }
}

TEST(ElementTypesTest, HasAHostTypeForEveryStoredType) {
  for (unsigned type = 0; type < numElementTypes; ++type) {
    EXPECT_EQ(storedType(hostType(ElementType(type))), ElementType(type));
    EXPECT_EQ(dtypeBytes(hostType(ElementType(type))), elementBytes(ElementType(type)));
    EXPECT_FALSE(isUnsignedType(hostType(ElementType(type))));
  }
  for (DType type : {DType::U8, DType::U16, DType::U32, DType::U64}) {
    EXPECT_TRUE(isUnsignedType(type));
    EXPECT_EQ(hostType(storedType(type), true), type);
  }
  EXPECT_EQ(hostType(ElementType::I1, true), DType::Bool);
}
