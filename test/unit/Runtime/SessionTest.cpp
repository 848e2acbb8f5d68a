// SessionTest.cpp - binding files to inputs, random inputs, output files
#include "jacquard/Runtime/Session.h"
#include "jacquard/Runtime/Random.h"
#include "jacquard/Runtime/TensorIO.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace jacquard;
using namespace jacquard::runtime;

namespace {

class SessionTest : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / ("jacquard-session-test-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string file(const std::string &name) const { return (folder / name).string(); }

  std::filesystem::path folder;
  std::vector<bitstream::TensorSymbol> inputs = {{"x", ElementType::F32, {2, 3}, 0},
                                                 {"a=b", ElementType::I64, {1}, 64}};
};

} // namespace

TEST_F(SessionTest, BindsFilesAndFillsTheRest) {
  Tensor tensor = makeTensor(DType::I64, {1});
  tensor.data<int64_t>()[0] = 77;
  ASSERT_TRUE(bool(saveTensor(file("index.npy"), tensor)));
  auto bound = loadInputs(inputs, {"a=b=" + file("index.npy")}, 3);
  ASSERT_TRUE(bool(bound)) << bound.error();
  EXPECT_EQ(bound->at("a=b").data<int64_t>()[0], 77);
  EXPECT_EQ(bound->at("x").bytes, randomTensor(inputs[0], 3).bytes);
  EXPECT_NE(bound->at("x").bytes, randomTensor(inputs[0], 4).bytes);
}

TEST_F(SessionTest, SaysWhatIsWrongWithABinding) {
  ASSERT_TRUE(bool(saveTensor(file("x.npy"), makeTensor(DType::F32, {3, 2}))));
  ASSERT_TRUE(bool(saveTensor(file("y.npy"), makeTensor(DType::F32, {2, 3}))));
  auto error = [&](std::vector<std::string> bindings) {
    auto bound = loadInputs(inputs, bindings, 0);
    return bound ? std::string() : bound.error();
  };
  EXPECT_EQ(error({"x"}), "[JQ5003] 'x' is not a binding; expected NAME=FILE");
  EXPECT_EQ(error({"z=f.npy"}),
            "[JQ5002] the program has no input 'z'; its inputs are 'x' (2x3xfloat32), 'a=b' (1xint64)");
  EXPECT_EQ(error({"x=" + file("x.npy")}),
            "[JQ5002] '" + file("x.npy") + "' holds 3x2xfloat32; input 'x' is 2x3xfloat32");
  EXPECT_EQ(error({"x=" + file("y.npy"), "x=" + file("y.npy")}), "[JQ5002] input 'x' is given twice");
  EXPECT_EQ(error({"x=" + file("none.npy")}).find("[JQ1001] cannot open '"), 0u);
}

TEST_F(SessionTest, KeepsRandomValuesSmall) {
  Tensor floats = randomTensor({"f", ElementType::F32, {1000}, 0}, 1);
  for (int64_t i = 0; i < 1000; ++i) {
    EXPECT_GE(floats.data<float>()[i], -1);
    EXPECT_LT(floats.data<float>()[i], 1);
  }
  Tensor ints = randomTensor({"i", ElementType::I64, {100}, 0}, 1);
  for (int64_t i = 0; i < 100; ++i)
    EXPECT_TRUE(ints.data<int64_t>()[i] == 0 || ints.data<int64_t>()[i] == 1);
  EXPECT_EQ(randomTensor({"b", ElementType::I1, {10}, 0}, 1).type, DType::Bool);
}

TEST_F(SessionTest, WritesOutputsUnderNamesThatFilesCanHave) {
  EXPECT_EQ(fileNameFor("/model/head/out:0"), "_model_head_out_0");
  EXPECT_EQ(fileNameFor(".."), "_..");
  EXPECT_EQ(fileNameFor(""), "_");
  std::map<std::string, Tensor> outputs;
  outputs["a/b"] = makeTensor(DType::F32, {1});
  outputs["a:b"] = makeTensor(DType::I32, {1});
  auto paths = saveOutputs(outputs, file("deep/out"));
  ASSERT_TRUE(bool(paths)) << paths.error();
  EXPECT_EQ(*paths, (std::vector<std::string>{file("deep/out/a_b.npy"), file("deep/out/a_b_2.npy")}));
  EXPECT_EQ(loadTensor((*paths)[1])->type, DType::I32);
  EXPECT_EQ(saveOutputs(outputs, file("deep/out/a_b.npy/no")).error().find("[JQ1001] cannot make folder"), 0u);
}

TEST_F(SessionTest, NamesTheProgramFileInErrors) {
  EXPECT_EQ(loadProgram("missing.jbit").error().find("[JQ1001] cannot open 'missing.jbit'"), 0u);
  ASSERT_TRUE(bool(saveTensor(file("x.npy"), makeTensor(DType::F32, {2}))));
  EXPECT_EQ(loadProgram(file("x.npy")).error().find("[JQ4001] '" + file("x.npy") + "': "), 0u);
}
