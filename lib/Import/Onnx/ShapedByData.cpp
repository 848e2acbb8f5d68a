// ShapedByData.cpp - data movement where data decides the shape, or the positions
#include "ShapedByData.h"

#include "GraphImporter.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

/// Strides beyond this leave every tensor; sums with them do not overflow.
static constexpr int64_t mostStride = int64_t(1) << 38;
/// Elements of a reshaped tensor whose extents data decides: more than its input has, since not all products of
/// extents are the number of elements.
static constexpr int64_t mostReshaped = int64_t(1) << 20;

/// A map over the capacities whose body gives, as i64, where the element of `tensor` is read; 0 outside of the tensor.
static Value gatherOver(Node &n, ArrayRef<Extent> extents, Value tensor,
                        llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> place) {
  return ops::mapOver(n.b, n.loc, capacities(extents), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> wide;
    for (Value index : point)
      wide.push_back(s.cast(index, b.getI64Type()));
    SmallVector<Value> indices;
    SmallVector<AffineExpr> exprs;
    for (Value index : place(b, wide)) {
      exprs.push_back(b.getAffineDimExpr(exprs.size()));
      indices.push_back(s.cast(index, b.getIndexType()));
    }
    return ops::read(b, n.loc, tensor, exprs, indices, s.integer(ops::elementOf(tensor), 0));
  });
}

/// The tensor<i64> without dimensions that a computed number is.
static Value readNumber(Node &n, OpBuilder &b, Value number) { return pat::at(b, n.loc, number, {}); }

static Value wrapNegative(Scalars &s, Value value, Value extent) {
  return s.select(s.less(value, s.integer(value.getType(), 0)), s.add(value, extent), value);
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

static Value totalOf(Node &n, OpBuilder &b, ArrayRef<Extent> extents) {
  Scalars s(b, n.loc);
  Value total = s.integer(b.getI64Type(), 1);
  for (const Extent &extent : extents)
    total = s.mul(total, extentValue(b, n.loc, extent));
  return total;
}

/// Elements of input 0 in row-major order, in dimensions of other extents.
static void reshapeTo(Node &n, ArrayRef<Extent> to) {
  Extents from = extentsOf(n);
  Value result = gatherOver(n, to, n.input(0), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    Value flat = s.integer(b.getI64Type(), 0), one = s.integer(b.getI64Type(), 1);
    for (auto [index, extent] : llvm::zip(point, to))
      flat = s.add(s.mul(flat, extentValue(b, n.loc, extent)), index);
    SmallVector<Value> place(from.size());
    for (size_t d = from.size(); d-- > 0;) {
      Value extent = s.max(extentValue(b, n.loc, from[d]), one);
      place[d] = d == 0 ? flat : s.rem(flat, extent);
      flat = s.div(flat, extent);
    }
    return place;
  });
  setResult(n, 0, result, to);
}

namespace {

/// The shape operand of a Reshape, whose elements mean extents of the input, or "what remains".
class ShapeOperand {
public:
  ShapeOperand(Node &n) : n(n), from(extentsOf(n)), keepsZero(n.intAttr("allowzero", 0)), length(listLength(n, 1)) {}

  int64_t size() const { return length; }

  /// -1 where it is what remains.
  Value element(OpBuilder &b, int64_t place) const {
    Scalars s(b, n.loc);
    Value given = listElement(n, b, 1, place);
    if (keepsZero || place >= int64_t(from.size()))
      return given;
    Value isZero = s.equal(given, s.integer(given.getType(), 0));
    return s.select(isZero, extentValue(b, n.loc, from[place]), given);
  }

  Value extent(OpBuilder &b, int64_t place) const {
    Scalars s(b, n.loc);
    Value mine = element(b, place), one = s.integer(mine.getType(), 1), remains = totalOf(n, b, from);
    Value others = one;
    for (int64_t k = 0; k < length; ++k)
      if (Value other = element(b, k); k != place)
        others = s.mul(others, s.select(isOpen(s, other), one, other));
    return s.select(isOpen(s, mine), s.div(remains, s.max(others, one)), mine);
  }

private:
  static Value isOpen(Scalars &s, Value element) { return s.less(element, s.integer(element.getType(), 0)); }

