// SignalOps.cpp - Fourier transforms, windows, mel filters
#include "Node.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Signal.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t floatType = 1;
/// Tables that a node makes are not longer.
static constexpr int64_t mostElements = int64_t(1) << 24;

/// The value of a scalar input, if there is one.
static std::optional<int64_t> scalarInput(Node &n, size_t i) {
  if (!n.has(i))
    return std::nullopt;
  Shape list = n.constantInts(i);
  if (list.size() == 1)
    return list[0];
  if (!n.failed())
    n.fail("input '" + n.inputName(i) + "' has " + llvm::Twine(list.size()) + " elements; expected one");
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

/// Transforms along `axis` of a tensor whose last dimension holds real and imaginary parts.
static void transform(Node &n, int64_t axis, const std::optional<int64_t> &given) {
  Shape shape(n.shape());
  ops::FourierOptions options;
  options.inverse = n.intAttr("inverse", 0);
  options.oneSided = n.intAttr("onesided", 0);
  if (n.failed())
    return;
  if (axis == n.rank() - 1 || (shape.back() != 1 && shape.back() != 2) || shape[axis] < 1)
    return n.fail("input has shape " + ops::describe(shape) + ", transformed along axis " + llvm::Twine(axis) +
                  "; expected real and imaginary parts in the last dimension and a signal in another");
  options.length =
      given.value_or(options.inverse && options.oneSided ? std::max<int64_t>(2 * (shape[axis] - 1), 1) : shape[axis]);
  ArrayRef<int64_t> all = shape, inner = all.slice(axis + 1).drop_back();
  Shape flat = {pat::numPoints(all.take_front(axis)), shape[axis], pat::numPoints(inner), shape.back()};
  Value result = n.take(ops::fourier(n.b, n.loc, ops::reshape(n.b, n.loc, n.input(0), flat), options));
  if (!result)
    return;
  shape[axis] = ops::shapeOf(result)[1];
  shape.back() = ops::shapeOf(result)[3];
  n.result(0, ops::reshape(n.b, n.loc, result, shape));
}

static void buildDFT(Node &n) {
  std::optional<int64_t> length = scalarInput(n, 1);
  if (n.rank() < 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected a signal and its parts");
  int64_t axis = n.opset < 20 ? n.intAttr("axis", 1) : scalarInput(n, 2).value_or(-2);
  axis = n.normalizeAxis(axis, n.rank());
  if (!n.failed())
    transform(n, axis, length);
}

static void buildSTFT(Node &n) {
  std::optional<int64_t> step = scalarInput(n, 1), given = scalarInput(n, 3);
  bool oneSided = n.intAttr("onesided", 1);
  if (n.has(2))
    n.requireFloat(2);
  if (n.rank() != 2 && !(n.rank() == 3 && (n.shape()[2] == 1 || n.shape()[2] == 2)))
    n.fail("signal has shape " + ops::describe(n.shape()) + "; expected [batch, length, 1 or 2]");
  if (n.has(2) && !n.failed() && (n.rank(2) != 1 || n.type(2) != n.type(0)))
    n.fail("window has shape " + ops::describe(n.shape(2)) + " and element type " + elementTypeName(n.type(2)) +
           "; expected a vector of " + elementTypeName(n.type(0)));
  if (n.failed())
    return;
  Shape shape(n.shape());
  shape.resize(3, 1);
  int64_t length = given.value_or(n.has(2) ? n.shape(2)[0] : shape[1]);
  Value signal = ops::reshape(n.b, n.loc, n.input(0), shape);
  Value frames = n.take(ops::frames(n.b, n.loc, signal, n.optionalInput(2), length, *step));
  if (!frames)
    return;
  Shape cut(ops::shapeOf(frames));
  Value flat = ops::reshape(n.b, n.loc, frames, {cut[0] * cut[1], length, 1, cut[3]});
  Value result = n.take(ops::fourier(n.b, n.loc, flat, {length, /*inverse=*/false, oneSided}));
  if (result)
    n.result(0, ops::reshape(n.b, n.loc, result, {cut[0], cut[1], ops::shapeOf(result)[1], 2}));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The type that the result of a constant operator has.
static Type resultType(Node &n, int32_t &type) {
  type = int32_t(n.intAttr("output_datatype", floatType));
  Type element = mlirElementType(n.b.getContext(), type);
  if (!element)
    n.fail("attribute 'output_datatype' is " + elementTypeName(type) + ", which is not supported");
  return element;
}

static void buildWindow(Node &n, ArrayRef<double> coefficients) {
  std::optional<int64_t> size = scalarInput(n, 0);
  int32_t type;
  Type element = resultType(n, type);
  bool periodic = n.intAttr("periodic", 1);
  if (size && (*size < 0 || *size > mostElements))
    n.fail("size is " + llvm::Twine(*size) + "; expected 0 to " + llvm::Twine(mostElements));
  if (n.failed())
    return;
  // A symmetric window of one element is all peak, as everywhere.
  std::vector<double> values = {1};
  if (periodic || *size != 1)
    values = ops::cosineWindow(*size, double(periodic ? *size : *size - 1), coefficients);
  n.result(0, ops::constantTensor(n.b, n.loc, {*size}, element, values), type);
}

static void buildHannWindow(Node &n) { buildWindow(n, {0.5, -0.5}); }
static void buildHammingWindow(Node &n) { buildWindow(n, {25.0 / 46, -21.0 / 46}); }
static void buildBlackmanWindow(Node &n) { buildWindow(n, {0.42, -0.5, 0.08}); }

static void buildMelWeightMatrix(Node &n) {
  std::optional<int64_t> bins = scalarInput(n, 0), length = scalarInput(n, 1), rate = scalarInput(n, 2);
  std::optional<double> low = n.constantNumber(3), high = n.constantNumber(4);
  int32_t type;
  Type element = resultType(n, type);
  if (n.failed())
    return;
  constexpr int64_t most = 1 << 20;
  if (*bins < 1 || *bins > most || *length < 1 || *length > most || *bins * *length > mostElements || *rate < 1 ||
      !(*low >= 0 && *high >= *low && *high < 1e9))
    return n.fail("there is no matrix for " + llvm::Twine(*bins) + " bins of a spectrum of length " +
                  llvm::Twine(*length) + " at " + llvm::Twine(*rate) + " Hz from " + std::to_string(*low) + " to " +
                  std::to_string(*high) + " Hz");
  std::vector<double> weights = ops::melWeights({*bins, *length, double(*rate), *low, *high});
  n.result(0, ops::constantTensor(n.b, n.loc, {*length / 2 + 1, *bins}, element, weights), type);
}

ArrayRef<Operator> importer::signalOperators() {
  static const Operator table[] = {
      {"BlackmanWindow", 17, newest, 1, 1, Takes::Integer, buildBlackmanWindow},
      {"DFT", 17, newest, 1, 3, Takes::Float, buildDFT},
      {"HammingWindow", 17, newest, 1, 1, Takes::Integer, buildHammingWindow},
      {"HannWindow", 17, newest, 1, 1, Takes::Integer, buildHannWindow},
      {"MelWeightMatrix", 17, newest, 5, 5, Takes::Integer, buildMelWeightMatrix},
      {"STFT", 17, newest, 2, 4, Takes::Float, buildSTFT},
  };
  return table;
}
