// Normalize.cpp - softmax and the normalisations: maps over rows that hold folds and a map
#include "jacquard/Operators/Normalize.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// `point` with `inner` inserted at `axis`.
static SmallVector<Value> insertAt(ValueRange point, int64_t axis, Value inner) {
  SmallVector<Value> indices(point);
  indices.insert(indices.begin() + axis, inner);
  return indices;
}

/// A map over all dimensions but `axis` that yields a row along it. Rows are the last dimension of the map: when `axis`
/// is another one, the result is transposed back.
static Value
mapRows(OpBuilder &b, Location loc, Value tensor, int64_t axis,
        llvm::function_ref<Value(OpBuilder &, ValueRange, llvm::function_ref<Value(OpBuilder &, Value)>)> row) {
  Shape outer(shapeOf(tensor));
  outer.erase(outer.begin() + axis);
  Value rows = mapOver(b, loc, outer, [&](OpBuilder &b, ValueRange point) {
    auto element = [&](OpBuilder &b, Value inner) { return pat::at(b, loc, tensor, insertAt(point, axis, inner)); };
    return row(b, point, element);
  });
  int64_t rank = rankOf(tensor);
  if (axis == rank - 1)
    return rows;
  Shape order = llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
  order.insert(order.begin() + axis, rank - 1);
  return transpose(b, loc, rows, order);
}

Value ops::softmax(OpBuilder &b, Location loc, Value tensor, int64_t axis, bool logarithm) {
  int64_t extent = shapeOf(tensor)[axis];
  Type type = elementOf(tensor), sumType = accumulatorType(type);
  return mapRows(b, loc, tensor, axis, [&](OpBuilder &b, ValueRange, auto element) {
    auto wide = [&](OpBuilder &b, Value i) { return Scalars(b, loc).cast(element(b, i), sumType); };
    Value top = foldOver(
        b, loc, extent, Scalars(b, loc).lowest(sumType), [&](OpBuilder &b, ValueRange i) { return wide(b, i[0]); },
        [](Scalars &s, Value x, Value y) { return s.max(x, y); });
    Value sum = sumOver(b, loc, extent, sumType, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      return s.exp(s.sub(wide(b, i[0]), top));
    });
    Value scale = logarithm ? Scalars(b, loc).log(sum) : sum;
    return mapOver(b, loc, extent, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value shifted = s.sub(wide(b, i[0]), top);
      return s.cast(logarithm ? s.sub(shifted, scale) : s.div(s.exp(shifted), scale), type);
    });
  });
}

Result<Value> ops::hardmax(OpBuilder &b, Location loc, Value tensor, int64_t axis) {
  Result<Value> place = argExtreme(b, loc, tensor, axis, {});
  if (!place)
    return place;
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Type type = elementOf(tensor);
    Value hit = s.equal(readBroadcast(b, loc, *place, point), s.cast(point[axis], b.getI64Type()));
    return s.select(hit, s.integer(type, 1), s.integer(type, 0));
  });
}

//===----------------------------------------------------------------------===//
// Rows of several dimensions
//===----------------------------------------------------------------------===//

static Status checkParameter(Value parameter, ArrayRef<int64_t> inner, const char *what) {
  if (!parameter)
    return {};
  Result<Shape> fits = broadcastShapes({shapeOf(parameter), inner});
  if (!fits || ArrayRef<int64_t>(*fits) != inner)
    return Error{std::string(what) + " of shape " + describe(shapeOf(parameter)) + " does not broadcast to " +
                 describe(inner)};
  return {};
}

static SmallVector<Value> join(ValueRange outer, ValueRange inner) {
  SmallVector<Value> indices(outer);
  indices.append(inner.begin(), inner.end());
  return indices;
}

/// The mean over `domain` of what `term` yields.
static Value meanOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Type type, IndexFn term) {
  Value sum = sumOver(b, loc, domain, type, term);
  Scalars s(b, loc);
  return s.mul(sum, s.constant(type, 1.0 / std::max<int64_t>(pat::numPoints(domain), 1)));
}

/// value * scale + bias in the type of the result, where null parameters are left out.
static Value applyParameters(OpBuilder &b, Location loc, Value value, Value scale, Value bias, ValueRange inner) {
  Scalars s(b, loc);
  if (scale)
    value = s.mul(value, s.cast(readBroadcast(b, loc, scale, inner), value.getType()));
  if (bias)
    value = s.add(value, s.cast(readBroadcast(b, loc, bias, inner), value.getType()));
  return value;
}

