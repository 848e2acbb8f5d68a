// Determinant.cpp - determinants by elimination
#include "jacquard/Operators/Contract.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// Small matrices get a copy of the elimination per column, larger ones a loop.
static constexpr int64_t mostUnrolled = 8;

/// One step of elimination on matrices [N, M, M]: the row at or below `column` with the largest element of that column
/// changes places with row `column`, and multiples of it make the elements below zero. Rows at and above `column` are
/// not read again, so that they need not be kept up to date. `product` [N] collects the pivots, with the sign of the
/// exchanges.
static SmallVector<Value> eliminate(OpBuilder &b, Location loc, Value column, Value matrices, Value product) {
  ArrayRef<int64_t> shape = shapeOf(matrices);
  Type type = elementOf(matrices);
  Value candidates = mapOver(b, loc, shape.take_front(2), [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    Value size = s.abs(pat::at(b, loc, matrices, ValueRange{p[0], p[1], column}));
    return s.select(s.less(p[1], column), s.constant(type, -1), size);
  });
  ArgOptions options;
  options.keepAxis = false;
  Value rows = *argExtreme(b, loc, candidates, 1, options); // an axis of extent M > 0 always has an extreme
  auto rowOf = [&](OpBuilder &b, Value n) { return Scalars(b, loc).cast(pat::at(b, loc, rows, n), b.getIndexType()); };
  Value pivots = mapOver(b, loc, shape[0], [&](OpBuilder &b, ValueRange n) {
    return pat::at(b, loc, matrices, ValueRange{n[0], rowOf(b, n[0]), column});
  });
  Value signedProduct = mapOver(b, loc, shape[0], [&](OpBuilder &b, ValueRange n) {
    Scalars s(b, loc);
    Value pivot = pat::at(b, loc, pivots, n), stays = s.equal(rowOf(b, n[0]), column);
    return s.mul(pat::at(b, loc, product, n), s.select(stays, pivot, s.neg(pivot)));
  });
  Value rest = mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    Value pivotRow = rowOf(b, p[0]), row = s.select(s.equal(p[1], pivotRow), column, p[1]);
    Value pivot = pat::at(b, loc, pivots, p[0]), zero = s.constant(type, 0), isZero = s.equal(pivot, zero);
    Value first = pat::at(b, loc, matrices, ValueRange{p[0], row, column});
    Value factor = s.select(isZero, zero, s.div(first, s.select(isZero, s.constant(type, 1), pivot)));
    Value own = pat::at(b, loc, matrices, ValueRange{p[0], row, p[2]});
    return s.sub(own, s.mul(factor, pat::at(b, loc, matrices, ValueRange{p[0], pivotRow, p[2]})));
  });
  return {rest, signedProduct};
}

/// Determinants [N] of [N, M, M].
static Value determinants(OpBuilder &b, Location loc, Value matrices) {
  int64_t batch = shapeOf(matrices)[0], size = shapeOf(matrices)[1];
  Type type = elementOf(matrices);
  if (size == 2)
    return mapOver(b, loc, batch, [&](OpBuilder &b, ValueRange n) {
      Scalars s(b, loc);
      auto element = [&](int64_t row, int64_t column) {
        return read(b, loc, matrices,
                    {b.getAffineDimExpr(0), b.getAffineConstantExpr(row), b.getAffineConstantExpr(column)}, n);
      };
      return s.sub(s.mul(element(0, 0), element(1, 1)), s.mul(element(0, 1), element(1, 0)));
    });
  Value product = fill(b, loc, {batch}, constantScalar(b, loc, type, 1));
  if (size == 0)
    return product;
  if (size <= mostUnrolled) {
    for (int64_t column = 0; column < size; ++column) {
      SmallVector<Value> next = eliminate(b, loc, Scalars(b, loc).index(column), matrices, product);
      matrices = next[0];
      product = next[1];
    }
    return product;
  }
  auto loop = pat::IterateOp::create(b, loc, size, {matrices, product}, [&](OpBuilder &b, Location, ValueRange x) {
    SmallVector<Value> next = {Scalars(b, loc).boolean(true)};
    next.append(eliminate(b, loc, x[0], x[1], x[2]));
    return next;
  });
  return loop.getResult(1);
}

Result<Value> ops::determinant(OpBuilder &b, Location loc, Value matrices) {
  ArrayRef<int64_t> shape = shapeOf(matrices);
  if (shape.size() < 2 || shape.back() != shape[shape.size() - 2])
    return Error{"input has shape " + describe(shape) + "; expected square matrices in the last two dimensions"};
  ArrayRef<int64_t> outer = shape.drop_back(2);
  Type type = elementOf(matrices);
  Value flat = reshape(b, loc, matrices, {pat::numPoints(outer), shape.back(), shape.back()});
  Value result = determinants(b, loc, convert(b, loc, flat, accumulatorType(type)));
  return reshape(b, loc, convert(b, loc, result, type), outer);
}
