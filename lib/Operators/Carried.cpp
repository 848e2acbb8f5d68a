// Carried.cpp - rotary positions, caches, linear attention
#include "jacquard/Operators/Carried.h"

#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Result<Value> ops::rotate(OpBuilder &b, Location loc, Value tensor, Value cosines, Value sines,
                          const RotaryOptions &options) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  int64_t size = options.size, half = size / 2;
  if (shape.size() != 4 || size < 0 || size % 2 || size > shape[3])
    return Error{"shape " + describe(shape) + " with " + std::to_string(size) +
                 " rotated elements; expected [batch, positions, heads, size], and an even number up to the size"};
  for (Value angles : {cosines, sines}) {
    ArrayRef<int64_t> found = shapeOf(angles);
    if (found.size() != 3 || (found[0] != 1 && found[0] != shape[0]) || found[1] != shape[1] || found[2] != half)
      return Error{"cosines or sines have shape " + describe(found) + "; expected " +
                   describe({shape[0], shape[1], half})};
  }
  Type type = elementOf(tensor), compute = accumulatorType(type);
  // Each result is one of a pair: own * cos -+ other * sin. Pairs have a dimension of their own, with half behind it,
  // or in front where neighbours are paired.
  unsigned side = options.interleaved ? 4 : 3, pair = options.interleaved ? 3 : 4;
  Shape domain(shape.take_front(3));
  domain.append({half, half});
  domain[side] = 2;
  Value rotated = mapOver(b, loc, domain, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    auto element = [&](AffineExpr whichSide) {
      AffineExpr one = b.getAffineDimExpr(pair);
      AffineExpr place = options.interleaved ? one * 2 + whichSide : whichSide * half + one;
      return s.cast(
          read(b, loc, tensor, {b.getAffineDimExpr(0), b.getAffineDimExpr(1), b.getAffineDimExpr(2), place}, p),
          compute);
    };
    auto angle = [&](Value table) {
      return s.cast(readBroadcast(b, loc, table, ValueRange{p[0], p[1], p[pair]}), compute);
    };
    AffineExpr mine = b.getAffineDimExpr(side);
    Value own = s.mul(element(mine), angle(cosines)), other = s.mul(element(1 - mine), angle(sines));
    Value isFirst = s.equal(p[side], s.index(0));
    return s.cast(s.select(isFirst, s.sub(own, other), s.add(own, other)), type);
  });
  Shape joined(shape);
  joined[3] = size;
  rotated = reshape(b, loc, rotated, joined);
  if (size == shape[3])
    return rotated;
  Shape rest(shape);
  rest[3] = shape[3] - size;
  return concat(b, loc, {rotated, slice(b, loc, tensor, {0, 0, 0, size}, {1, 1, 1, 1}, rest)}, 3);
}

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

Result<Value> ops::updateCache(OpBuilder &b, Location loc, Value cache, Value update, Value starts, int64_t axis,
                               bool wraps) {
  ArrayRef<int64_t> shape = shapeOf(cache);
  Shape fitting(shapeOf(update));
  if (axis < 1 || axis >= int64_t(shape.size()))
    return Error{"axis " + std::to_string(axis) + " of a cache of shape " + describe(shape) +
                 "; expected one behind the batch"};
  bool fits = fitting.size() == shape.size() && fitting[axis] <= shape[axis];
  if (fits)
    fitting[axis] = shape[axis];
  if (!fits || ArrayRef<int64_t>(fitting) != shape)
    return Error{"an update of shape " + describe(shapeOf(update)) + " does not fit into a cache of shape " +
                 describe(shape) + " along axis " + std::to_string(axis)};
  if (starts && shapeOf(starts) != shape.take_front(1))
    return Error{"write indices have shape " + describe(shapeOf(starts)) + "; expected " +
                 describe(shape.take_front(1))};
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    SmallVector<Value> place(p);
    if (starts) {
      Value start = s.cast(pat::at(b, loc, starts, p[0]), b.getIndexType());
      place[axis] = s.sub(p[axis], start);
      if (wraps)
        place[axis] = s.mod(place[axis], s.index(shape[axis]));
    }
    // Outside the update stands what was there.
    Value before = pat::at(b, loc, cache, p);
    return pat::at(b, loc, update, b.getMultiDimIdentityMap(p.size()), place, before);
  });
}

