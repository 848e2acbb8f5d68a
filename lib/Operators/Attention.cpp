// Attention.cpp - scores, masks, weights and weighted sums, a map each
#include "jacquard/Operators/Attention.h"

#include "jacquard/Operators/Movement.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

Result<Value> ops::splitHeads(OpBuilder &b, Location loc, Value tensor, int64_t heads) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  if (shape.size() != 3 || heads < 1 || shape[2] % heads)
    return Error{"shape " + describe(shape) + " does not divide into " + std::to_string(heads) +
                 " heads; expected [batch, positions, heads * size]"};
  Value split = reshape(b, loc, tensor, {shape[0], shape[1], heads, shape[2] / heads});
  return transpose(b, loc, split, {0, 2, 1, 3});
}

Value ops::joinHeads(OpBuilder &b, Location loc, Value tensor) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  Shape joined = {shape[0], shape[2], shape[1] * shape[3]};
  return reshape(b, loc, transpose(b, loc, tensor, {0, 2, 1, 3}), joined);
}

Status ops::checkAttention(Value query, Value key, Value value) {
  ArrayRef<int64_t> q = shapeOf(query), k = shapeOf(key), v = shapeOf(value);
  std::string shapes = "queries, keys and values have shapes " + describe(q) + ", " + describe(k) + " and " +
                       describe(v) + "; expected ";
  if (q.size() != 4 || k.size() != 4 || v.size() != 4)
    return Error{shapes + "[batch, heads, positions, size] each"};
  if (q[0] != k[0] || q[0] != v[0] || q[3] != k[3] || k[2] != v[2])
    return Error{shapes + "one batch size, one size of queries and keys, and a value per key"};
  if (k[1] != v[1] || k[1] < 1 || q[1] % k[1])
    return Error{shapes + "as many key as value heads, and a multiple of them for the queries"};
  return {};
}

/// The element [b, head of h, position, d] of keys or values for `queryHeads` heads.
static Value readHead(OpBuilder &b, Location loc, Value tensor, int64_t queryHeads, ValueRange place) {
  int64_t group = std::max<int64_t>(queryHeads / shapeOf(tensor)[1], 1);
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < 4; ++i)
    exprs.push_back(b.getAffineDimExpr(i));
  exprs[1] = exprs[1].floorDiv(group);
  return read(b, loc, tensor, exprs, place);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value ops::attentionScores(OpBuilder &b, Location loc, Value query, Value key, double scale) {
  ArrayRef<int64_t> q = shapeOf(query), k = shapeOf(key);
  Type type = elementOf(query), sumType = accumulatorType(type);
  // Factors are rounded to the operands' type, as the definition by MatMul and Mul has it.
  auto scaled = [&](Scalars &s, Value x) {
    Value factor = s.cast(s.constant(type, std::sqrt(scale)), sumType);
    return s.cast(s.cast(s.mul(s.cast(x, sumType), factor), type), sumType);
  };
  return mapOver(b, loc, {q[0], q[1], q[2], k[2]}, [&](OpBuilder &b, ValueRange p) {
    Value sum = sumOver(b, loc, q[3], sumType, [&](OpBuilder &b, ValueRange d) {
      Scalars s(b, loc);
      Value x = pat::at(b, loc, query, ValueRange{p[0], p[1], p[2], d[0]});
      Value y = readHead(b, loc, key, q[1], ValueRange{p[0], p[1], p[3], d[0]});
      return s.mul(scaled(s, x), scaled(s, y));
    });
    return Scalars(b, loc).cast(sum, type);
  });
}

Value ops::capScores(OpBuilder &b, Location loc, Value scores, double cap) {
  Type type = elementOf(scores), compute = accumulatorType(type);
  return elementwise(b, loc, scores, [&](Scalars &s, ValueRange x) {
    Value limit = s.constant(compute, cap);
    return s.cast(s.mul(limit, s.tanh(s.div(s.cast(x[0], compute), limit))), type);
  });
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

static Status checkMask(const AttentionMask &mask, ArrayRef<int64_t> scores) {
  if (mask.lengths && shapeOf(mask.lengths) != scores.take_front(1))
    return Error{"lengths have shape " + describe(shapeOf(mask.lengths)) + "; expected one per example, " +
                 describe(scores.take_front(1))};
  if (!mask.bias)
    return {};
  ArrayRef<int64_t> shape = shapeOf(mask.bias);
  bool fits = shape.size() <= scores.size();
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    int64_t extent = scores[scores.size() - shape.size() + i];
    fits = shape[i] == 1 || shape[i] == extent || (i + 1 == shape.size() && shape[i] < extent);
  }
  if (!fits)
    return Error{"the mask has shape " + describe(shape) + "; expected one that broadcasts to " + describe(scores)};
  return {};
}

