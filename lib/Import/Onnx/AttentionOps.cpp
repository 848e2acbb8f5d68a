// AttentionOps.cpp - Attention and FlexAttention
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Operators/Attention.h"
#include "jacquard/Operators/Movement.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// The float type that an attribute names; `otherwise` if it is not there.
static Type precisionAttr(Node &n, StringRef name, Type otherwise) {
  if (!n.hasAttr(name))
    return otherwise;
  auto type = int32_t(n.intAttr(name, 0));
  Type element = mlirElementType(n.b.getContext(), type);
  if (element && isa<FloatType>(element))
    return element;
  n.fail("attribute '" + name + "' is " + elementTypeName(type) + "; expected a float type");
  return otherwise;
}

static int32_t onnxFloat(Type type) {
  if (type.isBF16())
    return onnx::TensorProto::BFLOAT16;
  return type.isF16()   ? onnx::TensorProto::FLOAT16
         : type.isF64() ? onnx::TensorProto::DOUBLE
                        : onnx::TensorProto::FLOAT;
}

/// Fails unless input i, if it is there, holds floats.
static void requireFloatIfGiven(Node &n, size_t i) {
  if (n.has(i))
    n.requireFloat(i);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {

enum AttentionInput { Query, Key, ValueInput, Mask, PastKey, PastValue, Lengths };
enum AttentionOutput { Result0, PresentKey, PresentValue, Scores };
/// What the last output shows.
enum ScoresMode { Raw, Capped, Biased, Weights };

} // namespace

/// Queries, keys or values with their heads in front.
static Value headsOf(Node &n, size_t i, StringRef attribute) {
  if (n.rank(i) == 4)
    return n.input(i);
  if (n.rank(i) != 3) {
    n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected 3 or 4 dimensions");
    return {};
  }
  int64_t heads = n.intAttr(attribute, 0);
  if (heads < 1)
    n.fail("attribute '" + attribute + "' is " + llvm::Twine(heads) + "; expected how many heads a row of input '" +
           n.inputName(i) + "' holds");
  return n.failed() ? Value() : n.take(ops::splitHeads(n.b, n.loc, n.input(i), heads));
}

/// The cache and what is new.
static Value withPast(Node &n, size_t past, Value fresh) {
  if (!n.has(past) || !fresh)
    return fresh;
  if (n.rank(past) != 4 || n.element(past) != ops::elementOf(fresh)) {
    n.fail("input '" + n.inputName(past) + "' is " + elementTypeName(n.type(past)) + ops::describe(n.shape(past)) +
           "; expected [batch, heads, positions, size] of the type of what it is joined with");
    return {};
  }
  return n.take(ops::concat(n.b, n.loc, {n.input(past), fresh}, 2));
}

static std::optional<int64_t> windowAttr(Node &n, StringRef name) {
  int64_t size = n.intAttr(name, -1);
  if (size < -1)
    n.fail("attribute '" + name + "' is " + llvm::Twine(size) + "; expected -1 (no bound) or more");
  if (size < 0)
    return std::nullopt;
  return std::min<int64_t>(size, INT32_MAX / 2); // beyond any number of positions
}

static ops::AttentionMask attentionMask(Node &n) {
  ops::AttentionMask mask;
  mask.bias = n.optionalInput(Mask);
  if (mask.bias && n.element(Mask).isInteger() && !n.element(Mask).isInteger(1))
    mask.bias = ops::convert(n.b, n.loc, mask.bias, n.element(Query), n.isUnsigned(Mask));
  mask.isCausal = n.intAttr("is_causal", 0) != 0;
  mask.leftWindow = windowAttr(n, "left_window_size");
  mask.rightWindow = windowAttr(n, "right_window_size");
  mask.lengths = n.optionalInput(Lengths);
  mask.isOffsetByLength = bool(mask.lengths);
  if (n.has(PastKey) && n.rank(PastKey) == 4)
    mask.offset = n.shape(PastKey)[2];
  if (n.has(PastKey) != n.has(PastValue) || (n.has(PastKey) && n.has(Lengths)))
    n.fail("expected past keys together with past values, and without lengths");
  if (mask.lengths && n.type(Lengths) != onnx::TensorProto::INT64)
    n.fail("lengths have element type " + elementTypeName(n.type(Lengths)) + "; expected int64");
  return mask;
}

static void buildAttention(Node &n) {
  for (size_t i : {Key, ValueInput, PastKey, PastValue})
    requireFloatIfGiven(n, i);
  if (n.rank(Key) != n.rank(Query) || n.rank(ValueInput) != n.rank(Query))
    n.fail("queries, keys and values have shapes " + ops::describe(n.shape(Query)) + ", " +
           ops::describe(n.shape(Key)) + " and " + ops::describe(n.shape(ValueInput)) +
           "; expected 3 dimensions each or 4 each");
  if (n.type(Key) != n.type(Query))
    n.fail("keys have element type " + elementTypeName(n.type(Key)) + "; expected that of the queries, " +
           elementTypeName(n.type(Query)));
  int64_t mode = n.intAttr("qk_matmul_output_mode", Raw);
  if (mode < Raw || mode > Weights)
    n.fail("attribute 'qk_matmul_output_mode' is " + llvm::Twine(mode) + "; expected 0 to 3");
  double cap = n.floatAttr("softcap", 0);
  Type type = n.element(Query), precision = precisionAttr(n, "softmax_precision", type);
  ops::AttentionMask mask = attentionMask(n);
  if (n.failed())
    return;
  Value query = headsOf(n, Query, "q_num_heads");
  Value key = withPast(n, PastKey, headsOf(n, Key, "kv_num_heads"));
  Value value = withPast(n, PastValue, headsOf(n, ValueInput, "kv_num_heads"));
  if (n.failed())
    return;
  if (Status fits = ops::checkAttention(query, key, value); !fits)
    return n.fail(fits.error());
  int64_t size = std::max<int64_t>(ops::shapeOf(query)[3], 1);
  double scale = n.floatAttr("scale", 1 / std::sqrt(double(size)));

  Value stages[4];
  stages[Raw] = ops::attentionScores(n.b, n.loc, query, key, scale);
  stages[Capped] = cap > 0 ? ops::capScores(n.b, n.loc, stages[Raw], cap) : stages[Raw];
  stages[Biased] = n.take(ops::maskScores(n.b, n.loc, stages[Capped], mask));
  if (n.failed())
    return;
  Value weights = ops::attentionWeights(n.b, n.loc, stages[Biased], precision);
  stages[Weights] = ops::convert(n.b, n.loc, weights, type);
  Value result = ops::attend(n.b, n.loc, stages[Weights], value, type);
  n.result(Result0, n.rank(Query) == 3 ? ops::joinHeads(n.b, n.loc, result) : result);
  n.result(PresentKey, key);
  n.result(PresentValue, value, n.type(ValueInput));
  n.result(Scores, stages[mode]);
}

/// Scores or weights after the graph that the model gives for them.
static Value modify(Node &n, StringRef attribute, Value tensor, int32_t type) {
  const onnx::AttributeProto *given = n.findAttr(attribute);
  if (!given || n.failed())
    return tensor;
  Subgraph graph(n.graph, given->g());
  if (graph.numInputs() != 1 || graph.numOutputs() != 1) {
    n.fail("graph '" + attribute + "' has " + llvm::Twine(graph.numInputs()) + " inputs and " +
           llvm::Twine(graph.numOutputs()) + " outputs; expected one each");
    return tensor;
  }
  Result<SmallVector<Item>> results = graph.import(Item{tensor, type});
  if (!results) {
    n.fail(results.error());
    return tensor;
  }
  Value modified = results->front().value;
  if (!modified || modified.getType() != tensor.getType()) {
    n.fail("graph '" + attribute + "' changes the shape or the type of its input; expected " +
           ops::describe(ops::shapeOf(tensor)) + " of the same type");
    return tensor;
  }
  return modified;
}

/// What comes between scores and result is the model's to change.
static void buildFlexAttention(Node &n) {
  n.requireSameTypes();
  Type narrow = n.element(), compute = precisionAttr(n, "softmax_precision", ops::accumulatorType(narrow));
  if (n.failed())
    return;
  if (Status fits = ops::checkAttention(n.input(Query), n.input(Key), n.input(ValueInput)); !fits)
    return n.fail(fits.error());
  int64_t size = std::max<int64_t>(n.shape(Query)[3], 1);
  double scale = n.floatAttr("scale", 1 / std::sqrt(double(size)));
  int32_t type = onnxFloat(compute);
  Value scores = ops::attentionScores(n.b, n.loc, n.input(Query), n.input(Key), scale);
  scores = modify(n, "score_mod", ops::convert(n.b, n.loc, scores, compute), type);
  if (n.failed())
    return;
  Value weights = modify(n, "prob_mod", ops::attentionWeights(n.b, n.loc, scores, compute), type);
  if (!n.failed())
    n.result(0, ops::attend(n.b, n.loc, weights, n.input(ValueInput), narrow));
}

ArrayRef<Operator> importer::attentionOperators() {
  static const Operator table[] = {
      {"Attention", 23, newest, 3, 7, Takes::Float, buildAttention},
      {"FlexAttention", 1, newest, 3, 3, Takes::Float, buildFlexAttention, "ai.onnx.preview"},
  };
  return table;
}
