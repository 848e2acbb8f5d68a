// CarriedOps.cpp - operators of language models that carry positions, caches and states along a sequence
#include "Node.h"

#include "jacquard/Operators/Activations.h"
#include "jacquard/Operators/Carried.h"
#include "jacquard/Operators/Contract.h"
#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// Input 0 as [batch, positions, heads, size].
static Value positionsFirst(Node &n) {
  if (n.rank() == 4)
    return ops::transpose(n.b, n.loc, n.input(0), {0, 2, 1, 3});
  int64_t heads = n.intAttr("num_heads", 0);
  if (n.rank() != 3 || heads < 1 || n.shape()[2] % heads) {
    n.fail("input has shape " + ops::describe(n.shape()) + " and attribute 'num_heads' is " + llvm::Twine(heads) +
           "; expected [batch, heads, positions, size], or [batch, positions, heads * size] and the number of heads");
    return {};
  }
  return ops::reshape(n.b, n.loc, n.input(0), {n.shape()[0], n.shape()[1], heads, n.shape()[2] / heads});
}

/// Rows of a table of cosines or sines for the positions in input 3.
static Value anglesAt(Node &n, size_t table) {
  if (!n.has(3))
    return n.input(table);
  if (n.rank(table) == 2 && n.rank(3) == 2 && n.element(3).isInteger(64))
    return ops::gather(n.b, n.loc, n.input(table), n.input(3), 0);
  n.fail("positions are " + elementTypeName(n.type(3)) + ops::describe(n.shape(3)) + " for a table of shape " +
         ops::describe(n.shape(table)) + "; expected int64 [batch, positions], and a row per position");
  return {};
}

static void buildRotaryEmbedding(Node &n) {
  n.requireFloat(1);
  n.requireFloat(2);
  ops::RotaryOptions options;
  options.size = n.intAttr("rotary_embedding_dim", 0);
  options.interleaved = n.intAttr("interleaved", 0) != 0;
  Value tensor = positionsFirst(n), cosines = anglesAt(n, 1), sines = anglesAt(n, 2);
  if (n.failed())
    return;
  if (options.size == 0)
    options.size = ops::shapeOf(tensor)[3];
  Value rotated = n.take(ops::rotate(n.b, n.loc, tensor, cosines, sines, options));
  if (!rotated)
    return;
  n.result(0, n.rank() == 4 ? ops::transpose(n.b, n.loc, rotated, {0, 2, 1, 3})
                            : ops::reshape(n.b, n.loc, rotated, n.shape()));
}

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

static void buildTensorScatter(Node &n) {
  std::string mode = n.stringAttr("mode", "linear");
  if (mode != "linear" && mode != "circular")
    n.fail("attribute 'mode' is '" + mode + "'; expected linear or circular");
  if (n.type(1) != n.type(0))
    n.fail("the update has element type " + elementTypeName(n.type(1)) + "; expected that of the cache, " +
           elementTypeName(n.type(0)));
  if (n.has(2) && !n.element(2).isInteger(64))
    n.fail("write indices have element type " + elementTypeName(n.type(2)) + "; expected int64");
  int64_t axis = n.axisAttr("axis", -2, n.rank());
  if (!n.failed())
    n.result(ops::updateCache(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), axis, mode == "circular"));
}

