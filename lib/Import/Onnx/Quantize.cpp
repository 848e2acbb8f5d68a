// Quantize.cpp - quantised numbers, element by element
#include "Quantize.h"

#include "Convert.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, uint8Type = 2;

bool importer::isOneNumber(Value tensor) { return pat::numPoints(ops::shapeOf(tensor)) == 1; }

Value importer::readParameter(OpBuilder &b, Location loc, Value parameter, ValueRange point,
                              const Granularity &granularity) {
  int64_t rank = ops::rankOf(parameter), axis = granularity.axis, block = granularity.block;
  SmallVector<AffineExpr> exprs;
  if (isOneNumber(parameter))
    exprs.assign(rank, b.getAffineConstantExpr(0));
  else if (rank == 1)
    exprs.push_back(b.getAffineDimExpr(axis));
  else
    for (int64_t i = 0; i < rank; ++i)
      exprs.push_back(i == axis && block > 1 ? b.getAffineDimExpr(i).floorDiv(block) : b.getAffineDimExpr(i));
  return ops::read(b, loc, parameter, exprs, point);
}

bool importer::isQuantisedType(int32_t type) {
  std::optional<DType> host = hostType(type);
  return host && (narrowFloat(type)
                      ? *host != DType::F8E8M0
                      : dtypeBits(*host) <= 16 && *host != DType::F16 && *host != DType::BF16 && *host != DType::Bool);
}

Value importer::quantiseScalar(OpBuilder &b, Location loc, Value x, Value zero, int32_t type, bool saturates) {
  Scalars s(b, loc);
  if (narrowFloat(type)) {
    if (zero && dtypeBits(*hostType(type)) < 8) // of 8-bit floats it only gives the type
      x = s.add(x, convertScalar(b, loc, zero, type, floatType));
    return convertScalar(b, loc, x, floatType, type, {saturates});
  }
  bool isUnsigned = isUnsignedType(type);
  x = s.roundEven(x);
  if (zero)
    x = s.add(x, Scalars(b, loc, isUnsigned).cast(zero, x.getType()));
  unsigned width = dtypeBits(*hostType(type));
  double low = isUnsigned ? 0 : -double(int64_t(1) << (width - 1));
  double high = double(int64_t(1) << width) - 1 + low;
  x = s.clamp(x, s.constant(x.getType(), low), s.constant(x.getType(), high));
  return s.cast(x, mlirElementType(b.getContext(), type), isUnsigned);
}

Value importer::dequantiseScalar(OpBuilder &b, Location loc, Value x, Value zero, Value scale, int32_t type) {
  Scalars s(b, loc), stored(b, loc, isUnsignedType(type));
  auto widen = [&](Value value) {
    value = widenNarrow(b, loc, value, type);
    return isa<IntegerType>(value.getType()) ? stored.cast(value, b.getI32Type()) : value;
  };
  x = widen(x);
  if (zero)
    x = s.sub(x, widen(zero));
  return s.mul(s.cast(x, b.getF32Type()), scale);
}

Value importer::alignParameter(OpBuilder &b, Location loc, Value parameter, int64_t axis, int64_t rank) {
  if (!parameter)
    return {};
  Shape shape;
  if (!isOneNumber(parameter)) {
    shape.assign(rank - axis, 1);
    shape[0] = pat::numPoints(ops::shapeOf(parameter));
  }
  return shape == ops::shapeOf(parameter) ? parameter : ops::reshape(b, loc, parameter, shape);
}

Value importer::dequantise(OpBuilder &b, Location loc, const Quantised &tensor) {
  return ops::mapOver(b, loc, ops::shapeOf(tensor.values), [&](OpBuilder &b, ValueRange point) {
    Value x = pat::at(b, loc, tensor.values, point), scale = ops::readBroadcast(b, loc, tensor.scale, point);
    Value zero = tensor.zero ? ops::readBroadcast(b, loc, tensor.zero, point) : Value();
    return dequantiseScalar(b, loc, x, zero, Scalars(b, loc).cast(scale, b.getF32Type()), tensor.type);
  });
}

Value importer::quantise(OpBuilder &b, Location loc, Value real, Value scale, Value zero, int32_t type,
                         Rounding rounding) {
  return ops::mapOver(b, loc, ops::shapeOf(real), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    Value divisor = s.cast(ops::readBroadcast(b, loc, scale, point), b.getF32Type());
    Value x = s.div(pat::at(b, loc, real, point), divisor);
    Value shift = zero ? ops::readBroadcast(b, loc, zero, point) : Value();
    if (shift && rounding == Rounding::AfterZeroPoint) {
      x = s.add(x, Scalars(b, loc, isUnsignedType(type)).cast(shift, x.getType()));
      shift = {};
    }
    return quantiseScalar(b, loc, x, shift, type);
  });
}

Value importer::requantise(OpBuilder &b, Location loc, const Quantised &sums, Value scale, Value zero, int32_t type) {
  return ops::mapOver(b, loc, ops::shapeOf(sums.values), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc), stored(b, loc, isUnsignedType(type));
    Value divisor = s.cast(ops::readBroadcast(b, loc, scale, point), b.getF32Type());
    Value shift = zero ? ops::readBroadcast(b, loc, zero, point) : Value();
    Value factor = s.div(ops::readBroadcast(b, loc, sums.scale, point), divisor);
    Value x = s.mul(s.cast(pat::at(b, loc, sums.values, point), b.getF32Type()), factor);
    Value result = quantiseScalar(b, loc, x, shift, type);
    // Rounding is monotonic: limits of the reals are limits of the integers.
    auto limit = [&](Value bound) {
      return quantiseScalar(b, loc, s.div(pat::at(b, loc, bound, ValueRange()), divisor), shift, type);
    };
    if (sums.low)
      result = stored.max(result, limit(sums.low));
    return sums.high ? stored.min(result, limit(sums.high)) : result;
  });
}

Quantised importer::quantiseDynamically(OpBuilder &b, Location loc, Value tensor) {
  Shape all = llvm::to_vector(llvm::seq<int64_t>(0, ops::rankOf(tensor)));
  Value top = ops::reduce(b, loc, ops::Reduction::Max, tensor, all, false);
  Value bottom = ops::reduce(b, loc, ops::Reduction::Min, tensor, all, false);
  auto range = pat::MapOp::create(b, loc, ArrayRef<int64_t>(), [&](OpBuilder &b, Location, ValueRange) {
    Scalars s(b, loc);
    Type type = b.getF32Type();
    Value zero = s.constant(type, 0);
    Value high = s.max(pat::at(b, loc, top, ValueRange()), zero);
    Value low = s.min(pat::at(b, loc, bottom, ValueRange()), zero);
    Value scale = s.div(s.sub(high, low), s.constant(type, 255));
    scale = s.select(s.equal(high, low), s.constant(type, 1), scale);
    return SmallVector<Value>{scale, quantiseScalar(b, loc, s.div(s.neg(low), scale), {}, uint8Type)};
  });
  Value scale = range->getResult(0), zero = range->getResult(1);
  return {quantise(b, loc, tensor, scale, zero, uint8Type), uint8Type, zero, scale};
}
