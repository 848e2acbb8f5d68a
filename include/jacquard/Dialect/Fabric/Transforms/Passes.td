#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_PASSES_TD
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FabricPrunePass : Pass<"fabric-prune", "::jacquard::fabric::DeviceOp"> {
  let summary = "Erase the words, inputs and streams that nothing reads";
  let description = [{
    What an expression that was folded away leaves behind would take stages, ports and units.

    Needs: virtual units. Gives: every word, every input and every stream of a section has a reader.
    Before: `%s = fabric.load @x ...` and `fabric.compute (%s) ... { ^bb0(%a): %0 = fabric.fu "mov" (%zero) ...`
    After:  `fabric.compute () ... { %0 = fabric.fu "mov" (%zero) ...`
  }];
}

def FabricRetainPass : Pass<"fabric-retain", "::jacquard::fabric::DeviceOp"> {
  let summary = "Keep intermediates in scratchpads from section to section";
  let description = [{
    Temporaries that one section stores and later ones load stay on chip while there are memory units to spare: slices of
    their capacity, joined by cascades, one copy for every load of a section.

    Needs: the memory units of each section. Gives: memories with a `home` instead of DRAM ports.
    Before: `fabric.store %s to @t0 ...` and, in a later section, `%x = fabric.load @t0 ...`
    After:  `fabric.memory %s write ... {home = "t0.0.0"}` and `%x = fabric.memory read ... {home = "t0.0.0"}`
  }];
  let options = [Option<"budget", "budget", "std::string", "\"\"", "Units that a section may use at most, as compute=32,memory=16 (Budget.h); empty: all">];
}

def FabricPackConstantsPass : Pass<"fabric-pack-constants", "::jacquard::fabric::DeviceOp"> {
  let summary = "Let constants lie in the order in which they are read";
  let description = [{
    Tiles of a weight are short pieces of its rows; stored one tile after the other they are read as one stream of whole
    bursts. The values are moved later (fabric-arrange-constants).

    Needs: DRAM ports. Gives: a buffer for each way in which a constant is read, with an `order`, unless that takes too much more DRAM.
    Before: `fabric.load @w <[8, 64, 16] vector 2 registers [[0, 16, 128, 1]] address 0>`
    After:  `fabric.load @w.0 <[8, 64, 16] vector 2 registers [[0, 1024, 16, 1]] address 0>`
  }];
}

def FabricPrefetchPass : Pass<"fabric-prefetch", "::jacquard::fabric::DeviceOp"> {
  let summary = "Bring what a section needs while sections before it compute";
  let description = [{
    Loads of constants and inputs move into earlier sections that have memory units, DRAM ports and time to spare, where the
    predictions promise more than a latency: with the memories that they fill once, or in slices, which are read instead of the
    DRAM and hold all that the load touches, every n-th part of a packed constant (whose other parts are a buffer of their own
    then), or the last words.

    Needs: the memory units of each section, and what is retained in them; `busy_cycles`. Gives: memories with a `home`; what
    found no room is added to `jacquard.spilled` (Spills.h).
    Before: `%d = fabric.load @w ...` and `%r = fabric.memory %d write ... read ...`
    After:  `fabric.memory %d write ... {home = "prefetched.0"}` in an earlier section and `fabric.memory read ... {home = "prefetched.0"}`
  }];
  let options = [Option<"budget", "budget", "std::string", "\"\"", "Units that a section may use at most, as compute=32,memory=16 (Budget.h); empty: all">];
}

def FabricArrangeConstantsPass : Pass<"fabric-arrange-constants", "::jacquard::fabric::DeviceOp"> {
  let summary = "Bring the values of constants into their order";
  let description = [{
    All buffers get new addresses, one after another.

    Needs: nothing. Gives: constants without an `order`.
    Before: `fabric.buffer @w.0 "constant" at 64 : tensor<2xi32> = dense<[1, 2, 3, 4]> : tensor<4xi32> {order = <[2] vector 0 registers [[0, 2]] address 0>}`
    After:  `fabric.buffer @w.0 "constant" at 0 : tensor<2xi32> = dense_resource<w.0> : tensor<2xi32>`, with the elements 1 and 3
  }];
}

def FabricPredictPass : Pass<"fabric-predict", "::jacquard::fabric::DeviceOp"> {
  let summary = "Predict the cycles of each section anew";
  let description = [{
    What the mapping predicted, and the way through the longest cascade of slices, but no less than the DRAM takes for
    what the section's ports move. To be run once.

    Needs: virtual units. Gives: `predicted_cycles` that count what retaining, prefetching and packing have changed.
    Before: `fabric.section "map_0" attributes {predicted_cycles = 16 : i64} { ... fabric.load @x <[4096] ...>`
    After:  `fabric.section "map_0" attributes {predicted_cycles = 331 : i64} { ... fabric.load @x <[4096] ...>`
  }];
}

def FabricPartitionPass : Pass<"fabric-partition", "::jacquard::fabric::DeviceOp"> {
  let summary = "Split compute units until each fits one physical unit";
  let description = [{
    Traversal partitioning (SARA, ISCA'21) of every virtual compute unit into parts that respect stages, registers and
    ports; values that cross parts become streams. Sets `stage` and `dest` of every operation and the input registers.

    Needs: virtual units. Gives: every compute unit within the limits of one physical unit.
    Before: `fabric.fu "fmul" (%a, %a)`
    After:  `fabric.fu "fmul" (%a, %a) {dest = 0, stage = 0}`
  }];
}

def FabricPlacePass : Pass<"fabric-place", "::jacquard::fabric::DeviceOp"> {
  let summary = "Choose a physical unit for every unit";
  let description = [{
    Simulated annealing over legal sites, per section; when the router cannot finish, places again with what it learned. Fails,
    naming the scarce kind of unit and the model nodes that use it, when a section has more units than the fabric.

    Needs: partitioned units. Gives: every unit has `at` = [x, y, slot]. Deterministic for a seed.
    Before: `fabric.load @x ...`
    After:  `fabric.load @x ... {at = array<i64: 0, 3, 0>}`
  }];
  let options = [
    Option<"seed", "seed", "uint64_t", "1", "Random seed; equal seeds give equal placements">,
    Option<"budget", "budget", "std::string", "\"\"", "Units that a section may use at most, as compute=32,memory=16 (Budget.h); empty: all">
  ];
}

def FabricRoutePass : Pass<"fabric-route", "::jacquard::fabric::DeviceOp"> {
  let summary = "Find a tree of switch connections for every stream";
  let description = [{
    Negotiated congestion (PathFinder) per network. Fails, naming the links and the streams that want them.

    Needs: every unit has `at`. Gives: one `fabric.route` per stream; the independent checker has passed.
    Before: `%s = fabric.load @x ... {at = ...}`
    After:  in addition `fabric.route %s network 0 hops [0, 3, 1, ...]`
  }];
}

def FabricVerifyRoutingPass : Pass<"fabric-verify-routing", "::jacquard::fabric::DeviceOp"> {
  let summary = "Check placement and routes of a whole device from scratch";
  let description = [{
    Reports every violation: units without a site or two on one, nets that are not trees from their source to exactly
    their uses, switch outputs used twice, streams without a route.
  }];
}

#endif
