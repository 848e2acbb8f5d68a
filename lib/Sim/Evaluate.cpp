// Evaluate.cpp - one small function per operation, and a vector loop around each
#include "jacquard/Sim/Evaluate.h"

#include "Word.h"

#include "jacquard/Support/FloatFormat.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace jacquard::sim {
namespace {

//===-------------------------------------------------------------------------------------------------------------===//
// One struct per operation: `apply` on words. `cheap` operations run over whole blocks of lanes and get vectorised; the
// others run over the lanes that exist.
//===-------------------------------------------------------------------------------------------------------------===//

#define UNARY(Name, Cheap, Expression)                                                                                 \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 1;                                                                               \
    static constexpr bool cheap = Cheap;                                                                               \
    template <typename W> static W apply(W a) { return Expression; }                                                   \
  };
#define BINARY(Name, Cheap, Expression)                                                                                \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 2;                                                                               \
    static constexpr bool cheap = Cheap;                                                                               \
    template <typename W> static W apply(W a, W b) { return Expression; }                                              \
  };
#define TERNARY(Name, Expression)                                                                                      \
  struct Name {                                                                                                        \
    static constexpr unsigned arity = 3;                                                                               \
    static constexpr bool cheap = true;                                                                                \
    template <typename W> static W apply(W a, W b, W c) { return Expression; }                                         \
  };

/// NaN propagates; -0 is less than +0.
template <typename Real> Real minimum(Real a, Real b) {
  if (a != a || b != b)
    return a + b;
  return a < b || (a == b && std::signbit(a)) ? a : b;
}
template <typename Real> Real maximum(Real a, Real b) {
  if (a != a || b != b)
    return a + b;
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}

/// Toward zero, saturating, NaN gives 0.
template <typename Word> Word toSigned(RealOf<Word> value) {
  RealOf<Word> limit = -RealOf<Word>(std::numeric_limits<SignedOf<Word>>::min()); // a power of two: exact
  if (value != value)
    return 0;
  if (value >= limit)
    return signBit<Word> - 1;
  return value < -limit ? signBit<Word> : Word(SignedOf<Word>(value));
}
template <typename Word> Word toUnsigned(RealOf<Word> value) {
  if (!(value > 0))
    return 0;
  RealOf<Word> limit = 2 * -RealOf<Word>(std::numeric_limits<SignedOf<Word>>::min());
  return value >= limit ? std::numeric_limits<Word>::max() : Word(value);
}

template <typename Word> bool overflows(Word a, Word b) { return a == signBit<Word> && b == Word(-1); }

/// The low `bits` bits of `a`, sign-extended.
template <typename Word> Word signExtend(Word a, Word bits) {
  if (bits == 0 || bits >= bitsOf<Word>)
    return a;
  unsigned shift = unsigned(bitsOf<Word> - bits);
  return Word(SignedOf<Word>(Word(a << shift)) >> shift);
}

struct Nop {
  static constexpr unsigned arity = 0;
  static constexpr bool cheap = true;
  template <typename W> static W apply() { return 0; }
};
UNARY(Move, true, a)
TERNARY(Select, a != 0 ? b : c)

BINARY(FAdd, true, asWord<W>(real<W>(a) + real<W>(b)))
BINARY(FSub, true, asWord<W>(real<W>(a) - real<W>(b)))
BINARY(FMul, true, asWord<W>(real<W>(a) * real<W>(b)))
TERNARY(Fma, asWord<W>(std::fma(real<W>(a), real<W>(b), real<W>(c))))
BINARY(FDiv, true, asWord<W>(real<W>(a) / real<W>(b)))
BINARY(FRem, false, asWord<W>(std::fmod(real<W>(a), real<W>(b))))
BINARY(FMin, true, asWord<W>(minimum(real<W>(a), real<W>(b))))
BINARY(FMax, true, asWord<W>(maximum(real<W>(a), real<W>(b))))
UNARY(FNeg, true, a ^ signBit<W>)
UNARY(FAbs, true, a & ~signBit<W>)
UNARY(FFloor, false, asWord<W>(std::floor(real<W>(a))))
UNARY(FCeil, false, asWord<W>(std::ceil(real<W>(a))))
UNARY(FRoundEven, false, asWord<W>(std::nearbyint(real<W>(a)))) // the rounding mode is never changed
UNARY(FTrunc, false, asWord<W>(std::trunc(real<W>(a))))
UNARY(FSqrt, false, asWord<W>(std::sqrt(real<W>(a))))
UNARY(FRsqrt, false, asWord<W>(RealOf<W>(1) / std::sqrt(real<W>(a))))
UNARY(FRecip, true, asWord<W>(RealOf<W>(1) / real<W>(a)))
UNARY(FExp, false, asWord<W>(std::exp(real<W>(a))))
UNARY(FLog, false, asWord<W>(std::log(real<W>(a))))
UNARY(FTanh, false, asWord<W>(std::tanh(real<W>(a))))
UNARY(FErf, false, asWord<W>(std::erf(real<W>(a))))
UNARY(FSin, false, asWord<W>(std::sin(real<W>(a))))
UNARY(FCos, false, asWord<W>(std::cos(real<W>(a))))
BINARY(FPow, false, asWord<W>(std::pow(real<W>(a), real<W>(b))))
BINARY(FCmpEq, true, real<W>(a) == real<W>(b))
BINARY(FCmpLt, true, real<W>(a) < real<W>(b))
BINARY(FCmpLe, true, real<W>(a) <= real<W>(b))
BINARY(FCmpUno, true, real<W>(a) != real<W>(a) || real<W>(b) != real<W>(b))

