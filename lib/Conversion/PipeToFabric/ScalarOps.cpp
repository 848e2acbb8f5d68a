// ScalarOps.cpp - which functional unit operations compute which scalar operation
#include "ScalarOps.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace jacquard;

Value jacquard::emitFu(OpBuilder &builder, Location loc, Opcode opcode, ArrayRef<Value> words) {
  std::string_view name = opcodeName(opcode);
  return fabric::FuOp::create(builder, loc, builder.getI32Type(), StringRef(name.data(), name.size()), words,
                              IntegerAttr(), IntegerAttr());
}

Value jacquard::emitWord(OpBuilder &builder, Location loc, uint32_t word) {
  return fabric::ConstantOp::create(builder, loc, builder.getI32Type(), word);
}

static Value emitFloat(OpBuilder &builder, Location loc, float value) {
  return emitWord(builder, loc, llvm::bit_cast<uint32_t>(value));
}

FailureOr<uint32_t> jacquard::constantWord(Operation *op, Attribute value) {
  if (auto real = dyn_cast<FloatAttr>(value)) {
    if (!real.getType().isF32())
      return op->emitError() << "constant of type " << real.getType() << " does not run on the fabric yet; expected f32";
    return uint32_t(real.getValue().bitcastToAPInt().getZExtValue());
  }
  if (auto boolean = dyn_cast<BoolAttr>(value))
    return uint32_t(boolean.getValue());
  auto integer = dyn_cast<IntegerAttr>(value);
  if (!integer)
    return op->emitError() << "constant " << value << " is not a number";
  if (integer.getType().isInteger(1))
    return uint32_t(integer.getValue().getZExtValue());
  // 64-bit values are indices on the fabric: beyond 32 bits they saturate, as DRAM ports do.
  int64_t wide = integer.getValue().getSExtValue();
  return uint32_t(int32_t(std::clamp<int64_t>(wide, INT32_MIN, INT32_MAX)));
}

std::optional<Opcode> jacquard::opcodeOfKind(arith::AtomicRMWKind kind) {
  switch (kind) {
  case arith::AtomicRMWKind::addf:
    return Opcode::FAdd;
  case arith::AtomicRMWKind::mulf:
    return Opcode::FMul;
  case arith::AtomicRMWKind::minimumf:
  case arith::AtomicRMWKind::minnumf:
    return Opcode::FMin;
  case arith::AtomicRMWKind::maximumf:
  case arith::AtomicRMWKind::maxnumf:
    return Opcode::FMax;
  case arith::AtomicRMWKind::addi:
    return Opcode::IAdd;
  case arith::AtomicRMWKind::muli:
    return Opcode::IMul;
  case arith::AtomicRMWKind::mins:
    return Opcode::IMinS;
  case arith::AtomicRMWKind::maxs:
    return Opcode::IMaxS;
  case arith::AtomicRMWKind::minu:
    return Opcode::IMinU;
  case arith::AtomicRMWKind::maxu:
    return Opcode::IMaxU;
  case arith::AtomicRMWKind::andi:
    return Opcode::And;
  case arith::AtomicRMWKind::ori:
    return Opcode::Or;
  default:
    return std::nullopt;
  }
}

AffineEmitter::AffineEmitter(OpBuilder &builder, Location loc, ArrayRef<Value> dims,
                             ArrayRef<std::optional<int64_t>> lowest, ArrayRef<std::optional<int64_t>> highest)
    : builder(builder), loc(loc), dims(dims), lowest(lowest), highest(highest) {
  this->lowest.resize(dims.size());
  this->highest.resize(dims.size());
}

Value AffineEmitter::emit(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (Value word = known.lookup(expr))
    return word;
  Value word;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    word = emitWord(builder, loc, uint32_t(constant.getValue()));
  else
    word = compute(cast<AffineBinaryOpExpr>(expr));
  known[expr] = word;
  return word;
}

