// ScalarOps.cpp - which functional unit operations compute which scalar operation
#include "ScalarLowering.h"

#include "jacquard/Support/Diagnostics.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;
using namespace jacquard;

std::optional<Opcode> jacquard::opcodeOfKind(arith::AtomicRMWKind kind, Type type) {
  bool boolean = type.isInteger(1); // signed, true is -1; sums are modulo 2
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
    return boolean ? Opcode::Xor : Opcode::IAdd;
  case arith::AtomicRMWKind::muli:
    return boolean ? Opcode::And : Opcode::IMul;
  case arith::AtomicRMWKind::mins:
    return boolean ? Opcode::Or : Opcode::IMinS;
  case arith::AtomicRMWKind::maxs:
    return boolean ? Opcode::And : Opcode::IMaxS;
  case arith::AtomicRMWKind::minu:
    return Opcode::IMinU; // sign extension keeps the unsigned order
  case arith::AtomicRMWKind::maxu:
    return Opcode::IMaxU;
  case arith::AtomicRMWKind::andi:
    return Opcode::And;
  case arith::AtomicRMWKind::ori:
    return Opcode::Or;
  case arith::AtomicRMWKind::xori:
    return Opcode::Xor;
  default:
    return std::nullopt;
  }
}

Value ScalarLowering::lower() {
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return AffineEmitter(*this, words).emit(apply.getAffineMap().getResult(0));
  if (isa<arith::SelectOp>(op))
    return fu(Opcode::Select, words);
  if (Value result = lowerCast())
    return result;
  return isa<FloatType>(operandType()) ? lowerFloat() : lowerInteger();
}

FailureOr<Value> jacquard::lowerScalarOp(OpBuilder &builder, Operation *op, ArrayRef<Value> words, bool wide) {
  SmallVector<Type> types(op->getOperandTypes());
  llvm::append_range(types, op->getResultTypes());
  for (Type type : types)
    if (type.isF64() && !wide)
      return op->emitError() << tag(Diag::TypeNotOnFabric) << "'" << op->getName() << "' on type " << type
                             << " needs a wide section";
    else if (!isWordType(type, wide))
      return op->emitError()
             << tag(Diag::TypeNotOnFabric) << "'" << op->getName() << "' on type " << type
             << " does not run on the fabric; expected a float of 16 to 64 bits, an integer of 1, 8, 16, "
             << "32 or 64 bits or an index";
  bool known = op->getNumResults() == 1 && op->getNumOperands() > 0;
  Value result = known ? ScalarLowering(builder, op, words, wide).lower() : Value();
  if (!result)
    return op->emitError() << tag(Diag::NotOnFabric) << "'" << op->getName()
                           << "' does not run on the fabric yet: no functional unit has it";
  return result;
}
