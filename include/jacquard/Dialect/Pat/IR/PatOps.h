// PatOps.h - operations of the `pat` dialect; their builders take the bodies as functions
#ifndef JACQUARD_DIALECT_PAT_IR_PATOPS_H
#define JACQUARD_DIALECT_PAT_IR_PATOPS_H

#include "jacquard/Dialect/Pat/IR/PatDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "jacquard/Dialect/Pat/IR/PatEnums.h.inc"

namespace jacquard::pat {

using mlir::Location;
using mlir::OpBuilder;
using mlir::Value;
using mlir::ValueRange;

/// Builds a body at the builder's insertion point from its arguments (indices) and returns what it yields.
using BodyFn = llvm::function_ref<llvm::SmallVector<Value>(OpBuilder &, Location, ValueRange)>;
/// Builds a combiner from its left and right arguments and returns what it yields.
using CombineFn = llvm::function_ref<llvm::SmallVector<Value>(OpBuilder &, Location, ValueRange, ValueRange)>;

/// Number of points of a domain; 1 for the empty one.
int64_t numPoints(llvm::ArrayRef<int64_t> domain);

} // namespace jacquard::pat

#define GET_OP_CLASSES
#include "jacquard/Dialect/Pat/IR/PatOps.h.inc"

#endif // JACQUARD_DIALECT_PAT_IR_PATOPS_H
