// SlicedByData.cpp - slices, joins and padding where data decides the shape, or the positions
#include "ShapedByData.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

/// The tensor<i64> without dimensions that a computed number is.
static Value readNumber(Node &n, OpBuilder &b, Value number) { return pat::at(b, n.loc, number, {}); }

//===----------------------------------------------------------------------===//
// Slices and joins
//===----------------------------------------------------------------------===//

namespace {

/// Where a slice begins, how it goes on, and how often: i64.
struct SliceRun {
  Value first, step, count;
};

} // namespace

/// Positions count from the end when negative, and are cut off at the ends: [0, extent]; backwards the start at
/// [0, extent - 1], the end at [-1, extent - 1].
static SliceRun sliceRun(Node &n, OpBuilder &b, const SliceAxis &given, const Extent &along) {
  Scalars s(b, n.loc);
  Value zero = s.integer(b.getI64Type(), 0), one = s.integer(b.getI64Type(), 1);
  Value extent = extentValue(b, n.loc, along), step = given.step ? given.step(b) : one;
  step = s.clamp(step, s.integer(b.getI64Type(), -mostStride), s.integer(b.getI64Type(), mostStride));
  Value isForward = s.less(zero, step), last = s.select(isForward, extent, s.sub(extent, one));
  auto place = [&](Value value, Value lowest) {
    // Numbers at the ends of the type stand for "as far as it goes".
    Value limit = s.integer(b.getI64Type(), 2 * mostStride);
    value = wrapNegative(s, s.clamp(value, s.neg(limit), limit), extent);
    return s.clamp(value, lowest, s.max(lowest, last));
  };
  Value first = place(given.start(b), zero);
  Value end = place(given.end(b), s.select(isForward, zero, s.neg(one)));
  Value room = s.select(isForward, s.sub(end, first), s.sub(first, end));
  Value stride = s.max(s.select(isForward, step, s.neg(step)), one);
  Value count = s.add(s.div(s.sub(room, one), stride), one);
  return {first, step, s.select(s.less(zero, room), count, zero)};
}

void importer::buildSliceByData(Node &n, ArrayRef<SliceAxis> axes) {
  Extents from = extentsOf(n), to = from;
  SmallVector<Value> firsts(n.rank()), steps(n.rank());
  for (const SliceAxis &given : axes) {
    const Extent &along = from[given.axis];
    auto part = [&](Value SliceRun::*which) {
      return countOf(n, [&](OpBuilder &b, Scalars &) { return sliceRun(n, b, given, along).*which; });
    };
    firsts[given.axis] = part(&SliceRun::first);
    steps[given.axis] = part(&SliceRun::step);
    to[given.axis] = decide(n, 0, given.axis, part(&SliceRun::count), {1, 2, 4}, along.most);
  }
  if (n.failed())
    return;
  Value result = gatherOver(n, to, n.input(0), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> place(point);
    for (const SliceAxis &given : axes)
      place[given.axis] =
          s.add(readNumber(n, b, firsts[given.axis]), s.mul(readNumber(n, b, steps[given.axis]), point[given.axis]));
    return place;
  });
  setResult(n, 0, result, to);
}

void importer::buildSplitByData(Node &n, int64_t axis) {
  Extents from = extentsOf(n);
  int64_t parts = int64_t(n.numOutputs()), most = from[axis].most;
  if (n.has(1) && listLength(n, 1) != parts)
    n.fail("there are " + llvm::Twine(listLength(n, 1)) + " parts for " + llvm::Twine(parts) + " outputs");
  if (n.failed())
    return;
  // Where part i begins; with sizes left out, the last one is smaller where the extent is not divisible.
  auto begin = [&](OpBuilder &b, int64_t i) {
    Scalars s(b, n.loc);
    Value sum = s.integer(b.getI64Type(), 0), extent = extentValue(b, n.loc, from[axis]);
    for (int64_t k = 0; n.has(1) && k < i; ++k)
      sum = s.add(sum, listElement(n, b, 1, k));
    if (!n.has(1)) {
      Value all = s.add(extent, s.integer(b.getI64Type(), parts - 1));
      sum = s.mul(s.div(all, s.integer(b.getI64Type(), parts)), s.integer(b.getI64Type(), i));
    }
    return s.min(sum, extent);
  };
  for (int64_t i = 0; i < parts; ++i) {
    if (!n.wants(i))
      continue;
    Value first = countOf(n, [&](OpBuilder &b, Scalars &) { return begin(b, i); });
    Value count = countOf(n, [&](OpBuilder &b, Scalars &s) {
      return n.has(1) ? listElement(n, b, 1, i) : s.sub(begin(b, i + 1), begin(b, i));
    });
    Extents to = from;
    to[axis] = decide(n, i, axis, count, 1, most);
    if (n.failed())
      return;
    Value part = gatherOver(n, to, n.input(0), [&](OpBuilder &b, ValueRange point) {
      SmallVector<Value> place(point);
      place[axis] = Scalars(b, n.loc).add(point[axis], readNumber(n, b, first));
      return place;
    });
    setResult(n, i, part, to);
  }
}

