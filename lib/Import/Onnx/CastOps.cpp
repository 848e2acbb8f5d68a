// CastOps.cpp - operators that change the element type
#include "Convert.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static Conversion readConversion(Node &n) {
  Conversion conversion;
  conversion.saturates = n.intAttr("saturate", 1);
  std::string mode = n.stringAttr("round_mode", "up");
  conversion.mode = mode == "down" ? ops::RoundMode::Down
                    : mode == "up" ? ops::RoundMode::Up
                                   : ops::RoundMode::Nearest;
  if (mode != "up" && mode != "down" && mode != "nearest")
    n.fail("attribute 'round_mode' is '" + mode + "'; expected up, down or nearest");
  return conversion;
}

static void castTo(Node &n, int32_t type) {
  Conversion conversion = readConversion(n);
  if (!mlirElementType(n.b.getContext(), type))
    n.fail("casts to " + elementTypeName(type) + " are not supported");
  if (n.failed() || type == n.type())
    return n.result(0, n.input(0), type);
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange i) {
                          Value x = pat::at(b, n.loc, n.input(0), i);
                          return convertScalar(b, n.loc, x, n.type(), type, conversion);
                        }),
           type);
}

static void buildCast(Node &n) {
  int64_t to = n.intAttr("to", 0);
  if (!n.failed())
    castTo(n, int32_t(to));
}

static void buildCastLike(Node &n) { castTo(n, n.type(1)); }

static unsigned bitsOf(int32_t type) {
  std::optional<DType> host = hostType(type);
  return host ? dtypeBits(*host) : 0;
}

/// The bits of an i8 that holds a narrow type as those of another one.
static Value rewrapNarrow(OpBuilder &b, Location loc, Value x, int32_t to) {
  bool keepsSign = narrowInteger(to) && !isUnsignedType(to);
  return ops::wrapNarrowInteger(b, loc, x, bitsOf(to), !keepsSign);
}

static void buildBitCast(Node &n) {
  int32_t from = n.type(), to = int32_t(n.intAttr("to", 0));
  Type element = mlirElementType(n.b.getContext(), to);
  if (!element || bitsOf(to) != bitsOf(from))
    n.fail("a bit cast from " + elementTypeName(from) + " to " + elementTypeName(to) + " is not supported");
  bool isBool = n.element().isInteger(1) || (element && element.isInteger(1)); // stored as bytes
  bool isPacked = bitsOf(to) < 8;
  if (n.failed() || (element == n.element() && !isPacked))
    return n.result(0, n.input(0), to);
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange i) -> Value {
                          Value x = pat::at(b, n.loc, n.input(0), i);
                          if (isBool)
                            return ops::Scalars(b, n.loc).cast(x, element);
                          if (isPacked)
                            return rewrapNarrow(b, n.loc, x, to);
                          return arith::BitcastOp::create(b, n.loc, element, x);
                        }),
           to);
}

ArrayRef<Operator> importer::castOperators() {
  static const Operator table[] = {
      {"BitCast", 26, newest, 1, 1, Takes::Any, buildBitCast},
      {"Cast", 6, newest, 1, 1, Takes::Any, buildCast},
      {"CastLike", 15, newest, 2, 2, Takes::Any, buildCastLike},
  };
  return table;
}
