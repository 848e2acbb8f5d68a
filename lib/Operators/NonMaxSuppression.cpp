// NonMaxSuppression.cpp - the best box first, then the best of those that do not overlap it, and so on
//
// One trip of the loop picks one box of every batch and class at once; it ends when no class has a box left.
#include "jacquard/Operators/Select.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

class Suppression {
public:
  Suppression(Location loc, Value boxes, Value scores, const SuppressionOptions &options)
      : loc(loc), boxes(boxes), scores(scores), options(options), batches(shapeOf(scores)[0]),
        classes(shapeOf(scores)[1]), number(shapeOf(scores)[2]), type(elementOf(scores)) {}
  Counted run(OpBuilder &b);

private:
  /// Lower and upper end of a box along one axis.
  struct Span {
    Value low, high;
  };
  Span span(OpBuilder &b, Value batch, Value box, int axis);
  Value overlapsTooMuch(OpBuilder &b, Value batch, Value box, Value other);
  Value scalar(OpBuilder &b, Value tensor) {
    SmallVector<Value> zeros(rankOf(tensor), Scalars(b, loc).index(0));
    return pat::at(b, loc, tensor, zeros);
  }
  Value initiallyAlive(OpBuilder &b);
  Value findBest(OpBuilder &b, Value alive);
  Value isFound(OpBuilder &b, Value best, ValueRange place) {
    Scalars s(b, loc);
    return s.less(pat::at(b, loc, best, place), s.integer(b.getI64Type(), number));
  }
  Value stillAlive(OpBuilder &b, Value alive, Value best);
  Value record(OpBuilder &b, Value picked, Value best, Value trip);
  Value pick(OpBuilder &b);
  Counted list(OpBuilder &b, Value picked);

  Location loc;
  Value boxes, scores;
  const SuppressionOptions &options;
  int64_t batches, classes, number;
  Type type;
};

Suppression::Span Suppression::span(OpBuilder &b, Value batch, Value box, int axis) {
  Scalars s(b, loc);
  auto number = [&](int64_t i) { return pat::at(b, loc, boxes, {batch, box, s.index(i)}); };
  Value first = number(axis), second = number(axis + 2);
  if (!options.centred)
    return {s.min(first, second), s.max(first, second)};
  Value half = s.mul(second, s.constant(second.getType(), 0.5));
  return {s.sub(first, half), s.add(first, half)};
}

/// Intersection over union, where boxes without an intersection never suppress one another.
Value Suppression::overlapsTooMuch(OpBuilder &b, Value batch, Value box, Value other) {
  Scalars s(b, loc);
  Value common, area, otherArea;
  for (int axis : {0, 1}) {
    Span x = span(b, batch, box, axis), y = span(b, batch, other, axis);
    Value zero = s.integer(x.low.getType(), 0);
    Value shared = s.max(s.sub(s.min(x.high, y.high), s.max(x.low, y.low)), zero);
    Value length = s.sub(x.high, x.low), otherLength = s.sub(y.high, y.low);
    common = common ? s.mul(common, shared) : shared;
    area = area ? s.mul(area, length) : length;
    otherArea = otherArea ? s.mul(otherArea, otherLength) : otherLength;
  }
  Value zero = s.integer(common.getType(), 0);
  Value threshold = options.overlap ? s.cast(scalar(b, options.overlap), common.getType()) : zero;
  Value all = s.sub(s.add(area, otherArea), common);
  return s.both(s.less(zero, common), s.less(threshold, s.div(common, all)));
}

/// alive[b, c, i]: the box may still be picked.
Value Suppression::initiallyAlive(OpBuilder &b) {
  return mapOver(b, loc, {batches, classes, number}, [&](OpBuilder &b, ValueRange i) -> Value {
    Scalars s(b, loc);
    if (!options.score)
      return s.boolean(true);
    return s.less(s.cast(scalar(b, options.score), type), pat::at(b, loc, scores, i));
  });
}

/// best[b, c]: the first of the boxes with the best score; `number` when none is left.
Value Suppression::findBest(OpBuilder &b, Value alive) {
  auto best = [&](OpBuilder &b, ValueRange place, Value init, bool smallest, IndexFn value) {
    return foldOver(
        b, loc, number, init,
        [&](OpBuilder &b, ValueRange i) {
          Scalars s(b, loc);
          SmallVector<Value> point = {place[0], place[1], i[0]};
          return s.select(pat::at(b, loc, alive, point), value(b, point), init);
        },
        [&](Scalars &s, Value x, Value y) { return smallest ? s.min(x, y) : s.max(x, y); });
  };
  Value top = mapOver(b, loc, {batches, classes}, [&](OpBuilder &b, ValueRange place) {
    return best(b, place, Scalars(b, loc).lowest(type), false,
                [&](OpBuilder &b, ValueRange point) { return pat::at(b, loc, scores, point); });
  });
  return mapOver(b, loc, {batches, classes}, [&](OpBuilder &b, ValueRange place) {
    Value nowhere = Scalars(b, loc).integer(b.getI64Type(), number);
    return best(b, place, nowhere, true, [&](OpBuilder &b, ValueRange point) {
      Scalars s(b, loc);
      Value isTop = s.equal(pat::at(b, loc, scores, point), pat::at(b, loc, top, place));
      return s.select(isTop, s.cast(point[2], b.getI64Type()), nowhere);
    });
  });
}

