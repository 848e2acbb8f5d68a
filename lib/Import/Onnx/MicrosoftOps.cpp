// MicrosoftOps.cpp - operators of domain com.microsoft that ONNX Runtime's optimizer and exporters fuse from others
#include "MatrixOps.h"
#include "WindowOps.h"

#include "jacquard/Operators/Activations.h"
#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Normalize.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr const char *microsoft = "com.microsoft";

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// A fused activation with its parameters.
struct FusedActivation {
  enum Kind { None, Relu, LeakyRelu, Sigmoid, HardSigmoid, Tanh, Clip } kind = None;
  double first = 0, second = 0;
};

/// The activation of this name; parameters that `given` leaves out have ONNX's defaults.
static FusedActivation fusedActivation(Node &n, ArrayRef<double> given) {
  static const struct {
    const char *name;
    FusedActivation::Kind kind;
    double first, second;
  } table[] = {{"", FusedActivation::None, 0, 0},
               {"Relu", FusedActivation::Relu, 0, 0},
               {"LeakyRelu", FusedActivation::LeakyRelu, 0.01, 0},
               {"Sigmoid", FusedActivation::Sigmoid, 0, 0},
               {"HardSigmoid", FusedActivation::HardSigmoid, 0.2, 0.5},
               {"Tanh", FusedActivation::Tanh, 0, 0},
               {"Clip", FusedActivation::Clip, -3.4028234663852886e38, 3.4028234663852886e38}};
  std::string name = n.stringAttr("activation", "");
  for (const auto &row : table)
    if (name == row.name)
      return {row.kind, given.empty() ? row.first : given[0], given.size() < 2 ? row.second : given[1]};
  n.fail("attribute 'activation' is '" + name + "'; expected Relu, LeakyRelu, Sigmoid, HardSigmoid, Tanh or Clip");
  return {};
}

static Value activate(Scalars &s, const FusedActivation &activation, Value x) {
  Type type = x.getType();
  Value zero = s.constant(type, 0), first = s.constant(type, activation.first);
  Value second = s.constant(type, activation.second);
  switch (activation.kind) {
  case FusedActivation::None:
    return x;
  case FusedActivation::Relu:
    return s.max(x, zero);
  case FusedActivation::LeakyRelu:
    return s.select(s.less(x, zero), s.mul(first, x), x);
  case FusedActivation::Sigmoid:
    return s.sigmoid(x);
  case FusedActivation::HardSigmoid:
    return s.clamp(s.add(s.mul(first, x), second), zero, s.constant(type, 1));
  case FusedActivation::Tanh:
    return s.tanh(x);
  case FusedActivation::Clip:
    return s.clamp(x, first, second);
  }
  return x;
}

/// Sets result 0 to the activation of a tensor (null where the node failed).
static void finish(Node &n, Value tensor, const FusedActivation &activation) {
  if (n.failed())
    return;
  if (activation.kind != FusedActivation::None)
    tensor =
        ops::elementwise(n.b, n.loc, tensor, [&](Scalars &s, ValueRange x) { return activate(s, activation, x[0]); });
  n.result(0, tensor);
}

/// Input 0 and, where it is there, input 1, added.
static Value addBias(Node &n) {
  if (!n.has(1))
    return n.input(0);
  return n.take(ops::elementwise(n.b, n.loc, {n.input(0), n.input(1)},
                                 [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); }));
}

template <bool byTanh> static void buildGelu(Node &n) {
  n.requireSameTypes();
  Value sum = n.failed() ? Value() : addBias(n);
  if (sum)
    n.result(0, ops::elementwise(n.b, n.loc, sum, [](Scalars &s, ValueRange x) { return ops::gelu(s, x[0], byTanh); }));
}

static void buildQuickGelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.702f);
  if (!n.failed())
    n.result(0, ops::elementwise(n.b, n.loc, n.input(0),
                                 [&](Scalars &s, ValueRange x) { return ops::swish(s, x[0], alpha); }));
}

