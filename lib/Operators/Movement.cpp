// Movement.cpp - data movement: maps whose body is one read at other indices
#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

Value ops::transpose(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> order) {
  Shape shape;
  SmallVector<AffineExpr> exprs(order.size());
  for (auto [i, dim] : llvm::enumerate(order)) {
    shape.push_back(shapeOf(tensor)[dim]);
    exprs[dim] = b.getAffineDimExpr(i);
  }
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) { return read(b, loc, tensor, exprs, point); });
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

/// The index along each of `to`'s dimensions, given a flat index into them.
static void delinearize(AffineExpr flat, ArrayRef<int64_t> to, SmallVectorImpl<AffineExpr> &exprs) {
  int64_t stride = pat::numPoints(to);
  for (auto [i, extent] : llvm::enumerate(to)) {
    stride /= extent;
    AffineExpr expr = stride == 1 ? flat : flat.floorDiv(stride);
    exprs.push_back(i == 0 ? expr : expr % extent);
  }
}

/// Where the element at `d0, d1, ..` of shape `to` stands in shape `from`. Runs of dimensions with equal products are
/// related to one another only: [8, 4, 4] -> [8, 16] leaves the first dimension alone.
static SmallVector<AffineExpr> reshapeMap(MLIRContext *context, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> exprs;
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    if (i < from.size() && from[i] == 1) {
      exprs.push_back(getAffineConstantExpr(0, context));
      ++i;
      continue;
    }
    if (j < to.size() && to[j] == 1) {
      ++j;
      continue;
    }
    size_t firstFrom = i, firstTo = j;
    int64_t fromProduct = from[i++], toProduct = to[j++];
    while (fromProduct != toProduct) {
      if (fromProduct < toProduct)
        fromProduct *= from[i++];
      else
        toProduct *= to[j++];
    }
    AffineExpr flat = getAffineConstantExpr(0, context);
    for (size_t k = firstTo; k < j; ++k)
      flat = flat * to[k] + getAffineDimExpr(k, context);
    delinearize(flat, from.slice(firstFrom, i - firstFrom), exprs);
  }
  return exprs;
}

Value ops::reshape(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> from = shapeOf(tensor);
  if (from == shape)
    return tensor;
  // Without elements any access will do: it is never made.
  SmallVector<AffineExpr> exprs(from.size(), b.getAffineConstantExpr(0));
  if (pat::numPoints(from) != 0)
    exprs = reshapeMap(b.getContext(), from, shape);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) { return read(b, loc, tensor, exprs, point); });
}

//===----------------------------------------------------------------------===//
// Slices, copies, joins
//===----------------------------------------------------------------------===//

Value ops::slice(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> starts, ArrayRef<int64_t> steps,
                 ArrayRef<int64_t> shape) {
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < shape.size(); ++i)
    exprs.push_back(shape[i] == 1 ? b.getAffineConstantExpr(starts[i]) : b.getAffineDimExpr(i) * steps[i] + starts[i]);
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) { return read(b, loc, tensor, exprs, point); });
}

Value ops::broadcast(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> shape) {
  if (shapeOf(tensor) == shape)
    return tensor;
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) { return readBroadcast(b, loc, tensor, point); });
}

Result<Value> ops::concat(OpBuilder &b, Location loc, ArrayRef<Value> tensors, int64_t axis) {
  Shape shape(shapeOf(tensors.front()));
  shape[axis] = 0;
  SmallVector<int64_t> offsets;
  for (Value tensor : tensors) {
    Shape expected(shape), given(shapeOf(tensor));
    bool sameRank = given.size() == shape.size();
    if (sameRank)
      expected[axis] = given[axis];
    if (!sameRank || given != expected)
      return Error{"shapes " + describe(shapeOf(tensors.front())) + " and " + describe(given) +
                   " cannot be joined along axis " + std::to_string(axis) + "; expected equal extents elsewhere"};
    offsets.push_back(shape[axis]);
    shape[axis] += given[axis];
  }
  if (tensors.size() == 1)
    return tensors.front();
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    // Each tensor is read where it stands, with what the later ones give outside of it.
    Value element = Scalars(b, loc).integer(elementOf(tensors.front()), 0);
    for (size_t i = tensors.size(); i-- > 0;) {
      if (shapeOf(tensors[i])[axis] == 0)
        continue;
      SmallVector<AffineExpr> exprs;
      for (unsigned d = 0; d < shape.size(); ++d)
        exprs.push_back(b.getAffineDimExpr(d));
      exprs[axis] = exprs[axis] - offsets[i];
      element = read(b, loc, tensors[i], exprs, point, element);
    }
    return element;
  });
}

