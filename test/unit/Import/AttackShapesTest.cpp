// AttackShapesTest.cpp - small files that ask for much: one error each, in little time and memory
#include "ImportText.h"

#include "onnx/onnx_pb.h"

#include <sys/resource.h>

using namespace jacquard;
using namespace jacquard::test;

namespace {

constexpr int64_t huge = int64_t(1) << 40;

void setFloats(onnx::ValueInfoProto *info, const std::string &name, const std::vector<int64_t> &shape) {
  info->set_name(name);
  auto *type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (int64_t extent : shape)
    type->mutable_shape()->add_dim()->set_dim_value(extent);
}

onnx::NodeProto *addNode(onnx::GraphProto *graph, const std::string &op, const std::vector<std::string> &inputs,
                         const std::string &output) {
  onnx::NodeProto *node = graph->add_node();
  node->set_op_type(op);
  for (const std::string &input : inputs)
    node->add_input(input);
  node->add_output(output);
  return node;
}

onnx::TensorProto *addTensor(onnx::GraphProto *graph, const std::string &name, int type,
                             const std::vector<int64_t> &shape) {
  onnx::TensorProto *tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (int64_t extent : shape)
    tensor->add_dims(extent);
  return tensor;
}

/// A model with input x and output y, without nodes.
onnx::ModelProto emptyModel(const std::vector<int64_t> &shape = {4}) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  setFloats(model.mutable_graph()->add_input(), "x", shape);
  setFloats(model.mutable_graph()->add_output(), "y", shape);
  return model;
}

/// A model whose node y = op(x, numbers) has these integers as its constant input.
onnx::ModelProto modelWithNumbers(const std::string &op, const std::vector<int64_t> &numbers) {
  onnx::ModelProto model = emptyModel();
  onnx::TensorProto *tensor =
      addTensor(model.mutable_graph(), "numbers", onnx::TensorProto::INT64, {int64_t(numbers.size())});
  for (int64_t number : numbers)
    tensor->add_int64_data(number);
  if (op == "ConstantOfShape")
    addNode(model.mutable_graph(), op, {"numbers"}, "y");
  else
    addNode(model.mutable_graph(), op, {"x", "numbers"}, "y");
  return model;
}

/// What importing says. It must not take more than 300 MB that were not taken before.
std::string messagesOf(const onnx::ModelProto &model) {
  Importing import;
  std::string bytes = model.SerializeAsString();
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  auto module = importer::importOnnxBytes(import.context.get(), bytes, "attack.onnx", "", import.options);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(bool(module), import.messages.empty()) << import.messages;
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 300 * 1024);
  EXPECT_LT(import.messages.size(), 10000u);
  return import.messages;
}

void expectMessage(const onnx::ModelProto &model, const std::string &text) {
  std::string messages = messagesOf(model);
  EXPECT_NE(messages.find(text), std::string::npos) << messages;
}

} // namespace

TEST(AttackShapesTest, TensorsThatClaimToBeHuge) {
  for (const std::vector<int64_t> &shape : {std::vector<int64_t>{huge, huge}, {INT64_MAX}, {1 << 30, 1 << 30, 1 << 30}}) {
    onnx::ModelProto model = emptyModel();
    addTensor(model.mutable_graph(), "w", onnx::TensorProto::FLOAT, shape);
    addNode(model.mutable_graph(), "Add", {"x", "w"}, "y");
    expectMessage(model, "initializer 'w' has an impossible extent");
  }
  onnx::ModelProto model = emptyModel();
  addTensor(model.mutable_graph(), "w", onnx::TensorProto::FLOAT, {1 << 30})->set_raw_data("abcd");
  addNode(model.mutable_graph(), "Add", {"x", "w"}, "y");
  expectMessage(model, "initializer 'w' has 4 bytes of data; expected 4294967296");
}

TEST(AttackShapesTest, ResultsThatWouldBeHuge) {
  expectMessage(modelWithNumbers("ConstantOfShape", {huge, huge}), "impossible shape [1099511627776, 1099511627776]");
  expectMessage(modelWithNumbers("Expand", {huge, 4}), "extent 1099511627776 is out of range");
  expectMessage(modelWithNumbers("Tile", {huge}), "[JQ1102]");
  expectMessage(modelWithNumbers("Pad", {huge, huge}), "[JQ1102]");
  onnx::ModelProto model = emptyModel({huge, huge});
  addNode(model.mutable_graph(), "Relu", {"x"}, "y");
  expectMessage(model, "input 'x' has the impossible shape [1099511627776, 1099511627776]");
}

TEST(AttackShapesTest, TooManyDimensions) {
  std::vector<int64_t> ones(100000, 1);
  onnx::ModelProto model = emptyModel(ones);
  addNode(model.mutable_graph(), "Relu", {"x"}, "y");
  expectMessage(model, "input 'x' has the impossible shape [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ... 100000 "
                       "numbers]");
  expectMessage(modelWithNumbers("ConstantOfShape", ones), "impossible shape [1, 1, ");
  model = emptyModel();
  addTensor(model.mutable_graph(), "w", onnx::TensorProto::FLOAT, ones)->add_float_data(1);
  addNode(model.mutable_graph(), "Add", {"x", "w"}, "y");
  expectMessage(model, "initializer 'w' has the impossible shape [1, 1, ");
  model = emptyModel(std::vector<int64_t>(64, 1)); // the most that numpy has
  addNode(model.mutable_graph(), "Relu", {"x"}, "y");
  EXPECT_EQ(messagesOf(model), "");
}