//===----------------------------------------------------------------------===//
// Linear attention
//===----------------------------------------------------------------------===//

/// Short sequences get a copy of the recurrence per step, longer ones a loop.
static constexpr int64_t mostUnrolled = 16;

namespace {

/// One head's worth of packed widths, and the state's step.
struct Recurrence {
  Location loc;
  const LinearAttention &net;
  int64_t batch, steps, keySize, valueSize;
  Type compute;
  Value factors; ///< exp(decay), or null

  Value next(OpBuilder &b, Value step, Value state) const;
  Value output(OpBuilder &b, Value step, Value state) const;

  /// Element (batch, step, head * size + i) of a packed tensor.
  Value packed(OpBuilder &b, Value tensor, int64_t size, ValueRange batchStepHeadI) const {
    AffineExpr place = b.getAffineDimExpr(2) * size + b.getAffineDimExpr(3);
    Value x = read(b, loc, tensor, {b.getAffineDimExpr(0), b.getAffineDimExpr(1), place}, batchStepHeadI);
    return Scalars(b, loc).cast(x, compute);
  }
};

} // namespace

Value Recurrence::next(OpBuilder &b, Value step, Value state) const {
  // What is left of the old state at (batch, head, k, v).
  auto left = [&](OpBuilder &b, ValueRange p) {
    Value old = pat::at(b, loc, state, p);
    if (!factors)
      return old;
    bool isPerHead = shapeOf(factors)[2] == net.heads;
    Value factor = isPerHead ? pat::at(b, loc, factors, ValueRange{p[0], step, p[1]})
                             : packed(b, factors, keySize, ValueRange{p[0], step, p[1], p[2]});
    return Scalars(b, loc).mul(old, factor);
  };
  auto key = [&](OpBuilder &b, ValueRange p) {
    return packed(b, net.key, keySize, ValueRange{p[0], step, p[1], p[2]});
  };
  // What is written: the value, or the part of it that the state does not give for the key yet.
  Value written = mapOver(b, loc, {batch, net.heads, valueSize}, [&](OpBuilder &b, ValueRange p) {
    Value value = packed(b, net.value, valueSize, ValueRange{p[0], step, p[1], p[2]});
    if (!net.beta)
      return value;
    Value known = sumOver(b, loc, keySize, compute, [&](OpBuilder &b, ValueRange k) {
      Value place[] = {p[0], p[1], k[0], p[2]};
      return Scalars(b, loc).mul(left(b, place), key(b, place));
    });
    Scalars s(b, loc);
    Value rate = s.cast(readBroadcast(b, loc, net.beta, ValueRange{p[0], step, p[1]}), compute);
    return s.mul(rate, s.sub(value, known));
  });
  return mapOver(b, loc, shapeOf(state), [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    return s.add(left(b, p), s.mul(key(b, p), pat::at(b, loc, written, ValueRange{p[0], p[1], p[3]})));
  });
}

Value Recurrence::output(OpBuilder &b, Value step, Value state) const {
  int64_t group = net.queryHeads / net.heads;
  return mapOver(b, loc, {batch, net.queryHeads, valueSize}, [&](OpBuilder &b, ValueRange p) {
    Value sum = sumOver(b, loc, keySize, compute, [&](OpBuilder &b, ValueRange k) {
      Value query = packed(b, net.query, keySize, ValueRange{p[0], step, p[1], k[0]});
      SmallVector<AffineExpr> place;
      for (unsigned i = 0; i < 4; ++i)
        place.push_back(b.getAffineDimExpr(i));
      place[1] = place[1].floorDiv(group);
      return Scalars(b, loc).mul(query, read(b, loc, state, place, ValueRange{p[0], p[1], k[0], p[2]}));
    });
    Scalars s(b, loc);
    return s.cast(s.mul(s.constant(compute, net.scale), sum), elementOf(net.query));
  });
}

