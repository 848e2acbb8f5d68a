// RandomOps.cpp - operators that draw random numbers
//
// A node with a seed of its own draws the same numbers in every model and run; others depend on the seed of the import
// and on the name of their first output, so that they differ from each other and not from run to run. In a
// loop a node that reads nothing of the iteration draws once, and one in the body of a `pat.iterate` the same each
// time.
#include "GraphImporter.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Random.h"

#include "onnx/onnx_pb.h"

#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::RandomKey;
using ops::Scalars;

static constexpr int32_t floatType = 1, int32Type = 6, int64Type = 7, boolType = 9;
/// Tensors that a node makes from nothing are not longer.
static constexpr int64_t mostElements = int64_t(1) << 32;

static RandomKey keyOfSeed(uint64_t seed) { return {uint32_t(seed), uint32_t(seed >> 32)}; }

/// The key by the attribute `seed`, whose bits it is; an integer in Dropout, else a float. Without it: that of the
/// import, moved by FNV-1a of the first output's name and of how many nodes of that name
/// there were before.
static RandomKey readKey(Node &n, bool integer = false) {
  llvm::StringRef name = n.proto.output_size() ? n.proto.output(0) : n.proto.name();
  uint32_t before = n.graph.noteRandom(name);
  if (n.hasAttr("seed"))
    return integer ? keyOfSeed(uint64_t(n.intAttr("seed", 0)))
                   : RandomKey{llvm::bit_cast<uint32_t>(float(n.floatAttr("seed", 0))), 0};
  uint32_t hash = 2166136261u;
  for (char c : name)
    hash = (hash ^ uint8_t(c)) * 16777619u;
  hash = (hash ^ before) * 16777619u;
  RandomKey key = keyOfSeed(n.graph.seed());
  return {key.low, key.high ^ hash};
}

/// The element type that attribute `dtype` names, or `otherwise`.
static Type readType(Node &n, int32_t otherwise, int32_t &type) {
  type = int32_t(n.intAttr("dtype", otherwise));
  Type element = mlirElementType(n.b.getContext(), type);
  if (!element)
    n.fail("attribute 'dtype' is " + elementTypeName(type) + ", which is not supported");
  return element;
}

/// Uniform numbers in a range, or normal ones, of the given shape.
template <bool isNormal> static void draw(Node &n, ArrayRef<int64_t> shape, int32_t otherwise) {
  int32_t type;
  Type element = readType(n, otherwise, type);
  double first = n.floatAttr(isNormal ? "mean" : "low", 0), second = n.floatAttr(isNormal ? "scale" : "high", 1);
  RandomKey key = readKey(n);
  if (!n.failed() && !isa<FloatType>(element))
    n.fail("the result has element type " + elementTypeName(type) + "; expected a float type");
  if (!ops::isPossibleShape(shape))
    n.fail("the result would have the impossible shape " + ops::describe(shape));
  if (n.failed())
    return;
  Value numbers = isNormal ? ops::randomNormal(n.b, n.loc, shape, element, key)
                           : ops::randomUniform(n.b, n.loc, shape, element, key);
  double scale = isNormal ? second : second - first;
  auto place = [&](Scalars &s, ValueRange x) {
    return s.add(s.mul(x[0], s.constant(element, scale)), s.constant(element, first));
  };
  n.result(0, ops::elementwise(n.b, n.loc, numbers, place), type);
}

template <bool isNormal> static void buildRandom(Node &n) {
  std::optional<Shape> shape = n.intsAttr("shape");
  if (!shape)
    n.fail("attribute 'shape' is missing");
  draw<isNormal>(n, shape.value_or(Shape()), floatType);
}

template <bool isNormal> static void buildRandomLike(Node &n) { draw<isNormal>(n, n.shape(), n.type()); }

