// A home that a loop fills only behind a section has its site from that section on, and one more unit would not fit
// (place-invalid.mlir).
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-place))' | FileCheck %s

// CHECK-LABEL: fabric.section "fills"
// CHECK:       home = "t.0"
// CHECK-LABEL: fabric.section "reads"
// CHECK:       home = "t.0"
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.loop max 2 {
    fabric.section "before" {
      %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
      %m0 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m0 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m1 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m1 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m2 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m2 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m3 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m3 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m4 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m4 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m5 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m5 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m6 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m6 to @y <[32] vector 0 registers [[0, 1]] address 0>
    }
    fabric.section "fills" {
      %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
      %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {home = "t.0"}
    }
  }
  fabric.section "reads" {
    %m = fabric.memory read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {home = "t.0"}
    fabric.store %m to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}
