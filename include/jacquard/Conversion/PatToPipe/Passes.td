#ifndef JACQUARD_CONVERSION_PATTOPIPE_PASSES_TD
#define JACQUARD_CONVERSION_PATTOPIPE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertPatToPipePass : Pass<"convert-pat-to-pipe", "::mlir::ModuleOp"> {
  let summary = "Arrange flat patterns as sections of metapipelines";
  let description = [{
    Every flat `pat.map` or `pat.group_by` becomes a loop nest; the cost model chooses for each which loop runs over lanes, stage
    slots and units, the order and tiles of the others, and what is held in scratchpads at which depth. Tensors
    between sections live in DRAM. With `cut`, patterns that are too large for the machine become several.

    Needs: `pat-verify-flat` holds. Gives: only `pipe` ops; the function takes and returns nothing, `pipe.dram` names the
    inputs and outputs.

    Before: `%y = pat.map (%i) in [32] { ... pat.at %x[%i] ... }`
    After:  `pipe.section "map" (%x, %y) units 1 { pipe.stage [32] roles [lanes] ... }`
  }];
  let options = [
    Option<"arch", "arch", "std::string", "\"plasticine\"", "Architecture: preset name or file">,
    Option<"frugal", "frugal", "bool", "false", "One copy of the units and one pattern per section: the fewest units">,
    Option<"cut", "cut", "unsigned", "0", "Cut patterns that need more than one such part of the stages; 0: none">
  ];
  let dependentDialects = ["::jacquard::pat::PatDialect", "::jacquard::pipe::PipeDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

#endif