static void buildBernoulli(Node &n) {
  int32_t type;
  Type element = readType(n, n.type(), type);
  RandomKey key = readKey(n);
  if (n.failed())
    return;
  Value draws = ops::randomUniform(n.b, n.loc, n.shape(), n.element(), key);
  n.result(ops::elementwise(n.b, n.loc, {draws, n.input(0)},
                            [&](Scalars &s, ValueRange x) {
                              return s.select(s.less(x[0], x[1]), s.integer(element, 1), s.integer(element, 0));
                            }),
           type);
}

static void buildMultinomial(Node &n) {
  int32_t type;
  Type element = readType(n, int32Type, type);
  int64_t count = n.intAttr("sample_size", 1);
  RandomKey key = readKey(n);
  if (!n.failed() && type != int32Type && type != int64Type)
    n.fail("attribute 'dtype' is " + elementTypeName(type) + "; expected int32 or int64");
  if (count > mostElements)
    n.fail("attribute 'sample_size' is " + llvm::Twine(count) + ", which is too large");
  Value numbers = n.failed() ? Value() : n.take(ops::multinomial(n.b, n.loc, n.input(0), count, key));
  if (numbers)
    n.result(0, ops::convert(n.b, n.loc, numbers, element), type);
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

/// The share of elements to drop; 0 in inference.
static double dropped(Node &n) {
  if (n.opset < 12)
    return n.opset < 7 && !n.intAttr("is_test", 0) ? n.floatAttr("ratio", 0.5) : 0;
  if (!n.has(2))
    return 0;
  std::optional<double> training = n.constantNumber(2);
  std::optional<double> ratio = n.has(1) ? n.constantNumber(1) : 0.5;
  return training && *training != 0 ? ratio.value_or(0) : 0;
}

static void buildDropout(Node &n) {
  double ratio = dropped(n);
  if (!(ratio >= 0 && ratio <= 1))
    n.fail("ratio is " + std::to_string(ratio) + "; expected 0 to 1");
  bool maskIsBool = n.opset >= 10;
  Type element = maskIsBool ? Type(n.b.getI1Type()) : n.element();
  int32_t maskType = maskIsBool ? boolType : n.type();
  if (n.failed())
    return;
  if (ratio == 0) {
    n.result(0, n.input(0));
    if (n.wants(1))
      n.result(1, ops::fill(n.b, n.loc, n.shape(), ops::constantScalar(n.b, n.loc, element, 1)), maskType);
    return;
  }
  Type wide = ops::accumulatorType(n.element());
  Value draws = ops::randomUniform(n.b, n.loc, n.shape(), wide, readKey(n, /*integer=*/true));
  Value mask = ops::elementwise(n.b, n.loc, draws,
                                [&](Scalars &s, ValueRange x) { return s.lessEqual(s.constant(wide, ratio), x[0]); });
  n.result(ops::elementwise(n.b, n.loc, {n.input(0), mask}, [&](Scalars &s, ValueRange x) {
    Value kept = s.mul(s.cast(x[0], wide), s.constant(wide, ratio < 1 ? 1 / (1 - ratio) : 0));
    return s.cast(s.select(x[1], kept, s.constant(wide, 0)), n.element());
  }));
  if (n.wants(1))
    n.result(1, ops::convert(n.b, n.loc, mask, element), maskType);
}

ArrayRef<Operator> importer::randomOperators() {
  static const Operator table[] = {
      {"Bernoulli", 15, newest, 1, 1, Takes::Float, buildBernoulli},
      {"Dropout", 6, newest, 1, 3, Takes::Float, buildDropout},
      {"Multinomial", 7, newest, 1, 1, Takes::Float, buildMultinomial},
      {"RandomNormal", 1, newest, 0, 0, Takes::Any, buildRandom<true>},
      {"RandomNormalLike", 1, newest, 1, 1, Takes::Any, buildRandomLike<true>},
      {"RandomUniform", 1, newest, 0, 0, Takes::Any, buildRandom<false>},
      {"RandomUniformLike", 1, newest, 1, 1, Takes::Any, buildRandomLike<false>},
  };
  return table;
}
