// FabricDialect.h - the `fabric` dialect
#ifndef JACQUARD_DIALECT_FABRIC_IR_FABRICDIALECT_H
#define JACQUARD_DIALECT_FABRIC_IR_FABRICDIALECT_H

#include "mlir/IR/Dialect.h"

#include "jacquard/Dialect/Fabric/IR/FabricDialect.h.inc"

#endif // JACQUARD_DIALECT_FABRIC_IR_FABRICDIALECT_H
