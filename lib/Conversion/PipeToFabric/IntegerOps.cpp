// IntegerOps.cpp - arithmetic of integers, booleans and indices
#include "ScalarLowering.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace jacquard;

/// i1: arithmetic is modulo 2, and signed, true is -1.
Value ScalarLowering::lowerBoolean() {
  auto opcode = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                    .Cases({"arith.addi", "arith.subi", "arith.xori"}, Opcode::Xor)
                    .Cases({"arith.muli", "arith.andi", "arith.minui", "arith.maxsi"}, Opcode::And)
                    .Cases({"arith.ori", "arith.maxui", "arith.minsi"}, Opcode::Or)
                    .Default(std::nullopt);
  if (opcode)
    return fu(*opcode, words);
  // The divisor is true and the shift is by nothing: all else has no value.
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::ShLIOp, arith::ShRSIOp, arith::ShRUIOp, arith::CeilDivSIOp,
          arith::CeilDivUIOp, arith::FloorDivSIOp, math::AbsIOp>(op))
    return words[0];
  return isa<arith::RemSIOp, arith::RemUIOp>(op) ? word(0) : Value();
}

Value ScalarLowering::lowerCompareInteger() {
  using Predicate = arith::CmpIPredicate;
  Value a = words[0], c = words[1];
  bool boolean = operandType().isInteger(1); // true is -1: the signed order is the reverse of the unsigned one
  switch (cast<arith::CmpIOp>(op).getPredicate()) {
  case Predicate::eq:
    return fu(Opcode::ICmpEq, {a, c});
  case Predicate::ne:
    return fu(Opcode::ICmpNe, {a, c});
  case Predicate::slt:
    return boolean ? fu(Opcode::ICmpLtU, {c, a}) : fu(Opcode::ICmpLtS, {a, c});
  case Predicate::sle:
    return boolean ? fu(Opcode::ICmpLeU, {c, a}) : fu(Opcode::ICmpLeS, {a, c});
  case Predicate::sgt:
    return boolean ? fu(Opcode::ICmpLtU, {a, c}) : fu(Opcode::ICmpLtS, {c, a});
  case Predicate::sge:
    return boolean ? fu(Opcode::ICmpLeU, {a, c}) : fu(Opcode::ICmpLeS, {c, a});
  case Predicate::ult: // sign extension keeps the unsigned order
    return fu(Opcode::ICmpLtU, {a, c});
  case Predicate::ule:
    return fu(Opcode::ICmpLeU, {a, c});
  case Predicate::ugt:
    return fu(Opcode::ICmpLtU, {c, a});
  case Predicate::uge:
    return fu(Opcode::ICmpLeU, {c, a});
  }
  return {};
}

/// Operations for which the sign extension is in the way.
Value ScalarLowering::lowerUnsigned() {
  auto opcode = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                    .Case("arith.divui", Opcode::IDivU)
                    .Case("arith.remui", Opcode::IRemU)
                    .Case("arith.shrui", Opcode::ShrU)
                    .Default(std::nullopt);
  Type type = resultType();
  auto operand = [&](unsigned i) { return zeroExtended(words[i], op->getOperand(i).getType()); };
  if (opcode)
    return normalise(fu(*opcode, {operand(0), operand(1)}), type);
  if (!isa<arith::CeilDivUIOp>(op))
    return {};
  Value a = operand(0), c = operand(1);
  Value inexact = fu(Opcode::ICmpNe, {fu(Opcode::IRemU, {a, c}), word(0)});
  return normalise(fu(Opcode::IAdd, {fu(Opcode::IDivU, {a, c}), inexact}), type);
}

Value ScalarLowering::lowerRoundedDivision() {
  Value quotient = fu(Opcode::IDivS, words), remainder = fu(Opcode::IRemS, words);
  Value inexact = fu(Opcode::ICmpNe, {remainder, word(0)});
  Value opposite = fu(Opcode::ICmpLtS, {fu(Opcode::Xor, {remainder, words[1]}), word(0)});
  Value result = isa<arith::CeilDivSIOp>(op)
                     ? fu(Opcode::IAdd, {quotient, fu(Opcode::And, {inexact, negate(opposite)})})
                     : fu(Opcode::ISub, {quotient, fu(Opcode::And, {inexact, opposite})});
  return normalise(result, resultType());
}

Value ScalarLowering::lowerInteger() {
  if (isa<arith::CmpIOp>(op))
    return lowerCompareInteger();
  if (operandType().isInteger(1))
    return lowerBoolean();
  auto exact = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                   .Case("arith.remsi", Opcode::IRemS)
                   .Case("arith.minsi", Opcode::IMinS)
                   .Case("arith.maxsi", Opcode::IMaxS)
                   .Case("arith.minui", Opcode::IMinU)
                   .Case("arith.maxui", Opcode::IMaxU)
                   .Case("arith.andi", Opcode::And)
                   .Case("arith.ori", Opcode::Or)
                   .Case("arith.xori", Opcode::Xor)
                   .Case("arith.shrsi", Opcode::ShrS)
                   .Default(std::nullopt);
  if (exact)
    return fu(*exact, words);
  auto overflowing = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                         .Case("arith.addi", Opcode::IAdd)
                         .Case("arith.subi", Opcode::ISub)
                         .Case("arith.muli", Opcode::IMul)
                         .Case("arith.divsi", Opcode::IDivS)
                         .Case("arith.shli", Opcode::Shl)
                         .Default(std::nullopt);
  if (overflowing)
    return normalise(fu(*overflowing, words), resultType());
  if (isa<math::AbsIOp>(op))
    return normalise(fu(Opcode::IMaxS, {words[0], fu(Opcode::ISub, {word(0), words[0]})}), resultType());
  if (isa<arith::FloorDivSIOp, arith::CeilDivSIOp>(op))
    return lowerRoundedDivision();
  return lowerUnsigned();
}
