// ScalarOps.h - scalar code (arith, math, affine.apply) as operations of the functional units
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H

#include "Words.h"

namespace jacquard {

/// Emits `fabric.fu` operations for one scalar operation; `words` are its operands (Words.h). Fails with a diagnostic for
/// an operation or type that no functional unit has.
mlir::FailureOr<mlir::Value> lowerScalarOp(mlir::OpBuilder &builder, mlir::Operation *op,
                                           llvm::ArrayRef<mlir::Value> words, bool wide);

/// The opcode that combines two words of a reduction over values of `type`. Sums and products want normalising at the end.
std::optional<Opcode> opcodeOfKind(mlir::arith::AtomicRMWKind kind, mlir::Type type);

/// Emits integer code for affine expressions over the same dimensions; equal subexpressions are computed once.
class AffineEmitter {
public:
  /// `lowest`, `highest` bound the dimensions where that is known; a division whose dividend cannot be negative needs no
  /// correction.
  AffineEmitter(WordEmitter emitter, llvm::ArrayRef<mlir::Value> dims,
                llvm::ArrayRef<std::optional<int64_t>> lowest = {}, llvm::ArrayRef<std::optional<int64_t>> highest = {});
  mlir::Value emit(mlir::AffineExpr expr);

private:
  mlir::Value compute(mlir::AffineBinaryOpExpr expr);

  WordEmitter words;
  llvm::SmallVector<mlir::Value> dims;
  llvm::SmallVector<std::optional<int64_t>> lowest, highest;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> known;
};

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H
