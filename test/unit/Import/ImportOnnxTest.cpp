// ImportOnnxTest.cpp - what the importer promises besides values: names, constants, reports, and no crash on bad bytes
#include "ImportText.h"

#include "onnx/onnx_pb.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <random>

using namespace jacquard;
using namespace jacquard::test;

TEST(ImportOnnxTest, NamesArgumentsResultsAndModel) {
  Importing import;
  auto module = import.text("net (uint8[2] x) => (uint8[2] y) { y = Identity(x) }");
  ASSERT_TRUE(module) << import.messages;
  auto func = module->lookupSymbol<mlir::func::FuncOp>("main");
  ASSERT_TRUE(func);
  EXPECT_EQ(func.getArgAttrOfType<mlir::StringAttr>(0, "jacquard.name").getValue(), "x");
  EXPECT_EQ(func.getArgAttrOfType<mlir::StringAttr>(0, "jacquard.dtype").getValue(), "uint8");
  EXPECT_EQ(func.getResultAttrOfType<mlir::StringAttr>(0, "jacquard.name").getValue(), "y");
  EXPECT_EQ((*module)->getAttrOfType<mlir::StringAttr>("jacquard.model").getValue(), "net");
  EXPECT_TRUE((*module)->hasAttr("jacquard.model_hash"));
}

TEST(ImportOnnxTest, ReportsEveryProblemWithTheInputsThatMustBeConstants) {
  Importing import;
  auto module = import.text("g (float[4] x, int64 n, int64 m) => (float[4] y, int64[k] z) {"
                            " y = Frob(x) d = Constant<value_int = 1>() a = Range(n, m, d) z = Abs(a) }");
  EXPECT_FALSE(module);
  ASSERT_EQ(import.unsupported.size(), 2u);
  EXPECT_EQ(import.unsupported[0].op, "Frob");
  EXPECT_EQ(import.unsupported[0].domain, "ai.onnx");
  EXPECT_EQ(import.unsupported[0].opset, 17);
  EXPECT_EQ(import.unsupported[0].node, "y");
  EXPECT_EQ(import.unsupported[1].op, "Range");
  EXPECT_EQ(import.unsupported[1].constantsNeeded, (std::vector<std::string>{"n", "m"}));
}

TEST(ImportOnnxTest, BindsInputsAsConstants) {
  Importing import;
  import.options.constantInputs["n"] = ints({1}, {1});
  import.options.constantInputs["m"] = ints({1}, {3});
  auto out = import.run("g (float[4] x, int64[1] n, int64[1] m) => (float[2] y) { y = Slice(x, n, m) }",
                        {floats({4}, {1, 2, 3, 4})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (std::vector<float>{2, 3}));
}

TEST(ImportOnnxTest, RefusesConstantsOfAnotherType) {
  Importing import;
  import.options.constantInputs["x"] = floats({1}, {1});
  EXPECT_FALSE(import.text("g (int64[1] x) => (int64[1] y) { y = Identity(x) }"));
  EXPECT_NE(import.messages.find("input 'x' is bound to elements of another type; expected int64"), std::string::npos)
      << import.messages;
}

/// A model y = x + w with 20 weights in raw data.
static onnx::ModelProto modelWithWeights() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto *graph = model.mutable_graph();
  graph->set_name("g");
  for (auto *info : {graph->add_input(), graph->add_output()}) {
    auto *type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_value(20);
  }
  graph->mutable_input(0)->set_name("x");
  graph->mutable_output(0)->set_name("y");
  onnx::TensorProto *weights = graph->add_initializer();
  weights->set_name("w");
  weights->set_data_type(onnx::TensorProto::FLOAT);
  weights->add_dims(20);
  std::vector<float> values(20);
  for (int i = 0; i < 20; ++i)
    values[i] = float(i);
  weights->set_raw_data(values.data(), 80);
  onnx::NodeProto *node = graph->add_node();
  node->set_op_type("Add");
  node->add_input("x");
  node->add_input("w");
  node->add_output("y");
  return model;
}

static mlir::OwningOpRef<mlir::ModuleOp> importModel(Importing &import, const onnx::ModelProto &model) {
  return importer::importOnnxBytes(import.context.get(), model.SerializeAsString(), "test.onnx", "", import.options);
}

TEST(ImportOnnxTest, WeightsAreResourcesThatOutliveTheModel) {
  Importing import;
  auto module = importModel(import, modelWithWeights());
  ASSERT_TRUE(module) << import.messages;
  int resources = 0;
  module->walk(
      [&](mlir::arith::ConstantOp op) { resources += mlir::isa<mlir::DenseResourceElementsAttr>(op.getValue()); });
  EXPECT_EQ(resources, 1);
  auto out = host::executeOnHost(*module, "main", {floats({20}, std::vector<float>(20, 1))});
  ASSERT_TRUE(mlir::succeeded(out));
  EXPECT_EQ((*out)[0].data<float>()[19], 20);
}

TEST(ImportOnnxTest, DamagedTensorsAreOneClearError) {
  auto expectError = [](const onnx::ModelProto &model, const std::string &text) {
    Importing import;
    EXPECT_FALSE(importModel(import, model));
    EXPECT_NE(import.messages.find(text), std::string::npos) << import.messages;
  };
  onnx::ModelProto model = modelWithWeights();
  model.mutable_graph()->mutable_initializer(0)->set_raw_data("abc");
  expectError(model, "initializer 'w' has 3 bytes of data; expected 80 for 20 elements of float");
  model.mutable_graph()->mutable_initializer(0)->set_dims(0, -4);
  expectError(model, "initializer 'w' has an impossible extent -4");
  model.mutable_graph()->mutable_initializer(0)->set_data_type(14);
  expectError(model, "initializer 'w' has elements of type complex64, which are not supported");
  model.clear_graph();
  expectError(model, "'test.onnx' holds no graph; expected an ONNX model");
  model.mutable_graph();
  model.clear_opset_import();
  expectError(model, "'test.onnx' does not say which operator set it uses");
}

TEST(ImportOnnxTest, TruncatedAndFlippedBytesNeverCrash) {
  std::string bytes = modelWithWeights().SerializeAsString();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = bytes;
    if (round < int(bytes.size()))
      damaged.resize(round);
    else
      for (int flips = 0; flips < 3; ++flips)
        damaged[random() % damaged.size()] = char(random());
    Importing import;
    auto module = importer::importOnnxBytes(import.context.get(), damaged, "test.onnx", "", import.options);
    EXPECT_TRUE(module || !import.messages.empty()) << "round " << round;
  }
}

TEST(ImportOnnxTest, RecursiveFunctionsEnd) {
  onnx::ModelProto model = modelWithWeights();
  model.mutable_opset_import()->Add()->set_domain("own");
  model.mutable_graph()->mutable_node(0)->set_domain("own");
  model.mutable_graph()->mutable_node(0)->set_op_type("Loop");
  onnx::FunctionProto *function = model.add_functions();
  function->set_domain("own");
  function->set_name("Loop");
  for (const char *name : {"a", "b"})
    function->add_input(name);
  function->add_output("c");
  onnx::NodeProto *node = function->add_node();
  node->set_domain("own");
  node->set_op_type("Loop");
  node->add_input("a");
  node->add_input("b");
  node->add_output("c");
  Importing import;
  EXPECT_FALSE(importModel(import, model));
  EXPECT_NE(import.messages.find("nested deeper than 64"), std::string::npos) << import.messages;
}
