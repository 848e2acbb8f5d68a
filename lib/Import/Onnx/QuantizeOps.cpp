// QuantizeOps.cpp - quantisation and back
#include "Convert.h"
#include "Quantize.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1, uint8Type = 2, float16Type = 10, bfloat16Type = 16;

/// Checks scales and zero points against the tensor.
static Granularity readGranularity(Node &n) {
  int64_t block = n.intAttr("block_size", 0), axis = n.intAttr("axis", 1);
  axis = n.rank() == 0 ? 0 : axis < 0 ? axis + n.rank() : axis;
  bool isAxis = axis >= 0 && axis < n.rank();
  for (size_t i : {1, 2}) {
    if (!n.has(i) || isOneNumber(n.input(i)))
      continue;
    bool perAxis = n.rank(i) == 1 && isAxis && n.shape(i)[0] == n.shape()[axis];
    bool perBlock = block > 0 && n.rank(i) == n.rank() && isAxis;
    for (int64_t d = 0; perBlock && d < n.rank(); ++d)
      perBlock = n.shape(i)[d] == (d == axis ? (n.shape()[d] + block - 1) / block : n.shape()[d]);
    if (!perAxis && !perBlock)
      n.fail("input '" + n.inputName(i) + "' of shape " + ops::describe(n.shape(i)) + " does not fit axis " +
             llvm::Twine(axis) + " of shape " + ops::describe(n.shape()));
  }
  return {axis, block};
}

/// Integers that take scales in f32, all of them or one per position of an axis.
static bool isPlain(Node &n) {
  return n.type(1) == floatType && (isOneNumber(n.input(1)) || n.rank(1) == 1) &&
         (!n.has(2) || isOneNumber(n.input(2)) || n.rank(2) == 1);
}

//===----------------------------------------------------------------------===//
// To integers
//===----------------------------------------------------------------------===//

/// The type that x / scale is computed in: `precision`, else that of the scale where division is possible in it.
static int32_t divisionType(Node &n) {
  int32_t type = int32_t(n.intAttr("precision", 0));
  if (type && type != floatType && type != float16Type && type != bfloat16Type)
    n.fail("attribute 'precision' is " + elementTypeName(type) + "; expected float, float16 or bfloat16");
  if (!type)
    type = n.type(1);
  return type == float16Type || type == bfloat16Type ? type : floatType;
}

static int32_t quantisedType(Node &n) {
  int32_t wanted = int32_t(n.intAttr("output_dtype", 0)), type = n.has(2) ? n.type(2) : wanted ? wanted : uint8Type;
  if (wanted && wanted != type)
    n.fail("the zero point has element type " + elementTypeName(type) + ", but attribute 'output_dtype' is " +
           elementTypeName(wanted));
  else if (!isQuantisedType(type))
    n.fail("quantisation to " + elementTypeName(type) + " is not supported");
  return type;
}

/// True if input 0 holds sums that can be rounded at once, without their float value.
static bool takesSums(Node &n, int32_t type) {
  const Quantised *sums = n.item(0).quantised.get();
  return sums && sums->isSum && !narrowFloat(type) && isPlain(n) && divisionType(n) == floatType;
}

static void buildQuantizeLinear(Node &n) {
  Granularity granularity = readGranularity(n);
  int32_t type = quantisedType(n), division = divisionType(n);
  bool saturates = n.intAttr("saturate", 1);
  if (n.failed())
    return;
  if (takesSums(n, type)) {
    Value scale = alignParameter(n.b, n.loc, n.input(1), granularity.axis, n.rank());
    Value zero = alignParameter(n.b, n.loc, n.optionalInput(2), granularity.axis, n.rank());
    return n.result(0, requantise(n.b, n.loc, *n.item(0).quantised, scale, zero, type), type);
  }
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange point) {
                          Scalars s(b, n.loc);
                          auto operand = [&](size_t i, Value x) {
                            return convertScalar(b, n.loc, x, n.type(i), division);
                          };
                          Value x = operand(0, pat::at(b, n.loc, n.input(0), point));
                          x = s.div(x, operand(1, readParameter(b, n.loc, n.input(1), point, granularity)));
                          Value zero = n.has(2) ? readParameter(b, n.loc, n.input(2), point, granularity) : Value();
                          return quantiseScalar(b, n.loc, s.cast(x, b.getF32Type()), zero, type, saturates);
                        }),
           type);
}

static void buildDynamicQuantizeLinear(Node &n) {
  if (n.type() != floatType)
    return n.fail("input '" + n.inputName(0) + "' has element type " + elementTypeName(n.type()) + "; expected float");
  Quantised result = quantiseDynamically(n.b, n.loc, n.input(0));
  n.result(0, result.values, result.type);
  n.result(1, result.scale, floatType);
  n.result(2, result.zero, result.type);
}

//===----------------------------------------------------------------------===//
// From integers
//===----------------------------------------------------------------------===//

static void buildDequantizeLinear(Node &n) {
  Granularity granularity = readGranularity(n);
  if (!isQuantisedType(n.type()) && !n.element().isInteger(32))
    n.fail("input '" + n.inputName(0) + "' has element type " + elementTypeName(n.type()) +
           ", which the operator does not take");
  if (n.has(2) && n.type(2) != n.type(0))
    n.fail("the zero point has element type " + elementTypeName(n.type(2)) + "; expected " +
           elementTypeName(n.type(0)));
  int32_t type = int32_t(n.intAttr("output_dtype", 0));
  type = type ? type : n.type(1);
  if (type != floatType && type != float16Type && type != bfloat16Type)
    n.fail("dequantisation to " + elementTypeName(type) + " is not supported");
  if (n.failed())
    return;
  Value real = ops::mapOver(n.b, n.loc, n.shape(), [&](OpBuilder &b, ValueRange point) {
    Value x = pat::at(b, n.loc, n.input(0), point);
    Value zero = n.has(2) ? readParameter(b, n.loc, n.input(2), point, granularity) : Value();
    Value scale = readParameter(b, n.loc, n.input(1), point, granularity);
    scale = convertScalar(b, n.loc, scale, n.type(1), floatType);
    return convertScalar(b, n.loc, dequantiseScalar(b, n.loc, x, zero, scale, n.type()), floatType, type);
  });
  Item result(real, type);
  if (type == floatType && isPlain(n) && !narrowFloat(n.type())) {
    Value scale = alignParameter(n.b, n.loc, n.input(1), granularity.axis, n.rank());
    Value zero = alignParameter(n.b, n.loc, n.optionalInput(2), granularity.axis, n.rank());
    result.quantised = std::make_shared<Quantised>(Quantised{n.input(0), n.type(), zero, scale});
  }
  n.result(0, result);
}

ArrayRef<Operator> importer::quantizeOperators() {
  static const Operator table[] = {
      {"DequantizeLinear", 10, newest, 2, 3, Takes::Any, buildDequantizeLinear},
      {"DequantizeLinear", 1, newest, 2, 3, Takes::Any, buildDequantizeLinear, "com.microsoft"},
      {"DynamicQuantizeLinear", 11, newest, 1, 1, Takes::Float, buildDynamicQuantizeLinear},
      {"QuantizeLinear", 10, newest, 2, 3, Takes::Number, buildQuantizeLinear},
      {"QuantizeLinear", 1, newest, 2, 3, Takes::Number, buildQuantizeLinear, "com.microsoft"},
  };
  return table;
}
