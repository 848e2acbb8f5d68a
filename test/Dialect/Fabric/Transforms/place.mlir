// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-place))' | FileCheck %s
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-place{seed=7}))' -o %t.first
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-place{seed=7}))' -o %t.second
// RUN: diff %t.first %t.second
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-place,fabric-route,fabric-verify-routing))' -o %t

// DRAM ports stand in columns 0 and 5 of tiny, compute units in columns 1 to 4; sections have the fabric to themselves. A unit
// that has a place gets a new one.
// CHECK-LABEL: fabric.section "first"
// CHECK-NEXT:  fabric.load @x {{.*}} {at = array<i64: {{0|5}}, {{[0-3]}}, 0>, unit = "dram.0"}
// CHECK-NEXT:  fabric.compute{{.*}} attributes {at = array<i64: {{[1-4]}}, {{[0-3]}}, 0>, input_registers = array<i64: 0>, unit = "compute.0"}
// CHECK:       fabric.store {{.*}} {at = array<i64: {{0|5}}, {{[0-3]}}, 0>, unit = "dram.1"}
// CHECK-LABEL: fabric.section "second"
// CHECK-NEXT:  fabric.load @x {{.*}} {at = array<i64: {{0|5}}, {{[0-3]}}, 0>, unit = "dram.0"}
// CHECK-NEXT:  fabric.memory {{.*}} {at = array<i64: {{[1-4]}}, {{[0-3]}}, 0>, unit = "memory.0"}
// CHECK-NEXT:  fabric.store {{.*}} {at = array<i64: {{0|5}}, {{[0-3]}}, 0>, unit = "dram.1"}
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "first" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 3, 3, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "second" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}
