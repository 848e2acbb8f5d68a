// Convert.cpp - conversion of elements between any two of ONNX's numeric types
#include "Convert.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

Value importer::widenNarrow(OpBuilder &b, Location loc, Value x, int32_t type) {
  if (const llvm::fltSemantics *format = narrowFloat(type))
    return ops::decodeNarrowFloat(b, loc, x, *format);
  if (narrowInteger(type))
    return Scalars(b, loc, isUnsignedType(type)).cast(x, b.getI32Type());
  return x;
}

Value importer::convertScalar(OpBuilder &b, Location loc, Value x, int32_t from, int32_t to,
                              const Conversion &conversion) {
  if (from == to)
    return x;
  Scalars s(b, loc, isUnsignedType(from));
  x = widenNarrow(b, loc, x, from);
  bool fromFloat = isa<FloatType>(x.getType());
  if (const llvm::fltSemantics *format = narrowFloat(to)) {
    bool isWide = x.getType().getIntOrFloatBitWidth() == 64;
    if (isWide && !fromFloat)
      x = s.cast(x, b.getF64Type());
    x = isWide ? ops::roundToOdd(b, loc, x) : s.cast(x, b.getF32Type());
    return ops::encodeNarrowFloat(b, loc, x, *format, conversion.saturates, conversion.mode);
  }
  Type type = mlirElementType(b.getContext(), to);
  bool isShort = isa<IntegerType>(type) && type.getIntOrFloatBitWidth() < 32 && !type.isInteger(1);
  if (fromFloat && isShort)
    x = s.cast(x, b.getI32Type());
  if (unsigned width = narrowInteger(to))
    return ops::wrapNarrowInteger(b, loc, x, width, isUnsignedType(to));
  return s.cast(x, type, isUnsignedType(to));
}
