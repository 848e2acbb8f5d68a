// Gather.cpp - reading and writing at computed indices
#include "jacquard/Operators/Gather.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// An index value in [0, extent) from an integer in [-extent, extent).
static Value wrapIndex(OpBuilder &b, Location loc, Value integer, int64_t extent) {
  Scalars s(b, loc);
  Value index = s.cast(integer, b.getIndexType());
  return s.select(s.less(index, s.index(0)), s.add(index, s.index(extent)), index);
}

/// The elements of a constant integer tensor when there is one of them only.
static std::optional<int64_t> singleConstant(Value tensor) {
  DenseIntElementsAttr dense;
  if (!matchPattern(tensor, m_Constant(&dense)) || dense.getNumElements() != 1)
    return std::nullopt;
  return (*dense.begin()).getSExtValue();
}

Value ops::gather(OpBuilder &b, Location loc, Value data, Value indices, int64_t axis) {
  ArrayRef<int64_t> from = shapeOf(data), by = shapeOf(indices);
  Shape shape(from.take_front(axis));
  shape.append(by.begin(), by.end());
  shape.append(from.begin() + axis + 1, from.end());
  std::optional<int64_t> single = singleConstant(indices);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    ValueRange inner = point.slice(axis, by.size());
    SmallVector<AffineExpr> exprs;
    SmallVector<Value> operands(point);
    for (unsigned i = 0; i < from.size(); ++i)
      exprs.push_back(b.getAffineDimExpr(int64_t(i) < axis ? i : i + by.size() - 1));
    if (single) {
      exprs[axis] = b.getAffineConstantExpr(*single < 0 ? *single + from[axis] : *single);
    } else {
      exprs[axis] = b.getAffineDimExpr(operands.size());
      operands.push_back(wrapIndex(b, loc, pat::at(b, loc, indices, inner), from[axis]));
    }
    return read(b, loc, data, exprs, operands);
  });
}

Result<Value> ops::gatherElements(OpBuilder &b, Location loc, Value data, Value indices, int64_t axis) {
  ArrayRef<int64_t> from = shapeOf(data), shape = shapeOf(indices);
  if (from.size() != shape.size())
    return Error{"data and indices have shapes " + describe(from) + " and " + describe(shape) +
                 "; expected equal ranks"};
  for (size_t i = 0; i < shape.size(); ++i)
    if (int64_t(i) != axis && shape[i] > from[i])
      return Error{"indices of shape " + describe(shape) + " reach outside data of shape " + describe(from)};
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> place(point);
    place[axis] = wrapIndex(b, loc, pat::at(b, loc, indices, point), from[axis]);
    return pat::at(b, loc, data, place);
  });
}

/// Checks an index tensor whose last dimension holds coordinates behind `batch` dimensions of `data`; returns their
/// number.
static Result<int64_t> coordinateCount(ArrayRef<int64_t> data, ArrayRef<int64_t> indices, int64_t batch) {
  if (indices.empty() || batch < 0 || batch >= int64_t(indices.size()) || batch > int64_t(data.size()) ||
      indices.back() < 0 || batch + indices.back() > int64_t(data.size()) ||
      data.take_front(batch) != indices.take_front(batch))
    return Error{"indices of shape " + describe(indices) + " do not address data of shape " + describe(data)};
  return indices.back();
}

/// The coordinates that row `row` of an index tensor holds.
static SmallVector<Value> coordinates(OpBuilder &b, Location loc, Value indices, ValueRange row, int64_t count,
                                      ArrayRef<int64_t> extents) {
  SmallVector<Value> result;
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<Value> place(row);
    place.push_back(Scalars(b, loc).index(i));
    result.push_back(wrapIndex(b, loc, pat::at(b, loc, indices, place), extents[i]));
  }
  return result;
}

Result<Value> ops::gatherND(OpBuilder &b, Location loc, Value data, Value indices, int64_t batch) {
  ArrayRef<int64_t> from = shapeOf(data), by = shapeOf(indices);
  Result<int64_t> count = coordinateCount(from, by, batch);
  if (!count)
    return count.takeError();
  Shape shape(by.drop_back());
  ArrayRef<int64_t> rest = from.drop_front(batch + *count);
  shape.append(rest.begin(), rest.end());
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> place(point.take_front(batch));
    place.append(coordinates(b, loc, indices, point.take_front(by.size() - 1), *count, from.drop_front(batch)));
    ValueRange tail = point.drop_front(by.size() - 1);
    place.append(tail.begin(), tail.end());
    return pat::at(b, loc, data, place);
  });
}

//===----------------------------------------------------------------------===//
// Scatter
//===----------------------------------------------------------------------===//

namespace {

/// Where the update at `point` goes.
using PlaceFn = llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)>;

} // namespace

static Value identityOf(Scalars &s, ScatterKind kind, Type type) {
  switch (kind) {
  case ScatterKind::Mul:
    return s.integer(type, 1);
  case ScatterKind::Max:
    return s.lowest(type);
  case ScatterKind::Min:
    return s.highest(type);
  default:
    return s.integer(type, 0);
  }
}

static Value combineUpdates(Scalars &s, ScatterKind kind, Value x, Value y) {
  switch (kind) {
  case ScatterKind::Mul:
    return s.mul(x, y);
  case ScatterKind::Max:
    return s.max(x, y);
  case ScatterKind::Min:
    return s.min(x, y);
  default:
    return s.add(x, y);
  }
}

