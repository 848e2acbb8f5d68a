// TensorTest.cpp - sizes and names of host tensors
#include "jacquard/Support/Tensor.h"

#include <gtest/gtest.h>

using namespace jacquard;

TEST(TensorTest, MakesZeros) {
  Tensor tensor = makeTensor(DType::I16, {2, 3});
  EXPECT_EQ(tensor.numElements(), 6);
  EXPECT_EQ(tensor.bytes, std::vector<uint8_t>(12));
  EXPECT_EQ(makeTensor(DType::F32, {}).bytes.size(), 4u);
  EXPECT_EQ(makeTensor(DType::F32, {4, 0}).bytes.size(), 0u);
}

TEST(TensorTest, DescribesTypes) {
  EXPECT_EQ(describeTensorType(DType::F32, {2, 3}), "2x3xfloat32");
  EXPECT_EQ(describeTensorType(DType::Bool, {}), "bool");
  EXPECT_EQ(dtypeBytes(DType::BF16), 2u);
}

TEST(TensorTest, PacksNarrowElementsFromTheLowestBitsOn) {
  auto expectPacked = [](DType type, std::vector<uint8_t> elements, std::vector<uint8_t> packed) {
    Tensor tensor{type, {int64_t(elements.size())}, elements};
    EXPECT_EQ(packedBytes(type, elements.size()), packed.size());
    EXPECT_EQ(packElements(tensor), packed) << dtypeName(type);
    EXPECT_EQ(unpackElements(type, packed.data(), elements.size()), elements) << dtypeName(type);
  };
  expectPacked(DType::I4, {0xf8, 7, 0xff}, {0x78, 0x0f});
  expectPacked(DType::U4, {8, 7, 15}, {0x78, 0x0f});
  expectPacked(DType::I2, {1, 0xfe, 0xff, 0, 1}, {0x39, 0x01});
  expectPacked(DType::U2, {1, 2, 3, 0, 1}, {0x39, 0x01});
  expectPacked(DType::F6E2M3, {1, 2, 3, 63}, {0x81, 0x30, 0xfc});
  expectPacked(DType::F8E5M2, {0x7c, 0x80}, {0x7c, 0x80});
}