TEST(AttackShapesTest, AttributesWithMillionsOfEntries) {
  onnx::ModelProto model = emptyModel();
  onnx::AttributeProto *perm = addNode(model.mutable_graph(), "Transpose", {"x"}, "y")->add_attribute();
  perm->set_name("perm");
  perm->set_type(onnx::AttributeProto::INTS);
  for (int64_t i = 0; i < 2000000; ++i)
    perm->add_ints(i);
  expectMessage(model, "attribute 'perm' is [0, 1, 2, ");

  model = emptyModel();
  onnx::NodeProto *node = addNode(model.mutable_graph(), "Relu", {"x"}, "y");
  for (int i = 0; i < 100000; ++i) {
    onnx::AttributeProto *attribute = node->add_attribute();
    attribute->set_name("__class__" + std::to_string(i));
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s("os.system");
  }
  messagesOf(model);
}

TEST(AttackShapesTest, NodesWithMillionsOfInputsAndOutputs) {
  onnx::ModelProto model = emptyModel();
  addNode(model.mutable_graph(), "Relu", std::vector<std::string>(1000000, "x"), "y");
  messagesOf(model);
  model = emptyModel();
  onnx::NodeProto *node = addNode(model.mutable_graph(), "Split", {"x"}, "y");
  for (int i = 0; i < 100000; ++i)
    node->add_output("z" + std::to_string(i));
  messagesOf(model);
}

TEST(AttackShapesTest, BranchesInBranches) {
  onnx::GraphProto branch;
  for (int depth = 0; depth < 14; ++depth) {
    onnx::GraphProto outer;
    setFloats(outer.add_output(), "y" + std::to_string(depth), {4});
    if (depth == 0) {
      addNode(&outer, "Relu", {"x"}, "y0");
    } else {
      onnx::NodeProto *node = addNode(&outer, "If", {"c"}, "y" + std::to_string(depth));
      for (const char *name : {"then_branch", "else_branch"}) { // doubles the size each time
        onnx::AttributeProto *attribute = node->add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::GRAPH);
        *attribute->mutable_g() = branch;
      }
    }
    branch = outer;
  }
  onnx::ModelProto model = emptyModel();
  *model.mutable_graph()->mutable_node() = branch.node();
  auto *condition = model.mutable_graph()->add_input();
  condition->set_name("c");
  condition->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
  condition->mutable_type()->mutable_tensor_type()->mutable_shape();
  model.mutable_graph()->mutable_output(0)->set_name("y13");
  messagesOf(model);
}

TEST(AttackShapesTest, TypesInTypes) {
  onnx::ModelProto model = emptyModel();
  onnx::ValueInfoProto *input = model.mutable_graph()->add_input();
  input->set_name("s");
  onnx::TypeProto *type = input->mutable_type();
  for (int depth = 0; depth < 5000; ++depth)
    type = type->mutable_sequence_type()->mutable_elem_type();
  type->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  addNode(model.mutable_graph(), "Relu", {"x"}, "y");
  expectMessage(model, "'attack.onnx' is not an ONNX model");
}

TEST(AttackShapesTest, FunctionsThatDouble) {
  onnx::ModelProto model = emptyModel();
  onnx::OperatorSetIdProto *own = model.add_opset_import();
  own->set_domain("own");
  own->set_version(1);
  for (int i = 0; i < 50; ++i) {
    onnx::FunctionProto *function = model.add_functions();
    function->set_domain("own");
    function->set_name("F" + std::to_string(i));
    function->add_input("a");
    function->add_output("c");
    *function->mutable_opset_import() = model.opset_import();
    for (auto [from, to] : {std::pair("a", "b"), {"b", "c"}}) {
      onnx::NodeProto *node = function->add_node();
      node->set_op_type(i == 0 ? "Relu" : "F" + std::to_string(i - 1));
      node->set_domain(i == 0 ? "" : "own");
      node->add_input(from);
      node->add_output(to);
    }
  }
  addNode(model.mutable_graph(), "F49", {"x"}, "y")->set_domain("own");
  expectMessage(model, "branches and functions expand to more than");
}

TEST(AttackShapesTest, LoopsForEver) {
  Importing import;
  import.text(R"(agraph (float[4] x) => (float[4] y, float[m, 4] z) <int64 M = {1152921504606846976}, bool c = {1}> {
    y, z = Loop<body = b (int64 i, bool on, float[4] v) => (bool go, float[4] w, float[4] s) {
      go = Identity(on)
      w = Relu(v)
      s = Neg(v)
    }>(M, c, x)
  })");
  EXPECT_NE(import.messages.find("impossible shape [1152921504606846976, 4]"), std::string::npos) << import.messages;
}
