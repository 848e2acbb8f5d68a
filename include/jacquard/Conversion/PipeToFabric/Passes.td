#ifndef JACQUARD_CONVERSION_PIPETOFABRIC_PASSES_TD
#define JACQUARD_CONVERSION_PIPETOFABRIC_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertPipeToFabricPass : Pass<"convert-pipe-to-fabric", "::mlir::ModuleOp"> {
  let summary = "Write the unit programs of every section";
  let description = [{
    Loads and direct reads become DRAM ports, every read of a scratchpad a memory unit of its own (one read port each; the
    write stream is multicast), stages compute units: the reduction part over all loops, what follows it over the
    parallel loops. Each unit gets the whole loop nest as its own counters. Tensors get their DRAM addresses.

    Needs: only `pipe` ops. Gives: one `fabric.device` with virtual units (compute units of any size).

    Before: `pipe.stage [32] roles [lanes] reductions 0 { read x; write y }`
    After:  `fabric.load @x`, `fabric.compute`, `fabric.store @y`, each with counters [32]
  }];
  let options = [Option<"arch", "arch", "std::string", "\"plasticine\"", "Architecture: preset name or file">];
  let dependentDialects = ["::jacquard::fabric::FabricDialect"];
}

#endif