Value Suppression::stillAlive(OpBuilder &b, Value alive, Value best) {
  return mapOver(b, loc, {batches, classes, number}, [&](OpBuilder &b, ValueRange i) {
    Scalars s(b, loc);
    Value chosen = pat::at(b, loc, best, i.take_front(2));
    // Without a chosen box none is alive; the clamp keeps the read inside.
    Value box = s.cast(s.min(chosen, s.integer(chosen.getType(), number - 1)), b.getIndexType());
    Value gone = s.either(s.equal(box, i[2]), overlapsTooMuch(b, i[0], box, i[2]));
    return s.both(pat::at(b, loc, alive, i), s.negate(gone));
  });
}

/// picked[b, c, k] for this trip k: the box, or -1.
Value Suppression::record(OpBuilder &b, Value picked, Value best, Value trip) {
  return mapOver(b, loc, shapeOf(picked), [&](OpBuilder &b, ValueRange i) {
    Scalars s(b, loc);
    Value found = s.select(isFound(b, best, i.take_front(2)), pat::at(b, loc, best, i.take_front(2)),
                           s.integer(b.getI64Type(), -1));
    return s.select(s.equal(i[2], trip), found, pat::at(b, loc, picked, i));
  });
}

/// picked[b, c, k]: the k-th box of the class, -1 where there is none.
Value Suppression::pick(OpBuilder &b) {
  Value alive = initiallyAlive(b);
  Value none = mapOver(b, loc, {batches, classes, options.mostPerClass},
                       [&](OpBuilder &b, ValueRange) { return Scalars(b, loc).integer(b.getI64Type(), -1); });
  auto trip = [&](OpBuilder &b, Location, ValueRange arguments) {
    Value best = findBest(b, arguments[1]);
    Value found = foldOver(
        b, loc, {batches, classes}, Scalars(b, loc).boolean(false),
        [&](OpBuilder &b, ValueRange place) { return isFound(b, best, place); },
        [](Scalars &s, Value x, Value y) { return s.either(x, y); });
    return SmallVector<Value>{found, stillAlive(b, arguments[1], best), record(b, arguments[2], best, arguments[0])};
  };
  return pat::IterateOp::create(b, loc, options.mostPerClass, ValueRange{alive, none}, trip)->getResult(1);
}

Counted Suppression::list(OpBuilder &b, Value picked) {
  int64_t capacity = pat::numPoints(shapeOf(picked));
  auto body = [&](OpBuilder &b, Location, ValueRange i) {
    Scalars s(b, loc);
    Type wide = b.getI64Type();
    Value box = pat::at(b, loc, picked, i);
    Value isThere = s.lessEqual(s.integer(wide, 0), box);
    if (options.limit)
      isThere = s.both(isThere, s.less(s.cast(i[2], wide), scalar(b, options.limit)));
    return SmallVector<Value>{isThere, s.cast(i[0], wide), s.cast(i[1], wide), box};
  };
  auto filter = pat::FilterOp::create(b, loc, shapeOf(picked), capacity, body);
  Value rows = mapOver(b, loc, {capacity, 3}, [&](OpBuilder &b, ValueRange i) {
    Scalars s(b, loc);
    auto column = [&](unsigned c) { return pat::at(b, loc, filter.getValues()[c], i[0]); };
    return s.select(s.equal(i[1], s.index(0)), column(0), s.select(s.equal(i[1], s.index(1)), column(1), column(2)));
  });
  Value count = mapOver(
      b, loc, {}, [&](OpBuilder &b, ValueRange) { return Scalars(b, loc).cast(filter.getCount(), b.getI64Type()); });
  return {rows, count};
}

Counted Suppression::run(OpBuilder &b) {
  if (batches * classes * number * options.mostPerClass == 0)
    return {constantTensor(b, loc, {0, 3}, ArrayRef<int64_t>()), constantTensor(b, loc, {}, {int64_t(0)})};
  return list(b, pick(b));
}

} // namespace

Counted ops::suppressNonMaxima(OpBuilder &b, Location loc, Value boxes, Value scores,
                               const SuppressionOptions &options) {
  return Suppression(loc, boxes, scores, options).run(b);
}
