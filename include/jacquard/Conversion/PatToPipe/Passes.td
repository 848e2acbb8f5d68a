#ifndef JACQUARD_CONVERSION_PATTOPIPE_PASSES_TD
#define JACQUARD_CONVERSION_PATTOPIPE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertPatToPipePass : Pass<"convert-pat-to-pipe", "::mlir::ModuleOp"> {
  let summary = "Arrange flat patterns as sections of metapipelines";
  let description = [{
    Every flat `pat.map` or `pat.group_by` becomes a loop nest; the cost model chooses for each which loop runs over lanes, stage
    slots and units, the order and tiles of the others, and what is held in scratchpads at which depth. Tensors
    between sections live in DRAM. `retreat` (of the pass, or `jacquard.retreat` on a pattern) chooses mappings of ever fewer units,
    at last cutting patterns in several; see Effort.h.

    Needs: `pat-verify-flat` holds. Gives: only `pipe` ops; the function takes and returns nothing, `pipe.dram` names the
    inputs and outputs.

    Before: `%y = pat.map (%i) in [32] { ... pat.at %x[%i] ... }`
    After:  `pipe.section "map" (%x, %y) units 1 { pipe.stage [32] roles [lanes] ... }`
  }];
  let options = [
    Option<"arch", "arch", "std::string", "\"plasticine\"", "Architecture: preset name or file">,
    Option<"retreat", "retreat", "unsigned", "0", "How far to go from the fastest mapping towards the fewest units, 0 to 9">,
    Option<"scratchpadPrice", "scratchpad-price", "double", "0.2", "What all scratchpads of the machine are worth to a pattern, as a share of its cycles; a high price leaves more of them to tensors that stay on chip">,
    Option<"startEarly", "start-early", "bool", "false", "What lies on chip is loaded in boxes that are soon there, even if more words move; else in those that move the fewest">,
    Option<"spareReaders", "spare-readers", "bool", "true", "A pattern counts what those that read its results wait as these are cut into slices, which words pass one by one; else only what loops wait">,
    Option<"joinUnits", "join-units", "bool", "true", "Units of a pattern hand their results on through one chain where it takes too many compute units to take them on one by one">,
    Option<"budget", "budget", "std::string", "\"\"", "Units that a section may use at most, as compute=32,memory=16 (Budget.h); empty: all">,
    Option<"sectionPrice", "section-price", "double", "0", "Cycles that one section less is worth">,
    Option<"unitShare", "unit-share", "double", "1", "Share of these units that a pattern counts on; the rest is left to others and to routes">,
    Option<"scratchpadShare", "scratchpad-share", "double", "1", "Share of every scratchpad that mappings count on">
  ];
  let dependentDialects = ["::jacquard::pat::PatDialect", "::jacquard::pipe::PipeDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

#endif
