//===- Pat.td - everything of the `pat` dialect ---------------------------===//
#ifndef JACQUARD_DIALECT_PAT_IR_PAT_TD
#define JACQUARD_DIALECT_PAT_IR_PAT_TD

include "jacquard/Dialect/Pat/IR/PatDialect.td"
include "jacquard/Dialect/Pat/IR/PatEnums.td"
include "jacquard/Dialect/Pat/IR/PatOps.td"

#endif
