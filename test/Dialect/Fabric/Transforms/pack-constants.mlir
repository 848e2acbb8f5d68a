// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-pack-constants,fabric-arrange-constants))' | FileCheck %s
// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-pack-constants))' | FileCheck %s --check-prefix=ORDER

// Tiles of two columns of a 4 x 4 matrix, each read twice, one after the other: stored tile by tile.
// CHECK-LABEL: fabric.device
// CHECK:       fabric.buffer @w.0 "constant" at 0 : tensor<16xi32>
// ORDER:       fabric.buffer @w.0 {{.*}} {order = #fabric.access<[2, 2, 4, 2] vector 3 registers {{\[}}[0, 2, 0, 4, 1]] address 0>}
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

// -----

// Vectors of 16 lanes, the level of the lanes outside of the rows: vector by vector, as they are read. The last matrix has part vectors and
// stays.
// CHECK-LABEL: fabric.device
// CHECK:       fabric.load @m.0 <[2, 2, 16] vector 2 registers {{\[}}[0, 32, 16, 1]] address 0>
// CHECK:       fabric.load @part <[17, 2] vector 0
// CHECK:       m.0: "0x04000000000000000100000002000000030000000400000005000000060000000700000008000000090000000A0000000B0000000C0000000D0000000E0000000F000000200000002100000022000000230000002400000025000000260000002700000028000000290000002A0000002B0000002C0000002D0000002E0000002F000000100000001100000012000000130000001400000015000000160000001700000018000000190000001A0000001B0000001C0000001D0000001E0000001F000000300000003100000032000000330000003400000035000000360000003700000038000000390000003A0000003B0000003C0000003D0000003E0000003F000000"
fabric.device arch "tiny" {
  fabric.buffer @m "constant" at 0 : tensor<2x32xi32> = dense<[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31], [32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63]]> : tensor<2x32xi32>
  fabric.buffer @part "constant" at 1024 : tensor<2x17xi32> = dense<[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]]> : tensor<2x17xi32>
  fabric.buffer @y "output" at 2048 : tensor<64xi32>
  fabric.section "columns" {
    %a = fabric.load @m <[32, 2] vector 0 registers [[0, 1, 32]] address 0>
    fabric.store %a to @y <[64] vector 0 registers [[0, 1]] address 0>
    %b = fabric.load @part <[17, 2] vector 0 registers [[0, 1, 17]] address 0>
    fabric.store %b to @y <[34] vector 0 registers [[0, 1]] address 0>
  }
}
