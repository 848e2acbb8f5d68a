#ifndef JACQUARD_DIALECT_FABRIC_IR_FABRICDIALECT_TD
#define JACQUARD_DIALECT_FABRIC_IR_FABRICDIALECT_TD

include "mlir/IR/OpBase.td"

def FabricDialect : Dialect {
  let name = "fabric";
  let cppNamespace = "::jacquard::fabric";
  let summary = "Unit programs joined by streams";
  let description = [{
    The machine level: compute units, memory units and DRAM ports, each with its own loop nest, joined by streams (SSA values of
    type `!fabric.stream`; several uses are a multicast). What each field means is defined once, in `Bitstream/Config.h`.

    Phases: *virtual* (units of any size, no `stage`), *partitioned* (`fabric-partition`: every compute unit fits one
    physical unit, every operation has a stage and a register), *placed* (`fabric-place`: every unit has `at`), *routed*
    (`fabric-route`: every stream has a `fabric.route`).
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

#endif
