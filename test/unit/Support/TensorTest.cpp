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
