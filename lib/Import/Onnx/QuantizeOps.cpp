// QuantizeOps.cpp - quantisation to integers of 8 and 16 bits, and back
#include "Node.h"

#include "WindowOps.h"
#include "jacquard/Operators/Contract.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, uint8Type = 2, int32Type = 6;

/// How a scale or zero point is read beside an element at `point`: one for all, one per position of `axis`, or one per
/// block of `block` positions along it.
static Value readParameter(OpBuilder &b, Location loc, Value parameter, ValueRange point, int64_t axis, int64_t block) {
  int64_t rank = ops::rankOf(parameter);
  SmallVector<AffineExpr> exprs;
  if (pat::numPoints(ops::shapeOf(parameter)) == 1)
    exprs.assign(rank, b.getAffineConstantExpr(0));
  else if (rank == 1)
    exprs.push_back(b.getAffineDimExpr(axis));
  else
    for (int64_t i = 0; i < rank; ++i)
      exprs.push_back(i == axis && block > 1 ? b.getAffineDimExpr(i).floorDiv(block) : b.getAffineDimExpr(i));
  return ops::read(b, loc, parameter, exprs, point);
}

/// Checks a scale or zero point against the tensor; returns the axis.
static int64_t checkParameters(Node &n, int64_t block) {
  int64_t axis = n.intAttr("axis", 1);
  axis = n.rank() == 0 ? 0 : axis < 0 ? axis + n.rank() : axis;
  for (size_t i : {1, 2}) {
    if (!n.has(i) || pat::numPoints(n.shape(i)) == 1)
      continue;
    bool perAxis = n.rank(i) == 1 && axis >= 0 && axis < n.rank() && n.shape(i)[0] == n.shape()[axis];
    bool perBlock = block > 0 && n.rank(i) == n.rank() && axis >= 0 && axis < n.rank();
    for (int64_t d = 0; perBlock && d < n.rank(); ++d)
      perBlock = n.shape(i)[d] == (d == axis ? (n.shape()[d] + block - 1) / block : n.shape()[d]);
    if (!perAxis && !perBlock)
      n.fail("input '" + n.inputName(i) + "' of shape " + ops::describe(n.shape(i)) + " does not fit axis " +
             llvm::Twine(axis) + " of shape " + ops::describe(n.shape()));
  }
  return axis;
}

/// The nearest integer of `type`, cut off at its ends.
static Value saturate(Scalars &s, Value x, Type type, bool isUnsigned) {
  unsigned width = type.getIntOrFloatBitWidth();
  double low = isUnsigned ? 0 : -double(int64_t(1) << (width - 1));
  double high = isUnsigned ? double((int64_t(1) << width) - 1) : double((int64_t(1) << (width - 1)) - 1);
  Type wide = x.getType();
  return s.cast(s.clamp(x, s.constant(wide, low), s.constant(wide, high)), type, isUnsigned);
}

static void buildQuantizeLinear(Node &n) {
  int64_t block = n.intAttr("block_size", 0), axis = checkParameters(n, block);
  int32_t type = n.has(2) ? n.type(2) : int32_t(n.intAttr("output_dtype", uint8Type));
  Type element = mlirElementType(n.b.getContext(), type ? type : uint8Type);
  if (!element || !element.isInteger() || element.getIntOrFloatBitWidth() > 16)
    return n.fail("quantisation to " + elementTypeName(type) + " is not supported");
  n.requireFloat(1);
  if (n.failed())
    return;
  bool isUnsigned = isUnsignedType(type);
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc), quantised(b, n.loc, isUnsigned);
                          Type compute = b.getF32Type();
                          Value x =
                              Scalars(b, n.loc, n.isUnsigned()).cast(pat::at(b, n.loc, n.input(0), point), compute);
                          Value scale = s.cast(readParameter(b, n.loc, n.input(1), point, axis, block), compute);
                          Value rounded = s.roundEven(s.div(x, scale));
                          if (n.has(2))
                            rounded =
                                s.add(rounded,
                                      quantised.cast(readParameter(b, n.loc, n.input(2), point, axis, block), compute));
                          return saturate(s, rounded, element, isUnsigned);
                        }),
           type);
}

