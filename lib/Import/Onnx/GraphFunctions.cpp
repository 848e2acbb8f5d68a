// GraphFunctions.cpp - nodes that call a function: of the model, of a library, or of ONNX's own definitions
#include "GraphImporter.h"

#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include "onnx/onnx_pb.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

void GraphImporter::importCall(Scope &scope, const onnx::NodeProto &proto, const onnx::FunctionProto &function,
                               ArrayRef<Item> inputs) {
  int64_t opset = opsetOf(scope, proto.domain());
  if (depth >= mostNested || int(inputs.size()) > function.input_size() ||
      proto.output_size() > function.output_size()) {
    report(proto, opset,
           depth >= mostNested ? "branches and functions are nested deeper than " + std::to_string(mostNested)
                               : "the call does not fit the function's inputs and outputs");
    return lose(scope, proto);
  }
  llvm::SaveAndRestore<int> deeper(depth, depth + 1);
  AttributeScope attributes;
  for (const auto &attribute : proto.attribute()) {
    const onnx::AttributeProto *value = &attribute;
    if (!attribute.ref_attr_name().empty())
      value = scope.attributes ? scope.attributes->lookup(attribute.ref_attr_name()) : nullptr;
    if (value)
      attributes[attribute.name()] = value;
  }
  llvm::StringMap<int64_t> versions;
  for (const auto &one : function.opset_import())
    versions[one.domain() == "ai.onnx" ? "" : one.domain()] = one.version();
  Scope body;
  body.attributes = &attributes;
  body.opsets = versions.empty() ? scope.opsets : &versions;
  for (auto [i, item] : llvm::enumerate(inputs))
    if (item.value)
      body.items[function.input(int(i))] = item;
  // Optional inputs that are not given: the body's nodes see them as absent.
  for (const std::string &name : function.input())
    body.items.try_emplace(name, Item());
  importNodes(body, function.node());
  SmallVector<Item> results;
  for (int i = 0; i < proto.output_size(); ++i) {
    const Item *item = body.find(function.output(i));
    results.push_back(item ? *item : Item());
    if (!item && !body.isLost(function.output(i)))
      report(proto, opset, "the function does not define its output '" + function.output(i) + "'");
  }
  define(scope, proto, results);
}

/// The ONNX type of a tensor that has been imported.
static onnx::TypeProto typeOf(const Item &item) {
  onnx::TypeProto type;
  if (item.sequence)
    type.mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type()->set_elem_type(item.type);
  if (!item.value)
    return type;
  type.mutable_tensor_type()->set_elem_type(item.type);
  for (int64_t extent : ops::shapeOf(item.value))
    type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
  return type;
}

/// The node with the values of the attributes that refer to a function call's; what the call leaves out goes.
static onnx::NodeProto resolveReferences(const onnx::NodeProto &proto, const AttributeScope *attributes) {
  onnx::NodeProto node = proto;
  node.clear_attribute();
  for (const auto &attribute : proto.attribute()) {
    const onnx::AttributeProto *value = &attribute;
    if (!attribute.ref_attr_name().empty())
      value = attributes ? attributes->lookup(attribute.ref_attr_name()) : nullptr;
    if (!value)
      continue;
    *node.add_attribute() = *value;
    node.mutable_attribute(node.attribute_size() - 1)->set_name(attribute.name());
  }
  return node;
}

/// The version of an operator's definition to take from libonnx, which knows versions up to 17; 0: none. Of the
/// operators that it defines by others, some got new element types later, and nothing else.
static int64_t schemaVersion(StringRef op, int64_t opset) {
  constexpr int64_t newestKnown = 17;
  static const char *const unchanged[] = {"NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss", "BlackmanWindow",
                                          "HammingWindow", "HannWindow"};
  if (opset <= newestKnown)
    return opset;
  return llvm::is_contained(unchanged, op) ? newestKnown : 0;
}

/// What libonnx knows of an operator; null where that is nothing.
static const onnx::OpSchema *findSchema(StringRef domain, StringRef op, int64_t opset) {
  bool isDefault = domain.empty() || domain == "ai.onnx";
  int64_t version = schemaVersion(op, opset);
  return isDefault && version >= 1 ? onnx::OpSchemaRegistry::Schema(op.str(), int(version), "") : nullptr;
}

bool importer::hasSchemaBody(StringRef domain, StringRef op, int64_t opset) {
  const onnx::OpSchema *schema = findSchema(domain, op, opset);
  return schema && (schema->HasFunction() || schema->HasContextDependentFunction());
}

/// An operator that ONNX itself defines by others: its body is imported in its place.
bool GraphImporter::importBySchema(Scope &scope, const onnx::NodeProto &proto, int64_t opset, ArrayRef<Item> inputs) {
  const onnx::OpSchema *schema = findSchema(proto.domain(), proto.op_type(), opset);
  if (!schema)
    return false;
  onnx::NodeProto call = resolveReferences(proto, scope.attributes);
  onnx::FunctionProto body;
  try {
    if (schema->HasFunction()) {
      body = *schema->GetFunction();
    } else if (schema->HasContextDependentFunction()) {
      std::vector<onnx::TypeProto> types;
      for (const Item &item : inputs)
        types.push_back(typeOf(item));
      onnx::FunctionBodyBuildContextImpl build(call, types);
      if (!schema->BuildContextDependentFunction(build, body))
        return false;
    } else {
      return false;
    }
  } catch (const std::exception &) { // the schema's own checks of a malformed node
    return false;
  }
  // Attributes that the node leaves out have the schema's defaults.
  for (const auto &[name, attribute] : schema->attributes()) {
    bool isGiven =
        llvm::any_of(call.attribute(), [&, &wanted = name](const auto &one) { return one.name() == wanted; });
    if (!isGiven && attribute.default_value.type() != onnx::AttributeProto::UNDEFINED)
      *call.add_attribute() = attribute.default_value;
  }
  importCall(scope, call, body, inputs);
  return true;
}