/// x + bias + skip
static void buildBiasAdd(Node &n) {
  n.requireSameTypes();
  if (!n.failed())
    n.result(ops::elementwise(n.b, n.loc, {n.input(0), n.input(1), n.input(2)},
                              [](Scalars &s, ValueRange x) { return s.add(s.add(x[0], x[1]), x[2]); }));
}

/// The first half of the last dimension times the gelu of the second, behind a bias.
static void buildBiasSplitGelu(Node &n) {
  n.requireSameTypes();
  if (n.rank() == 0 || n.shape().back() % 2 || n.shape(1) != n.shape().take_back())
    n.fail("input and bias have shapes " + ops::describe(n.shape()) + " and " + ops::describe(n.shape(1)) +
           "; expected an even last dimension, and a bias for it");
  Value sum = n.failed() ? Value() : addBias(n);
  if (!sum)
    return;
  Shape half(n.shape()), left(n.rank(), 0), right(n.rank(), 0), steps(n.rank(), 1);
  half.back() /= 2;
  right.back() = half.back();
  n.result(ops::elementwise(
      n.b, n.loc, {ops::slice(n.b, n.loc, sum, left, steps, half), ops::slice(n.b, n.loc, sum, right, steps, half)},
      [](Scalars &s, ValueRange x) { return s.mul(x[0], ops::gelu(s, x[1])); }));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// An operand as matmul takes it: `batch` brings its first dimension behind the others but the last, `matrix` swaps the
/// last two.
static Value transposed(Node &n, size_t i, bool matrix, bool batch) {
  int64_t rank = n.rank(i);
  if (rank < 2 || (!matrix && !batch))
    return n.input(i);
  Shape order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (batch)
    std::rotate(order.begin(), order.begin() + 1, order.end() - 1);
  if (matrix)
    std::swap(order[rank - 1], order[rank - 2]);
  return ops::transpose(n.b, n.loc, n.input(i), order);
}

static void buildFusedMatMul(Node &n) {
  n.requireSameTypes();
  double alpha = n.floatAttr("alpha", 1);
  Value lhs = transposed(n, 0, n.intAttr("transA", 0), n.intAttr("transBatchA", 0));
  Value rhs = transposed(n, 1, n.intAttr("transB", 0), n.intAttr("transBatchB", 0));
  Value product = n.failed() ? Value() : n.take(ops::matmul(n.b, n.loc, lhs, rhs));
  if (!product)
    return;
  if (alpha != 1)
    product = ops::elementwise(n.b, n.loc, product, [&](Scalars &s, ValueRange x) {
      Type type = x[0].getType(), compute = ops::accumulatorType(type);
      return s.cast(s.mul(s.constant(compute, alpha), s.cast(x[0], compute)), type);
    });
  n.result(0, product);
}

static void buildFusedGemm(Node &n) {
  n.requireSameTypes();
  ops::GemmOptions options = readGemmOptions(n);
  SmallVector<double> parameters;
  for (const char *name : {"activation_alpha", "activation_beta"})
    if (n.hasAttr(name))
      parameters.push_back(n.floatAttr(name, 0));
  FusedActivation activation = fusedActivation(n, parameters);
  if (!n.failed())
    finish(n, n.take(ops::gemm(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), options)), activation);
}

static void buildFusedConv(Node &n) {
  n.requireSameTypes();
  ops::Window window = readWindow(n, n.input(1));
  int64_t groups = n.intAttr("group", 1);
  FusedActivation activation = fusedActivation(n, n.floatsAttr("activation_params").value_or(SmallVector<double>()));
  if (n.failed())
    return;
  Value sum = n.take(ops::conv(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), window, groups));
  if (sum && n.has(3))
    sum = n.take(
        ops::elementwise(n.b, n.loc, {sum, n.input(3)}, [](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); }));
  finish(n, sum, activation);
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

/// At least f32, in which ONNX Runtime normalises.
static Type normType(Node &n) { return ops::accumulatorType(n.element()); }

