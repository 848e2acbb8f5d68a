// CastOps.cpp - conversions between types: most of them are a normalisation of the word
#include "ScalarLowering.h"

using namespace mlir;
using namespace jacquard;

/// A conversion rounds twice where the word's float has fewer digits than the integer and more than the result. So beyond
/// those digits the last bits are gathered into one, which decides ties and nothing else.
Value ScalarLowering::integerToFloat(bool isSigned) {
  Type from = operandType(), to = resultType();
  Value x = isSigned ? signExtended(words[0], from) : zeroExtended(words[0], from);
  bool asUnsigned = !isSigned && bitsOf(from) == wordBits();
  bool twice = bitsOf(from) == wordBits() && needsNormalising(to) && !to.isF16(); // f16 is infinite up there
  if (twice) {
    int64_t limit = int64_t(1) << precision(), mask = (int64_t(1) << (wordBits() - precision())) - 1;
    Value small = asUnsigned ? fu(Opcode::ICmpLtU, {x, word(limit)})
                             : fu(Opcode::ICmpLtU, {fu(Opcode::IAdd, {x, word(limit)}), word(2 * limit)});
    Value last = fu(Opcode::IAdd, {fu(Opcode::And, {x, word(mask)}), word(mask)});
    Value gathered = fu(Opcode::And, {fu(Opcode::Or, {last, x}), word(~mask)});
    x = fu(Opcode::Select, {small, x, gathered});
  }
  return normalise(fu(asUnsigned ? Opcode::U2F : Opcode::I2F, {x}), to);
}

/// A float's bits are an integer of its size.
Value ScalarLowering::lowerBitcast() {
  Type from = operandType(), to = resultType();
  bool toBits = isa<FloatType>(from), fromBits = isa<FloatType>(to);
  if (toBits == fromBits) // f16 and bf16 by way of their bits
    return toBits && from != to ? Value() : words[0];
  Type type = toBits ? from : to;
  if (type.isF16())
    return fu(toBits ? Opcode::FBitsF16 : Opcode::FFromF16, words);
  if (type.isBF16())
    return fu(toBits ? Opcode::FBitsBF16 : Opcode::FFromBF16, words);
  if (type.isF32() && wide)
    return fu(toBits ? Opcode::FBitsF32 : Opcode::FFromF32, words);
  return words[0];
}

Value ScalarLowering::lowerCast() {
  if (op->getNumOperands() != 1)
    return {};
  Value x = words[0];
  Type from = operandType(), to = resultType();
  if (isa<arith::ExtSIOp>(op))
    return signExtended(x, from);
  if (isa<arith::ExtUIOp>(op))
    return zeroExtended(x, from);
  if (isa<arith::TruncIOp>(op))
    return normalise(x, to);
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Value index = isa<arith::IndexCastOp>(op) ? signExtended(x, from) : zeroExtended(x, from);
    return isa<IndexType>(to) ? index : normalise(x, to);
  }
  if (isa<arith::SIToFPOp>(op))
    return integerToFloat(true);
  if (isa<arith::UIToFPOp>(op))
    return integerToFloat(false);
  if (isa<arith::FPToSIOp>(op))
    return normalise(fu(Opcode::F2I, {x}), to);
  if (isa<arith::FPToUIOp>(op)) // narrower integers may come from negative floats that wrap
    return normalise(fu(bitsOf(to) == wordBits() ? Opcode::F2U : Opcode::F2I, {x}), to);
  if (isa<arith::ExtFOp>(op))
    return x;
  if (isa<arith::TruncFOp>(op))
    return normalise(x, to);
  if (isa<arith::BitcastOp>(op))
    return lowerBitcast();
  return {};
}
