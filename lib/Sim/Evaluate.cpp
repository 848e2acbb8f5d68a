// Evaluate.cpp - one small function per operation, and a vector loop around each
#include "jacquard/Sim/Evaluate.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace jacquard::sim {
namespace {

float asFloat(uint32_t word) {
  float value;
  std::memcpy(&value, &word, sizeof(value));
  return value;
}

uint32_t asWord(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  return word;
}

int32_t asInt(uint32_t word) { return int32_t(word); }

//===-------------------------------------------------------------------------------------------------------------===//
// One struct per operation: `apply` on words. `cheap` operations run over whole blocks of lanes and get vectorised; the
// others run over the lanes that exist.
//===-------------------------------------------------------------------------------------------------------------===//

#define UNARY(Name, Cheap, Expression)                                                                                 \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 1;                                                                               \
    static constexpr bool cheap = Cheap;                                                                               \
    static uint32_t apply(uint32_t a) { return Expression; }                                                           \
  };
#define BINARY(Name, Cheap, Expression)                                                                                \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 2;                                                                               \
    static constexpr bool cheap = Cheap;                                                                               \
    static uint32_t apply(uint32_t a, uint32_t b) { return Expression; }                                               \
  };
#define TERNARY(Name, Expression)                                                                                      \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 3;                                                                               \
    static constexpr bool cheap = true;                                                                                \
    static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) { return Expression; }                                   \
  };

/// NaN propagates; -0 is less than +0.
float minimum(float a, float b) {
  if (a != a || b != b)
    return a + b;
  return a < b || (a == b && std::signbit(a)) ? a : b;
}
float maximum(float a, float b) {
  if (a != a || b != b)
    return a + b;
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}

/// Toward zero, saturating, NaN gives 0.
uint32_t toSigned(float value) {
  if (value != value)
    return 0;
  if (value >= 2147483648.0f)
    return uint32_t(std::numeric_limits<int32_t>::max());
  if (value < -2147483648.0f)
    return uint32_t(std::numeric_limits<int32_t>::min());
  return uint32_t(int32_t(value));
}
uint32_t toUnsigned(float value) {
  if (!(value > 0))
    return 0;
  return value >= 4294967296.0f ? std::numeric_limits<uint32_t>::max() : uint32_t(value);
}

bool overflows(uint32_t a, uint32_t b) { return a == 0x80000000u && b == 0xffffffffu; }

struct Nop {
  static constexpr unsigned arity = 0;
  static constexpr bool cheap = true;
  static uint32_t apply() { return 0; }
};
UNARY(Move, true, a)
TERNARY(Select, a != 0 ? b : c)

BINARY(FAdd, true, asWord(asFloat(a) + asFloat(b)))
BINARY(FSub, true, asWord(asFloat(a) - asFloat(b)))
BINARY(FMul, true, asWord(asFloat(a) * asFloat(b)))
TERNARY(Fma, asWord(std::fma(asFloat(a), asFloat(b), asFloat(c))))
BINARY(FDiv, true, asWord(asFloat(a) / asFloat(b)))
BINARY(FRem, false, asWord(std::fmod(asFloat(a), asFloat(b))))
BINARY(FMin, true, asWord(minimum(asFloat(a), asFloat(b))))
BINARY(FMax, true, asWord(maximum(asFloat(a), asFloat(b))))
UNARY(FNeg, true, a ^ 0x80000000u)
UNARY(FAbs, true, a & 0x7fffffffu)
UNARY(FFloor, false, asWord(std::floor(asFloat(a))))
UNARY(FCeil, false, asWord(std::ceil(asFloat(a))))
UNARY(FRoundEven, false, asWord(std::nearbyint(asFloat(a)))) // the rounding mode is never changed
UNARY(FTrunc, false, asWord(std::trunc(asFloat(a))))
UNARY(FSqrt, false, asWord(std::sqrt(asFloat(a))))
UNARY(FRsqrt, false, asWord(1.0f / std::sqrt(asFloat(a))))
UNARY(FRecip, true, asWord(1.0f / asFloat(a)))
UNARY(FExp, false, asWord(std::exp(asFloat(a))))
UNARY(FLog, false, asWord(std::log(asFloat(a))))
UNARY(FTanh, false, asWord(std::tanh(asFloat(a))))
UNARY(FErf, false, asWord(std::erf(asFloat(a))))
UNARY(FSin, false, asWord(std::sin(asFloat(a))))
UNARY(FCos, false, asWord(std::cos(asFloat(a))))
BINARY(FPow, false, asWord(std::pow(asFloat(a), asFloat(b))))
BINARY(FCmpEq, true, asFloat(a) == asFloat(b))
BINARY(FCmpLt, true, asFloat(a) < asFloat(b))
BINARY(FCmpLe, true, asFloat(a) <= asFloat(b))
BINARY(FCmpUno, true, asFloat(a) != asFloat(a) || asFloat(b) != asFloat(b))

