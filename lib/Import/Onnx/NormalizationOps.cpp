// NormalizationOps.cpp - softmax and the normalisations
#include "Node.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Normalize.h"
#include "jacquard/Operators/Reduce.h"
#include "jacquard/Operators/Training.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t floatType = 1;

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// The product of extents [from, to).
static int64_t product(ArrayRef<int64_t> shape, int64_t from, int64_t to) {
  return pat::numPoints(shape.slice(from, to - from));
}

/// Before version 13 all dimensions from `axis` on form one row; `alongRow` works on the last dimension of a matrix.
static Value overRows(Node &n, int64_t axis, llvm::function_ref<Value(Value)> alongRow) {
  Shape matrix = {product(n.shape(), 0, axis), product(n.shape(), axis, n.rank())};
  Value rows = ops::reshape(n.b, n.loc, n.input(0), matrix);
  return ops::reshape(n.b, n.loc, alongRow(rows), n.shape());
}

template <bool logarithm> static void buildSoftmax(Node &n) {
  if (n.rank() == 0)
    return n.fail("input has no dimensions; expected at least one");
  bool flattens = n.opset < 13;
  int64_t axis = n.axisAttr("axis", flattens ? 1 : -1, n.rank() + (flattens && n.rank() == 1 ? 1 : 0));
  if (n.failed())
    return;
  if (flattens && axis < n.rank() - 1)
    return n.result(0, overRows(n, axis, [&](Value rows) { return ops::softmax(n.b, n.loc, rows, 1, logarithm); }));
  n.result(0, ops::softmax(n.b, n.loc, n.input(0), std::min(axis, n.rank() - 1), logarithm));
}

static void buildHardmax(Node &n) {
  if (n.rank() == 0)
    return n.fail("input has no dimensions; expected at least one");
  bool flattens = n.opset < 13;
  int64_t axis = n.axisAttr("axis", flattens ? 1 : -1, n.rank());
  if (n.failed())
    return;
  if (flattens && axis < n.rank() - 1)
    return n.result(0, overRows(n, axis, [&](Value rows) {
                      Value hard = n.take(ops::hardmax(n.b, n.loc, rows, 1));
                      return hard ? hard : rows;
                    }));
  n.result(ops::hardmax(n.b, n.loc, n.input(0), axis));
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

/// All parameters are floats like the input.
static void requireFloats(Node &n) {
  for (size_t i = 1; i < n.numInputs(); ++i)
    n.requireFloat(i);
}

/// Outputs are the running mean and variance, and before version 14 those of the batch too.
static void buildTrainingBatchNorm(Node &n, const ops::BatchNormOptions &options) {
  Result<ops::BatchNormTraining> norm = ops::batchNormTraining(
      n.b, n.loc, {n.input(0), n.input(1), n.input(2), n.input(3), n.input(4)}, options);
  if (!norm)
    return n.fail(norm.error());
  n.result(0, norm->result);
  n.result(1, norm->runningMean, n.type(3));
  n.result(2, norm->runningVariance, n.type(4));
  for (auto [i, value] : {std::pair<size_t, Value>(3, norm->mean), std::pair<size_t, Value>(4, norm->variance)})
    if (n.wants(i))
      n.result(i, ops::convert(n.b, n.loc, value, n.element()));
}

static void buildBatchNormalization(Node &n) {
  // Training is a mode of versions 14 on and before 7; between, it shows in the number of outputs.
  bool training = n.intAttr("training_mode", 0) || (n.opset < 7 && !n.intAttr("is_test", 0));
  for (size_t i = 1; i < n.numOutputs() && n.opset < 14; ++i)
    training |= n.wants(i);
  requireFloats(n);
  ops::BatchNormOptions options;
  options.epsilon = n.floatAttr("epsilon", 1e-5f);
  options.momentum = n.floatAttr("momentum", 0.9f);
  options.perChannel = n.opset >= 9 || n.intAttr("spatial", 1);
  if (n.failed())
    return;
  if (training)
    return buildTrainingBatchNorm(n, options);
  if (options.perChannel)
    return n.result(
        ops::batchNorm(n.b, n.loc, n.input(0), n.input(1), n.input(2), n.input(3), n.input(4), options.epsilon));
  // Parameters have the shape of one example.
  n.result(ops::elementwise(n.b, n.loc, {n.input(0), n.input(1), n.input(2), n.input(3), n.input(4)},
                            [&](ops::Scalars &s, ValueRange x) {
                              Value epsilon = s.constant(x[0].getType(), options.epsilon);
                              Value normal = s.div(s.sub(x[0], x[3]), s.sqrt(s.add(x[4], epsilon)));
                              return s.add(s.mul(x[1], normal), x[2]);
                            }));
}

/// The type that stash_type names, for what is computed inside.
static Type computeType(Node &n) {
  int32_t type = int32_t(n.intAttr("stash_type", floatType));
  Type element = mlirElementType(n.b.getContext(), type);
  if (!element || !isa<FloatType>(element)) {
    n.fail("attribute 'stash_type' is " + elementTypeName(type) + "; expected a float type");
    return {};
  }
  // Never less than the input's own precision.
  return element.getIntOrFloatBitWidth() < n.element().getIntOrFloatBitWidth() ? n.element() : element;
}

static void buildLayerNormalization(Node &n) {
  requireFloats(n);
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  Type compute = computeType(n);
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  if (n.failed())
    return;
  bool statistics = n.wants(1) || n.wants(2);
  Result<ops::LayerNormResult> norm =
      ops::layerNorm(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), axis, epsilon, compute, statistics);
  if (!norm)
    return n.fail(norm.error());
  n.result(0, norm->result);
  int32_t stash = int32_t(n.intAttr("stash_type", floatType));
  Type element = mlirElementType(n.b.getContext(), stash);
  for (auto [i, value] : {std::pair<size_t, Value>(1, norm->mean), std::pair<size_t, Value>(2, norm->inverseDeviation)})
    if (value && n.wants(i))
      n.result(i, ops::convert(n.b, n.loc, value, element), stash);
}