/// Combines the updates by place, then with the data.
static Value scatterCombine(OpBuilder &b, Location loc, Value data, Value updates, ScatterKind kind, bool isUnsigned,
                            PlaceFn place) {
  Type type = elementOf(data);
  Scalars s(b, loc, isUnsigned);
  Value identity = identityOf(s, kind, type);
  auto group = pat::GroupByOp::create(
      b, loc, shapeOf(updates), shapeOf(data), identity, /*dropOutside=*/true,
      [&](OpBuilder &b, Location, ValueRange point) {
        SmallVector<Value> yields = place(b, point);
        yields.push_back(pat::at(b, loc, updates, point));
        return yields;
      },
      [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
        Scalars s(b, loc, isUnsigned);
        return SmallVector<Value>{combineUpdates(s, kind, x[0], y[0])};
      });
  return mapOver(b, loc, shapeOf(data), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc, isUnsigned);
    return combineUpdates(s, kind, pat::at(b, loc, data, point), pat::at(b, loc, group->getResult(0), point));
  });
}

/// Finds the last update of every place (by its flat number; -1: none), then reads it.
static Value scatterReplace(OpBuilder &b, Location loc, Value data, Value updates, PlaceFn place) {
  Shape domain(shapeOf(updates));
  Type number = b.getI64Type();
  Value none = Scalars(b, loc).integer(number, -1);
  auto group = pat::GroupByOp::create(
      b, loc, domain, shapeOf(data), none, /*dropOutside=*/true,
      [&](OpBuilder &b, Location, ValueRange point) {
        SmallVector<Value> yields = place(b, point);
        Scalars s(b, loc);
        Value flat = s.index(0);
        for (auto [index, extent] : llvm::zip(point, domain))
          flat = s.add(s.mul(flat, s.index(extent)), index);
        yields.push_back(s.cast(flat, number));
        return yields;
      },
      [&](OpBuilder &b, Location, ValueRange x, ValueRange y) {
        return SmallVector<Value>{Scalars(b, loc).max(x[0], y[0])};
      });
  return mapOver(b, loc, shapeOf(data), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value last = s.cast(pat::at(b, loc, group->getResult(0), point), b.getIndexType());
    // Outside the updates (-1) the flat number has no place: the data stays.
    SmallVector<AffineExpr> exprs;
    int64_t stride = pat::numPoints(domain);
    for (auto [i, extent] : llvm::enumerate(domain)) {
      stride /= std::max<int64_t>(extent, 1);
      AffineExpr expr = b.getAffineDimExpr(0).floorDiv(std::max<int64_t>(stride, 1));
      exprs.push_back(i == 0 ? expr : expr % std::max<int64_t>(extent, 1));
    }
    return read(b, loc, updates, exprs, last, pat::at(b, loc, data, point));
  });
}

static Value scatter(OpBuilder &b, Location loc, Value data, Value updates, ScatterKind kind, bool isUnsigned,
                     PlaceFn place) {
  if (pat::numPoints(shapeOf(updates)) == 0)
    return data;
  if (kind == ScatterKind::Replace)
    return scatterReplace(b, loc, data, updates, place);
  return scatterCombine(b, loc, data, updates, kind, isUnsigned, place);
}

Result<Value> ops::scatterElements(OpBuilder &b, Location loc, Value data, Value indices, Value updates, int64_t axis,
                                   ScatterKind kind, bool isUnsigned) {
  ArrayRef<int64_t> into = shapeOf(data), by = shapeOf(indices);
  if (by != shapeOf(updates) || by.size() != into.size())
    return Error{"data, indices and updates have shapes " + describe(into) + ", " + describe(by) + " and " +
                 describe(shapeOf(updates)) + "; expected equal ranks and indices like updates"};
  return scatter(b, loc, data, updates, kind, isUnsigned, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> place(point);
    place[axis] = wrapIndex(b, loc, pat::at(b, loc, indices, point), into[axis]);
    return place;
  });
}

Result<Value> ops::scatterND(OpBuilder &b, Location loc, Value data, Value indices, Value updates, ScatterKind kind,
                             bool isUnsigned) {
  ArrayRef<int64_t> into = shapeOf(data), by = shapeOf(indices);
  Result<int64_t> count = coordinateCount(into, by, 0);
  if (!count)
    return count.takeError();
  Shape expected(by.drop_back());
  ArrayRef<int64_t> rest = into.drop_front(*count);
  expected.append(rest.begin(), rest.end());
  if (shapeOf(updates) != ArrayRef<int64_t>(expected))
    return Error{"updates have shape " + describe(shapeOf(updates)) + "; expected " + describe(expected)};
  if (into.empty())
    return Error{"data has no dimensions; expected at least one"};
  return scatter(b, loc, data, updates, kind, isUnsigned, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> place = coordinates(b, loc, indices, point.take_front(by.size() - 1), *count, into);
    ValueRange tail = point.drop_front(by.size() - 1);
    place.append(tail.begin(), tail.end());
    return place;
  });
}

Value ops::oneHot(OpBuilder &b, Location loc, Value indices, Value values, int64_t depth, int64_t axis) {
  Shape shape(shapeOf(indices));
  shape.insert(shape.begin() + axis, depth);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> place(point);
    place.erase(place.begin() + axis);
    Scalars s(b, loc);
    Value hot = s.cast(pat::at(b, loc, indices, place), b.getI64Type());
    hot = s.select(s.less(hot, s.integer(hot.getType(), 0)), s.add(hot, s.integer(hot.getType(), depth)), hot);
    Value hit = s.equal(hot, s.cast(point[axis], hot.getType()));
    return s.select(hit, pat::at(b, loc, values, s.index(1)), pat::at(b, loc, values, s.index(0)));
  });
}
