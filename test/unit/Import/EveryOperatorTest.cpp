// EveryOperatorTest.cpp - every operator of ONNX with inputs and attributes that it does not expect: errors, no crashes
#include "ImportText.h"

#include "jacquard/Support/Random.h"

#include "onnx/defs/schema.h"
#include "onnx/onnx_pb.h"

#include <cstdlib>

using namespace jacquard;
using namespace jacquard::test;

namespace {

class OddNodes {
public:
  explicit OddNodes(uint64_t seed) : random(seed) {}
  onnx::ModelProto modelFor(const onnx::OpSchema &schema);

private:
  void addInput(onnx::GraphProto *graph, const std::string &name);
  void addAttribute(onnx::NodeProto *node, const std::string &name, const onnx::OpSchema::Attribute &attribute);

  Random random;
};

/// A small tensor of some type and rank, as an input of the model or as a constant.
void OddNodes::addInput(onnx::GraphProto *graph, const std::string &name) {
  constexpr int types[] = {onnx::TensorProto::FLOAT, onnx::TensorProto::INT64, onnx::TensorProto::UINT8,
                           onnx::TensorProto::BOOL, onnx::TensorProto::FLOAT16};
  int type = types[random.below(5)];
  std::vector<int64_t> shape(random.below(5));
  int64_t count = 1;
  for (int64_t &extent : shape)
    count *= extent = random.between(0, 3);
  if (random.chance(0.4)) {
    onnx::TensorProto *tensor = graph->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (int64_t extent : shape)
      tensor->add_dims(extent);
    for (int64_t i = 0; i < count; ++i) {
      int64_t value = random.between(-1, 3);
      if (type == onnx::TensorProto::FLOAT)
        tensor->add_float_data(float(value));
      else if (type == onnx::TensorProto::INT64)
        tensor->add_int64_data(value);
      else
        tensor->add_int32_data(int32_t(value & 1));
    }
    return;
  }
  onnx::ValueInfoProto *input = graph->add_input();
  input->set_name(name);
  auto *tensor = input->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (int64_t extent : shape)
    tensor->mutable_shape()->add_dim()->set_dim_value(extent);
}

/// A value of the right type, with numbers that mostly make no sense.
void OddNodes::addAttribute(onnx::NodeProto *node, const std::string &name,
                            const onnx::OpSchema::Attribute &attribute) {
  onnx::AttributeProto *made = node->add_attribute();
  made->set_name(name);
  made->set_type(attribute.type);
  auto number = [&] { return random.chance(0.1) ? int64_t(random.next()) : random.between(-2, 4); };
  made->set_i(number());
  made->set_f(float(number()));
  made->set_s(random.chance(0.5) ? "odd" : attribute.default_value.s());
  for (int64_t i = random.between(0, 4); i > 0; --i) {
    made->add_ints(number());
    made->add_floats(float(number()));
    made->add_strings("odd");
  }
}

onnx::ModelProto OddNodes::modelFor(const onnx::OpSchema &schema) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  onnx::OperatorSetIdProto *opset = model.add_opset_import();
  opset->set_domain(schema.domain());
  opset->set_version(schema.SinceVersion());
  onnx::GraphProto *graph = model.mutable_graph();
  onnx::NodeProto *node = graph->add_node();
  node->set_op_type(schema.Name());
  node->set_domain(schema.domain());
  int64_t most = std::min<int64_t>(schema.max_input(), 6) + 1, least = std::max<int64_t>(schema.min_input() - 1, 0);
  int64_t numInputs = random.between(std::min(least, most), most);
  for (int64_t i = 0; i < numInputs; ++i) {
    std::string name = "x" + std::to_string(i);
    if (random.chance(0.9))
      addInput(graph, name);
    else
      name.clear();
    node->add_input(name);
  }
  for (auto &[name, attribute] : schema.attributes())
    if (random.chance(0.4))
      addAttribute(node, name, attribute);
  for (int64_t i = random.between(1, std::min<int64_t>(std::max(schema.max_output(), 1), 4)); i > 0; --i) {
    std::string name = "y" + std::to_string(i);
    node->add_output(name);
    onnx::ValueInfoProto *output = graph->add_output();
    output->set_name(name);
    output->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }
  return model;
}

/// How many models a test makes of a version of an operator: JACQUARD_ODD_NODES, or enough for a second or two.
uint64_t numModels() {
  const char *text = std::getenv("JACQUARD_ODD_NODES");
  return text ? std::strtoull(text, nullptr, 10) : 3;
}

} // namespace

TEST(EveryOperatorTest, OddNodesAreErrorsOrModels) {
  OddNodes nodes(1);
  Importing import;
  for (const onnx::OpSchema &schema : onnx::OpSchemaRegistry::get_all_schemas_with_history())
    for (uint64_t i = 0; i < numModels(); ++i) {
      std::string bytes = nodes.modelFor(schema).SerializeAsString();
      import.messages.clear();
      auto module = importer::importOnnxBytes(import.context.get(), bytes, "odd.onnx", "", import.options);
      EXPECT_TRUE(module || !import.messages.empty()) << schema.Name() << " " << schema.SinceVersion();
    }
}
