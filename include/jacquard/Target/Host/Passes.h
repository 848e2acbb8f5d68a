// Passes.h - passes of the host target
#ifndef JACQUARD_TARGET_HOST_PASSES_H
#define JACQUARD_TARGET_HOST_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace jacquard::host {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "jacquard/Target/Host/Passes.h.inc"

} // namespace jacquard::host

#endif // JACQUARD_TARGET_HOST_PASSES_H
