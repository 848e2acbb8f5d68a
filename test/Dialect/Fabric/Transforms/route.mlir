// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-route,fabric-verify-routing))' | FileCheck %s

// Switches of tiny stand six in a row: the load hangs on switch 0 at (0, 0), the compute unit on switch 1, the store on 6. The
// load is next to the unit, so that its route has one hop for either switch; old routes are replaced.
// CHECK-LABEL: fabric.section "s"
// CHECK:       %[[A:.*]] = fabric.load
// CHECK:       %[[C:.*]] = fabric.compute
// CHECK:       fabric.route %[[A]] network 0 hops [0, {{[0-9]+}}, {{[0-9]+}}, 1, {{[0-9]+}}, {{[0-9]+}}]{{$}}
// CHECK-NEXT:  fabric.route %[[C]] network 0 hops [1, {{[0-9]+}}, {{[0-9]+}}, {{0|7}}, {{[0-9]+}}, {{[0-9]+}}, 6, {{[0-9]+}}, {{[0-9]+}}]{{$}}
// CHECK-NOT:   fabric.route
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [20, 0, 0]
  }
}