Value AffineEmitter::compute(AffineBinaryOpExpr expr) {
  auto fu = [&](Opcode opcode, ArrayRef<Value> words) { return emitFu(builder, loc, opcode, words); };
  // A product in a sum is one multiply-add.
  if (expr.getKind() == AffineExprKind::Add)
    for (auto [product, rest] : {std::pair(expr.getLHS(), expr.getRHS()), std::pair(expr.getRHS(), expr.getLHS())})
      if (auto factors = dyn_cast<AffineBinaryOpExpr>(product); factors && product.getKind() == AffineExprKind::Mul)
        return fu(Opcode::IMad, {emit(factors.getLHS()), emit(factors.getRHS()), emit(rest)});
  Value lhs = emit(expr.getLHS());
  Value rhs = emit(expr.getRHS());
  if (expr.getKind() == AffineExprKind::Add)
    return fu(Opcode::IAdd, {lhs, rhs});
  if (expr.getKind() == AffineExprKind::Mul)
    return fu(Opcode::IMul, {lhs, rhs});
  // The hardware truncates; affine division rounds down: correct by one where the remainder is negative.
  auto low = getBoundForAffineExpr(expr.getLHS(), dims.size(), 0, lowest, highest, /*isUpper=*/false);
  bool exact = low && *low >= 0;
  if (exact && expr.getKind() == AffineExprKind::FloorDiv)
    return fu(Opcode::IDivS, {lhs, rhs});
  Value remainder = fu(Opcode::IRemS, {lhs, rhs});
  if (exact && expr.getKind() == AffineExprKind::Mod)
    return remainder;
  Value quotient = expr.getKind() == AffineExprKind::Mod ? Value() : fu(Opcode::IDivS, {lhs, rhs});
  if (expr.getKind() == AffineExprKind::CeilDiv)
    return fu(Opcode::IAdd, {quotient, fu(Opcode::ICmpLtS, {emitWord(builder, loc, 0), remainder})});
  Value below = fu(Opcode::ICmpLtS, {remainder, emitWord(builder, loc, 0)});
  if (expr.getKind() == AffineExprKind::Mod)
    return fu(Opcode::IMad, {below, rhs, remainder});
  return fu(Opcode::ISub, {quotient, below});
}

namespace {

/// Emits one operation; every method returns null for what it does not know.
class ScalarLowering {
public:
  ScalarLowering(OpBuilder &builder, Operation *op, ArrayRef<Value> words)
      : b(builder), op(op), loc(op->getLoc()), words(words) {}

  Value lower();

private:
  Value fu(Opcode opcode, ArrayRef<Value> operands) { return emitFu(b, loc, opcode, operands); }
  Value word(uint32_t value) { return emitWord(b, loc, value); }
  Value real(float value) { return emitFloat(b, loc, value); }
  Value negate(Value boolean) { return fu(Opcode::Xor, {boolean, word(1)}); }
  Value lowerDirect();
  Value lowerCompareFloat(arith::CmpFOp compare);
  Value lowerCompareInteger(arith::CmpIOp compare);
  Value lowerCast();
  Value lowerComposite();