  Node &n;
  Extents from;
  bool keepsZero;
  int64_t length;
};

} // namespace

/// The most positions that a dimension can have beside known ones, if all have `total` elements; without elements any.
static int64_t mostBeside(ArrayRef<std::optional<int64_t>> known, int64_t total) {
  if (total == 0)
    return INT64_MAX;
  for (std::optional<int64_t> extent : known)
    if (extent && *extent > 1)
      total /= *extent;
  return total;
}

void importer::buildReshapeByData(Node &n) {
  ShapeOperand shape(n);
  if (n.failed())
    return;
  int64_t most = pat::numPoints(n.shape());
  SmallVector<Value> counts;
  SmallVector<std::optional<int64_t>> known;
  for (int64_t i = 0; i < shape.size(); ++i) {
    counts.push_back(countOf(n, [&](OpBuilder &b, Scalars &) { return shape.extent(b, i); }));
    auto value = dyn_cast_or_null<DenseElementsAttr>(n.graph.evaluator().evaluate(counts.back()));
    known.push_back(value ? std::optional(value.getSplatValue<APInt>().getSExtValue()) : std::nullopt);
  }
  int64_t open = llvm::count(known, std::nullopt), beside = mostBeside(known, most);
  Extents to;
  for (auto [i, count] : llvm::enumerate(counts)) {
    // With all the others known, there is nothing to decide.
    if (!known[i] && open == 1 && !n.hasBounds() && !llvm::is_contained(known, std::optional<int64_t>(0)))
      to.push_back(beside);
    else
      to.push_back(decide(n, 0, int64_t(i), count, 1, beside));
  }
  if (n.failed())
    return;
  int64_t elements = 1;
  for (const Extent &extent : to)
    if (__builtin_mul_overflow(elements, std::max<int64_t>(extent.most, 1), &elements) ||
        elements > std::max(most, mostReshaped))
      return n.failFor("data decides several extents of '" + n.outputName(0) + "', which could be up to " +
                           ops::describe(capacities(to)) + "; bound them by --capacity " + n.outputName(0) + "=N",
                       1);
  reshapeTo(n, to);
}

bool importer::reshapeOutermost(Node &n, ArrayRef<int64_t> to) {
  ArrayRef<int64_t> from = n.shape();
  auto outermost = [](ArrayRef<int64_t> shape) {
    return int64_t(llvm::find_if(shape, [](int64_t extent) { return extent != 1; }) - shape.begin());
  };
  int64_t first = outermost(from), last = outermost(to);
  bool keeps = n.bounds(0).size() == 1 && n.bounds(0)[0].dim == first && first < n.rank() && from[first] != 0 &&
               last < int64_t(to.size()) && to[last] % from[first] == 0;
  if (!keeps)
    return false;
  Extents extents(to.begin(), to.end());
  int64_t factor = to[last] / from[first];
  extents[last].count = n.bounds(0)[0].count;
  if (factor != 1)
    extents[last].count = countOf(n, [&](OpBuilder &b, Scalars &s) {
      return s.mul(extentValue(b, n.loc, extentsOf(n)[first]), s.integer(b.getI64Type(), factor));
    });
  setResult(n, 0, ops::reshape(n.b, n.loc, n.input(0), to), extents);
  return true;
}

