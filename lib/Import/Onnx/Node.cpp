// Node.cpp - one ONNX node as the operator importers see it
#include "Node.h"

#include "GraphImporter.h"
#include "IntegerRanges.h"

#include "jacquard/Support/Diagnostics.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

Node::Node(GraphImporter &graph, const onnx::NodeProto &proto, int64_t opset, const AttributeScope *attributes,
           ArrayRef<Item> inputs, OpBuilder &builder, Location loc)
    : b(builder), loc(loc), graph(graph), proto(proto), opset(opset), inputs(inputs.begin(), inputs.end()),
      outputs(proto.output_size()), scope(attributes) {}

StringRef Node::op() const { return proto.op_type(); }

void Node::fail(const llvm::Twine &text) {
  if (reason.empty())
    reason = text.str();
}

Value Node::take(Result<Value> result) {
  if (result)
    return *result;
  fail(result.error());
  return {};
}

std::string Node::outputName(size_t i) const { return proto.output(int(i)); }

std::string Node::inputName(size_t i) const {
  return i < size_t(proto.input_size()) ? proto.input(int(i)) : std::to_string(i);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

void Node::requireSameTypes(size_t first) {
  for (size_t i = first; i < numInputs(); ++i)
    if (has(i) && has(first) && type(i) != type(first))
      return fail("inputs have element types " + elementTypeName(type(first)) + " and " + elementTypeName(type(i)) +
                  "; expected equal ones");
}

void Node::requireFloat(size_t i) {
  if (has(i) && !isa<FloatType>(element(i)))
    fail("input '" + inputName(i) + "' has element type " + elementTypeName(type(i)) + "; expected a float type");
}

void Node::failFor(const llvm::Twine &text, ArrayRef<size_t> unlessConstant) {
  fail(text);
  for (size_t i : unlessConstant)
    if (has(i) && inputs[i].value && !graph.evaluator().evaluate(input(i)))
      for (std::string &name : graph.argumentNames(input(i)))
        needed.push_back(std::move(name));
}

std::optional<int64_t> Node::capacity(size_t i) const { return graph.capacityOf(proto.output(int(i))); }

bool Node::hasBounds() const {
  return llvm::any_of(inputs, [](const Item &item) { return !item.bounds.empty(); });
}

void Node::replaceInput(size_t i, Value value) {
  inputs[i].value = value;
  inputs[i].quantised.reset();
}

ElementsAttr Node::knownValue(size_t i) {
  return has(i) && input(i) ? graph.evaluator().evaluate(input(i)) : ElementsAttr();
}

ElementsAttr Node::constant(size_t i) {
  // After an input that is no constant, others are looked at too: all that are needed are told at once.
  if ((failed() && needed.empty()) || !has(i))
    return {};
  if (ElementsAttr value = graph.evaluator().evaluate(input(i)))
    return value;
  std::vector<std::string> arguments = graph.argumentNames(input(i));
  needed.insert(needed.end(), arguments.begin(), arguments.end());
  std::string names;
  for (const std::string &name : arguments)
    names += (names.empty() ? "'" : ", '") + name + "'";
  if (names.empty() && ConstantEvaluator::dependsOnLoop(input(i)))
    fail(tag(Diag::NotConstant) + "input '" + inputName(i) +
         "' must be a constant, but changes from iteration to iteration of a loop");
  else if (names.empty())
    fail(tag(Diag::NotConstant) + "the value of input '" + inputName(i) + "' cannot be computed while importing");
  else
    fail(tag(Diag::NotConstant) + "input '" + inputName(i) + "' must be a constant, but depends on the model's input " +
         names);
  return {};
}

Shape Node::constantInts(size_t i) {
  ElementsAttr value = constant(i);
  if (!value)
    return {};
  std::optional<Tensor> tensor = constantToTensor(value);
  if (!tensor || tensor->shape.size() > 1 || (tensor->type != DType::I64 && tensor->type != DType::I32)) {
    fail("input '" + inputName(i) + "' is a " + elementTypeName(type(i)) + " tensor of shape " +
         ops::describe(shape(i)) + "; expected a list of int64 or int32");
    return {};
  }
  Shape list;
  for (int64_t k = 0; k < tensor->numElements(); ++k)
    list.push_back(tensor->type == DType::I64 ? tensor->data<int64_t>()[k] : tensor->data<int32_t>()[k]);
  return list;
}

std::optional<double> Node::constantNumber(size_t i) {
  ElementsAttr value = constant(i);
  auto dense = dyn_cast_or_null<DenseElementsAttr>(value);
  if (!dense || dense.getNumElements() < 1) {
    if (value)
      fail("input '" + inputName(i) + "' has shape " + ops::describe(shape(i)) + "; expected one number");
    return std::nullopt;
  }
  Attribute first = *dense.getValues<Attribute>().begin();
  if (auto number = dyn_cast<FloatAttr>(first))
    return number.getValueAsDouble();
  APInt integer = cast<IntegerAttr>(first).getValue();
  return isUnsigned(i) ? double(integer.getZExtValue()) : double(integer.getSExtValue());
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const onnx::AttributeProto *Node::findAttr(StringRef name) const {
  for (const onnx::AttributeProto &attribute : proto.attribute()) {
    if (attribute.name() != name)
      continue;
    if (attribute.ref_attr_name().empty())
      return &attribute;
    return scope ? scope->lookup(attribute.ref_attr_name()) : nullptr;
  }
  return nullptr;
}

static std::string attributeTypeName(const onnx::AttributeProto &attribute) {
  std::string name = onnx::AttributeProto::AttributeType_Name(attribute.type());
  for (char &c : name)
    c = char(std::tolower(c));
  return name.empty() ? "unknown" : name;
}

/// The attribute if it is of the wanted type, which in old models may be left out.
static const onnx::AttributeProto *typedAttr(Node &node, StringRef name, onnx::AttributeProto::AttributeType wanted,
                                             const char *expected) {
  const onnx::AttributeProto *attribute = node.findAttr(name);
  if (!attribute)
    return nullptr;
  if (attribute->type() == wanted)
    return attribute;
  node.fail("attribute '" + name + "' is of type " + attributeTypeName(*attribute) + "; expected " + expected);
  return nullptr;
}

int64_t Node::intAttr(StringRef name, int64_t otherwise) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::INT, "an int");
  return attribute ? attribute->i() : otherwise;
}

