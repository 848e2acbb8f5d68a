// SequenceOps.cpp - sequences and optionals: lists of tensors that exist while importing only
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t floatType = 1, int64Type = 7, boolType = 9;
/// Tensors that a sequence may have.
static constexpr int64_t mostTensors = 100000;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The tensors of input i; fails the node if it is no sequence.
static std::vector<Item> sequenceOf(Node &n, size_t i) {
  if (n.has(i) && n.item(i).sequence)
    return *n.item(i).sequence;
  n.fail("input '" + n.inputName(i) + "' is " + (n.has(i) && n.input(i) ? "a tensor" : "empty") +
         "; expected a sequence");
  return {};
}

static void requireTensor(Node &n, size_t i) {
  if (n.has(i) && !n.input(i))
    n.fail("input '" + n.inputName(i) + "' is not a tensor; expected one");
}

static void requireElementType(Node &n, size_t i, int32_t type) {
  requireTensor(n, i);
  if (!n.failed() && n.type(i) != type)
    n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected " +
           elementTypeName(type) + " as the sequence has");
}

/// Input i as a position among `count`, counted from the end if negative; `otherwise` where it is absent.
static int64_t positionOf(Node &n, size_t i, int64_t count, int64_t otherwise) {
  requireTensor(n, i);
  if (n.failed() || !n.has(i))
    return otherwise;
  std::optional<double> given = n.constantNumber(i);
  if (!given)
    return 0;
  int64_t position = int64_t(*given) + (*given < 0 ? count : 0);
  if (position < 0 || position >= count)
    n.fail("position " + llvm::Twine(int64_t(*given)) + " is outside of " + llvm::Twine(count) + " places");
  return position;
}

//===----------------------------------------------------------------------===//
// Making and reading
//===----------------------------------------------------------------------===//

static void buildSequenceEmpty(Node &n) {
  int32_t type = int32_t(n.intAttr("dtype", floatType));
  n.result(0, Item(std::vector<Item>(), type));
}

static void buildSequenceConstruct(Node &n) {
  std::vector<Item> elements;
  for (size_t i = 0; i < n.numInputs() && !n.failed(); ++i) {
    requireElementType(n, i, n.type(0));
    elements.push_back(n.item(i));
  }
  if (!n.failed())
    n.result(0, Item(std::move(elements), n.type(0)));
}

/// A position that is not known while importing chooses among tensors of one shape.
static void buildRuntimeAt(Node &n, ArrayRef<Item> elements) {
  SmallVector<Value> rows;
  for (const Item &element : elements) {
    if (element.value.getType() != elements.front().value.getType())
      return n.failFor("the position depends on data and the tensors have different shapes; expected equal ones", 1);
    Shape shape(ops::shapeOf(element.value));
    shape.insert(shape.begin(), 1);
    rows.push_back(ops::reshape(n.b, n.loc, element.value, shape));
  }
  Value position = ops::reshape(n.b, n.loc, n.input(1), {});
  Value all = n.take(ops::concat(n.b, n.loc, rows, 0));
  if (!n.failed())
    n.result(0, ops::gather(n.b, n.loc, all, position, 0), elements.front().type);
}

static void buildSequenceAt(Node &n) {
  std::vector<Item> elements = sequenceOf(n, 0);
  requireTensor(n, 1);
  if (!n.failed() && (!n.element(1).isInteger() || pat::numPoints(n.shape(1)) != 1))
    n.fail("the position is " + elementTypeName(n.type(1)) + ops::describe(n.shape(1)) + "; expected one integer");
  if (n.failed())
    return;
  if (!elements.empty() && !n.graph.evaluator().evaluate(n.input(1)))
    return buildRuntimeAt(n, elements);
  int64_t position = positionOf(n, 1, int64_t(elements.size()), 0);
  if (!n.failed())
    n.result(0, elements[position]);
}

static void buildSequenceInsert(Node &n) {
  std::vector<Item> elements = sequenceOf(n, 0);
  int64_t count = int64_t(elements.size());
  if (!n.failed() && count > 0)
    requireElementType(n, 1, n.type(0));
  requireTensor(n, 1);
  if (count >= mostTensors)
    n.fail("the sequence would have more than " + llvm::Twine(mostTensors) + " tensors");
  // Positions from -count to count: behind the last one is a place as well, but not one to count from.
  int64_t position = count;
  if (n.has(2) && !n.failed()) {
    requireTensor(n, 2);
    std::optional<double> given = n.failed() ? std::nullopt : n.constantNumber(2);
    position = given ? int64_t(*given) + (*given < 0 ? count : 0) : 0;
    if (given && (position < 0 || position > count))
      n.fail("position " + llvm::Twine(int64_t(*given)) + " is outside of a sequence of " + llvm::Twine(count) +
             " tensors");
  }
  if (n.failed())
    return;
  elements.insert(elements.begin() + position, n.item(1));
  n.result(0, Item(std::move(elements), n.type(1)));
}