Result<LayerNormResult> ops::layerNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, int64_t axis,
                                       double epsilon, Type compute, bool statistics) {
  Shape outer(shapeOf(tensor).take_front(axis)), inner(shapeOf(tensor).drop_front(axis));
  if (Status status = checkParameter(scale, inner, "scale"); !status)
    return status.takeError();
  if (Status status = checkParameter(bias, inner, "bias"); !status)
    return status.takeError();
  Type type = elementOf(tensor);
  auto body = [&](OpBuilder &b, Location, ValueRange point) {
    auto element = [&](OpBuilder &b, ValueRange i) {
      return Scalars(b, loc).cast(pat::at(b, loc, tensor, join(point, i)), compute);
    };
    Value mean = meanOver(b, loc, inner, compute, element);
    Value variance = meanOver(b, loc, inner, compute, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      return s.square(s.sub(element(b, i), mean));
    });
    Scalars s(b, loc);
    Value inverse = s.rsqrt(s.add(variance, s.constant(compute, epsilon)));
    Value row = mapOver(b, loc, inner, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value normal = s.mul(s.sub(element(b, i), mean), inverse);
      return s.cast(applyParameters(b, loc, normal, scale, bias, i), type);
    });
    return statistics ? SmallVector<Value>{row, mean, inverse} : SmallVector<Value>{row};
  };
  auto map = pat::MapOp::create(b, loc, outer, body);
  if (!statistics)
    return LayerNormResult{map->getResult(0), {}, {}};
  Shape ones(outer);
  ones.append(inner.size(), 1);
  return LayerNormResult{map->getResult(0), reshape(b, loc, map->getResult(1), ones),
                         reshape(b, loc, map->getResult(2), ones)};
}

Result<Value> ops::rmsNorm(OpBuilder &b, Location loc, Value tensor, Value scale, int64_t axis, double epsilon,
                           Type compute) {
  Shape outer(shapeOf(tensor).take_front(axis)), inner(shapeOf(tensor).drop_front(axis));
  if (Status status = checkParameter(scale, inner, "scale"); !status)
    return status.takeError();
  Type type = elementOf(tensor);
  return mapOver(b, loc, outer, [&](OpBuilder &b, ValueRange point) {
    auto element = [&](OpBuilder &b, ValueRange i) {
      return Scalars(b, loc).cast(pat::at(b, loc, tensor, join(point, i)), compute);
    };
    Value square = meanOver(b, loc, inner, compute,
                            [&](OpBuilder &b, ValueRange i) { return Scalars(b, loc).square(element(b, i)); });
    Scalars s(b, loc);
    Value inverse = s.rsqrt(s.add(square, s.constant(compute, epsilon)));
    return mapOver(b, loc, inner, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value normal = s.cast(s.mul(element(b, i), inverse), type);
      return s.cast(applyParameters(b, loc, normal, scale, {}, i), type);
    });
  });
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

static Status checkChannels(Value tensor, Value parameter, int64_t wanted, const char *what) {
  if (rankOf(tensor) < 2)
    return Error{"input has shape " + describe(shapeOf(tensor)) + "; expected batch and channels at least"};
  if (shapeOf(parameter) != ArrayRef<int64_t>{wanted})
    return Error{std::string(what) + " has shape " + describe(shapeOf(parameter)) + "; expected [" +
                 std::to_string(wanted) + "]"};
  return {};
}

Result<Value> ops::batchNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, Value mean,
                             Value variance, double epsilon) {
  if (rankOf(tensor) < 2)
    return Error{"input has shape " + describe(shapeOf(tensor)) + "; expected batch and channels at least"};
  int64_t channels = shapeOf(tensor)[1];
  std::pair<Value, const char *> parameters[] = {
      {scale, "scale"}, {bias, "bias"}, {mean, "mean"}, {variance, "variance"}};
  for (auto [parameter, what] : parameters)
    if (Status status = checkChannels(tensor, parameter, channels, what); !status)
      return status.takeError();
  // Factor and offset per channel are maps of their own: of constants they are constant.
  Type type = elementOf(tensor), compute = accumulatorType(elementOf(mean));
  Value factor = mapOver(b, loc, channels, [&](OpBuilder &b, ValueRange c) {
    Scalars s(b, loc);
    Value deviation = s.sqrt(s.add(s.cast(pat::at(b, loc, variance, c), compute), s.constant(compute, epsilon)));
    return s.div(s.cast(pat::at(b, loc, scale, c), compute), deviation);
  });
  Value offset = mapOver(b, loc, channels, [&](OpBuilder &b, ValueRange c) {
    Scalars s(b, loc);
    Value shift = s.mul(s.cast(pat::at(b, loc, mean, c), compute), pat::at(b, loc, factor, c));
    return s.sub(s.cast(pat::at(b, loc, bias, c), compute), shift);
  });
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value x = s.cast(pat::at(b, loc, tensor, point), compute);
    Value scaled = s.mul(x, pat::at(b, loc, factor, point[1]));
    return s.cast(s.add(scaled, pat::at(b, loc, offset, point[1])), type);
  });
}