/// What the inputs of a Concat have beside its axis; fails the node where they differ.
static Extents joinOthers(Node &n, int64_t axis) {
  Extents joined = extentsOf(n);
  for (size_t i = 1; i < n.numInputs(); ++i) {
    Extents mine = extentsOf(n, i);
    bool fits = mine.size() == joined.size();
    for (size_t d = 0; fits && d < mine.size(); ++d)
      fits = int64_t(d) == axis || (mine[d].most == joined[d].most && bool(mine[d].count) == bool(joined[d].count) &&
                                    (!mine[d].count || isSameCount(mine[d].count, joined[d].count)));
    if (!fits)
      n.fail("inputs '" + n.inputName(0) + "' " + ops::describe(n.shape(0)) + " and '" + n.inputName(i) + "' " +
             ops::describe(n.shape(i)) +
             ", of which data decides how much is there, are not known to have equal "
             "extents beside axis " +
             llvm::Twine(axis));
  }
  return joined;
}

void importer::buildConcatByData(Node &n, int64_t axis) {
  Extents to = joinOthers(n, axis);
  if (n.failed())
    return;
  int64_t most = 0;
  for (size_t i = 0; i < n.numInputs(); ++i)
    most += n.shape(i)[axis];
  /// Where input i begins.
  auto begin = [&](OpBuilder &b, size_t i) {
    Scalars s(b, n.loc);
    Value sum = s.integer(b.getI64Type(), 0);
    for (size_t k = 0; k < i; ++k)
      sum = s.add(sum, extentValue(b, n.loc, extentsOf(n, k)[axis]));
    return sum;
  };
  Value count = countOf(n, [&](OpBuilder &b, Scalars &) { return begin(b, n.numInputs()); });
  to[axis] = decide(n, 0, axis, count, {}, most);
  SmallVector<Value> firsts;
  for (size_t i = 0; i < n.numInputs(); ++i)
    firsts.push_back(countOf(n, [&](OpBuilder &b, Scalars &) { return begin(b, i); }));
  if (n.failed())
    return;
  Value joined = ops::mapOver(n.b, n.loc, capacities(to), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    Value at = s.cast(point[axis], b.getI64Type()), element = s.integer(n.element(), 0);
    SmallVector<AffineExpr> exprs;
    for (size_t d = 0; d < to.size(); ++d)
      exprs.push_back(b.getAffineDimExpr(d));
    // The last input that begins before a position is the one that it is in.
    for (size_t i = 0; i < n.numInputs(); ++i) {
      SmallVector<Value> place(point);
      Value inside = s.sub(at, readNumber(n, b, firsts[i]));
      place[axis] = s.cast(inside, b.getIndexType());
      Value read = ops::read(b, n.loc, n.input(i), exprs, place, s.integer(n.element(), 0));
      element = s.select(s.less(inside, s.integer(inside.getType(), 0)), element, read);
    }
    return element;
  });
  setResult(n, 0, joined, to);
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

/// The position that an index of the padded dimension is read at, for modes that repeat what is inside.
static Value repeatedIndex(Scalars &s, Value place, Value extent, ops::PadMode mode) {
  Type type = place.getType();
  Value zero = s.integer(type, 0), one = s.integer(type, 1), last = s.max(s.sub(extent, one), zero);
  if (mode == ops::PadMode::Edge)
    return s.clamp(place, zero, last);
  Value period = s.max(mode == ops::PadMode::Wrap ? extent : s.add(last, last), one);
  Value phase = s.mod(place, period);
  return mode == ops::PadMode::Wrap ? phase : s.min(phase, s.sub(period, phase));
}

void importer::buildPadByData(Node &n, ArrayRef<PadAxis> axes, ops::PadMode mode, Value fill) {
  Extents from = extentsOf(n), to = from;
  for (const PadAxis &pad : axes) {
    Value count = countOf(n, [&](OpBuilder &b, Scalars &s) {
      return s.add(extentValue(b, n.loc, from[pad.axis]), s.add(pad.before(b), pad.after(b)));
    });
    to[pad.axis] = decide(n, 0, pad.axis, count, 1);
  }
  if (n.failed())
    return;
  Value result = ops::mapOver(n.b, n.loc, capacities(to), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> place(point);
    SmallVector<AffineExpr> exprs, origin(fill ? ops::rankOf(fill) : 0, b.getAffineConstantExpr(0));
    Value isInside = s.boolean(true);
    for (const PadAxis &pad : axes) {
      Value extent = extentValue(b, n.loc, from[pad.axis]);
      Value at = s.sub(s.cast(point[pad.axis], extent.getType()), pad.before(b));
      isInside = s.both(isInside, s.less(at, extent));
      place[pad.axis] =
          s.cast(mode == ops::PadMode::Constant ? at : repeatedIndex(s, at, extent, mode), b.getIndexType());
    }
    for (size_t d = 0; d < from.size(); ++d)
      exprs.push_back(b.getAffineDimExpr(d));
    Value outside = fill ? ops::read(b, n.loc, fill, origin, {}) : s.integer(n.element(), 0);
    Value inside = ops::read(b, n.loc, n.input(0), exprs, place, outside);
    return mode == ops::PadMode::Constant ? s.select(isInside, inside, outside) : inside;
  });
  setResult(n, 0, result, to);
}