/// The mask's element for one score.
static Value readMask(OpBuilder &b, Location loc, Value mask, int64_t keys, ValueRange p) {
  ArrayRef<int64_t> shape = shapeOf(mask);
  bool isShort = !shape.empty() && shape.back() < keys;
  if (!isShort)
    return readBroadcast(b, loc, mask, p);
  size_t lead = p.size() - shape.size();
  SmallVector<AffineExpr> exprs;
  for (auto [i, extent] : llvm::enumerate(shape.drop_back()))
    exprs.push_back(extent == 1 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(lead + i));
  exprs.push_back(b.getAffineDimExpr(p.size() - 1));
  Scalars s(b, loc);
  Type type = elementOf(mask);
  return read(b, loc, mask, exprs, p, type.isInteger(1) ? s.boolean(false) : s.lowest(type));
}

/// Whether query p[2] sees key p[3] by their positions; null where it always does.
static Value isSeen(OpBuilder &b, Location loc, const AttentionMask &mask, int64_t queries, ValueRange p) {
  Scalars s(b, loc);
  Value seen;
  auto require = [&](Value condition) { seen = seen ? s.both(seen, condition) : condition; };
  Value length, key = p[3];
  if (mask.lengths) {
    length = s.cast(pat::at(b, loc, mask.lengths, p[0]), b.getIndexType());
    require(s.less(key, length));
  }
  if (!mask.isCausal && !mask.leftWindow && !mask.rightWindow)
    return seen;
  Value position = mask.isOffsetByLength ? s.sub(s.add(p[2], length), s.index(queries))
                   : mask.offset         ? s.add(p[2], s.index(mask.offset))
                                         : p[2];
  if (mask.isCausal)
    require(s.lessEqual(key, position));
  if (mask.leftWindow)
    require(s.lessEqual(position, s.add(key, s.index(*mask.leftWindow))));
  if (mask.rightWindow)
    require(s.lessEqual(key, s.add(position, s.index(*mask.rightWindow))));
  return seen;
}

Result<Value> ops::maskScores(OpBuilder &b, Location loc, Value scores, const AttentionMask &mask) {
  ArrayRef<int64_t> shape = shapeOf(scores);
  if (Status status = checkMask(mask, shape); !status)
    return status.takeError();
  if (mask.hidesNothing())
    return scores;
  Type type = elementOf(scores), compute = accumulatorType(type);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    Value hidden = s.lowest(type), score = pat::at(b, loc, scores, p);
    if (mask.bias) {
      Value bias = readMask(b, loc, mask.bias, shape.back(), p);
      if (bias.getType().isInteger(1)) {
        score = s.select(bias, score, hidden);
      } else {
        // A key that the bias hides stays hidden even where its score is infinite or no number.
        Value wide = s.cast(bias, compute);
        Value sum = s.cast(s.add(s.cast(score, compute), wide), type);
        score = s.select(s.equal(wide, s.lowest(compute)), hidden, sum);
      }
    }
    if (Value seen = isSeen(b, loc, mask, shape[2], p))
      score = s.select(seen, score, hidden);
    return score;
  });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Value ops::attentionWeights(OpBuilder &b, Location loc, Value scores, Type compute) {
  ArrayRef<int64_t> shape = shapeOf(scores);
  Type wide = accumulatorType(compute);
  return mapOver(b, loc, shape.drop_back(), [&](OpBuilder &b, ValueRange row) {
    auto score = [&](OpBuilder &b, Value key) {
      SmallVector<Value> place(row);
      place.push_back(key);
      Scalars s(b, loc);
      return s.cast(s.cast(pat::at(b, loc, scores, place), compute), wide);
    };
    Scalars s(b, loc);
    Value lowest = s.lowest(wide), zero = s.constant(wide, 0);
    Value top = foldOver(
        b, loc, shape.back(), lowest, [&](OpBuilder &b, ValueRange key) { return score(b, key[0]); },
        [](Scalars &s, Value x, Value y) { return s.max(x, y); });
    // Without any key to see, all differences are -infinity, and the sum is 0.
    top = s.select(s.equal(top, lowest), zero, top);
    Value sum = sumOver(b, loc, shape.back(), wide, [&](OpBuilder &b, ValueRange key) {
      Scalars s(b, loc);
      return s.exp(s.sub(score(b, key[0]), top));
    });
    sum = s.select(s.equal(sum, zero), s.constant(wide, 1), sum);
    return mapOver(b, loc, shape.back(), [&](OpBuilder &b, ValueRange key) {
      Scalars s(b, loc);
      return s.cast(s.div(s.exp(s.sub(score(b, key[0]), top)), sum), compute);
    });
  });
}

Value ops::attend(OpBuilder &b, Location loc, Value weights, Value value, Type result) {
  ArrayRef<int64_t> w = shapeOf(weights), v = shapeOf(value);
  Type sumType = accumulatorType(elementOf(weights));
  return mapOver(b, loc, {w[0], w[1], w[2], v[3]}, [&](OpBuilder &b, ValueRange p) {
    Value sum = sumOver(b, loc, v[2], sumType, [&](OpBuilder &b, ValueRange key) {
      Scalars s(b, loc);
      Value weight = s.cast(pat::at(b, loc, weights, ValueRange{p[0], p[1], p[2], key[0]}), sumType);
      Value x = s.cast(readHead(b, loc, value, w[1], ValueRange{p[0], p[1], key[0], p[3]}), sumType);
      return s.mul(weight, x);
    });
    return Scalars(b, loc).cast(sum, result);
  });
}