  OpBuilder &b;
  Operation *op;
  Location loc;
  ArrayRef<Value> words;
};

/// One operation of the machine does it.
Value ScalarLowering::lowerDirect() {
  auto opcode = llvm::StringSwitch<std::optional<Opcode>>(op->getName().getStringRef())
                    .Case("arith.addf", Opcode::FAdd)
                    .Case("arith.subf", Opcode::FSub)
                    .Case("arith.mulf", Opcode::FMul)
                    .Case("arith.divf", Opcode::FDiv)
                    .Case("arith.remf", Opcode::FRem)
                    .Case("arith.negf", Opcode::FNeg)
                    .Case("arith.minimumf", Opcode::FMin)
                    .Case("arith.maximumf", Opcode::FMax)
                    .Case("arith.select", Opcode::Select)
                    .Case("arith.addi", Opcode::IAdd)
                    .Case("arith.subi", Opcode::ISub)
                    .Case("arith.muli", Opcode::IMul)
                    .Case("arith.divsi", Opcode::IDivS)
                    .Case("arith.divui", Opcode::IDivU)
                    .Case("arith.remsi", Opcode::IRemS)
                    .Case("arith.remui", Opcode::IRemU)
                    .Case("arith.minsi", Opcode::IMinS)
                    .Case("arith.maxsi", Opcode::IMaxS)
                    .Case("arith.minui", Opcode::IMinU)
                    .Case("arith.maxui", Opcode::IMaxU)
                    .Case("arith.andi", Opcode::And)
                    .Case("arith.ori", Opcode::Or)
                    .Case("arith.xori", Opcode::Xor)
                    .Case("arith.shli", Opcode::Shl)
                    .Case("arith.shrsi", Opcode::ShrS)
                    .Case("arith.shrui", Opcode::ShrU)
                    .Case("math.fma", Opcode::Fma)
                    .Case("math.absf", Opcode::FAbs)
                    .Case("math.floor", Opcode::FFloor)
                    .Case("math.ceil", Opcode::FCeil)
                    .Case("math.roundeven", Opcode::FRoundEven)
                    .Case("math.trunc", Opcode::FTrunc)
                    .Case("math.sqrt", Opcode::FSqrt)
                    .Case("math.rsqrt", Opcode::FRsqrt)
                    .Case("math.exp", Opcode::FExp)
                    .Case("math.log", Opcode::FLog)
                    .Case("math.tanh", Opcode::FTanh)
                    .Case("math.erf", Opcode::FErf)
                    .Case("math.sin", Opcode::FSin)
                    .Case("math.cos", Opcode::FCos)
                    .Case("math.powf", Opcode::FPow)
                    .Default(std::nullopt);
  return opcode ? fu(*opcode, words) : Value();
}

Value ScalarLowering::lowerCompareFloat(arith::CmpFOp compare) {
  Value a = words[0], c = words[1];
  auto unordered = [&] { return fu(Opcode::FCmpUno, {a, c}); };
  auto eq = [&] { return fu(Opcode::FCmpEq, {a, c}); };
  auto lt = [&](Value x, Value y) { return fu(Opcode::FCmpLt, {x, y}); };
  auto le = [&](Value x, Value y) { return fu(Opcode::FCmpLe, {x, y}); };
  switch (compare.getPredicate()) {
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

Value ScalarLowering::lowerCompareInteger(arith::CmpIOp compare) {
  Value a = words[0], c = words[1];
  switch (compare.getPredicate()) {
  case arith::CmpIPredicate::eq:
    return fu(Opcode::ICmpEq, {a, c});
  case arith::CmpIPredicate::ne:
    return fu(Opcode::ICmpNe, {a, c});
  case arith::CmpIPredicate::slt:
    return fu(Opcode::ICmpLtS, {a, c});
  case arith::CmpIPredicate::sle:
    return fu(Opcode::ICmpLeS, {a, c});
  case arith::CmpIPredicate::sgt:
    return fu(Opcode::ICmpLtS, {c, a});
  case arith::CmpIPredicate::sge:
    return fu(Opcode::ICmpLeS, {c, a});
  case arith::CmpIPredicate::ult:
    return fu(Opcode::ICmpLtU, {a, c});
  case arith::CmpIPredicate::ule:
    return fu(Opcode::ICmpLeU, {a, c});
  case arith::CmpIPredicate::ugt:
    return fu(Opcode::ICmpLtU, {c, a});
  case arith::CmpIPredicate::uge:
    return fu(Opcode::ICmpLeU, {c, a});
  }
  return {};
}

Value ScalarLowering::lowerCast() {
  if (op->getNumOperands() != 1)
    return {};
  Value x = words[0];
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  bool fromBool = from.isInteger(1), toBool = to.isInteger(1);
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtUIOp, arith::BitcastOp>(op))
    return x;
  if (isa<arith::ExtSIOp>(op))
    return fromBool ? fu(Opcode::ISub, {word(0), x}) : x;
  if (isa<arith::TruncIOp>(op))
    return toBool ? fu(Opcode::And, {x, word(1)}) : x;
  if (isa<arith::SIToFPOp>(op))
    return fu(Opcode::I2F, {fromBool ? fu(Opcode::ISub, {word(0), x}) : x});
  if (isa<arith::UIToFPOp>(op))
    return fu(Opcode::U2F, {x});
  if (isa<arith::FPToSIOp>(op))
    return fu(Opcode::F2I, {x});
  if (isa<arith::FPToUIOp>(op))
    return toBool ? fu(Opcode::And, {fu(Opcode::F2U, {x}), word(1)}) : fu(Opcode::F2U, {x});
  return {};
}

/// Several operations of the machine do it.
Value ScalarLowering::lowerComposite() {
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return AffineEmitter(b, loc, words).emit(apply.getAffineMap().getResult(0));
  if (isa<math::AbsIOp>(op))
    return fu(Opcode::IMaxS, {words[0], fu(Opcode::ISub, {word(0), words[0]})});
  if (isa<math::Exp2Op>(op))
    return fu(Opcode::FPow, {real(2.0f), words[0]});
  if (isa<math::Log2Op>(op))
    return fu(Opcode::FMul, {fu(Opcode::FLog, words), real(1.44269504088896340736f)});
  if (isa<math::Log10Op>(op))
    return fu(Opcode::FMul, {fu(Opcode::FLog, words), real(0.43429448190325182765f)});
  if (isa<math::Log1pOp>(op))
    return fu(Opcode::FLog, {fu(Opcode::FAdd, {words[0], real(1.0f)})});
  if (isa<math::ExpM1Op>(op))
    return fu(Opcode::FSub, {fu(Opcode::FExp, words), real(1.0f)});
  if (isa<math::TanOp>(op))
    return fu(Opcode::FDiv, {fu(Opcode::FSin, words), fu(Opcode::FCos, words)});
  if (isa<math::RoundOp>(op)) { // half away from zero
    Value half = fu(Opcode::FFloor, {fu(Opcode::FAdd, {fu(Opcode::FAbs, words), real(0.5f)})});
    Value negative = fu(Opcode::FCmpLt, {words[0], real(0.0f)});
    return fu(Opcode::Select, {negative, fu(Opcode::FNeg, {half}), half});
  }
  if (isa<math::CopySignOp>(op))
    return fu(Opcode::Or, {fu(Opcode::FAbs, {words[0]}), fu(Opcode::And, {words[1], word(0x80000000u)})});
  if (isa<math::IsNaNOp>(op))
    return fu(Opcode::FCmpUno, {words[0], words[0]});
  if (isa<math::IsInfOp>(op))
    return fu(Opcode::ICmpEq, {fu(Opcode::FAbs, words), word(0x7f800000u)});
  if (isa<arith::MinNumFOp, arith::MaxNumFOp>(op)) { // the number where one operand is not
    Value both = fu(isa<arith::MinNumFOp>(op) ? Opcode::FMin : Opcode::FMax, words);
    Value a = fu(Opcode::FCmpUno, {words[0], words[0]}), c = fu(Opcode::FCmpUno, {words[1], words[1]});
    return fu(Opcode::Select, {a, words[1], fu(Opcode::Select, {c, words[0], both})});
  }
  if (isa<arith::FloorDivSIOp>(op) || isa<arith::CeilDivSIOp>(op)) {
    Value quotient = fu(Opcode::IDivS, words), remainder = fu(Opcode::IRemS, words);
    Value inexact = fu(Opcode::ICmpNe, {remainder, word(0)});
    Value sign = fu(Opcode::ICmpLtS, {fu(Opcode::Xor, {remainder, words[1]}), word(0)});
    if (isa<arith::CeilDivSIOp>(op))
      return fu(Opcode::IAdd, {quotient, fu(Opcode::And, {inexact, negate(sign)})});
    return fu(Opcode::ISub, {quotient, fu(Opcode::And, {inexact, sign})});
  }
  return {};
}

Value ScalarLowering::lower() {
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return lowerCompareFloat(compare);
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return lowerCompareInteger(compare);
  if (Value direct = lowerDirect())
    return direct;
  if (Value cast = lowerCast())
    return cast;
  return lowerComposite();
}

/// f32, integers up to 64 bits (as words) and indices.
bool isWordType(Type type) {
  return type.isF32() || type.isIndex() || type.isSignlessInteger(1) || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64);
}

} // namespace

FailureOr<Value> jacquard::lowerScalarOp(OpBuilder &builder, Operation *op, ArrayRef<Value> words) {
  SmallVector<Type> types(op->getOperandTypes());
  llvm::append_range(types, op->getResultTypes());
  for (Type type : types)
    if (!isWordType(type))
      return op->emitError() << "'" << op->getName() << "' on type " << type
                             << " does not run on the fabric yet; expected f32, i1, i32, i64 or index";
  Value result = op->getNumResults() == 1 ? ScalarLowering(builder, op, words).lower() : Value();
  if (!result)
    return op->emitError() << "'" << op->getName() << "' does not run on the fabric yet: no functional unit has it";
  return result;
}
