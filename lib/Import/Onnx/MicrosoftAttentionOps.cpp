// MicrosoftAttentionOps.cpp - Attention and MultiHeadAttention of domain com.microsoft
#include "MicrosoftAttention.h"

#include "jacquard/Operators/Contract.h"
#include "jacquard/Operators/Movement.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

//===----------------------------------------------------------------------===//
// What they share
//===----------------------------------------------------------------------===//

namespace {

/// One tensor of numbers that are added to the scores, from several.
class Biases {
public:
  Biases(Node &n, Type type) : n(n), type(type) {}

  void add(Value tensor) {
    auto sum = [&](Scalars &s, ValueRange x) { return s.add(x[0], x[1]); };
    if (tensor)
      total = total ? n.take(ops::elementwise(n.b, n.loc, {total, tensor}, sum)) : tensor;
  }

  /// mask_filter_value where input i, a mask of integers, hides one of `keys` keys.
  void addKeyMask(size_t i, int64_t batch, int64_t queries, int64_t keys);

  Value total; ///< null: none

private:
  Node &n;
  Type type;
};

} // namespace

void Biases::addKeyMask(size_t i, int64_t batch, int64_t queries, int64_t keys) {
  Value mask = n.input(i);
  ArrayRef<int64_t> shape = ops::shapeOf(mask);
  double filter = n.floatAttr("mask_filter_value", -10000);
  // One per key, or per query and key; or where each example's keys end, and, behind that, where they begin.
  bool isPerKey = shape == ArrayRef<int64_t>{batch, keys};
  bool isPerPair = shape == ArrayRef<int64_t>{batch, queries, keys};
  bool isEnd = shape == ArrayRef<int64_t>{batch}, isRange = shape == ArrayRef<int64_t>{2 * batch};
  if ((!isPerKey && !isPerPair && !isEnd && !isRange) || !n.element(i).isInteger() || n.element(i).isInteger(1))
    return n.fail("the mask is " + elementTypeName(n.type(i)) + ops::describe(shape) + "; expected int32 of shape " +
                  ops::describe({batch, keys}) + ", " + ops::describe({batch, queries, keys}) + ", " +
                  ops::describe({batch}) + " or " + ops::describe({2 * batch}));
  Shape domain = {batch, 1, isPerPair ? queries : 1, keys};
  add(ops::mapOver(n.b, n.loc, domain, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value kept;
    if (isPerKey || isPerPair) {
      SmallVector<Value> place = {p[0], p[3]};
      if (isPerPair)
        place.insert(place.begin() + 1, p[2]);
      Value element = pat::at(b, n.loc, mask, place);
      kept = s.less(s.integer(element.getType(), 0), element);
    } else {
      auto bound = [&](int64_t from) {
        return s.cast(ops::read(b, n.loc, mask, {b.getAffineDimExpr(0) + from}, p[0]), b.getIndexType());
      };
      kept = s.less(p[3], bound(0));
      if (isRange)
        kept = s.both(kept, s.lessEqual(bound(batch), p[3]));
    }
    return s.select(kept, s.constant(type, 0), s.constant(type, filter));
  }));
}