static void buildRMSNormalization(Node &n) {
  requireFloats(n);
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  Type compute = computeType(n);
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  if (!n.failed())
    n.result(ops::rmsNorm(n.b, n.loc, n.input(0), n.input(1), axis, epsilon, compute));
}

static void buildInstanceNormalization(Node &n) {
  requireFloats(n);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (n.rank() < 2)
    return n.fail("input has shape " + ops::describe(n.shape()) + "; expected batch and channels at least");
  if (!n.failed())
    n.result(
        ops::groupNorm(n.b, n.loc, n.input(0), n.input(1), n.input(2), n.shape()[1], epsilon, /*perChannel=*/true));
}

static void buildGroupNormalization(Node &n) {
  requireFloats(n);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  int64_t groups = n.intAttr("num_groups", 0);
  bool perChannel = n.opset >= 21;
  if (!n.failed())
    n.result(ops::groupNorm(n.b, n.loc, n.input(0), n.input(1), n.input(2), groups, epsilon, perChannel));
}

static void buildLRN(Node &n) {
  int64_t size = n.intAttr("size", 0);
  double alpha = n.floatAttr("alpha", 1e-4f), beta = n.floatAttr("beta", 0.75), bias = n.floatAttr("bias", 1);
  if (size < 1 || n.rank() < 2)
    n.fail("expected a positive size and an input with channels; found size " + llvm::Twine(size) + " and shape " +
           ops::describe(n.shape()));
  if (!n.failed())
    n.result(0, ops::localResponseNorm(n.b, n.loc, n.input(0), size, alpha, beta, bias));
}

static void buildLpNormalization(Node &n) {
  int64_t axis = n.axisAttr("axis", -1, n.rank()), p = n.intAttr("p", 2);
  if (p != 1 && p != 2)
    n.fail("attribute 'p' is " + llvm::Twine(p) + "; expected 1 or 2");
  if (!n.failed())
    n.result(0, ops::lpNormalize(n.b, n.loc, n.input(0), axis, p));
}

/// (x - mean) / (sqrt(variance) + 1e-9) over the axes, as ONNX defines it by a function.
static void buildMeanVarianceNormalization(Node &n) {
  Result<Shape> axes = ops::normalizeAxes(n.intsAttr("axes").value_or(Shape{0, 2, 3}), n.rank());
  if (!axes)
    return n.fail(axes.error());
  Value mean = ops::reduce(n.b, n.loc, ops::Reduction::Mean, n.input(0), *axes, /*keepAxes=*/true);
  Value centred = n.take(ops::elementwise(n.b, n.loc, {n.input(0), mean},
                                          [](ops::Scalars &s, ValueRange x) { return s.sub(x[0], x[1]); }));
  Value square = ops::elementwise(n.b, n.loc, centred, [](ops::Scalars &s, ValueRange x) { return s.square(x[0]); });
  Value variance = ops::reduce(n.b, n.loc, ops::Reduction::Mean, square, *axes, /*keepAxes=*/true);
  n.result(ops::elementwise(n.b, n.loc, {centred, variance}, [](ops::Scalars &s, ValueRange x) {
    return s.div(x[0], s.add(s.sqrt(x[1]), s.constant(x[1].getType(), 1e-9)));
  }));
}

ArrayRef<Operator> importer::normalizationOperators() {
  static const Operator table[] = {
      {"BatchNormalization", 6, newest, 5, 5, Takes::Float, buildBatchNormalization},
      {"GroupNormalization", 18, newest, 3, 3, Takes::Float, buildGroupNormalization},
      {"Hardmax", 1, newest, 1, 1, Takes::Float, buildHardmax},
      {"InstanceNormalization", 6, newest, 3, 3, Takes::Float, buildInstanceNormalization},
      {"LRN", 1, newest, 1, 1, Takes::Float, buildLRN},
      {"LayerNormalization", 17, newest, 2, 3, Takes::Float, buildLayerNormalization},
      {"LogSoftmax", 1, newest, 1, 1, Takes::Float, buildSoftmax<true>},
      {"LpNormalization", 1, newest, 1, 1, Takes::Float, buildLpNormalization},
      {"MeanVarianceNormalization", 9, newest, 1, 1, Takes::Float, buildMeanVarianceNormalization},
      {"RMSNormalization", 23, newest, 2, 2, Takes::Float, buildRMSNormalization},
      {"Softmax", 1, newest, 1, 1, Takes::Float, buildSoftmax<false>},
  };
  return table;
}
