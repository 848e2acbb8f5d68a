// ScalarLowering.h - one scalar operation on its way to the functional units; by kind of operation in several files
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALARLOWERING_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALARLOWERING_H

#include "ScalarOps.h"

namespace jacquard {

/// Every method returns null for an operation that it does not know, and the result in the representation of its type.
class ScalarLowering : public WordEmitter {
public:
  ScalarLowering(mlir::OpBuilder &builder, mlir::Operation *op, llvm::ArrayRef<mlir::Value> words, bool wide)
      : WordEmitter(builder, op->getLoc(), wide), op(op), words(words) {}

  mlir::Value lower();

private:
  mlir::Type operandType() const { return op->getOperand(0).getType(); }
  mlir::Type resultType() const { return op->getResult(0).getType(); }

  // IntegerOps.cpp
  mlir::Value lowerInteger();
  mlir::Value lowerBoolean();
  mlir::Value lowerCompareInteger();
  mlir::Value lowerUnsigned();
  mlir::Value lowerRoundedDivision();

  // FloatOps.cpp
  mlir::Value lowerFloat();
  mlir::Value lowerExactFloat();
  mlir::Value lowerRoundedFloat();
  mlir::Value lowerCompareFloat();

  // CastOps.cpp
  mlir::Value lowerCast();
  mlir::Value lowerBitcast();
  mlir::Value integerToFloat(bool isSigned);

  mlir::Operation *op;
  llvm::ArrayRef<mlir::Value> words;
};

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_SCALARLOWERING_H
