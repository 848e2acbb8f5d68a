// Compare.cpp - element by element, in double precision
#include "jacquard/Driver/Compare.h"

#include "jacquard/Operators/Narrow.h"

#include "llvm/ADT/APFloat.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

double halfToDouble(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value = exponent == 31  ? (mantissa ? NAN : INFINITY)
                 : exponent == 0 ? std::ldexp(mantissa, -24)
                                 : std::ldexp(1024 + mantissa, exponent - 25);
  return bits >> 15 ? -value : value;
}

double bfloatToDouble(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

bool isFloat(DType type) {
  return isNarrowFloat(type) || type == DType::F32 || type == DType::F64 || type == DType::F16 || type == DType::BF16;
}

double floatAt(const Tensor &tensor, int64_t i) {
  switch (tensor.type) {
  case DType::F32:
    return tensor.data<float>()[i];
  case DType::F64:
    return tensor.data<double>()[i];
  case DType::F16:
    return halfToDouble(tensor.data<uint16_t>()[i]);
  case DType::BF16:
    return bfloatToDouble(tensor.data<uint16_t>()[i]);
  default: {
    const llvm::fltSemantics &format = *ops::narrowFormat(tensor.type);
    llvm::APInt bits(8, tensor.bytes[size_t(i)]);
    return llvm::APFloat(format, bits.trunc(dtypeBits(tensor.type))).convertToDouble();
  }
  }
}

int64_t integerAt(const Tensor &tensor, int64_t i) {
  switch (dtypeBytes(tensor.type)) {
  case 1:
    return tensor.type == DType::I8 ? tensor.data<int8_t>()[i] : tensor.data<uint8_t>()[i];
  case 2:
    return tensor.type == DType::I16 ? tensor.data<int16_t>()[i] : tensor.data<uint16_t>()[i];
  case 4:
    return tensor.type == DType::I32 ? tensor.data<int32_t>()[i] : int64_t(tensor.data<uint32_t>()[i]);
  default:
    return tensor.data<int64_t>()[i];
  }
}

/// Integers of one size are one type to MLIR (signless), and narrow types are bytes; the bits are what counts.
bool sameStorage(DType a, DType b) {
  bool differ = (isFloat(a) && !isNarrowFloat(a)) || (isFloat(b) && !isNarrowFloat(b));
  return a == b || (!differ && dtypeBytes(a) == dtypeBytes(b));
}

void compareFloats(Tensor found, const Tensor &expected, const Tolerance &tolerance, Difference &result) {
  found.type = expected.type;
  double largest = 0;
  for (int64_t i = 0; i < expected.numElements(); ++i)
    if (double value = std::abs(floatAt(expected, i)); std::isfinite(value))
      largest = std::max(largest, value);
  for (int64_t i = 0; i < expected.numElements(); ++i) {
    double a = floatAt(found, i), b = floatAt(expected, i);
    if (a == b || (std::isnan(a) && std::isnan(b)))
      continue;
    double difference = std::abs(a - b);
    double magnitude = tolerance.ofLargest ? largest : std::abs(b);
    // False for NaN.
    bool ok = difference <= tolerance.absolute + tolerance.relative * magnitude + tolerance.rounding * largest;
    result.largestAbsolute = std::max(result.largestAbsolute, std::isfinite(difference) ? difference : INFINITY);
    double relative = magnitude > 0 ? difference / magnitude : 0;
    result.largestRelative = std::max(result.largestRelative, std::isfinite(relative) ? relative : INFINITY);
    if (!ok && result.within) {
      result.within = false;
      result.problem = fmt::format("element {} is {}, expected {}", i, a, b);
    }
  }
}

void compareIntegers(const Tensor &found, const Tensor &expected, Difference &result) {
  Tensor typed = found; // read both with the expected type's sign
  typed.type = expected.type;
  for (int64_t i = 0; i < expected.numElements(); ++i) {
    int64_t a = integerAt(typed, i), b = integerAt(expected, i);
    if (a == b)
      continue;
    result.largestAbsolute = std::max(result.largestAbsolute, std::abs(double(a) - double(b)));
    if (result.within) {
      result.within = false;
      result.problem = fmt::format("element {} is {}, expected {}", i, a, b);
    }
  }
}

} // namespace

bool driver::isLike(const Tensor &a, const Tensor &b) { return sameStorage(a.type, b.type) && a.shape == b.shape; }

Difference driver::compare(const Tensor &found, const Tensor &expected, const Tolerance &tolerance) {
  Difference result;
  if (!isLike(found, expected)) {
    result.within = false;
    result.problem = fmt::format("is {}, expected {}", describeTensorType(found.type, found.shape),
                                 describeTensorType(expected.type, expected.shape));
    return result;
  }
  if (isFloat(expected.type))
    compareFloats(found, expected, tolerance, result);
  else
    compareIntegers(found, expected, result);
  return result;
}
