// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// Together, 1024 points on one unit each take 64 cycles, one map behind the other; apart they run on several units, and
// what they save thereby is more than the latency of another section.
// CHECK-LABEL: @long
// CHECK:         pipe.section "map_0"
// CHECK:         pipe.section "map_1"
// CHECK:         pipe.section "map_2"
func.func @long(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %a = pat.map (%i) in [1024] {
    %v = pat.at %x[%i] : tensor<1024xf32>
    %w = arith.negf %v : f32
    pat.yield %w : f32
  } : tensor<1024xf32>
  %b = pat.map (%i) in [1024] {
    %v = pat.at %a[%i] : tensor<1024xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<1024xf32>
  %c = pat.map (%i) in [1024] {
    %v = pat.at %b[%i] : tensor<1024xf32>
    %w = math.sin %v : f32
    pat.yield %w : f32
  } : tensor<1024xf32>
  return %c : tensor<1024xf32>
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