double Node::floatAttr(StringRef name, double otherwise) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::FLOAT, "a float");
  return attribute ? attribute->f() : otherwise;
}

std::string Node::stringAttr(StringRef name, StringRef otherwise) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::STRING, "a string");
  return attribute ? attribute->s() : otherwise.str();
}

std::optional<Shape> Node::intsAttr(StringRef name) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::INTS, "a list of ints");
  if (!attribute)
    return std::nullopt;
  return Shape(attribute->ints().begin(), attribute->ints().end());
}

std::optional<SmallVector<double>> Node::floatsAttr(StringRef name) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::FLOATS, "a list of floats");
  if (!attribute)
    return std::nullopt;
  return SmallVector<double>(attribute->floats().begin(), attribute->floats().end());
}

std::optional<SmallVector<std::string>> Node::stringsAttr(StringRef name) {
  auto *attribute = typedAttr(*this, name, onnx::AttributeProto::STRINGS, "a list of strings");
  if (!attribute)
    return std::nullopt;
  return SmallVector<std::string>(attribute->strings().begin(), attribute->strings().end());
}

int64_t Node::normalizeAxis(int64_t value, int64_t rank) {
  Result<int64_t> axis = ops::normalizeAxis(value, rank);
  if (axis)
    return *axis;
  fail(axis.error());
  return 0;
}

int64_t Node::axisAttr(StringRef name, int64_t otherwise, int64_t rank) {
  return normalizeAxis(intAttr(name, otherwise), rank);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

size_t Node::numOutputs() const { return outputs.size(); }

bool Node::wants(size_t i) const { return i < outputs.size() && !proto.output(int(i)).empty(); }

void Node::result(size_t i, Value value, int32_t type) {
  if (i < outputs.size())
    outputs[i] = {value, type ? type : this->type(0)};
}

/// The first `extent` positions of a dimension.
static Value trim(OpBuilder &b, Location loc, Value value, int64_t dim, int64_t extent) {
  Shape shape(ops::shapeOf(value));
  shape[dim] = extent;
  return ops::mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange i) { return pat::at(b, loc, value, i); });
}

void Node::boundedResult(size_t i, Value value, int64_t dim, Value count, int32_t type) {
  if (i >= outputs.size())
    return;
  int64_t capacity = ops::shapeOf(value)[dim];
  if (auto known = dyn_cast_or_null<DenseElementsAttr>(graph.evaluator().evaluate(count))) {
    int64_t extent = known.getSplatValue<APInt>().getSExtValue();
    if (extent < 0 || extent > capacity)
      return fail("dimension " + llvm::Twine(dim) + " of the result has " + llvm::Twine(extent) +
                  " positions; expected at most " + llvm::Twine(capacity));
    return result(i, extent == capacity ? value : trim(b, loc, value, dim, extent), type);
  }
  pat::IndexRange range = integerRange(count);
  if (range.min < 0 || range.max > capacity)
    graph.assumeAtMost(count, capacity, false);
  result(i, value, type);
  outputs[i].bounds = {{dim, count}};
}

void Node::result(size_t i, Item item) {
  if (i < outputs.size())
    outputs[i] = std::move(item);
}