/// Layer normalisation over the last dimension; results 1 and 2 are mean and inverse deviation where they are wanted.
static void layerNormLast(Node &n, Value sum, Value scale, Value bias, bool hasStatistics) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  bool wantsStatistics = hasStatistics && (n.wants(1) || n.wants(2));
  if (n.failed())
    return;
  Result<ops::LayerNormResult> norm =
      ops::layerNorm(n.b, n.loc, sum, scale, bias, ops::rankOf(sum) - 1, epsilon, normType(n), wantsStatistics);
  if (!norm)
    return n.fail(norm.error());
  n.result(0, norm->result);
  if (wantsStatistics) {
    n.result(1, norm->mean, onnx::TensorProto::FLOAT);
    n.result(2, norm->inverseDeviation, onnx::TensorProto::FLOAT);
  }
}

/// The sum of input, skip and, where it is there, input `bias`.
static Value addSkip(Node &n, size_t bias) {
  n.requireSameTypes();
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  SmallVector<Value> terms = {n.input(0), n.input(1)};
  if (n.has(bias))
    terms.push_back(n.input(bias));
  if (n.failed())
    return {};
  Type compute = normType(n), type = n.element();
  Value sum = n.take(ops::elementwise(n.b, n.loc, terms, [&](Scalars &s, ValueRange x) {
    Value total = s.cast(x[0], compute);
    for (Value other : x.drop_front())
      total = s.add(total, s.cast(other, compute));
    return s.cast(total, type);
  }));
  if (sum && ops::shapeOf(sum) != n.shape())
    n.fail("skip or bias does not broadcast to the input's shape " + ops::describe(n.shape()));
  return n.failed() ? Value() : sum;
}

static void buildSkipLayerNormalization(Node &n) {
  Value sum = addSkip(n, 4);
  if (!sum)
    return;
  layerNormLast(n, sum, n.input(2), n.optionalInput(3), /*hasStatistics=*/true);
  n.result(3, sum);
}

static void buildSkipSimplifiedLayerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  Value sum = addSkip(n, 3);
  if (!sum)
    return;
  n.result(ops::rmsNorm(n.b, n.loc, sum, n.input(2), n.rank() - 1, epsilon, normType(n)));
  n.result(3, sum);
}

static void buildSimplifiedLayerNormalization(Node &n) {
  n.requireFloat(1);
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  if (!n.failed())
    n.result(ops::rmsNorm(n.b, n.loc, n.input(0), n.input(1), axis, epsilon, normType(n)));
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

namespace {

enum EmbedInput { Words, Segments, WordTable, PositionTable, SegmentTable, Scale, Bias, EmbedMask, Positions };

} // namespace

/// Per example, how many words its mask keeps; 0 without a mask.
static Value countMask(Node &n) {
  Type type = n.b.getI32Type();
  return ops::mapOver(n.b, n.loc, n.shape(Words)[0], [&](OpBuilder &b, ValueRange p) -> Value {
    if (!n.has(EmbedMask))
      return Scalars(b, n.loc).integer(type, 0);
    return ops::sumOver(b, n.loc, n.shape(Words)[1], type, [&](OpBuilder &b, ValueRange word) {
      Scalars s(b, n.loc);
      Value kept = pat::at(b, n.loc, n.input(EmbedMask), ValueRange{p[0], word[0]});
      return s.cast(s.equal(kept, s.integer(kept.getType(), 1)), type, /*toUnsigned=*/true);
    });
  });
}

static void checkEmbedding(Node &n) {
  for (size_t i : {size_t(WordTable), size_t(PositionTable), size_t(Scale), size_t(Bias)})
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
  if (n.rank(Words) != 2)
    return n.fail("words have shape " + ops::describe(n.shape(Words)) + "; expected [batch, positions]");
  for (size_t i : {size_t(Words), size_t(Segments), size_t(Positions), size_t(EmbedMask)})
    if (n.has(i) && (!n.element(i).isInteger() || n.element(i).isInteger(1)))
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected int32");
  for (size_t i : {size_t(Segments), size_t(EmbedMask)})
    if (n.has(i) && n.shape(i) != n.shape(Words))
      n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected " +
             ops::describe(n.shape(Words)));
  for (size_t i : {size_t(WordTable), size_t(PositionTable), size_t(SegmentTable)})
    if (n.has(i) && (n.rank(i) != 2 || !isa<FloatType>(n.element(i)) || n.type(i) != n.type(WordTable)))
      n.fail("input '" + n.inputName(i) + "' is " + elementTypeName(n.type(i)) + ops::describe(n.shape(i)) +
             "; expected a table of floats with a row per entry");
  if (n.has(Segments) != n.has(SegmentTable))
    n.fail("expected segments together with their table");
  if (!n.failed() && !n.has(Positions) && n.shape(PositionTable)[0] < n.shape(Words)[1])
    n.fail("the table of positions has shape " + ops::describe(n.shape(PositionTable)) + " for " +
           llvm::Twine(n.shape(Words)[1]) + " positions");
}

