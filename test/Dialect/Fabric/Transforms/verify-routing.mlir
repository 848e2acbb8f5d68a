// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-verify-routing))' | FileCheck %s

// A right section passes unchanged.
// CHECK: fabric.route %{{.*}} network 0 hops [0, 0, 6, 1, 9, 6]
// CHECK: fabric.route %{{.*}} network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
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
    fabric.route %a network 0 hops [0, 0, 6, 1, 9, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}