static void buildDequantizeLinear(Node &n) {
  int64_t block = n.intAttr("block_size", 0), axis = checkParameters(n, block);
  n.requireFloat(1);
  if (n.has(2) && n.type(2) != n.type(0))
    n.fail("the zero point has element type " + elementTypeName(n.type(2)) + "; expected " +
           elementTypeName(n.type(0)));
  int32_t type = int32_t(n.intAttr("output_dtype", 0));
  type = type ? type : n.type(1);
  Type element = mlirElementType(n.b.getContext(), type);
  if (!n.failed() && (!element || !isa<FloatType>(element)))
    n.fail("dequantisation to " + elementTypeName(type) + " is not supported");
  if (n.failed())
    return;
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc, n.isUnsigned());
                          Type wide = b.getI32Type(), compute = b.getF32Type();
                          Value x = s.cast(pat::at(b, n.loc, n.input(0), point), wide);
                          if (n.has(2))
                            x = s.sub(x, s.cast(readParameter(b, n.loc, n.input(2), point, axis, block), wide));
                          Scalars signedScalars(b, n.loc);
                          Value scale = s.cast(readParameter(b, n.loc, n.input(1), point, axis, block), compute);
                          return s.cast(s.mul(signedScalars.cast(x, compute), scale), element);
                        }),
           type);
}

/// Scale and zero point from the tensor's own range, which always holds 0.
static void buildDynamicQuantizeLinear(Node &n) {
  OpBuilder &b = n.b;
  Shape all = llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  Value top = ops::reduce(b, n.loc, ops::Reduction::Max, n.input(0), all, false);
  Value bottom = ops::reduce(b, n.loc, ops::Reduction::Min, n.input(0), all, false);
  auto range = pat::MapOp::create(b, n.loc, ArrayRef<int64_t>(), [&](OpBuilder &b, Location, ValueRange) {
    Scalars s(b, n.loc);
    Value zero = s.constant(n.element(), 0);
    Value high = s.max(pat::at(b, n.loc, top, ValueRange()), zero),
          low = s.min(pat::at(b, n.loc, bottom, ValueRange()), zero);
    Value scale = s.div(s.sub(high, low), s.constant(n.element(), 255));
    Value safe = s.select(s.equal(scale, zero), s.constant(n.element(), 1), scale);
    Value point = saturate(s, s.roundEven(s.div(s.neg(low), safe)), b.getI8Type(), true);
    return SmallVector<Value>{scale, point, safe};
  });
  Value scale = range->getResult(0), zero = range->getResult(1), divisor = range->getResult(2);
  n.result(0,
           ops::mapOver(b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc), bytes(b, n.loc, true);
                          Value x =
                              s.div(pat::at(b, n.loc, n.input(0), point), pat::at(b, n.loc, divisor, ValueRange()));
                          Value shift = bytes.cast(pat::at(b, n.loc, zero, ValueRange()), n.element());
                          return saturate(s, s.add(s.roundEven(x), shift), b.getI8Type(), true);
                        }),
           uint8Type);
  n.result(1, scale, floatType);
  n.result(2, zero, uint8Type);
}

//===----------------------------------------------------------------------===//
// Products of quantised tensors
//===----------------------------------------------------------------------===//

/// A parameter that is one number, or one per position of dimension `axis` of the result.
static bool fitsResult(Node &n, size_t i, ArrayRef<int64_t> result, int64_t axis) {
  if (pat::numPoints(n.shape(i)) == 1 || (n.rank(i) == 1 && n.shape(i)[0] == result[axis]))
    return true;
  n.fail("input '" + n.inputName(i) + "' of shape " + ops::describe(n.shape(i)) +
         " is not supported; expected one number or one per output channel");
  return false;
}

