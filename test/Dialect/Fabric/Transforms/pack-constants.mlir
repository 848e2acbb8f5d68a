// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-pack-constants))' | FileCheck %s

// Tiles of two columns of a 4 x 4 matrix, each read twice, one after the other: stored tile by tile.
// CHECK-LABEL: fabric.device
// CHECK:       fabric.buffer @w.0 "constant" at 0 : tensor<16xi32>
// CHECK:       fabric.load @w.0 <[2, 2, 4, 2] vector 3 registers {{\[}}[0, 8, 0, 2, 1]] address 0>
// CHECK:       w.0: "0x04000000000000000100000004000000050000000800000009000000[[C:0C0000000D000000]]02000000030000000600000007000000[[D:0A0000000B0000000E0000000F000000]]"
fabric.device arch "tiny" {
  fabric.buffer @w "constant" at 0 : tensor<4x4xi32> = dense<[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]> : tensor<4x4xi32>
  fabric.buffer @y "output" at 64 : tensor<32xi32>
  fabric.section "tiles" {
    %w = fabric.load @w <[2, 2, 4, 2] vector 3 registers [[0, 2, 0, 4, 1]] address 0>
    fabric.store %w to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// Positions beyond the bounds are stored as the zeros that they read.
// CHECK-LABEL: fabric.device
// CHECK:       fabric.buffer @over.0 "constant" at 0 : tensor<6xi32>
// CHECK:       fabric.buffer @y "output" at 64
// CHECK:       fabric.load @over.0 <[6] vector 0 registers {{\[}}[0, 1]] address 0>
// CHECK:       over.0: "0x040000000100000002000000030000000400000000000000{{0*}}"
fabric.device arch "tiny" {
  fabric.buffer @over "constant" at 0 : tensor<4xi32> = dense<[1, 2, 3, 4]> : tensor<4xi32>
  fabric.buffer @y "output" at 64 : tensor<6xi32>
  fabric.section "s" {
    %w = fabric.load @over <[6] vector 0 registers [[0, 1]] check[0, 0, 0, 4] address 0>
    fabric.store %w to @y <[6] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// What a gather reads, what is not 0 beyond the bounds, and what would take twice the space stay as they are.
// CHECK-LABEL: fabric.device
// CHECK-DAG:   fabric.load @table <
// CHECK-DAG:   fabric.load @other <{{.*}} else 7>
// CHECK-DAG:   fabric.load @large <[100, 2]
// CHECK-DAG:   fabric.load @large <[2, 100]
fabric.device arch "tiny" {
  fabric.buffer @i "input" at 0 : tensor<4xi32>
  fabric.buffer @table "constant" at 64 : tensor<4xi32> = dense<[1, 2, 3, 4]> : tensor<4xi32>
  fabric.buffer @other "constant" at 128 : tensor<4xi32> = dense<[1, 2, 3, 4]> : tensor<4xi32>
  fabric.buffer @large "constant" at 192 : tensor<200xi32> = dense<"0x00010203"> : tensor<200xi32>
  fabric.buffer @y "output" at 1024 : tensor<200xi32>
  fabric.section "s" {
    %i = fabric.load @i <[4] vector 0 registers [[0, 1]] address 0>
    %t = fabric.load @table <[4] vector 0 registers [] address 6 indexed 0> index %i
    fabric.store %t to @y <[4] vector 0 registers [[0, 1]] address 0>
    %o = fabric.load @other <[6] vector 0 registers [[0, 1]] check[0, 0, 0, 4] address 0 else 7>
    fabric.store %o to @y <[6] vector 0 registers [[0, 1]] address 0>
    %a = fabric.load @large <[100, 2] vector 1 registers [[0, 2, 1]] address 0>
    fabric.store %a to @y <[200] vector 0 registers [[0, 1]] address 0>
    %b = fabric.load @large <[2, 100] vector 1 registers [[0, 1, 2]] address 0>
    fabric.store %b to @y <[200] vector 0 registers [[0, 1]] address 0>
  }
}
