// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-retain))' --remarks-filter=fabric-retain -o %t.with.mlir 2>&1 | FileCheck %s
// RUN: jacquard-opt %s --pass-pipeline='builtin.module(fabric.device(fabric-retain))' -o %t.without.mlir 2>&1 | count 0
// RUN: diff %t.with.mlir %t.without.mlir

// Three tensors: one is written and read in one section; of the others the one with more words per unit comes first, and takes the
// two units that "use" may have (0.25 of tiny's eight).
// CHECK: [Missed] dram | Category:fabric-retain | Bytes=128, Reason="one section both writes and reads it", Tensor=same
// CHECK: [Passed] kept | Category:fabric-retain | Bytes=524288, LoadsSaved=524288, Tensor=large, Units=2, Way="from "make" to "use""
// CHECK: [Missed] dram | Category:fabric-retain | Bytes=128, Reason="1 memory units needed from "make" to "use", 0 to be had in "use"", Tensor=small
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<131072xf32>
  fabric.buffer @y "output" at 524288 : tensor<131072xf32>
  fabric.buffer @large "temporary" at 1048576 : tensor<131072xf32>
  fabric.buffer @small "temporary" at 1572864 : tensor<32xf32>
  fabric.buffer @same "temporary" at 1573888 : tensor<32xf32>
  fabric.section "make" {
    %a = fabric.load @a <[131072] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @large <[131072] vector 0 registers [[0, 1]] address 0>
    %b = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %b to @small <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %c to @same <[32] vector 0 registers [[0, 1]] address 0>
    %d = fabric.load @same <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %d to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "use" attributes {jacquard.fill = 0.25 : f64} {
    %b = fabric.load @small <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %b to @y <[32] vector 0 registers [[0, 1]] address 0>
    %a = fabric.load @large <[131072] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @y <[131072] vector 0 registers [[0, 1]] address 0>
  }
}
