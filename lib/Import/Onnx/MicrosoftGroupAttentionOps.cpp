// MicrosoftGroupAttentionOps.cpp - GroupQueryAttention and RotaryEmbedding of domain com.microsoft
#include "MicrosoftAttention.h"

#include "jacquard/Operators/Carried.h"
#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Normalize.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// Input 0 of RotaryEmbedding, or queries or keys with heads in front, rotated by rows of the tables for `positions`
/// [batch or 1, positions].
static Value rotateAt(Node &n, Value heads, Value positions, Value cosines, Value sines, ops::RotaryOptions options) {
  for (Value table : {cosines, sines})
    if (ops::rankOf(table) != 2 || ops::elementOf(table) != n.element()) {
      n.fail("a table of cosines or sines has shape " + ops::describe(ops::shapeOf(table)) +
             "; expected a row per position, of the input's type");
      return {};
    }
  if (options.size == 0)
    options.size = 2 * ops::shapeOf(cosines)[1];
  Value tensor = ops::transpose(n.b, n.loc, heads, {0, 2, 1, 3});
  Value rotated = n.take(ops::rotate(n.b, n.loc, tensor, ops::gather(n.b, n.loc, cosines, positions, 0),
                                     ops::gather(n.b, n.loc, sines, positions, 0), options));
  return rotated ? ops::transpose(n.b, n.loc, rotated, {0, 2, 1, 3}) : rotated;
}

/// starts[b] + i as i64 [B, count]
static Value countFrom(Node &n, Value starts, int64_t count) {
  return ops::mapOver(n.b, n.loc, {ops::shapeOf(starts)[0], count}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Type type = b.getI64Type();
    return s.add(s.cast(pat::at(b, n.loc, starts, p[0]), type), s.cast(p[1], type));
  });
}

void importer::buildMicrosoftRotaryEmbedding(Node &n) {
  enum { Input, Positions, Cosines, Sines };
  ops::RotaryOptions options;
  options.size = n.intAttr("rotary_embedding_dim", 0);
  options.interleaved = n.intAttr("interleaved", 0) != 0;
  if (n.intAttr("is_packed_batching", 0))
    n.fail("attribute 'is_packed_batching' is not supported");
  bool isOffset = n.shape(Positions) == ArrayRef<int64_t>{1};
  if ((!isOffset && n.rank(Positions) != 2) || !n.element(Positions).isInteger(64))
    n.fail("positions are " + elementTypeName(n.type(Positions)) + ops::describe(n.shape(Positions)) +
           "; expected int64 [1] or [batch, positions]");
  if ((n.rank() != 3 && n.rank() != 4) || n.rank(Cosines) != 2)
    n.fail("input and table have shapes " + ops::describe(n.shape()) + " and " + ops::describe(n.shape(Cosines)) +
           "; expected [batch, positions, width] or [batch, heads, positions, size], and a row per position");
  if (n.failed())
    return;
  int64_t heads = n.intAttr("num_heads", 0), size = 2 * n.shape(Cosines)[1];
  if (heads < 1 && size > 0) // the whole head is rotated
    heads = n.shape().back() / size;
  Value tensor = n.rank() == 4 ? n.input(Input) : split(n, n.input(Input), heads);
  if (n.failed())
    return;
  Value positions = isOffset ? countFrom(n, n.input(Positions), ops::shapeOf(tensor)[2]) : n.input(Positions);
  Value rotated = rotateAt(n, tensor, positions, n.input(Cosines), n.input(Sines), options);
  if (rotated)
    n.result(0, n.rank() == 4 ? rotated : ops::joinHeads(n.b, n.loc, rotated));
}

//===----------------------------------------------------------------------===//
// Grouped queries
//===----------------------------------------------------------------------===//

namespace {

/// How a step of GroupQueryAttention lies in its cache.
struct CacheStep {
  int64_t length = 0;  ///< of the present cache
  bool isFirst = true; ///< nothing is there before
  Value before;        ///< i64 [B]: how many keys are
};

enum GroupInput {
  GroupQuery,
  GroupKey,
  GroupValue,
  GroupPastKey,
  GroupPastValue,
  LastKeys,
  TotalLength,
  GroupCosines,
  GroupSines,
  GroupPositions,
  GroupBias,
  Sink,
  KeyScale,
  ValueScale,
  QueryNorm,
  KeyNorm
};

} // namespace

