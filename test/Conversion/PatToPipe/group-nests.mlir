// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// Together, 4096 points on one unit each take 256 cycles, one map behind the other; apart they run on several units, and
// what they save thereby is more than the latency of another section.
// CHECK-LABEL: @long
// CHECK:         pipe.section "map_0"
// CHECK:         pipe.section "map_1"
// CHECK:         pipe.section "map_2"
func.func @long(%x: tensor<4096xf32>) -> tensor<4096xf32> {
  %a = pat.map (%i) in [4096] {
    %v = pat.at %x[%i] : tensor<4096xf32>
    %w = arith.negf %v : f32
    pat.yield %w : f32
  } : tensor<4096xf32>
  %b = pat.map (%i) in [4096] {
    %v = pat.at %a[%i] : tensor<4096xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4096xf32>
  %c = pat.map (%i) in [4096] {
    %v = pat.at %b[%i] : tensor<4096xf32>
    %w = math.sin %v : f32
    pat.yield %w : f32
  } : tensor<4096xf32>
  return %c : tensor<4096xf32>
}

// -----

// The ports of the machine serve two of these patterns at a time. The second one could join the first, behind which it
// would wait, or the third, which does not need it: that saves more.
// CHECK-LABEL: @either
// CHECK:         pipe.section "map_0"
// CHECK:           math.absf
// CHECK:         pipe.section "map_1"
// CHECK:           math.exp
// CHECK:           math.sin
// CHECK-NOT:     pipe.section
func.func @either(%x0: tensor<16xf32>, %x1: tensor<16xf32>, %x2: tensor<16xf32>, %x3: tensor<16xf32>, %x4: tensor<16xf32>, %x5: tensor<16xf32>, %x6: tensor<16xf32>, %x7: tensor<16xf32>, %x8: tensor<16xf32>,
                  %y0: tensor<16xf32>, %y1: tensor<16xf32>, %y2: tensor<16xf32>, %y3: tensor<16xf32>, %y4: tensor<16xf32>, %y5: tensor<16xf32>, %y6: tensor<16xf32>, %y7: tensor<16xf32>, %y8: tensor<16xf32>)
    -> (tensor<16xf32>, tensor<16xf32>) {
  %a = pat.map (%i) in [16] {
    %v0 = pat.at %x0[%i] : tensor<16xf32>
    %v1 = pat.at %x1[%i] : tensor<16xf32>
    %v2 = pat.at %x2[%i] : tensor<16xf32>
    %v3 = pat.at %x3[%i] : tensor<16xf32>
    %v4 = pat.at %x4[%i] : tensor<16xf32>
    %v5 = pat.at %x5[%i] : tensor<16xf32>
    %v6 = pat.at %x6[%i] : tensor<16xf32>
    %v7 = pat.at %x7[%i] : tensor<16xf32>
    %v8 = pat.at %x8[%i] : tensor<16xf32>
    %s1 = arith.addf %v0, %v1 : f32
    %s2 = arith.addf %s1, %v2 : f32
    %s3 = arith.addf %s2, %v3 : f32
    %s4 = arith.addf %s3, %v4 : f32
    %s5 = arith.addf %s4, %v5 : f32
    %s6 = arith.addf %s5, %v6 : f32
    %s7 = arith.addf %s6, %v7 : f32
    %s8 = arith.addf %s7, %v8 : f32
    %w = math.absf %s8 : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  %b = pat.map (%i) in [16] {
    %v = pat.at %a[%i] : tensor<16xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  %c = pat.map (%i) in [16] {
    %v0 = pat.at %y0[%i] : tensor<16xf32>
    %v1 = pat.at %y1[%i] : tensor<16xf32>
    %v2 = pat.at %y2[%i] : tensor<16xf32>
    %v3 = pat.at %y3[%i] : tensor<16xf32>
    %v4 = pat.at %y4[%i] : tensor<16xf32>
    %v5 = pat.at %y5[%i] : tensor<16xf32>
    %v6 = pat.at %y6[%i] : tensor<16xf32>
    %v7 = pat.at %y7[%i] : tensor<16xf32>
    %v8 = pat.at %y8[%i] : tensor<16xf32>
    %s1 = arith.addf %v0, %v1 : f32
    %s2 = arith.addf %s1, %v2 : f32
    %s3 = arith.addf %s2, %v3 : f32
    %s4 = arith.addf %s3, %v4 : f32
    %s5 = arith.addf %s4, %v5 : f32
    %s6 = arith.addf %s5, %v6 : f32
    %s7 = arith.addf %s6, %v7 : f32
    %s8 = arith.addf %s7, %v8 : f32
    %w = math.sin %s8 : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  return %b, %c : tensor<16xf32>, tensor<16xf32>
}

// -----

// From DRAM (27.5 cycles) to a unit (6 cycles) and a scratchpad (4), and across the section of three units three times
// (3 + root of 6, 5.4 each): 53.8 cycles. The two others add the way through a unit and a scratchpad each, and all three a firing.
// CHECK-LABEL: @short
// CHECK:         pipe.section "map_0"
// CHECK-SAME:      busy_cycles = 76
// CHECK-NOT:     pipe.section
func.func @short(%x: tensor<16xf32>) -> tensor<16xf32> {
  %a = pat.map (%i) in [16] {
    %v = pat.at %x[%i] : tensor<16xf32>
    %w = arith.negf %v : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  %b = pat.map (%i) in [16] {
    %v = pat.at %a[%i] : tensor<16xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  %c = pat.map (%i) in [16] {
    %v = pat.at %b[%i] : tensor<16xf32>
    %w = math.sin %v : f32
    pat.yield %w : f32
  } : tensor<16xf32>
  return %c : tensor<16xf32>
}

// -----

// A table of 512 KB does not fit a scratchpad, so a row of it comes from DRAM when its number has come from there. Three ways to or
// from the DRAM (27.5 each), two units (6), a scratchpad (4), six ways across the section of one unit (3 + root of 2, 4.4
// each) and a firing.
// CHECK-LABEL: @gather
// CHECK:         pipe.section "map_0"
// CHECK-SAME:      busy_cycles = 125
func.func @gather(%table: tensor<8192x16xf32>, %index: tensor<1xi32>) -> tensor<1x16xf32> {
  %r = pat.map (%i, %j) in [1, 16] {
    %k = pat.at %index[%i] : tensor<1xi32>
    %row = arith.index_cast %k : i32 to index
    %v = pat.at %table[%row, %j] : tensor<8192x16xf32>
    pat.yield %v : f32
  } : tensor<1x16xf32>
  return %r : tensor<1x16xf32>
}
