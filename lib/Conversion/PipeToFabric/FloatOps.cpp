// FloatOps.cpp - arithmetic and functions of floats
#include "ScalarLowering.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace jacquard;

Value ScalarLowering::lowerCompareFloat() {
  Value a = words[0], c = words[1];
  auto unordered = [&] { return fu(Opcode::FCmpUno, {a, c}); };
  auto eq = [&] { return fu(Opcode::FCmpEq, {a, c}); };
  auto lt = [&](Value x, Value y) { return fu(Opcode::FCmpLt, {x, y}); };
  auto le = [&](Value x, Value y) { return fu(Opcode::FCmpLe, {x, y}); };
  switch (cast<arith::CmpFOp>(op).getPredicate()) {
  case arith::CmpFPredicate::AlwaysFalse:
    return word(0);
  case arith::CmpFPredicate::OEQ:
    return eq();
  case arith::CmpFPredicate::OGT:
    return lt(c, a);
  case arith::CmpFPredicate::OGE:
    return le(c, a);
  case arith::CmpFPredicate::OLT:
    return lt(a, c);
  case arith::CmpFPredicate::OLE:
    return le(a, c);
  case arith::CmpFPredicate::ONE:
    return fu(Opcode::Or, {lt(a, c), lt(c, a)});
  case arith::CmpFPredicate::ORD:
    return negate(unordered());
  case arith::CmpFPredicate::UEQ:
    return fu(Opcode::Or, {eq(), unordered()});
  case arith::CmpFPredicate::UGT:
    return negate(le(a, c));
  case arith::CmpFPredicate::UGE:
    return negate(lt(a, c));
  case arith::CmpFPredicate::ULT:
    return negate(le(c, a));
  case arith::CmpFPredicate::ULE:
    return negate(lt(c, a));
  case arith::CmpFPredicate::UNE:
    return negate(eq());
  case arith::CmpFPredicate::UNO:
    return unordered();
  case arith::CmpFPredicate::AlwaysTrue:
    return word(1);
  }
  return {};
}

/// Operations whose result is a value of the type already.
Value ScalarLowering::lowerExactFloat() {
  auto opcode = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                    .Case("arith.negf", Opcode::FNeg)
                    .Case("arith.minimumf", Opcode::FMin)
                    .Case("arith.maximumf", Opcode::FMax)
                    .Case("math.absf", Opcode::FAbs)
                    .Case("math.floor", Opcode::FFloor)
                    .Case("math.ceil", Opcode::FCeil)
                    .Case("math.round", Opcode::FRound)
                    .Case("math.roundeven", Opcode::FRoundEven)
                    .Case("math.trunc", Opcode::FTrunc)
                    .Default(std::nullopt);
  if (opcode)
    return fu(*opcode, words);
  if (isa<math::CopySignOp>(op)) {
    Value sign = word(wide ? INT64_MIN : INT32_MIN);
    return fu(Opcode::Or, {fu(Opcode::FAbs, {words[0]}), fu(Opcode::And, {words[1], sign})});
  }
  if (isa<math::ClampFOp>(op))
    return fu(Opcode::FMin, {fu(Opcode::FMax, {words[0], words[1]}), words[2]});
  if (isa<arith::MinNumFOp, arith::MaxNumFOp>(op)) { // the number where one operand is not
    Value both = fu(isa<arith::MinNumFOp>(op) ? Opcode::FMin : Opcode::FMax, words);
    Value a = fu(Opcode::FCmpUno, {words[0], words[0]}), c = fu(Opcode::FCmpUno, {words[1], words[1]});
    return fu(Opcode::Select, {a, words[1], fu(Opcode::Select, {c, words[0], both})});
  }
  // Classes: results are i1.
  if (isa<math::IsNaNOp>(op))
    return fu(Opcode::FCmpUno, {words[0], words[0]});
  double infinity = std::numeric_limits<double>::infinity();
  if (isa<math::IsInfOp>(op))
    return fu(Opcode::FCmpEq, {fu(Opcode::FAbs, words), real(infinity)});
  if (isa<math::IsFiniteOp>(op))
    return fu(Opcode::FCmpLt, {fu(Opcode::FAbs, words), real(infinity)});
  return {};
}

/// Operations that round to the word's float; the caller rounds on to the type.
Value ScalarLowering::lowerRoundedFloat() {
  auto opcode = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                    .Case("arith.addf", Opcode::FAdd)
                    .Case("arith.subf", Opcode::FSub)
                    .Case("arith.mulf", Opcode::FMul)
                    .Case("arith.divf", Opcode::FDiv)
                    .Case("arith.remf", Opcode::FRem)
                    .Case("math.fma", Opcode::Fma)
                    .Case("math.sqrt", Opcode::FSqrt)
                    .Case("math.rsqrt", Opcode::FRsqrt)
                    .Case("math.cbrt", Opcode::FCbrt)
                    .Case("math.exp", Opcode::FExp)
                    .Case("math.expm1", Opcode::FExpm1)
                    .Case("math.log", Opcode::FLog)
                    .Case("math.log1p", Opcode::FLog1p)
                    .Case("math.erf", Opcode::FErf)
                    .Case("math.sin", Opcode::FSin)
                    .Case("math.cos", Opcode::FCos)
                    .Case("math.tan", Opcode::FTan)
                    .Case("math.asin", Opcode::FAsin)
                    .Case("math.acos", Opcode::FAcos)
                    .Case("math.atan", Opcode::FAtan)
                    .Case("math.atan2", Opcode::FAtan2)
                    .Case("math.sinh", Opcode::FSinh)
                    .Case("math.cosh", Opcode::FCosh)
                    .Case("math.tanh", Opcode::FTanh)
                    .Case("math.asinh", Opcode::FAsinh)
                    .Case("math.acosh", Opcode::FAcosh)
                    .Case("math.atanh", Opcode::FAtanh)
                    .Case("math.powf", Opcode::FPow)
                    .Default(std::nullopt);
  if (opcode)
    return fu(*opcode, words);
  if (isa<math::FPowIOp>(op))
    return fu(Opcode::FPow, {words[0], fu(Opcode::I2F, {words[1]})});
  if (isa<math::Exp2Op>(op))
    return fu(Opcode::FPow, {real(2), words[0]});
  if (isa<math::Log2Op>(op))
    return fu(Opcode::FMul, {fu(Opcode::FLog, words), real(1.44269504088896340736)});
  if (isa<math::Log10Op>(op))
    return fu(Opcode::FMul, {fu(Opcode::FLog, words), real(0.43429448190325182765)});
  if (isa<math::ErfcOp>(op))
    return fu(Opcode::FSub, {real(1), fu(Opcode::FErf, words)});
  return {};
}

Value ScalarLowering::lowerFloat() {
  if (isa<arith::CmpFOp>(op))
    return lowerCompareFloat();
  if (Value exact = lowerExactFloat())
    return exact;
  Value rounded = lowerRoundedFloat();
  return rounded ? normalise(rounded, resultType()) : Value();
}
