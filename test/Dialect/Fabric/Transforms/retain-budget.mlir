// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-retain{budget=memory=1}))' | FileCheck %s

// One half of the temporary has been read before the other one is written: one memory unit keeps them one after the other.
// CHECK-NOT:   @t
// CHECK:       fabric.section "write low"
// CHECK:         fabric.memory {{.*}} write {{.*}} home = "t.0.0"
// CHECK:       fabric.section "read low"
// CHECK-NEXT:    fabric.memory read {{.*}} home = "t.0.0"
// CHECK:       fabric.section "write high"
// CHECK:         fabric.memory {{.*}} write {{.*}} home = "t.0.1"
// CHECK:       fabric.section "read high"
// CHECK-NEXT:    fabric.memory read {{.*}} home = "t.0.1"
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.section "write low" {
    %a = fabric.load @a <[16] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[16] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "read low" {
    %t = fabric.load @t <[16] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[16] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "write high" {
    %a = fabric.load @a <[16] vector 0 registers [[16, 1]] address 0>
    fabric.store %a to @t <[16] vector 0 registers [[16, 1]] address 0>
  }
  fabric.section "read high" {
    %t = fabric.load @t <[16] vector 0 registers [[16, 1]] address 0>
    fabric.store %t to @y <[16] vector 0 registers [[16, 1]] address 0>
  }
}
