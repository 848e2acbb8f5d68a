// AffineEmitter.cpp - affine expressions as integer operations of the functional units
#include "ScalarOps.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"

using namespace mlir;
using namespace jacquard;

AffineEmitter::AffineEmitter(WordEmitter emitter, ArrayRef<Value> dims, ArrayRef<std::optional<int64_t>> lowest,
                             ArrayRef<std::optional<int64_t>> highest)
    : words(emitter), dims(dims), lowest(lowest), highest(highest) {
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
    word = words.word(constant.getValue());
  else
    word = compute(cast<AffineBinaryOpExpr>(expr));
  known[expr] = word;
  return word;
}

Value AffineEmitter::compute(AffineBinaryOpExpr expr) {
  auto fu = [&](Opcode opcode, ArrayRef<Value> operands) { return words.fu(opcode, operands); };
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
    return fu(Opcode::IAdd, {quotient, fu(Opcode::ICmpLtS, {words.word(0), remainder})});
  Value below = fu(Opcode::ICmpLtS, {remainder, words.word(0)});
  if (expr.getKind() == AffineExprKind::Mod)
    return fu(Opcode::IMad, {below, rhs, remainder});
  return fu(Opcode::ISub, {quotient, below});
}