Result<Value> ops::groupNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, int64_t groups,
                             double epsilon, bool perChannel) {
  if (rankOf(tensor) < 2 || groups < 1 || shapeOf(tensor)[1] % groups)
    return Error{"input has shape " + describe(shapeOf(tensor)) + "; expected channels in " + std::to_string(groups) +
                 " equal groups"};
  int64_t channels = shapeOf(tensor)[1], perGroup = channels / groups;
  for (auto [parameter, what] : {std::pair(scale, "scale"), std::pair(bias, "bias")})
    if (Status status = checkChannels(tensor, parameter, perChannel ? channels : groups, what); !status)
      return status.takeError();
  Type type = elementOf(tensor), compute = accumulatorType(type);
  Shape outer = {shapeOf(tensor)[0], groups}, inner = {perGroup};
  ArrayRef<int64_t> spatial = shapeOf(tensor).drop_front(2);
  inner.append(spatial.begin(), spatial.end());
  Value rows = mapOver(b, loc, outer, [&](OpBuilder &b, ValueRange point) {
    auto channelOf = [&](OpBuilder &b, Value c) {
      Scalars s(b, loc);
      return perGroup == 1 ? point[1] : groups == 1 ? c : s.add(s.mul(point[1], s.index(perGroup)), c);
    };
    auto element = [&](OpBuilder &b, ValueRange i) {
      SmallVector<AffineExpr> exprs = {b.getAffineDimExpr(0), b.getAffineDimExpr(1) * perGroup + b.getAffineDimExpr(2)};
      if (perGroup == 1)
        exprs[1] = b.getAffineDimExpr(1);
      else if (groups == 1)
        exprs[1] = b.getAffineDimExpr(2);
      for (unsigned d = 1; d < i.size(); ++d)
        exprs.push_back(b.getAffineDimExpr(2 + d));
      return Scalars(b, loc).cast(read(b, loc, tensor, exprs, join(point, i)), compute);
    };
    Value mean = meanOver(b, loc, inner, compute, element);
    Value variance = meanOver(b, loc, inner, compute, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      return s.square(s.sub(element(b, i), mean));
    });
    Scalars s(b, loc);
    Value inverse = s.rsqrt(s.add(variance, s.constant(compute, epsilon)));
    return mapOver(b, loc, inner, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value normal = s.mul(s.sub(element(b, i), mean), inverse);
      Value parameter = perChannel ? channelOf(b, i[0]) : point[1];
      return s.cast(applyParameters(b, loc, normal, scale, bias, parameter), type);
    });
  });
  return reshape(b, loc, rows, shapeOf(tensor));
}

Value ops::localResponseNorm(OpBuilder &b, Location loc, Value tensor, int64_t size, double alpha, double beta,
                             double bias) {
  Type type = elementOf(tensor), sumType = accumulatorType(type);
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange point) {
    unsigned rank = point.size();
    Value sum = sumOver(b, loc, size, sumType, [&](OpBuilder &b, ValueRange k) {
      SmallVector<AffineExpr> exprs;
      for (unsigned i = 0; i < rank; ++i)
        exprs.push_back(b.getAffineDimExpr(i));
      exprs[1] = exprs[1] + b.getAffineDimExpr(rank) - (size - 1) / 2;
      Scalars s(b, loc);
      return s.square(s.cast(read(b, loc, tensor, exprs, join(point, k), s.constant(type, 0)), sumType));
    });
    Scalars s(b, loc);
    Value base = s.add(s.constant(sumType, bias), s.mul(s.constant(sumType, alpha / size), sum));
    Value x = s.cast(pat::at(b, loc, tensor, point), sumType);
    return s.cast(s.div(x, s.pow(base, s.constant(sumType, beta))), type);
  });
}

Value ops::lpNormalize(OpBuilder &b, Location loc, Value tensor, int64_t axis, int64_t p) {
  Value norm = reduce(b, loc, p == 1 ? Reduction::L1 : Reduction::L2, tensor, axis, /*keepAxes=*/true);
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value by = readBroadcast(b, loc, norm, point), zero = s.integer(by.getType(), 0);
    return s.select(s.equal(by, zero), zero, s.div(pat::at(b, loc, tensor, point), by));
  });
}