Value importer::attend(Node &n, const Operands &x, const ops::AttentionMask &mask, double cap) {
  if (Status fits = ops::checkAttention(x.query, x.key, x.value); !fits) {
    n.fail(fits.error());
    return {};
  }
  Type type = ops::elementOf(x.query);
  double scale = n.floatAttr("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(std::max<int64_t>(ops::shapeOf(x.query)[3], 1)));
  Value scores = ops::attentionScores(n.b, n.loc, x.query, x.key, scale);
  if (cap > 0)
    scores = ops::capScores(n.b, n.loc, scores, cap);
  scores = n.take(ops::maskScores(n.b, n.loc, scores, mask));
  if (n.failed())
    return {};
  Value weights = ops::attentionWeights(n.b, n.loc, scores, ops::accumulatorType(type));
  n.result(0, ops::joinHeads(n.b, n.loc, ops::attend(n.b, n.loc, weights, x.value, type)));
  return weights;
}

Value importer::lastPart(Node &n, Value tensor, int64_t from, int64_t count) {
  Shape starts(ops::rankOf(tensor), 0), steps(ops::rankOf(tensor), 1), shape(ops::shapeOf(tensor));
  starts.back() = from;
  shape.back() = count;
  return ops::slice(n.b, n.loc, tensor, starts, steps, shape);
}

static Value plus(Node &n, Value x, Value y) {
  return n.take(ops::elementwise(n.b, n.loc, {x, y}, [](Scalars &s, ValueRange v) { return s.add(v[0], v[1]); }));
}

Value importer::split(Node &n, Value tensor, int64_t heads) {
  return n.take(ops::splitHeads(n.b, n.loc, tensor, heads));
}

int64_t importer::headsAttr(Node &n, StringRef name) {
  int64_t heads = n.intAttr(name, 0);
  if (heads < 1)
    n.fail("attribute '" + name + "' is " + llvm::Twine(heads) + "; expected at least 1");
  return std::max<int64_t>(heads, 1);
}

void importer::refuse(Node &n, size_t i, const char *what) {
  if (n.has(i))
    n.fail(llvm::Twine("input '") + n.inputName(i) + "' (" + what + ") is not supported");
}

/// The past, [batch, heads, positions, size] or null, and what follows it.
static Value join(Node &n, Value past, Value fresh) {
  return past && fresh ? n.take(ops::concat(n.b, n.loc, {past, fresh}, 2)) : fresh;
}

//===----------------------------------------------------------------------===//
// Attention: one product gives queries, keys and values
//===----------------------------------------------------------------------===//

/// Keys (0) or values (1) of the past [2, batch, heads, positions, size].
static Value pastPart(Node &n, Value past, int64_t which) {
  Shape shape(ops::shapeOf(past));
  shape[0] = 1;
  Value part = ops::slice(n.b, n.loc, past, {which, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, shape);
  return ops::reshape(n.b, n.loc, part, ArrayRef<int64_t>(shape).drop_front());
}

/// The widths of queries, keys and values, which `qkv_hidden_sizes` gives or which are equal.
static Shape projectionSizes(Node &n) {
  int64_t width = n.rank(1) == 2 ? n.shape(1)[1] : 0;
  Shape sizes = n.intsAttr("qkv_hidden_sizes").value_or(Shape());
  if (sizes.empty())
    sizes = {width / 3, width / 3, width / 3};
  if (sizes.size() != 3 || llvm::any_of(sizes, [](int64_t size) { return size < 1 || size > INT32_MAX; }) ||
      sizes[0] + sizes[1] + sizes[2] != width)
    n.fail("weights have shape " + ops::describe(n.shape(1)) + " for queries, keys and values of widths " +
           ops::describe(sizes) + "; expected these side by side");
  return sizes;
}

static void buildAttention(Node &n) {
  enum { Input, Weights, Bias, Mask, Past, AttentionBias, PastLength };
  for (size_t i : {Weights, Bias, Past, AttentionBias})
    if (n.has(i))
      n.requireFloat(i);
  refuse(n, PastLength, "a cache that past and present share");
  if (n.intAttr("do_rotary", 0))
    n.fail("attribute 'do_rotary' is not supported; rotate with RotaryEmbedding");
  int64_t heads = headsAttr(n, "num_heads");
  Shape sizes = projectionSizes(n);
  if (n.rank() != 3 || (n.has(Past) && (n.rank(Past) != 5 || n.shape(Past)[0] != 2)))
    n.fail("input has shape " + ops::describe(n.shape()) +
           "; expected [batch, positions, width], and a past of [2, batch, heads, positions, size]");
  Value all = n.failed() ? Value() : n.take(ops::matmul(n.b, n.loc, n.input(Input), n.input(Weights)));
  if (all && n.has(Bias))
    all = plus(n, all, n.input(Bias));
  if (!all)
    return;
  Operands x{split(n, lastPart(n, all, 0, sizes[0]), heads), split(n, lastPart(n, all, sizes[0], sizes[1]), heads),
             split(n, lastPart(n, all, sizes[0] + sizes[1], sizes[2]), heads)};
  ops::AttentionMask mask;
  if (n.has(Past)) {
    mask.offset = n.shape(Past)[3];
    x.key = join(n, pastPart(n, n.input(Past), 0), x.key);
    x.value = join(n, pastPart(n, n.input(Past), 1), x.value);
  }
  if (n.failed())
    return;
  mask.isCausal = n.intAttr("unidirectional", 0) != 0;
  Biases biases(n, n.element());
  biases.add(n.optionalInput(AttentionBias));
  if (n.has(Mask))
    biases.addKeyMask(Mask, n.shape()[0], n.shape()[1], ops::shapeOf(x.key)[2]);
  mask.bias = biases.total;
  if (n.failed())
    return;
  attend(n, x, mask);
  if (n.failed() || !n.wants(1))
    return;
  Shape one(ops::shapeOf(x.key));
  one.insert(one.begin(), 1);
  if (x.key.getType() != x.value.getType())
    return n.fail("keys and values of different widths have no common present state");
  n.result(1, n.take(ops::concat(n.b, n.loc,
                                 {ops::reshape(n.b, n.loc, x.key, one), ops::reshape(n.b, n.loc, x.value, one)}, 0)));
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Part `which` of [batch, positions, heads, parts, size], with the heads in front.
static Value packedPart(Node &n, Value packed, int64_t which) {
  Shape shape(ops::shapeOf(packed));
  shape[3] = 1;
  Value part = ops::slice(n.b, n.loc, packed, {0, 0, 0, which, 0}, {1, 1, 1, 1, 1}, shape);
  part = ops::reshape(n.b, n.loc, part, {shape[0], shape[1], shape[2], shape[4]});
  return ops::transpose(n.b, n.loc, part, {0, 2, 1, 3});
}

/// Queries, keys and values, which come apart or packed; `bias` in the order queries, keys, values.
static Operands multiHeadOperands(Node &n, int64_t heads, Value bias) {
  enum { Query, Key, ValueInput };
  int64_t taken = 0;
  auto biased = [&](Value tensor) { // [batch, positions, width]
    int64_t width = ops::shapeOf(tensor)[2];
    if (!bias)
      return tensor;
    if (taken + width > ops::shapeOf(bias)[0]) {
      n.fail("the bias has shape " + ops::describe(ops::shapeOf(bias)) + "; expected one element per width");
      return tensor;
    }
    taken += width;
    return plus(n, tensor, lastPart(n, bias, taken - width, width));
  };
  auto heads4 = [&](Value tensor) {
    if (ops::rankOf(tensor) == 4 || n.failed()) // keys or values that were projected before
      return tensor;
    if (ops::rankOf(tensor) == 3) {
      Value sum = biased(tensor);
      return n.failed() ? Value() : split(n, sum, heads);
    }
    n.fail("an input has shape " + ops::describe(ops::shapeOf(tensor)) + "; expected [batch, positions, width]");
    return tensor;
  };
  bool isPacked = n.rank(Query) == 5 || (n.has(Key) && n.rank(Key) == 5);
  if (isPacked && bias)
    n.fail("a bias for packed inputs is not supported; add it before they are packed");
  if (n.rank(Query) == 5 && n.shape(Query)[3] == 3 && !n.has(Key))
    return {packedPart(n, n.input(Query), 0), packedPart(n, n.input(Query), 1), packedPart(n, n.input(Query), 2)};
  if (n.has(Key) && n.rank(Key) == 5 && n.shape(Key)[3] == 2 && !n.has(ValueInput))
    return {heads4(n.input(Query)), packedPart(n, n.input(Key), 0), packedPart(n, n.input(Key), 1)};
  if (isPacked || !n.has(Key) || !n.has(ValueInput)) {
    n.fail("expected queries, keys and values, or queries, keys and values packed into [batch, positions, heads, 2 or "
           "3, size]");
    return {};
  }
  Value query = heads4(n.input(Query)), key = heads4(n.input(Key));
  return {query, key, heads4(n.input(ValueInput))};
}

static void buildMultiHeadAttention(Node &n) {
  enum { Query, Key, ValueInput, Bias, KeyMask, AttentionBias, PastKey, PastValue, PastLength, Indirection };
  n.requireFloat(0);
  for (size_t i : {Key, ValueInput, Bias, AttentionBias, PastKey, PastValue})
    if (n.has(i) && n.type(i) != n.type())
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected " +
             elementTypeName(n.type()));
  refuse(n, PastLength, "a cache that past and present share");
  refuse(n, Indirection, "beam search");
  if (n.has(PastKey) != n.has(PastValue) || (n.has(PastKey) && (n.rank(PastKey) != 4 || n.rank(PastValue) != 4)))
    n.fail("expected past keys and past values of shape [batch, heads, positions, size], or neither");
  if (n.has(Bias) && n.rank(Bias) != 1)
    n.fail("the bias has shape " + ops::describe(n.shape(Bias)) + "; expected one dimension");
  int64_t heads = headsAttr(n, "num_heads");
  if (n.failed())
    return;
  Operands x = multiHeadOperands(n, heads, n.optionalInput(Bias));
  if (n.failed())
    return;
  ops::AttentionMask mask;
  mask.offset = n.has(PastKey) ? n.shape(PastKey)[2] : 0;
  mask.isCausal = n.intAttr("unidirectional", 0) != 0;
  x.key = join(n, n.optionalInput(PastKey), x.key);
  x.value = join(n, n.optionalInput(PastValue), x.value);
  if (n.failed())
    return;
  Biases biases(n, n.element());
  biases.add(n.optionalInput(AttentionBias));
  if (n.has(KeyMask))
    biases.addKeyMask(KeyMask, ops::shapeOf(x.query)[0], ops::shapeOf(x.query)[2], ops::shapeOf(x.key)[2]);
  mask.bias = biases.total;
  if (n.failed())
    return;
  Value weights = attend(n, x, mask);
  if (n.failed())
    return;
  n.result(1, x.key);
  n.result(2, x.value);
  if (n.wants(3))
    n.result(3, ops::convert(n.b, n.loc, weights, n.element()));
}

ArrayRef<Operator> importer::microsoftAttentionOperators() {
  static const Operator table[] = {
      {"Attention", 1, newest, 2, 7, Takes::Float, buildAttention, microsoft},
      {"GroupQueryAttention", 1, newest, 1, 16, Takes::Any, buildGroupQueryAttention, microsoft},
      {"MultiHeadAttention", 1, newest, 1, 10, Takes::Float, buildMultiHeadAttention, microsoft},
      {"RotaryEmbedding", 1, newest, 4, 4, Takes::Float, buildMicrosoftRotaryEmbedding, microsoft},
  };
  return table;
}
