// Passes.h - the passes on `pat`: flatten, simplify, fuse, expand combiners and scans, verify the flat form
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_PASSES_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_PASSES_H

#include "jacquard/Dialect/Pat/IR/PatDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace jacquard::pat {

/// On maps that are copies of one map for the slices of a run: a number that they share.
constexpr llvm::StringLiteral copiesAttr = "jacquard.copies";

#define GEN_PASS_DECL
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_PASSES_H
