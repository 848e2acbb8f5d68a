// ShapedByData.cpp - data movement where data decides the shape, or the positions
#include "ShapedByData.h"

#include "GraphImporter.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

/// Elements of a reshaped tensor whose extents data decides: more than its input has, since not all products of
/// extents are the number of elements.
static constexpr int64_t mostReshaped = int64_t(1) << 20;

Value importer::gatherOver(Node &n, ArrayRef<Extent> extents, Value tensor,
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

Value importer::wrapNegative(Scalars &s, Value value, Value extent) {
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