BINARY(IAdd, true, a + b)
BINARY(ISub, true, a - b)
BINARY(IMul, true, a *b)
TERNARY(IMad, a *b + c)
BINARY(IDivS, false, b == 0 ? 0 : overflows<W>(a, b) ? a : W(sint<W>(a) / sint<W>(b)))
BINARY(IDivU, false, b == 0 ? 0 : a / b)
BINARY(IRemS, false, b == 0 ? a : overflows<W>(a, b) ? 0 : W(sint<W>(a) % sint<W>(b)))
BINARY(IRemU, false, b == 0 ? a : a % b)
BINARY(IMinS, true, sint<W>(a) < sint<W>(b) ? a : b)
BINARY(IMaxS, true, sint<W>(a) > sint<W>(b) ? a : b)
BINARY(IMinU, true, a < b ? a : b)
BINARY(IMaxU, true, a > b ? a : b)
BINARY(And, true, a &b)
BINARY(Or, true, a | b)
BINARY(Xor, true, a ^ b)
BINARY(Shl, true, b >= bitsOf<W> ? 0 : a << b)
BINARY(ShrS, true, W(sint<W>(a) >> (b >= bitsOf<W> ? bitsOf<W> - 1 : b)))
BINARY(ShrU, true, b >= bitsOf<W> ? 0 : a >> b)
BINARY(ICmpEq, true, a == b)
BINARY(ICmpNe, true, a != b)
BINARY(ICmpLtS, true, sint<W>(a) < sint<W>(b))
BINARY(ICmpLeS, true, sint<W>(a) <= sint<W>(b))
BINARY(ICmpLtU, true, a < b)
BINARY(ICmpLeU, true, a <= b)

UNARY(I2F, true, asWord<W>(RealOf<W>(sint<W>(a))))
UNARY(U2F, true, asWord<W>(RealOf<W>(a)))
UNARY(F2I, false, toSigned<W>(real<W>(a)))
UNARY(F2U, false, toUnsigned<W>(real<W>(a)))

BINARY(SExt, false, signExtend<W>(a, b))
UNARY(FRoundF16, false,
      asWord<W>(RealOf<W>(fromFloatBits(FloatFormat::F16, toFloatBits(FloatFormat::F16, real<W>(a))))))
UNARY(FRoundBF16, false,
      asWord<W>(RealOf<W>(fromFloatBits(FloatFormat::BF16, toFloatBits(FloatFormat::BF16, real<W>(a))))))
UNARY(FRoundF32, true, asWord<W>(RealOf<W>(float(real<W>(a)))))
UNARY(FBitsF16, false, signExtend<W>(toFloatBits(FloatFormat::F16, real<W>(a)), 16))
UNARY(FBitsBF16, false, signExtend<W>(toFloatBits(FloatFormat::BF16, real<W>(a)), 16))
UNARY(FBitsF32, true, signExtend<W>(asWord<uint32_t>(float(real<W>(a))), 32))
UNARY(FFromF16, false, asWord<W>(RealOf<W>(fromFloatBits(FloatFormat::F16, uint16_t(a)))))
UNARY(FFromBF16, false, asWord<W>(RealOf<W>(fromFloatBits(FloatFormat::BF16, uint16_t(a)))))
UNARY(FFromF32, true, asWord<W>(RealOf<W>(real<uint32_t>(uint32_t(a)))))

