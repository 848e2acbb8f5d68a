// Between.h - positions between elements, shared by the operators that sample
#ifndef JACQUARD_LIB_OPERATORS_BETWEEN_H
#define JACQUARD_LIB_OPERATORS_BETWEEN_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// low <= x <= high; false for NaN.
inline Value isWithin(Scalars &s, Value x, double low, double high) {
  return s.both(s.lessEqual(s.constant(x.getType(), low), x), s.lessEqual(x, s.constant(x.getType(), high)));
}

/// x brought into [low, high]; NaN gives low, so that the result can become an index.
inline Value keepWithin(Scalars &s, Value x, double low, double high) {
  Value least = s.constant(x.getType(), low), most = s.constant(x.getType(), high);
  return s.select(s.lessEqual(least, x), s.select(s.lessEqual(x, most), x, most), least);
}

/// The weight of an element at this distance in linear interpolation.
inline Value linearWeight(Scalars &s, Value distance) {
  Value one = s.constant(distance.getType(), 1);
  return s.max(s.constant(distance.getType(), 0), s.sub(one, s.abs(distance)));
}

/// An index that is outside every tensor where `inside` does not hold, else `position`, a whole number.
inline Value indexOrOutside(Scalars &s, OpBuilder &b, Value position, Value inside) {
  return s.cast(s.select(inside, position, s.constant(position.getType(), -1)), b.getIndexType());
}

/// tensor[indices..], or `outside` beyond its bounds.
inline Value readOr(OpBuilder &b, Location loc, Value tensor, ValueRange indices, Value outside) {
  SmallVector<mlir::AffineExpr> exprs;
  for (unsigned i = 0; i < indices.size(); ++i)
    exprs.push_back(b.getAffineDimExpr(i));
  return read(b, loc, tensor, exprs, indices, outside);
}

} // namespace jacquard::ops

#endif // JACQUARD_LIB_OPERATORS_BETWEEN_H