static void buildSequenceErase(Node &n) {
  std::vector<Item> elements = sequenceOf(n, 0);
  int64_t count = int64_t(elements.size()), position = positionOf(n, 1, count, count - 1);
  if (!n.failed() && count == 0)
    n.fail("the sequence is empty; expected at least one tensor");
  if (n.failed())
    return;
  elements.erase(elements.begin() + position);
  n.result(0, Item(std::move(elements), n.type(0)));
}

static void buildSequenceLength(Node &n) {
  std::vector<Item> elements = sequenceOf(n, 0);
  if (!n.failed())
    n.result(0, ops::constantTensor(n.b, n.loc, {}, int64_t(elements.size())), int64Type);
}

//===----------------------------------------------------------------------===//
// To and from one tensor
//===----------------------------------------------------------------------===//

static void buildConcatFromSequence(Node &n) {
  std::vector<Item> elements = sequenceOf(n, 0);
  if (!n.failed() && elements.empty())
    n.fail("the sequence is empty; expected at least one tensor");
  if (n.failed())
    return;
  bool isNew = n.intAttr("new_axis", 0) != 0;
  if (!n.hasAttr("axis"))
    n.fail("attribute 'axis' is missing");
  int64_t axis = n.axisAttr("axis", 0, ops::rankOf(elements.front().value) + isNew);
  SmallVector<Value> parts;
  for (const Item &element : elements) {
    Shape shape(ops::shapeOf(element.value));
    if (isNew && axis <= int64_t(shape.size()))
      shape.insert(shape.begin() + axis, 1);
    parts.push_back(isNew ? ops::reshape(n.b, n.loc, element.value, shape) : element.value);
  }
  if (!n.failed())
    n.result(ops::concat(n.b, n.loc, parts, axis), elements.front().type);
}

/// The extents of the parts: input 1 is a list of them, or one for all (the last one may be smaller); 1 if absent.
static Shape partSizes(Node &n, int64_t extent) {
  Shape sizes;
  bool isList = n.has(1) && n.rank(1) == 1;
  if (isList)
    sizes = n.constantInts(1);
  std::optional<double> each = n.has(1) && !isList ? n.constantNumber(1) : 1;
  if (!isList && each && *each < 1)
    n.fail("input '" + n.inputName(1) + "' is " + llvm::Twine(int64_t(*each)) + "; expected at least 1");
  if (!isList && !n.failed() && (extent - 1) / int64_t(*each) >= mostTensors)
    n.fail("the sequence would have more than " + llvm::Twine(mostTensors) + " tensors");
  if (n.failed())
    return {};
  if (!isList)
    for (int64_t start = 0; start < extent; start += int64_t(*each))
      sizes.push_back(std::min(int64_t(*each), extent - start));
  int64_t sum = 0;
  for (int64_t size : sizes)
    if (size < 0 || __builtin_add_overflow(sum, size, &sum))
      n.fail("part of size " + llvm::Twine(size) + " is not possible");
  if (!n.failed() && sum != extent)
    n.fail("parts " + ops::describe(sizes) + " do not fit extent " + llvm::Twine(extent));
  return sizes;
}

static void buildSplitToSequence(Node &n) {
  if (n.rank() == 0)
    return n.fail("input has no dimensions; expected at least one");
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  Shape sizes = n.failed() ? Shape() : partSizes(n, n.shape()[axis]);
  if (n.failed())
    return;
  bool keepsAxis = n.has(1) || n.intAttr("keepdims", 1) != 0;
  Shape starts(n.rank(), 0), steps(n.rank(), 1), shape(n.shape());
  std::vector<Item> parts;
  for (int64_t size : sizes) {
    shape[axis] = size;
    Value part = ops::slice(n.b, n.loc, n.input(0), starts, steps, shape);
    if (!keepsAxis) {
      Shape rest(shape);
      rest.erase(rest.begin() + axis);
      part = ops::reshape(n.b, n.loc, part, rest);
    }
    parts.push_back({part, n.type()});
    starts[axis] += size;
  }
  n.result(0, Item(std::move(parts), n.type()));
}