BINARY(IAdd, true, a + b)
BINARY(ISub, true, a - b)
BINARY(IMul, true, a *b)
TERNARY(IMad, a *b + c)
BINARY(IDivS, false, b == 0 ? 0 : overflows(a, b) ? a : uint32_t(asInt(a) / asInt(b)))
BINARY(IDivU, false, b == 0 ? 0 : a / b)
BINARY(IRemS, false, b == 0 ? a : overflows(a, b) ? 0 : uint32_t(asInt(a) % asInt(b)))
BINARY(IRemU, false, b == 0 ? a : a % b)
BINARY(IMinS, true, asInt(a) < asInt(b) ? a : b)
BINARY(IMaxS, true, asInt(a) > asInt(b) ? a : b)
BINARY(IMinU, true, a < b ? a : b)
BINARY(IMaxU, true, a > b ? a : b)
BINARY(And, true, a &b)
BINARY(Or, true, a | b)
BINARY(Xor, true, a ^ b)
BINARY(Shl, true, b >= 32 ? 0 : a << b)
BINARY(ShrS, true, uint32_t(asInt(a) >> (b >= 32 ? 31 : b)))
BINARY(ShrU, true, b >= 32 ? 0 : a >> b)
BINARY(ICmpEq, true, a == b)
BINARY(ICmpNe, true, a != b)
BINARY(ICmpLtS, true, asInt(a) < asInt(b))
BINARY(ICmpLeS, true, asInt(a) <= asInt(b))
BINARY(ICmpLtU, true, a < b)
BINARY(ICmpLeU, true, a <= b)

UNARY(I2F, true, asWord(float(asInt(a))))
UNARY(U2F, true, asWord(float(a)))
UNARY(F2I, false, toSigned(asFloat(a)))
UNARY(F2U, false, toUnsigned(asFloat(a)))

//===-------------------------------------------------------------------------------------------------------------===//
// Vector loops
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Op> inline uint32_t applyAt(const uint32_t *a, const uint32_t *b, const uint32_t *c, unsigned i) {
  if constexpr (Op::arity == 0)
    return Op::apply();
  else if constexpr (Op::arity == 1)
    return Op::apply(a[i]);
  else if constexpr (Op::arity == 2)
    return Op::apply(a[i], b[i]);
  else
    return Op::apply(a[i], b[i], c[i]);
}

template <typename Op>
void runKernel(uint32_t *result, const uint32_t *a, const uint32_t *b, const uint32_t *c, unsigned lanes) {
  if constexpr (!Op::cheap) {
    for (unsigned i = 0; i < lanes; ++i)
      result[i] = applyAt<Op>(a, b, c, i);
    return;
  }
  // The block is computed before it is stored: `result` may be an operand, and the compiler sees no dependence.
  for (unsigned base = 0; base < lanes; base += laneBlock) {
    uint32_t block[laneBlock];
    for (unsigned i = 0; i < laneBlock; ++i)
      block[i] = applyAt<Op>(a, b, c, base + i);
    std::memcpy(result + base, block, sizeof(block));
  }
}

#if defined(__x86_64__)
/// fma in hardware: the same correctly rounded value as the library function, a hundred times faster.
__attribute__((target("avx2,fma"))) void runFmaInHardware(uint32_t *result, const uint32_t *a, const uint32_t *b,
                                                          const uint32_t *c, unsigned lanes) {
  for (unsigned base = 0; base < lanes; base += laneBlock) {
    float x[laneBlock], y[laneBlock], z[laneBlock];
    std::memcpy(x, a + base, sizeof(x));
    std::memcpy(y, b + base, sizeof(y));
    std::memcpy(z, c + base, sizeof(z));
    for (unsigned i = 0; i < laneBlock; ++i)
      z[i] = __builtin_fmaf(x[i], y[i], z[i]);
    std::memcpy(result + base, z, sizeof(z));
  }
}

Kernel fastestFma() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? runFmaInHardware : runKernel<Fma>;
}
#else
Kernel fastestFma() { return runKernel<Fma>; }
#endif

} // namespace

Kernel kernelOf(Opcode op) {
  static const Kernel fma = fastestFma();
  if (op == Opcode::Fma)
    return fma;
  static constexpr Kernel kernels[] = {
#define JACQUARD_OPCODE(Enumerator, Name, Arity) runKernel<Enumerator>,
#include "jacquard/Arch/Opcodes.def"
  };
  return kernels[unsigned(op)];
}

uint32_t evaluate(Opcode op, uint32_t a, uint32_t b, uint32_t c) {
  uint32_t operands[3][laneBlock] = {{a}, {b}, {c}}, result[laneBlock];
  kernelOf(op)(result, operands[0], operands[1], operands[2], 1);
  return result[0];
}

uint32_t reduceTree(Opcode op, uint32_t *values, unsigned lanes) {
  for (; lanes > 1; lanes = (lanes + 1) / 2) {
    for (unsigned i = 0; i + 1 < lanes; i += 2)
      values[i / 2] = evaluate(op, values[i], values[i + 1]);
    if (lanes % 2)
      values[lanes / 2] = values[lanes - 1];
  }
  return values[0];
}

} // namespace jacquard::sim