Value ops::tile(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> repeats) {
  Shape shape(shapeOf(tensor));
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < shape.size(); ++i) {
    AffineExpr dim = b.getAffineDimExpr(i);
    exprs.push_back(repeats[i] == 1 ? dim : shape[i] <= 1 ? b.getAffineConstantExpr(0) : dim % shape[i]);
    shape[i] *= repeats[i];
  }
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) { return read(b, loc, tensor, exprs, point); });
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

/// The position along a dimension that an index of the padded one is read at, for modes that repeat what is inside.
static Value repeatedIndex(OpBuilder &b, Location loc, Value index, int64_t before, int64_t extent, PadMode mode) {
  Scalars s(b, loc);
  Value place = s.sub(index, s.index(before));
  if (mode == PadMode::Edge)
    return s.clamp(place, s.index(0), s.index(extent - 1));
  int64_t period = mode == PadMode::Wrap ? extent : std::max<int64_t>(2 * (extent - 1), 1);
  // Whole periods keep the dividend positive, where the remainder is the modulo.
  int64_t lift = before > 0 ? (before + period - 1) / period * period : 0;
  Value phase = s.rem(s.add(place, s.index(lift)), s.index(period));
  if (mode == PadMode::Wrap)
    return phase;
  return s.min(phase, s.sub(s.index(period), phase));
}

Result<Value> ops::pad(OpBuilder &b, Location loc, Value tensor, ArrayRef<int64_t> before, ArrayRef<int64_t> after,
                       PadMode mode, Value fill) {
  ArrayRef<int64_t> from = shapeOf(tensor);
  Shape shape;
  for (size_t i = 0; i < from.size(); ++i) {
    shape.push_back(from[i] + before[i] + after[i]);
    if (shape[i] < 0)
      return Error{"pads " + std::to_string(before[i]) + " and " + std::to_string(after[i]) +
                   " leave nothing of extent " + std::to_string(from[i])};
    if (mode != PadMode::Constant && from[i] == 0 && shape[i] != 0)
      return Error{"an empty dimension cannot be padded by repeating its elements"};
  }
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<AffineExpr> exprs;
    SmallVector<Value> places(point);
    Scalars s(b, loc);
    for (unsigned i = 0; i < shape.size(); ++i) {
      bool isPadded = before[i] != 0 || after[i] != 0;
      bool repeats = mode != PadMode::Constant && isPadded;
      exprs.push_back(b.getAffineDimExpr(i) - (repeats ? 0 : before[i]));
      if (repeats)
        places[i] = from[i] == 1 ? s.index(0) : repeatedIndex(b, loc, point[i], before[i], from[i], mode);
    }
    if (mode != PadMode::Constant)
      return read(b, loc, tensor, exprs, places);
    SmallVector<AffineExpr> origin(fill ? rankOf(fill) : 0, b.getAffineConstantExpr(0));
    Value outside = fill ? read(b, loc, fill, origin, {}) : s.integer(elementOf(tensor), 0);
    return read(b, loc, tensor, exprs, point, outside);
  });
}

//===----------------------------------------------------------------------===//
// By index
//===----------------------------------------------------------------------===//

Value ops::triangle(OpBuilder &b, Location loc, Value tensor, int64_t offset, bool upper) {
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value row = s.add(point[point.size() - 2], s.index(offset)), column = point.back();
    Value keep = upper ? s.lessEqual(row, column) : s.lessEqual(column, row);
    return s.select(keep, pat::at(b, loc, tensor, point), s.integer(elementOf(tensor), 0));
  });
}

Value ops::fill(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Value value) {
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange) {
    SmallVector<AffineExpr> origin(rankOf(value), b.getAffineConstantExpr(0));
    return read(b, loc, value, origin, {});
  });
}