//===----------------------------------------------------------------------===//
// Map
//===----------------------------------------------------------------------===//

/// The body once per tensor of the first sequence; other inputs are sequences of the same length, or tensors.
static void buildSequenceMap(Node &n) {
  const auto *attribute = n.findAttr("body");
  if (!attribute || !attribute->has_g())
    return n.fail("attribute 'body' is missing");
  size_t count = sequenceOf(n, 0).size();
  for (size_t i = 0; i < n.numInputs(); ++i)
    if (!n.has(i) || (n.item(i).sequence && n.item(i).sequence->size() != count))
      n.fail("input " + llvm::Twine(i) + " is not a sequence of " + llvm::Twine(count) +
             " tensors, as the first one is");
  if (n.failed())
    return;
  Subgraph body(n.graph, attribute->g());
  if (body.numInputs() != n.numInputs() || body.numOutputs() < n.numOutputs())
    return n.fail("the body has " + llvm::Twine(body.numInputs()) + " inputs and " + llvm::Twine(body.numOutputs()) +
                  " outputs; expected " + llvm::Twine(n.numInputs()) + " and " + llvm::Twine(n.numOutputs()));
  std::vector<std::vector<Item>> results(n.numOutputs());
  for (size_t k = 0; k < count; ++k) {
    SmallVector<Item> inputs;
    for (size_t i = 0; i < n.numInputs(); ++i)
      inputs.push_back(n.item(i).sequence ? (*n.item(i).sequence)[k] : n.item(i));
    Result<SmallVector<Item>> items = body.import(inputs);
    if (!items)
      return n.fail(items.error());
    for (size_t i = 0; i < results.size(); ++i) {
      if (!(*items)[i].value)
        return n.fail("output '" + body.outputName(i) + "' of the body is not a tensor; expected one");
      results[i].push_back((*items)[i]);
    }
  }
  for (auto [i, elements] : llvm::enumerate(results)) {
    const auto &declared = attribute->g().output(int(i)).type().tensor_type();
    int32_t type = elements.empty() ? declared.elem_type() : elements.front().type;
    n.result(i, Item(std::move(elements), type));
  }
}

//===----------------------------------------------------------------------===//
// Optionals
//===----------------------------------------------------------------------===//

static void buildOptional(Node &n) {
  Item empty;
  empty.isEmptyOptional = true;
  n.result(0, n.has(0) ? n.item(0) : empty);
}

static void buildOptionalHasElement(Node &n) {
  bool has = n.has(0) && !n.item(0).isEmptyOptional;
  n.result(0, ops::constantScalar(n.b, n.loc, n.b.getI1Type(), has), boolType);
}

static void buildOptionalGetElement(Node &n) {
  if (n.item(0).isEmptyOptional)
    return n.fail("input '" + n.inputName(0) + "' is an empty optional; expected one with an element");
  n.result(0, n.item(0));
}

ArrayRef<Operator> importer::sequenceOperators() {
  static const Operator table[] = {
      {"ConcatFromSequence", 11, newest, 1, 1, Takes::Items, buildConcatFromSequence},
      {"Optional", 15, newest, 0, 1, Takes::Items, buildOptional},
      {"OptionalGetElement", 15, newest, 1, 1, Takes::Items, buildOptionalGetElement},
      {"OptionalHasElement", 15, newest, 0, 1, Takes::Items, buildOptionalHasElement},
      {"SequenceAt", 11, newest, 2, 2, Takes::Items, buildSequenceAt},
      {"SequenceConstruct", 11, newest, 1, anyNumber, Takes::Items, buildSequenceConstruct},
      {"SequenceEmpty", 11, newest, 0, 0, Takes::Any, buildSequenceEmpty},
      {"SequenceErase", 11, newest, 1, 2, Takes::Items, buildSequenceErase},
      {"SequenceInsert", 11, newest, 2, 3, Takes::Items, buildSequenceInsert},
      {"SequenceLength", 11, newest, 1, 1, Takes::Items, buildSequenceLength},
      {"SequenceMap", 17, newest, 1, anyNumber, Takes::Items, buildSequenceMap},
      {"SplitToSequence", 11, newest, 1, 2, Takes::Any, buildSplitToSequence},
  };
  return table;
}
