// PatDialect.h - the `pat` dialect: hierarchical parallel patterns
#ifndef JACQUARD_DIALECT_PAT_IR_PATDIALECT_H
#define JACQUARD_DIALECT_PAT_IR_PATDIALECT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dialect.h"

#include "jacquard/Dialect/Pat/IR/PatDialect.h.inc"

#endif // JACQUARD_DIALECT_PAT_IR_PATDIALECT_H
