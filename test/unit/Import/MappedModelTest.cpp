// MappedModelTest.cpp - models whose large tensors stay in their file
#include "ImportText.h"

#include "onnx/onnx_pb.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace jacquard;
using namespace jacquard::test;

namespace {

constexpr int64_t numElements = 3000; // 12 000 bytes: more than what is parsed with the rest

class MappedModelTest : public ::testing::Test {
protected:
  void SetUp() override {
    path = std::filesystem::temp_directory_path() / ("jacquard-mapped-" + std::to_string(getpid()) + ".onnx");
    for (int64_t i = 0; i < numElements; ++i)
      values.push_back(float(i) / 4);
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    for (auto *info : {model.mutable_graph()->add_input(), model.mutable_graph()->add_output()}) {
      auto *type = info->mutable_type()->mutable_tensor_type();
      type->set_elem_type(onnx::TensorProto::FLOAT);
      type->mutable_shape()->add_dim()->set_dim_value(numElements);
    }
    model.mutable_graph()->mutable_input(0)->set_name("x");
    model.mutable_graph()->mutable_output(0)->set_name("y");
  }
  void TearDown() override { std::filesystem::remove(path); }

  void fill(onnx::TensorProto &tensor, const std::string &name) {
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(numElements);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    tensor.set_data_location(onnx::TensorProto::DEFAULT); // written after the data
  }
  void addSum(const std::string &a, const std::string &b, const std::string &out) {
    onnx::NodeProto *node = model.mutable_graph()->add_node();
    node->set_op_type("Add");
    node->add_input(a);
    node->add_input(b);
    node->add_output(out);
  }
  mlir::OwningOpRef<mlir::ModuleOp> importFile(size_t cut = 0) {
    std::string bytes = model.SerializeAsString();
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size() - cut));
    return importer::importOnnx(import.context.get(), path, import.options);
  }

  Importing import;
  onnx::ModelProto model;
  std::string path;
  std::vector<float> values;
};

} // namespace

/// Names of different lengths put the data at any alignment.
TEST_F(MappedModelTest, ReadsLargeTensorsWhereTheyAre) {
  for (const char *name : {"w", "ww", "www", "wwww"}) {
    model.mutable_graph()->clear_node();
    model.mutable_graph()->clear_initializer();
    fill(*model.mutable_graph()->add_initializer(), name);
    onnx::NodeProto *constant = model.mutable_graph()->add_node(); // a tensor in an attribute
    constant->set_op_type("Constant");
    constant->add_output("c");
    onnx::AttributeProto *attribute = constant->add_attribute();
    attribute->set_name("value");
    attribute->set_type(onnx::AttributeProto::TENSOR);
    fill(*attribute->mutable_t(), "");
    addSum("x", name, "t");
    addSum("t", "c", "y");
    auto module = importFile();
    ASSERT_TRUE(module) << import.messages;
    Tensor x = makeTensor(DType::F32, {numElements});
    auto results = host::executeOnHost(*module, "main", {x});
    ASSERT_TRUE(succeeded(results));
    const float *y = reinterpret_cast<const float *>((*results)[0].bytes.data());
    for (int64_t i = 0; i < numElements; ++i)
      ASSERT_EQ(y[i], float(i) / 2) << name << " " << i;
  }
}

TEST_F(MappedModelTest, ReportsDataOfAnotherSize) {
  fill(*model.mutable_graph()->add_initializer(), "w");
  model.mutable_graph()->mutable_initializer(0)->set_dims(0, numElements - 1);
  addSum("x", "w", "y");
  EXPECT_FALSE(importFile());
  EXPECT_NE(import.messages.find("initializer 'w' has 12000 bytes of data; expected 11996"), std::string::npos)
      << import.messages;
}

TEST_F(MappedModelTest, ReportsFilesThatAreCutOff) {
  fill(*model.mutable_graph()->add_initializer(), "w");
  addSum("x", "w", "y");
  EXPECT_FALSE(importFile(/*cut=*/5000));
  EXPECT_NE(import.messages.find("is not an ONNX model"), std::string::npos) << import.messages;
}