UNARY(FRound, false, asWord<W>(std::round(real<W>(a))))
UNARY(FExpm1, false, asWord<W>(std::expm1(real<W>(a))))
UNARY(FLog1p, false, asWord<W>(std::log1p(real<W>(a))))
UNARY(FCbrt, false, asWord<W>(std::cbrt(real<W>(a))))
UNARY(FTan, false, asWord<W>(std::tan(real<W>(a))))
UNARY(FAsin, false, asWord<W>(std::asin(real<W>(a))))
UNARY(FAcos, false, asWord<W>(std::acos(real<W>(a))))
UNARY(FAtan, false, asWord<W>(std::atan(real<W>(a))))
BINARY(FAtan2, false, asWord<W>(std::atan2(real<W>(a), real<W>(b))))
UNARY(FSinh, false, asWord<W>(std::sinh(real<W>(a))))
UNARY(FCosh, false, asWord<W>(std::cosh(real<W>(a))))
UNARY(FAsinh, false, asWord<W>(std::asinh(real<W>(a))))
UNARY(FAcosh, false, asWord<W>(std::acosh(real<W>(a))))
UNARY(FAtanh, false, asWord<W>(std::atanh(real<W>(a))))

//===-------------------------------------------------------------------------------------------------------------===//
// Vector loops
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Op, typename W> inline W applyAt(const W *a, const W *b, const W *c, unsigned i) {
  if constexpr (Op::arity == 0)
    return Op::template apply<W>();
  else if constexpr (Op::arity == 1)
    return Op::template apply<W>(a[i]);
  else if constexpr (Op::arity == 2)
    return Op::template apply<W>(a[i], b[i]);
  else
    return Op::template apply<W>(a[i], b[i], c[i]);
}

template <typename Op, typename W> void runKernel(W *result, const W *a, const W *b, const W *c, unsigned lanes) {
  if constexpr (!Op::cheap) {
    for (unsigned i = 0; i < lanes; ++i)
      result[i] = applyAt<Op, W>(a, b, c, i);
    return;
  }
  // The block is computed before it is stored: `result` may be an operand, and the compiler sees no dependence.
  for (unsigned base = 0; base < lanes; base += laneBlock) {
    W block[laneBlock];
    for (unsigned i = 0; i < laneBlock; ++i)
      block[i] = applyAt<Op, W>(a, b, c, base + i);
    std::memcpy(result + base, block, sizeof(block));
  }
}

#if defined(__x86_64__)
template <typename Real> inline Real fusedInHardware(Real a, Real b, Real c) {
  if constexpr (sizeof(Real) == sizeof(float))
    return __builtin_fmaf(a, b, c);
  else
    return __builtin_fma(a, b, c);
}

/// fma in hardware: the same correctly rounded value as the library function, a hundred times faster.
template <typename W>
__attribute__((target("avx2,fma"))) void runFmaInHardware(W *result, const W *a, const W *b, const W *c,
                                                          unsigned lanes) {
  for (unsigned base = 0; base < lanes; base += laneBlock) {
    RealOf<W> x[laneBlock], y[laneBlock], z[laneBlock];
    std::memcpy(x, a + base, sizeof(x));
    std::memcpy(y, b + base, sizeof(y));
    std::memcpy(z, c + base, sizeof(z));
    for (unsigned i = 0; i < laneBlock; ++i)
      z[i] = fusedInHardware(x[i], y[i], z[i]);
    std::memcpy(result + base, z, sizeof(z));
  }
}

bool hasFma() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
template <typename W> Kernel<W> fastestFma() { return hasFma() ? runFmaInHardware<W> : runKernel<Fma, W>; }
#else
template <typename W> Kernel<W> fastestFma() { return runKernel<Fma, W>; }
#endif

} // namespace

template <typename W> Kernel<W> kernelOf(Opcode op) {
  static const Kernel<W> fma = fastestFma<W>();
  if (op == Opcode::Fma)
    return fma;
  static constexpr Kernel<W> kernels[] = {
#define JACQUARD_OPCODE(Enumerator, Name, Arity) runKernel<Enumerator, W>,
#include "jacquard/Arch/Opcodes.def"
  };
  return kernels[unsigned(op)];
}

template <typename W> W evaluate(Opcode op, W a, W b, W c) {
  W operands[3][laneBlock] = {{a}, {b}, {c}}, result[laneBlock];
  kernelOf<W>(op)(result, operands[0], operands[1], operands[2], 1);
  return result[0];
}

template <typename W> W reduceTree(Opcode op, W *values, unsigned lanes) {
  for (; lanes > 1; lanes = (lanes + 1) / 2) {
    for (unsigned i = 0; i + 1 < lanes; i += 2)
      values[i / 2] = evaluate<W>(op, values[i], values[i + 1]);
    if (lanes % 2)
      values[lanes / 2] = values[lanes - 1];
  }
  return values[0];
}

#define INSTANTIATE(W)                                                                                                 \
  template Kernel<W> kernelOf<W>(Opcode);                                                                              \
  template W evaluate<W>(Opcode, W, W, W);                                                                             \
  template W reduceTree<W>(Opcode, W *, unsigned);
INSTANTIATE(uint32_t)
INSTANTIATE(uint64_t)
#undef INSTANTIATE

} // namespace jacquard::sim