static void buildEmbedLayerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  checkEmbedding(n);
  if (n.failed())
    return;
  auto rows = [&](size_t table, size_t places) { return ops::gather(n.b, n.loc, n.input(table), n.input(places), 0); };
  SmallVector<Value> terms = {rows(WordTable, Words)};
  terms.push_back(n.has(Positions) ? rows(PositionTable, Positions)
                                   : ops::slice(n.b, n.loc, n.input(PositionTable), {0, 0}, {1, 1},
                                                {n.shape(Words)[1], n.shape(PositionTable)[1]}));
  if (n.has(Segments))
    terms.push_back(rows(SegmentTable, Segments));
  Value sum = n.take(ops::elementwise(n.b, n.loc, terms, [](Scalars &s, ValueRange x) {
    Value total = x[0];
    for (Value other : x.drop_front())
      total = s.add(total, other);
    return total;
  }));
  if (!sum)
    return;
  Type compute = ops::accumulatorType(ops::elementOf(sum));
  Result<ops::LayerNormResult> norm =
      ops::layerNorm(n.b, n.loc, sum, n.input(Scale), n.input(Bias), 2, epsilon, compute);
  if (!norm)
    return n.fail(norm.error());
  n.result(0, norm->result, n.type(WordTable));
  if (n.wants(1))
    n.result(1, countMask(n), onnx::TensorProto::INT32);
  n.result(2, sum, n.type(WordTable));
}

ArrayRef<Operator> importer::microsoftOperators() {
  static const Operator table[] = {
      {"BiasAdd", 1, newest, 3, 3, Takes::Float, buildBiasAdd, microsoft},
      {"BiasGelu", 1, newest, 2, 2, Takes::Float, buildGelu<false>, microsoft},
      {"BiasSplitGelu", 1, newest, 2, 2, Takes::Float, buildBiasSplitGelu, microsoft},
      {"EmbedLayerNormalization", 1, newest, 1, 9, Takes::Integer, buildEmbedLayerNormalization, microsoft},
      {"FastGelu", 1, newest, 1, 2, Takes::Float, buildGelu<true>, microsoft},
      {"FusedConv", 1, newest, 2, 4, Takes::Float, buildFusedConv, microsoft},
      {"FusedGemm", 1, newest, 2, 3, Takes::Float, buildFusedGemm, microsoft},
      {"FusedMatMul", 1, newest, 2, 2, Takes::Float, buildFusedMatMul, microsoft},
      {"Gelu", 1, newest, 1, 1, Takes::Float, buildGelu<false>, microsoft},
      {"QuickGelu", 1, newest, 1, 1, Takes::Float, buildQuickGelu, microsoft},
      // ONNX Runtime keeps this one in ONNX's own domain.
      {"SimplifiedLayerNormalization", 1, newest, 2, 2, Takes::Float, buildSimplifiedLayerNormalization},
      {"SimplifiedLayerNormalization", 1, newest, 2, 2, Takes::Float, buildSimplifiedLayerNormalization, microsoft},
      {"SkipLayerNormalization", 1, newest, 3, 5, Takes::Float, buildSkipLayerNormalization, microsoft},
      {"SkipSimplifiedLayerNormalization", 1, newest, 3, 4, Takes::Float, buildSkipSimplifiedLayerNormalization,
       microsoft},
      {"TransposeMatMul", 1, newest, 2, 2, Takes::Float, buildFusedMatMul, microsoft},
  };
  return table;
}