static Status checkLinearAttention(const LinearAttention &net) {
  ArrayRef<int64_t> q = shapeOf(net.query), k = shapeOf(net.key), v = shapeOf(net.value);
  std::string found =
      "queries, keys and values have shapes " + describe(q) + ", " + describe(k) + " and " + describe(v);
  if (net.heads < 1 || net.queryHeads < 1 || net.queryHeads % net.heads)
    return Error{std::to_string(net.queryHeads) + " query heads for " + std::to_string(net.heads) +
                 " key heads; expected a multiple"};
  if (q.size() != 3 || k.size() != 3 || v.size() != 3 || q.take_front(2) != k.take_front(2) ||
      q.take_front(2) != v.take_front(2))
    return Error{found + "; expected [batch, steps, width] each"};
  if (q[2] % net.queryHeads || v[2] % net.heads || k[2] != q[2] / net.queryHeads * net.heads)
    return Error{found + "; expected " + std::to_string(net.queryHeads) + " query heads as wide as " +
                 std::to_string(net.heads) + " key heads, and as many value heads"};
  int64_t keySize = k[2] / net.heads, valueSize = v[2] / net.heads;
  if (net.state && shapeOf(net.state) != ArrayRef<int64_t>{q[0], net.heads, keySize, valueSize})
    return Error{"the state has shape " + describe(shapeOf(net.state)) + "; expected " +
                 describe({q[0], net.heads, keySize, valueSize})};
  auto fits = [&](Value tensor, int64_t one, int64_t other) {
    ArrayRef<int64_t> shape = shapeOf(tensor);
    return shape.size() == 3 && shape.take_front(2) == q.take_front(2) && (shape[2] == one || shape[2] == other);
  };
  if (net.decay && !fits(net.decay, net.heads, k[2]))
    return Error{"the decay has shape " + describe(shapeOf(net.decay)) + "; expected " +
                 describe({q[0], q[1], net.heads}) + " or " + describe({q[0], q[1], k[2]})};
  if (net.beta && !fits(net.beta, net.heads, 1))
    return Error{"the update rate has shape " + describe(shapeOf(net.beta)) + "; expected " +
                 describe({q[0], q[1], net.heads}) + " or " + describe({q[0], q[1], 1})};
  return {};
}

Result<LinearAttentionResult> ops::linearAttention(OpBuilder &b, Location loc, const LinearAttention &net) {
  if (Status status = checkLinearAttention(net); !status)
    return status.takeError();
  ArrayRef<int64_t> q = shapeOf(net.query);
  Type type = elementOf(net.query), stateType = net.state ? elementOf(net.state) : type,
       compute = accumulatorType(type);
  Recurrence r{loc, net, q[0], q[1], shapeOf(net.key)[2] / net.heads, shapeOf(net.value)[2] / net.heads, compute, {}};
  if (net.decay)
    r.factors = elementwise(b, loc, net.decay, [&](Scalars &s, ValueRange x) { return s.exp(s.cast(x[0], compute)); });
  Value zero = constantScalar(b, loc, compute, 0);
  Value state = net.state ? convert(b, loc, net.state, compute)
                          : fill(b, loc, {r.batch, net.heads, r.keySize, r.valueSize}, zero);
  Shape stack = {r.batch, r.steps, net.queryHeads, r.valueSize}, packed = {r.batch, r.steps, stack[2] * stack[3]};
  if (r.steps > 0 && r.steps <= mostUnrolled) { // a copy per step
    SmallVector<Value> rows;
    for (int64_t i = 0; i < r.steps; ++i) {
      Value step = Scalars(b, loc).index(i);
      state = r.next(b, step, state);
      rows.push_back(reshape(b, loc, r.output(b, step, state), {r.batch, 1, packed[2]}));
    }
    Value output = rows.size() == 1 ? rows[0] : *concat(b, loc, rows, 1); // equal shapes always fit
    return LinearAttentionResult{output, convert(b, loc, state, stateType)};
  }
  Value outputs = fill(b, loc, stack, constantScalar(b, loc, type, 0));
  auto loop =
      pat::IterateOp::create(b, loc, r.steps, {state, outputs}, [&](OpBuilder &b, Location, ValueRange arguments) {
        Value step = arguments[0], next = r.next(b, step, arguments[1]), now = r.output(b, step, next);
        Value collected = mapOver(b, loc, stack, [&](OpBuilder &b, ValueRange p) {
          Scalars s(b, loc);
          return s.select(s.equal(p[1], step), pat::at(b, loc, now, ValueRange{p[0], p[2], p[3]}),
                          pat::at(b, loc, arguments[2], p));
        });
        return SmallVector<Value>{Scalars(b, loc).boolean(true), next, collected};
      });
  return LinearAttentionResult{reshape(b, loc, loop.getResult(1), packed),
                               convert(b, loc, loop.getResult(0), stateType)};
}