void importer::buildFlattenByData(Node &n, int64_t axis) {
  Extents from = extentsOf(n), to;
  for (ArrayRef<Extent> part : {ArrayRef(from).take_front(axis), ArrayRef(from).drop_front(axis)})
    to.push_back(decide(n, 0, int64_t(to.size()),
                        countOf(n, [&](OpBuilder &b, Scalars &) { return totalOf(n, b, part); }), {},
                        pat::numPoints(capacities(part))));
  if (!n.failed())
    reshapeTo(n, to);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void importer::buildExpandByData(Node &n) {
  Extents from = extentsOf(n), to;
  int64_t length = listLength(n, 1), rank = std::max(length, n.rank());
  if (n.failed())
    return;
  from.insert(from.begin(), rank - n.rank(), Extent(1));
  for (int64_t d = 0; d < rank; ++d) {
    int64_t place = d - (rank - length);
    Value count = countOf(n, [&](OpBuilder &b, Scalars &s) {
      Value mine = extentValue(b, n.loc, from[d]);
      if (place < 0)
        return mine;
      return s.select(s.equal(mine, s.integer(mine.getType(), 1)), listElement(n, b, 1, place), mine);
    });
    to.push_back(decide(n, 0, d, count, 1));
  }
  if (n.failed())
    return;
  Value result = gatherOver(n, to, n.input(0), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> place;
    for (size_t d = size_t(rank - n.rank()); d < size_t(rank); ++d) {
      Value mine = extentValue(b, n.loc, from[d]), zero = s.integer(mine.getType(), 0);
      place.push_back(s.select(s.equal(mine, s.integer(mine.getType(), 1)), zero, point[d]));
    }
    return place;
  });
  setResult(n, 0, result, to);
}

void importer::buildTileByData(Node &n) {
  Extents from = extentsOf(n), to;
  if (listLength(n, 1) != n.rank())
    n.fail("there are " + llvm::Twine(listLength(n, 1)) + " repeats for rank " + llvm::Twine(n.rank()));
  for (int64_t d = 0; d < n.rank() && !n.failed(); ++d)
    to.push_back(
        decide(n, 0, d,
               countOf(n, [&](OpBuilder &b,
                              Scalars &s) { return s.mul(extentValue(b, n.loc, from[d]), listElement(n, b, 1, d)); }),
               1));
  if (n.failed())
    return;
  Value result = gatherOver(n, to, n.input(0), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> place;
    for (auto [index, extent] : llvm::zip(point, from))
      place.push_back(s.rem(index, s.max(extentValue(b, n.loc, extent), s.integer(index.getType(), 1))));
    return place;
  });
  setResult(n, 0, result, to);
}

void importer::buildConstantOfShapeByData(Node &n, Value fill, int32_t type) {
  Extents to;
  for (int64_t d = 0, rank = listLength(n, 0); d < rank; ++d)
    to.push_back(decide(n, 0, d, countOf(n, [&](OpBuilder &b, Scalars &) { return listElement(n, b, 0, d); }), 0));
  if (!n.failed())
    setResult(n, 0, ops::fill(n.b, n.loc, capacities(to), fill), to, type);
}

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

//===----------------------------------------------------------------------===//
// One-hot rows
//===----------------------------------------------------------------------===//

void importer::buildOneHotByData(Node &n, int64_t axis) {
  auto depth = [&](OpBuilder &b) {
    SmallVector<AffineExpr> origin(n.rank(1), b.getAffineConstantExpr(0));
    return Scalars(b, n.loc).cast(ops::read(b, n.loc, n.input(1), origin, {}), b.getI64Type());
  };
  if (pat::numPoints(n.shape(1)) != 1)
    n.fail("depth has shape " + ops::describe(n.shape(1)) + "; expected one number");
  if (n.failed())
    return;
  Extents to = extentsOf(n);
  to.insert(to.begin() + axis, decide(n, 0, axis, countOf(n, [&](OpBuilder &b, Scalars &) { return depth(b); }), 1));
  if (n.failed())
    return;
  Value rows = ops::mapOver(n.b, n.loc, capacities(to), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    SmallVector<Value> place(point);
    place.erase(place.begin() + axis);
    Value hot = wrapNegative(s, s.cast(pat::at(b, n.loc, n.input(0), place), b.getI64Type()), depth(b));
    Value hit = s.equal(hot, s.cast(point[axis], b.getI64Type()));
    return s.select(hit, pat::at(b, n.loc, n.input(2), s.index(1)), pat::at(b, n.loc, n.input(2), s.index(0)));
  });
  setResult(n, 0, rows, to, n.type(2));
}
