// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s
// RUN: jacquard-opt %s --convert-pat-to-pipe="arch=plasticine start-early=true" --split-input-file | FileCheck %s --check-prefix=EARLY

// Rows of an image that may stay on chip are read in windows. Whole, each unit's part moves the fewest words and is all loaded
// first. In eleven boxes the windows' edges pass again, but a box is loaded while the last one is computed.
// CHECK-LABEL: pipe.section "map_1"
// CHECK:         pipe.buffer depth 1 : memref<{{[0-9]+}}x68x16xf32
// EARLY-LABEL: pipe.section "map_1"
// EARLY:         pipe.metapipe [11] {
// EARLY:           pipe.buffer depth 2 : memref<{{[0-9]+}}x8x16xf32
func.func @main(%x: tensor<18x64x16xf32>, %w: tensor<16x16x3x3xf32>) -> tensor<16x62x16xf32> {
  %zero = arith.constant 0.0 : f32
  %h = pat.map (%y, %c, %k) in [18, 64, 16] {
    %a = pat.at %x[%y, %c, %k] : tensor<18x64x16xf32>
    %b = arith.mulf %a, %a : f32
    pat.yield %b : f32
  } : tensor<18x64x16xf32>
  %r = pat.map (%y, %c, %o) in [16, 62, 16] {
    %s = pat.fold (%k, %dy, %dx) in [16, 3, 3] init (%zero : f32) {
      %a = pat.at %h map affine_map<(d0, d1, d2, d3, d4) -> (d1 + d2, d3 + d4, d0)> (%k, %y, %dy, %c, %dx) : tensor<18x64x16xf32>
      %b = pat.at %w[%o, %k, %dy, %dx] : tensor<16x16x3x3xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x62x16xf32>
  return %r : tensor<16x62x16xf32>
}

// -----

// What stands at the pattern counts more than the option.
// CHECK-LABEL: pipe.section "map_1"
// CHECK:         pipe.metapipe [11] {
// CHECK:           pipe.buffer depth 2 : memref<{{[0-9]+}}x8x16xf32
// EARLY-LABEL: pipe.section "map_1"
// EARLY:         pipe.metapipe [11] {
// EARLY:           pipe.buffer depth 2 : memref<{{[0-9]+}}x8x16xf32
func.func @main(%x: tensor<18x64x16xf32>, %w: tensor<16x16x3x3xf32>) -> tensor<16x62x16xf32> {
  %zero = arith.constant 0.0 : f32
  %h = pat.map (%y, %c, %k) in [18, 64, 16] {
    %a = pat.at %x[%y, %c, %k] : tensor<18x64x16xf32>
    %b = arith.mulf %a, %a : f32
    pat.yield %b : f32
  } : tensor<18x64x16xf32>
  %r = pat.map (%y, %c, %o) in [16, 62, 16] attributes {jacquard.start_early = true} {
    %s = pat.fold (%k, %dy, %dx) in [16, 3, 3] init (%zero : f32) {
      %a = pat.at %h map affine_map<(d0, d1, d2, d3, d4) -> (d1 + d2, d3 + d4, d0)> (%k, %y, %dy, %c, %dx) : tensor<18x64x16xf32>
      %b = pat.at %w[%o, %k, %dy, %dx] : tensor<16x16x3x3xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x62x16xf32>
  return %r : tensor<16x62x16xf32>
}
