// ConstantOps.cpp - operators that give constants or pass values on: constants, shapes, ranges
#include "GraphImporter.h"
#include "ShapedByData.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Operators/Movement.h"
#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, int64Type = 7;
/// Ranges are not longer.
static constexpr int64_t mostElements = int64_t(1) << 38;

static void buildConstant(Node &n) {
  if (const auto *value = n.findAttr("value"))
    return n.result(0, n.graph.constant(n, value->t()), value->t().data_type());
  if (n.hasAttr("value_int"))
    return n.result(0, ops::constantTensor(n.b, n.loc, {}, n.intAttr("value_int", 0)), int64Type);
  if (n.hasAttr("value_float"))
    return n.result(0, ops::constantScalar(n.b, n.loc, n.b.getF32Type(), n.floatAttr("value_float", 0)), floatType);
  if (auto ints = n.intsAttr("value_ints"))
    return n.result(0, ops::constantTensor(n.b, n.loc, {int64_t(ints->size())}, *ints), int64Type);
  if (auto floats = n.floatsAttr("value_floats"))
    return n.result(0, ops::constantTensor(n.b, n.loc, {int64_t(floats->size())}, n.b.getF32Type(), *floats),
                    floatType);
  n.fail("the constant has none of the attributes value, value_int(s), value_float(s); strings and sparse tensors are "
         "not supported");
}

/// Checks extents that come from a model's numbers.
static bool checkExtents(Node &n, ArrayRef<int64_t> shape) {
  if (ops::isPossibleShape(shape))
    return true;
  n.fail("the result would have the impossible shape " + ops::describe(shape));
  return false;
}

static void buildConstantOfShape(Node &n) {
  bool isKnown = !decidesByData(n, 0);
  Shape shape = isKnown ? n.constantInts(0) : Shape();
  if (n.failed() || !checkExtents(n, shape))
    return;
  const auto *attribute = n.findAttr("value");
  int32_t type = attribute ? attribute->t().data_type() : floatType;
  Value value = attribute ? n.graph.constant(n, attribute->t()) : ops::constantScalar(n.b, n.loc, n.b.getF32Type(), 0);
  if (!value || pat::numPoints(ops::shapeOf(value)) != 1)
    return n.fail("attribute 'value' is not a tensor with one element");
  if (!isKnown)
    return buildConstantOfShapeByData(n, value, type);
  n.result(0, ops::fill(n.b, n.loc, shape, value), type);
}

static void buildShape(Node &n) {
  int64_t rank = n.rank();
  auto bound = [&](StringRef name, int64_t otherwise) {
    int64_t value = n.intAttr(name, otherwise);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  int64_t start = bound("start", 0), end = std::max(bound("end", rank), start);
  ArrayRef<int64_t> part = n.shape().slice(start, end - start);
  n.result(0, ops::constantTensor(n.b, n.loc, {int64_t(part.size())}, part), int64Type);
}

static void buildSize(Node &n) {
  n.result(0, ops::constantTensor(n.b, n.loc, {}, pat::numPoints(n.shape())), int64Type);
}

/// How many steps it takes: ceil((limit - start) / delta), 0 if that is negative. No step is no end: more than any
/// bound.
static Value countSteps(OpBuilder &b, Location loc, Value start, Value limit, Value delta) {
  Scalars s(b, loc);
  Type type = delta.getType(), counter = b.getI64Type();
  Value zero = s.integer(type, 0), isStill = s.equal(delta, zero);
  Value step = s.select(isStill, s.integer(type, 1), delta), way = s.sub(limit, start), count;
  if (isa<FloatType>(type)) {
    count = s.cast(s.ceil(s.div(way, step)), counter);
  } else {
    Value whole = s.div(way, step), rest = s.sub(way, s.mul(whole, step));
    Value isForward = s.equal(s.less(rest, zero), s.less(step, zero));
    Value hasRest = s.both(s.negate(s.equal(rest, zero)), isForward);
    count = s.add(s.cast(whole, counter), s.select(hasRest, s.integer(counter, 1), s.integer(counter, 0)));
  }
  return s.select(isStill, s.integer(counter, mostElements), s.max(count, s.integer(counter, 0)));
}

/// A range whose ends data decides on.
static void buildBoundedRange(Node &n) {
  for (size_t i : {0, 1, 2})
    if (pat::numPoints(n.shape(i)) != 1)
      n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected one number");
  if (n.failed())
    return;
  Type type = n.element(), wide = ops::accumulatorType(type);
  auto number = [&](OpBuilder &b, size_t i) {
    Value zero = Scalars(b, n.loc).index(0);
    return Scalars(b, n.loc).cast(pat::at(b, n.loc, n.input(i), SmallVector<Value>(n.rank(i), zero)), wide);
  };
  Value count = ops::mapOver(n.b, n.loc, {}, [&](OpBuilder &b, ValueRange) {
    return countSteps(b, n.loc, number(b, 0), number(b, 1), number(b, 2));
  });
  Extent extent = decide(n, 0, 0, count, {0, 1, 2});
  if (n.failed())
    return;
  Value values = ops::mapOver(n.b, n.loc, extent.most, [&](OpBuilder &b, ValueRange i) {
    Scalars s(b, n.loc);
    return s.cast(s.add(number(b, 0), s.mul(s.cast(i[0], wide), number(b, 2))), type);
  });
  setResult(n, 0, values, extent);
}

static void buildRange(Node &n) {
  n.requireSameTypes();
  if (!n.failed() && !(n.knownValue(0) && n.knownValue(1) && n.knownValue(2)))
    return buildBoundedRange(n);
  std::optional<double> start = n.constantNumber(0), limit = n.constantNumber(1), delta = n.constantNumber(2);
  if (n.failed())
    return;
  double count = std::ceil((*limit - *start) / *delta);
  if (*delta == 0 || !(count <= double(mostElements)))
    return n.fail("the range has no end: its step is " + std::to_string(*delta));
  n.result(0, ops::mapOver(n.b, n.loc, std::max<int64_t>(int64_t(count), 0), [&](OpBuilder &b, ValueRange i) {
             Scalars s(b, n.loc);
             Type type = n.element(), wide = ops::accumulatorType(type);
             Value step = s.mul(s.cast(i[0], wide), s.constant(wide, *delta));
             return s.cast(s.add(s.constant(wide, *start), step), type);
           }));
}

static void buildEyeLike(Node &n) {
  int32_t type = int32_t(n.intAttr("dtype", n.type()));
  int64_t diagonal = n.intAttr("k", 0);
  Type element = mlirElementType(n.b.getContext(), type);
  if (!element || n.rank() != 2)
    return n.fail("expected a matrix as input and a supported element type; found rank " + llvm::Twine(n.rank()) +
                  " and " + elementTypeName(type));
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange i) {
                          Scalars s(b, n.loc);
                          Value on = s.equal(s.add(i[0], s.index(diagonal)), i[1]);
                          return s.select(on, s.integer(element, 1), s.integer(element, 0));
                        }),
           type);
}

ArrayRef<Operator> importer::constantOperators() {
  static const Operator table[] = {
      {"Constant", 1, newest, 0, 0, Takes::Any, buildConstant},
      {"ConstantOfShape", 9, newest, 1, 1, Takes::Any, buildConstantOfShape},
      {"EyeLike", 9, newest, 1, 1, Takes::Any, buildEyeLike},
      {"Range", 11, newest, 3, 3, Takes::Number, buildRange},
      {"Shape", 1, newest, 1, 1, Takes::Any, buildShape},
      {"Size", 1, newest, 1, 1, Takes::Any, buildSize},
  };
  return table;
}
