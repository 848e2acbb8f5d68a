// PipeDialect.h - the `pipe` dialect
#ifndef JACQUARD_DIALECT_PIPE_IR_PIPEDIALECT_H
#define JACQUARD_DIALECT_PIPE_IR_PIPEDIALECT_H

#include "mlir/IR/Dialect.h"

#include "jacquard/Dialect/Pipe/IR/PipeDialect.h.inc"

#endif // JACQUARD_DIALECT_PIPE_IR_PIPEDIALECT_H
