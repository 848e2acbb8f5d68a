// A tensor of two units' words, of which the sections before bring the last half, each a part of one slice: what the section reads
// partly from the DRAM and partly from the slice is the whole tensor, in order.
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-prefetch,fabric-partition,fabric-place,fabric-route))' -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: %python %S/Inputs/count.py 131072 > %t.npy
// RUN: jacquard compile %t.mlir -o %t.jbit
// RUN: jacquard run %t.jbit --input w=%t.npy --expect y=%t.npy --engine=both

// CHECK-COUNT-2: fabric.memory {{.*}} write {{.*}} home = "prefetched.0.0"
// CHECK:         %[[W:.*]] = fabric.load @w {{.*}} check[0, 0, 0, 65536] address 0>
// CHECK-NEXT:    fabric.memory read {{.*}} cascade %[[W]] {{.*}} home = "prefetched.0.0"
fabric.device arch "tiny" attributes {dram_bytes = 1049600 : i64} {
  fabric.buffer @w "input" at 0 : tensor<131072xf32> {public_name = "w"}
  fabric.buffer @x "input" at 524288 : tensor<32xf32> {public_name = "x"}
  fabric.buffer @z "output" at 524416 : tensor<32xf32> {public_name = "z"}
  fabric.buffer @y "output" at 524544 : tensor<131072xf32> {public_name = "y"}
  fabric.section "first" attributes {busy_cycles = 10000 : i64, predicted_cycles = 10000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @z <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "second" attributes {busy_cycles = 12000 : i64, predicted_cycles = 12000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @z <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "reading" attributes {busy_cycles = 16384 : i64, predicted_cycles = 90000 : i64} {
    %w = fabric.load @w <[2048, 64] vector 1 registers [[0, 64, 1]] address 0>
    fabric.store %w to @y <[2048, 64] vector 1 registers [[0, 64, 1]] address 0>
  }
}
