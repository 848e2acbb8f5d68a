// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// Whole, each unit's part of the image moves the fewest words, but most of the time nothing would be computed. In four
// boxes the rows that windows share come again, beside computing.
// CHECK-LABEL: func.func @few_channels
// CHECK:         pipe.section "map_0"
// CHECK:           pipe.metapipe [4] {
// CHECK:             pipe.buffer depth 2 : memref<3x9x229xf32
func.func @few_channels(%x: tensor<3x224x224xf32>, %w: tensor<3x3x3x64xf32>) -> tensor<111x111x64xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%y, %x0, %o) in [111, 111, 64] {
    %s = pat.fold (%k, %dy, %dx) in [3, 3, 3] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 2 + d2, d3 * 2 + d4)> (%k, %y, %dy, %x0, %dx) : tensor<3x224x224xf32>
      %b = pat.at %w[%k, %dy, %dx, %o] : tensor<3x3x3x64xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<111x111x64xf32>
  %r = pat.map (%y, %x0, %o) in [111, 111, 64] {
    %a = pat.at %c[%y, %x0, %o] : tensor<111x111x64xf32>
    %b = arith.maximumf %a, %zero : f32
    pat.yield %b : f32
  } : tensor<111x111x64xf32>
  return %r : tensor<111x111x64xf32>
}

// -----

// There is so much to compute for each word that waiting for all of them is nothing.
// CHECK-LABEL: func.func @many_channels
// CHECK:         pipe.section "map_0"
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      pipe.buffer depth 1 : memref<3x3x20xf32
func.func @many_channels(%x: tensor<3x18x18xf32>, %w: tensor<3x3x3x2048xf32>) -> tensor<16x16x2048xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%y, %x0, %o) in [16, 16, 2048] {
    %s = pat.fold (%k, %dy, %dx) in [3, 3, 3] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 1 + d2, d3 * 1 + d4)> (%k, %y, %dy, %x0, %dx) : tensor<3x18x18xf32>
      %b = pat.at %w[%k, %dy, %dx, %o] : tensor<3x3x3x2048xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x16x2048xf32>
  %r = pat.map (%y, %x0, %o) in [16, 16, 2048] {
    %a = pat.at %c[%y, %x0, %o] : tensor<16x16x2048xf32>
    %b = arith.maximumf %a, %zero : f32
    pat.yield %b : f32
  } : tensor<16x16x2048xf32>
  return %r : tensor<16x16x2048xf32>
}