static void buildCausalConv(Node &n) {
  n.requireSameTypes();
  std::string activation = n.stringAttr("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    n.fail("attribute 'activation' is '" + activation + "'; expected none, silu or swish");
  if (n.rank() != 3 || n.rank(1) != 3)
    n.fail("input and weight have shapes " + ops::describe(n.shape()) + " and " + ops::describe(n.shape(1)) +
           "; expected [batch, channels, positions] and [channels, 1, kernel]");
  if (n.failed())
    return;
  int64_t batch = n.shape()[0], channels = n.shape()[1], kernel = n.shape(1)[2], before = kernel - 1;
  Shape past = {batch, channels, before};
  if (n.has(3) && n.shape(3) != ArrayRef<int64_t>(past))
    return n.fail("the past state has shape " + ops::describe(n.shape(3)) + "; expected " + ops::describe(past));
  Value padded = n.has(3) && before > 0
                     ? n.take(ops::concat(n.b, n.loc, {n.input(3), n.input(0)}, 2))
                     : n.take(ops::pad(n.b, n.loc, n.input(0), {0, 0, before}, {0, 0, 0}, ops::PadMode::Constant));
  if (n.failed())
    return;
  ops::Window window{{kernel}, {1}, {1}, {0}, {0}};
  Value result = n.take(ops::conv(n.b, n.loc, padded, n.input(1), n.optionalInput(2), window, channels));
  if (n.failed())
    return;
  if (activation != "none")
    result = ops::elementwise(n.b, n.loc, result, [](ops::Scalars &s, ValueRange x) { return ops::swish(s, x[0]); });
  n.result(0, result);
  n.result(1, ops::slice(n.b, n.loc, padded, {0, 0, n.shape()[2]}, {1, 1, 1}, past));
}

//===----------------------------------------------------------------------===//
// Linear attention
//===----------------------------------------------------------------------===//

/// Fails unless an input is there exactly where the update rule takes it.
static void requireByRule(Node &n, size_t i, const char *what, bool isTaken, const std::string &rule) {
  if (n.has(i) != isTaken)
    n.fail("update rule '" + rule + "' and " + (n.has(i) ? "" : "no ") + what + "; expected " +
           (isTaken ? "one" : "none") + " with this rule");
  if (n.has(i))
    n.requireFloat(i);
}

static void buildLinearAttention(Node &n) {
  std::string rule = n.stringAttr("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
    n.fail("attribute 'update_rule' is '" + rule + "'; expected linear, gated, delta or gated_delta");
  n.requireFloat(1);
  n.requireFloat(2);
  if (n.has(3))
    n.requireFloat(3);
  requireByRule(n, 4, "decay", rule == "gated" || rule == "gated_delta", rule);
  requireByRule(n, 5, "update rate", rule == "delta" || rule == "gated_delta", rule);
  ops::LinearAttention net;
  net.query = n.input(0);
  net.key = n.input(1);
  net.value = n.input(2);
  net.state = n.optionalInput(3);
  net.decay = n.optionalInput(4);
  net.beta = n.optionalInput(5);
  net.queryHeads = n.intAttr("q_num_heads", 0);
  net.heads = n.intAttr("kv_num_heads", 0);
  net.scale = n.floatAttr("scale", 0);
  if (n.failed())
    return;
  if (net.scale == 0 && net.queryHeads > 0 && n.rank() == 3)
    net.scale = 1 / std::sqrt(double(std::max<int64_t>(n.shape()[2] / net.queryHeads, 1)));
  Result<ops::LinearAttentionResult> result = ops::linearAttention(n.b, n.loc, net);
  if (!result)
    return n.fail(result.error());
  n.result(0, result->output);
  n.result(1, result->state, n.has(3) ? n.type(3) : n.type(0));
}

/// The gate's swish times the other input.
static void buildSwiGLU(Node &n) {
  n.requireSameTypes();
  double alpha = n.floatAttr("alpha", 1);
  if (n.shape(0) != n.shape(1))
    n.fail("inputs have shapes " + ops::describe(n.shape(0)) + " and " + ops::describe(n.shape(1)) +
           "; expected equal ones");
  if (n.failed())
    return;
  n.result(ops::elementwise(n.b, n.loc, {n.input(0), n.input(1)},
                            [&](ops::Scalars &s, ValueRange x) { return s.mul(ops::swish(s, x[0], alpha), x[1]); }));
}

ArrayRef<Operator> importer::carriedOperators() {
  static const Operator table[] = {
      {"CausalConvWithState", 27, newest, 2, 4, Takes::Float, buildCausalConv},
      {"LinearAttention", 27, newest, 3, 6, Takes::Float, buildLinearAttention},
      {"RotaryEmbedding", 23, newest, 3, 4, Takes::Float, buildRotaryEmbedding},
      {"SwiGLU", 28, newest, 2, 2, Takes::Float, buildSwiGLU},
      {"TensorScatter", 24, newest, 2, 3, Takes::Any, buildTensorScatter},
  };
  return table;
}