/// Brings sums of products to the result's scale: round(sum * a * b / y) + zero. Inputs a, b and y are scales.
static void requantize(Node &n, Value sums, int64_t axis, size_t a, size_t b2, size_t y, size_t zero) {
  ArrayRef<int64_t> shape = ops::shapeOf(sums);
  for (size_t i : {a, b2, y, zero})
    if (!fitsResult(n, i, shape, axis))
      return;
  bool isUnsigned = n.isUnsigned(zero);
  n.result(0,
           ops::mapOver(n.b, n.loc, shape,
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc), quantised(b, n.loc, isUnsigned);
                          Type compute = b.getF32Type();
                          auto scale = [&](size_t i) {
                            return s.cast(readParameter(b, n.loc, n.input(i), point, axis, 0), compute);
                          };
                          Value factor = s.div(s.mul(scale(a), scale(b2)), scale(y));
                          Value x = s.mul(s.cast(pat::at(b, n.loc, sums, point), compute), factor);
                          Value shift = quantised.cast(readParameter(b, n.loc, n.input(zero), point, axis, 0), compute);
                          return saturate(s, s.add(s.roundEven(x), shift), n.element(zero), isUnsigned);
                        }),
           n.type(zero));
}

/// A zero point as matmul wants it: a scalar, a row for the right operand, a column for the left one.
static Value matrixZeroPoint(Node &n, size_t i, bool isColumn) {
  if (n.rank(i) != 1 || !isColumn || n.shape(i)[0] == 1)
    return n.input(i);
  return ops::reshape(n.b, n.loc, n.input(i), {n.shape(i)[0], 1});
}

static void buildQLinearMatMul(Node &n) {
  for (size_t i : {1, 4, 6})
    n.requireFloat(i);
  ops::QuantizedOperand lhs{n.input(0), matrixZeroPoint(n, 2, true), n.isUnsigned(0)};
  ops::QuantizedOperand rhs{n.input(3), matrixZeroPoint(n, 5, false), n.isUnsigned(3)};
  Value sums = n.take(ops::matmulInteger(n.b, n.loc, lhs, rhs));
  if (!n.failed() && ops::rankOf(sums) == 0)
    n.fail("products of two vectors are not supported");
  if (!n.failed())
    requantize(n, sums, ops::rankOf(sums) - 1, 1, 4, 6, 7);
}

static Value scalarZeroPoint(Node &n, size_t i) {
  if (n.rank(i) == 1 && n.shape(i)[0] == 1)
    return ops::reshape(n.b, n.loc, n.input(i), {});
  return n.input(i);
}

static void buildQLinearConv(Node &n) {
  for (size_t i : {1, 4, 6})
    n.requireFloat(i);
  if (n.has(8) && n.type(8) != int32Type)
    n.fail("the bias has element type " + elementTypeName(n.type(8)) + "; expected int32");
  ops::Window window = readWindow(n, n.input(3));
  int64_t groups = n.intAttr("group", 1);
  if (n.failed())
    return;
  ops::QuantizedOperand input{n.input(0), scalarZeroPoint(n, 2), n.isUnsigned(0)};
  ops::QuantizedOperand weight{n.input(3), scalarZeroPoint(n, 5), n.isUnsigned(3)};
  Value sums = n.take(ops::convInteger(n.b, n.loc, input, weight, n.optionalInput(8), window, groups));
  if (sums)
    requantize(n, sums, 1, 1, 4, 6, 7);
}

ArrayRef<Operator> importer::quantizeOperators() {
  static const Operator table[] = {
      {"DequantizeLinear", 10, newest, 2, 3, Takes::Integer, buildDequantizeLinear},
      {"DynamicQuantizeLinear", 11, newest, 1, 1, Takes::Float, buildDynamicQuantizeLinear},
      {"QLinearConv", 10, newest, 8, 9, Takes::Integer, buildQLinearConv},
      {"QLinearMatMul", 10, newest, 8, 8, Takes::Integer, buildQLinearMatMul},
      {"QuantizeLinear", 10, newest, 2, 3, Takes::Number, buildQuantizeLinear},
  };
  return table;
}
