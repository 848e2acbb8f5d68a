#ifndef JACQUARD_DIALECT_PIPE_IR_PIPEDIALECT_TD
#define JACQUARD_DIALECT_PIPE_IR_PIPEDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def PipeDialect : Dialect {
  let name = "pipe";
  let cppNamespace = "::jacquard::pipe";
  let summary = "When and where on chip: sections, metapipelines, stages and scratchpad buffers";
  let description = [{
    A model is a static schedule of *sections*; what a section holds is configured on the fabric at one time, and the
    tensors between sections live in DRAM (`memref` with memory space "dram"). Inside a section, *metapipelines* loop over
    tiles; their children (loads, stages, stores) run concurrently on successive iterations and meet in N-buffered
    scratchpads (`memref` with memory space "scratchpad"; a strided layout says the pitches).

    `pat` (what) -> **`pipe`** (when, where to on chip) -> `fabric` (with what units).
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

#endif