static CacheStep cacheStep(Node &n, int64_t batch, int64_t fresh) {
  CacheStep step;
  int64_t past = n.has(GroupPastKey) ? n.shape(GroupPastKey)[2] : 0;
  // Without a past, all keys are new; with one, how many are used decides on the shape of the present.
  int64_t total = fresh;
  if (past > 0)
    total = int64_t(n.constantNumber(TotalLength).value_or(fresh));
  if (total < fresh || total > INT32_MAX || pat::numPoints(n.shape(LastKeys)) != batch)
    n.fail("the total length is " + llvm::Twine(total) + " and the last keys have shape " +
           ops::describe(n.shape(LastKeys)) + "; expected at least " + llvm::Twine(fresh) + ", and one per example");
  if (n.failed())
    return step;
  step.isFirst = total == fresh;
  step.length = std::max(past, total);
  Value last = ops::reshape(n.b, n.loc, n.input(LastKeys), {batch});
  step.before = ops::elementwise(n.b, n.loc, last, [&](Scalars &s, ValueRange x) {
    Type type = n.b.getI64Type();
    Value zero = s.integer(type, 0);
    return step.isFirst ? zero : s.max(zero, s.sub(s.cast(x[0], type), s.integer(type, fresh - 1)));
  });
  return step;
}

/// What is used of the past, 0 behind it: [batch, heads, length, size].
static Value usedPast(Node &n, size_t pastInput, ArrayRef<int64_t> shape, const CacheStep &step) {
  Type type = n.element();
  if (!n.has(pastInput))
    return ops::fill(n.b, n.loc, shape, ops::constantScalar(n.b, n.loc, type, 0));
  Shape fitting(n.shape(pastInput));
  bool fits = fitting.size() == 4 && fitting[2] <= shape[2] && n.element(pastInput) == type;
  if (fits)
    fitting[2] = shape[2];
  if (!fits || ArrayRef<int64_t>(fitting) != shape) {
    n.fail("input '" + n.inputName(pastInput) + "' is " + elementTypeName(n.type(pastInput)) +
           ops::describe(n.shape(pastInput)) + "; expected the queries' type and " + ops::describe(shape) +
           ", or fewer positions");
    return {};
  }
  return ops::mapOver(n.b, n.loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value zero = s.constant(type, 0), count = s.cast(pat::at(b, n.loc, step.before, p[0]), b.getIndexType());
    Value element = pat::at(b, n.loc, n.input(pastInput), b.getMultiDimIdentityMap(4), p, zero);
    return s.select(s.less(p[2], count), element, zero);
  });
}

/// The past with the new keys or values behind what is used of it.
static Value updated(Node &n, size_t pastInput, Value fresh, const CacheStep &step) {
  Shape shape(ops::shapeOf(fresh));
  if (!n.has(pastInput) && step.length == shape[2])
    return fresh;
  shape[2] = step.length;
  Value past = usedPast(n, pastInput, shape, step);
  Value result = past ? n.take(ops::updateCache(n.b, n.loc, past, fresh, step.before, 2, /*wraps=*/false)) : Value();
  return result ? result : fresh;
}

