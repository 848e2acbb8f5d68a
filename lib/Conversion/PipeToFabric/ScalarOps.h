// ScalarOps.h - scalar code (arith, math, affine.apply) as operations of the functional units
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace jacquard {

/// Emits `fabric.fu` operations for one scalar operation; `words` are its operands. Integers of every width and indices
/// are 32-bit words (i1: 0 or 1). Fails with a diagnostic for an operation or type that no functional unit has.
mlir::FailureOr<mlir::Value> lowerScalarOp(mlir::OpBuilder &builder, mlir::Operation *op,
                                           llvm::ArrayRef<mlir::Value> words);

/// The 32-bit word of a scalar constant; fails with a diagnostic at `op` when the value does not fit.
mlir::FailureOr<uint32_t> constantWord(mlir::Operation *op, mlir::Attribute value);

/// The opcode that combines two words of a reduction.
std::optional<Opcode> opcodeOfKind(mlir::arith::AtomicRMWKind kind);

/// Helpers of the lowering, also used to compute addresses.
mlir::Value emitFu(mlir::OpBuilder &builder, mlir::Location loc, Opcode opcode, llvm::ArrayRef<mlir::Value> words);
mlir::Value emitWord(mlir::OpBuilder &builder, mlir::Location loc, uint32_t word);

/// Emits integer code for affine expressions over the same dimensions; equal subexpressions are computed once.
class AffineEmitter {
public:
  /// `lowest`, `highest` bound the dimensions where that is known; a division whose dividend cannot be negative needs no
  /// correction.
  AffineEmitter(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<mlir::Value> dims,
                llvm::ArrayRef<std::optional<int64_t>> lowest = {}, llvm::ArrayRef<std::optional<int64_t>> highest = {});
  mlir::Value emit(mlir::AffineExpr expr);

private:
  mlir::Value compute(mlir::AffineBinaryOpExpr expr);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> dims;
  llvm::SmallVector<std::optional<int64_t>> lowest, highest;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> known;
};

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALAROPS_H
