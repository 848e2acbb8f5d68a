// PipeOps.h - ops of the `pipe` dialect
#ifndef JACQUARD_DIALECT_PIPE_IR_PIPEOPS_H
#define JACQUARD_DIALECT_PIPE_IR_PIPEOPS_H

#include "jacquard/Dialect/Pipe/IR/PipeDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "jacquard/Dialect/Pipe/IR/PipeEnums.h.inc"

#define GET_OP_CLASSES
#include "jacquard/Dialect/Pipe/IR/PipeOps.h.inc"

namespace jacquard::pipe {

/// Names of the two memory spaces.
inline constexpr llvm::StringLiteral dramSpace = "dram";
inline constexpr llvm::StringLiteral scratchpadSpace = "scratchpad";

/// On a section: the share of the machine's units that it may use, a float; none: all.
inline constexpr llvm::StringLiteral fillAttr = "jacquard.fill";

/// Whether `type` is a memref in memory space `space`.
bool isInSpace(mlir::Type type, llvm::StringRef space);

} // namespace jacquard::pipe

#endif // JACQUARD_DIALECT_PIPE_IR_PIPEOPS_H