/// Queries, keys and values, normalised and rotated as the node says.
static Operands groupOperands(Node &n, int64_t heads, int64_t keyHeads) {
  Value query = n.input(GroupQuery), key = n.optionalInput(GroupKey), value = n.optionalInput(GroupValue);
  if (n.rank() != 3 || bool(key) != bool(value)) {
    n.fail("queries have shape " + ops::describe(n.shape()) +
           "; expected [batch, positions, width], and keys and values, or both packed behind the queries");
    return {};
  }
  if (!key) {
    int64_t size = n.shape()[2] / (heads + 2 * keyHeads);
    if (size * (heads + 2 * keyHeads) != n.shape()[2]) {
      n.fail("packed queries, keys and values have shape " + ops::describe(n.shape()) + "; expected a width for " +
             llvm::Twine(heads + 2 * keyHeads) + " heads");
      return {};
    }
    key = lastPart(n, query, heads * size, keyHeads * size);
    value = lastPart(n, query, (heads + keyHeads) * size, keyHeads * size);
    query = lastPart(n, query, 0, heads * size);
  }
  Operands x{split(n, query, heads), split(n, key, keyHeads), split(n, value, keyHeads)};
  double epsilon = n.floatAttr("qk_norm_epsilon", 1e-6f);
  auto normed = [&](Value tensor, size_t scale) {
    if (!n.has(scale) || n.failed())
      return tensor;
    return n.take(ops::rmsNorm(n.b, n.loc, tensor, n.input(scale), 3, epsilon, ops::accumulatorType(n.element())));
  };
  x.query = normed(x.query, QueryNorm);
  x.key = normed(x.key, KeyNorm);
  return x;
}

static void checkGroupAttention(Node &n) {
  if (!n.has(LastKeys) || !n.has(TotalLength))
    return n.fail("the last keys (input 5) or the total length (input 6) are missing");
  n.requireFloat(0);
  for (size_t i : {GroupKey, GroupValue, GroupCosines, GroupSines, GroupBias, QueryNorm, KeyNorm})
    if (n.has(i) && n.type(i) != n.type())
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected " +
             elementTypeName(n.type()));
  refuse(n, Sink, "a softmax with a sink");
  refuse(n, KeyScale, "a quantised cache");
  refuse(n, ValueScale, "a quantised cache");
  for (const char *name : {"smooth_softmax", "sliding_window_cache"})
    if (n.intAttr(name, 0) > 0)
      n.fail(llvm::Twine("attribute '") + name + "' is not supported");
  if (n.has(GroupPastKey) && (!n.has(GroupPastValue) || n.rank(GroupPastKey) != 4))
    n.fail("expected past keys and past values of shape [batch, heads, positions, size], or neither");
  if (!n.element(LastKeys).isInteger(32))
    n.fail("the last keys have element type " + elementTypeName(n.type(LastKeys)) + "; expected int32");
}

void importer::buildGroupQueryAttention(Node &n) {
  checkGroupAttention(n);
  int64_t heads = headsAttr(n, "num_heads"), keyHeads = headsAttr(n, "kv_num_heads");
  Operands x = n.failed() ? Operands() : groupOperands(n, heads, keyHeads);
  if (n.failed())
    return;
  int64_t fresh = ops::shapeOf(x.key)[2];
  CacheStep step = cacheStep(n, n.shape()[0], fresh);
  if (!n.failed() && n.intAttr("do_rotary", 0)) {
    if (!n.has(GroupCosines) || !n.has(GroupSines))
      return n.fail("attribute 'do_rotary' is set; expected tables of cosines and sines");
    ops::RotaryOptions options;
    options.interleaved = n.intAttr("rotary_interleaved", 0) != 0;
    Value positions = n.has(GroupPositions) ? n.input(GroupPositions) : countFrom(n, step.before, fresh);
    for (Value *tensor : {&x.query, &x.key})
      if (!n.failed())
        *tensor = rotateAt(n, *tensor, positions, n.input(GroupCosines), n.input(GroupSines), options);
  }
  if (n.failed())
    return;
  x.key = updated(n, GroupPastKey, x.key, step);
  x.value = updated(n, GroupPastValue, x.value, step);
  ops::AttentionMask mask;
  mask.isCausal = n.intAttr("causal", 1) != 0;
  mask.bias = n.optionalInput(GroupBias);
  if (int64_t window = n.intAttr("local_window_size", -1); window > 0)
    mask.leftWindow = std::min<int64_t>(window, INT32_MAX / 2) - 1; // the query's own position counts
  if (!step.isFirst) {
    mask.isOffsetByLength = true;
    mask.lengths = ops::elementwise(n.b, n.loc, step.before, [&](Scalars &s, ValueRange b) {
      return s.add(b[0], s.integer(b[0].getType(), fresh));
    });
  }
  if (n.failed())
    return;
  attend(n, x, mask, n.floatAttr("softcap", 0));
  n.result(1, x.key);
  n.result(2, x.value);
}
