// RUN: jacquard-opt %s --split-input-file --convert-pat-to-pipe=arch=tiny --remarks-filter=convert-pat-to-pipe -o %t.with.mlir 2>&1 | FileCheck %s
// RUN: jacquard-opt %s --split-input-file --convert-pat-to-pipe=arch=tiny -o %t.without.mlir 2>&1 | count 0
// RUN: diff %t.with.mlir %t.without.mlir

// What is read and written once is 3 x 16 x 16 words, 3072 bytes at 12.8 a cycle. Both operands are there after 160 cycles, whether
// one of them waits in a scratchpad or in the FIFOs of its port. Then one unit with 6 rows in its slots, takes 3 x 16
// firings: not much longer than four units, which would be one DRAM port too many.
// CHECK:      remarks.mlir:[[#@LINE+9]]:8: remark: [Passed] mapping | Category:convert-pat-to-pipe
// CHECK-SAME: Bound="DRAM: 3200 bytes at 12.80 a cycle; each once would be 3072", Compute=48, Cycles={{[0-9]+}}, Dram={{[0-9]+}}
// CHECK-SAME: Lacks="9 DRAM ports needed, 8 to be had", Latency=83, Loops="d0 by 6, d1, d0, d2"
// CHECK-SAME: Reads="arg1: 1 x 1024 bytes in each of 1 scratchpads, loaded inside 0 loops, from DRAM"
// CHECK-SAME: Roles="d0 16 = 3 time x 6 slots; d1 16 = 16 lanes; d2 16 reduced = 16 time"
// CHECK-SAME: RunnerUp="d0 16 = {{[^"]+}}", RunnerUpCycles={{[0-9]+}}, Section=map_0, Start=168
// CHECK-SAME: Writes="result0: to DRAM"
func.func @main(%A: tensor<16x16xf32>, %B: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [16, 16] {
    %s = pat.fold (%k) in [16] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<16x16xf32>
      %b = pat.at %B[%k, %j] : tensor<16x16xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x16xf32>
  return %c : tensor<16x16xf32>
}

// -----

// 48 rows of 3 vectors with 256 taps each are 36864 firings, of which each of 6 copies does 6144. Their boxes are 2 + 15 rows of
// 31 words: whole ones, 8 + 15 rows of 63 words, would take a fifth of the time to come. Eight copies would take 6 rows each: all
// compute units, as they are a fold and nothing else, but 0.99 of 8 memory units leave 7.
// CHECK:      remark: [Passed] mapping
// CHECK-SAME: Bound="lanes: 6144 firings of 16 lanes x 1 slots on each of 6 copies", Compute=6144, Cycles={{[0-9]+}}
// CHECK-SAME: Lacks="9 memory units needed, 7 to be had"
// CHECK-SAME: NoRoomFor="d0 48 = 8 members x 2 time x 3 time; d1 48 = 3 time x 16 lanes; d2 16 reduced = 16 time; d3 16 reduced = 16 time"
// CHECK-SAME: Reads="arg0: 2 x 2108 bytes in each of 6 scratchpads, loaded inside 2 loops, from DRAM"
// CHECK-SAME: Roles="d0 48 = 6 members x 4 time x 2 time; d1 48 = 3 time x 16 lanes; d2 16 reduced = 16 time; d3 16 reduced = 16 time"
// CHECK-SAME: RunnerUp="d0 48 = 2 units x 3 members x 2 time x 4 time; d1 48 = 3 time x 16 lanes;
// CHECK-SAME: Units="compute 6 of 8, memory 7 of 8, DRAM ports 3 of 8"
func.func @main(%x: tensor<64x64xf32>, %w: tensor<16x16xf32>) -> tensor<48x48xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%y, %c) in [48, 48] {
    %s = pat.fold (%dy, %dx) in [16, 16] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1, d2, d3) -> (d0 + d1, d2 + d3)> (%y, %dy, %c, %dx) : tensor<64x64xf32>
      %b = pat.at %w[%dy, %dx] : tensor<16x16xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<48x48xf32>
  return %r : tensor<48x48xf32>
}

// -----

// A product takes one compute unit for each copy, so all 8 can be used; 0.99 of 8 would leave 7.
// CHECK:      remark: [Passed] mapping
// CHECK-SAME: Units="compute 8 of 8, memory 7 of 8, DRAM ports 6 of 8"
func.func @main(%A: tensor<1024x1024xf32>, %B: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [1024, 1024] {
    %s = pat.fold (%k) in [1024] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<1024x1024xf32>
      %b = pat.at %B[%k, %j] : tensor<1024x1024xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<1024x1024xf32>
  return %c : tensor<1024x1024xf32>
}

// -----

// What is done with the sums takes units of its own, by a cautious count: one is left.
// CHECK:      remark: [Passed] mapping
// CHECK-SAME: Units="compute {{[1-7]}} of 8,
func.func @main(%A: tensor<128x256xf32>, %B: tensor<256x128xf32>, %bias: tensor<128xf32>) -> tensor<128x128xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [128, 128] {
    %s = pat.fold (%k) in [256] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<128x256xf32>
      %b = pat.at %B[%k, %j] : tensor<256x128xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    %d = pat.at %bias[%j] : tensor<128xf32>
    %e = arith.addf %s, %d : f32
    pat.yield %e : f32
  } : tensor<128x128xf32>
  return %c : tensor<128x128xf32>
}
