// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(pat-lay-out))' | FileCheck %s

// Rows and columns are walked in windows, channels alone by all: they become the innermost dimension, and the weights follow.
// CHECK-DAG:   #[[IN:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1 + d2, d3 + d4, d0)>
// CHECK-LABEL: func.func @images
// CHECK:         %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<16x3x3x8xf32>
// CHECK:         %[[X:.*]] = pat.map (%[[H:.*]], %[[V:.*]], %[[C:.*]]) in [9, 9, 16] {
// CHECK-NEXT:      pat.at %arg0[%[[C]], %[[H]], %[[V]]] : tensor<16x9x9xf32>
// CHECK:         } : tensor<9x9x16xf32>
// CHECK:         %[[Y:.*]] = pat.map (%[[P:.*]], %[[Q:.*]], %[[O:.*]]) in [7, 7, 8] {
// CHECK:           pat.at %[[X]] map #[[IN]] (%[[K:.*]], %[[P]], %[[A:.*]], %[[Q]], %[[B:.*]]) : tensor<9x9x16xf32>
// CHECK:           pat.at %[[W]] map {{.*}} : tensor<16x3x3x8xf32>
// CHECK:         } : tensor<7x7x8xf32>
// CHECK:         pat.map (%{{.*}}) in [8, 7, 7]
func.func @images(%x: tensor<16x9x9xf32>) -> tensor<8x7x7xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8x16x3x3xf32>
  %e = pat.map (%c, %h, %v) in [16, 9, 9] {
    %a = pat.at %x[%c, %h, %v] : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x9x9xf32>
  %y = pat.map (%o, %p, %q) in [8, 7, 7] {
    %s = pat.fold (%k, %a, %b) in [16, 3, 3] init (%zero : f32) {
      %i = pat.at %e map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2, d3 + d4)> (%k, %p, %a, %q, %b) : tensor<16x9x9xf32>
      %j = pat.at %w[%o, %k, %a, %b] : tensor<8x16x3x3xf32>
      %m = arith.mulf %i, %j : f32
      pat.yield %m : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<8x7x7xf32>
  %r = pat.map (%o, %p, %q) in [8, 7, 7] {
    %a = pat.at %y[%o, %p, %q] : tensor<8x7x7xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<8x7x7xf32>
  return %r : tensor<8x7x7xf32>
}

// -----

// Nothing is walked in windows: heads and their elements are digits of one position, like those that a reshape reads.
// CHECK-LABEL: func.func @heads
// CHECK:         pat.map (%{{.*}}) in [16, 96]
// CHECK:         pat.map (%{{.*}}) in [12, 16, 8]
func.func @heads(%x: tensor<16x96xf32>) -> tensor<16x96xf32> {
  %e = pat.map (%i, %j) in [16, 96] {
    %a = pat.at %x[%i, %j] : tensor<16x96xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x96xf32>
  %h = pat.map (%n, %i, %d) in [12, 16, 8] {
    %a = pat.at %e map affine_map<(d0, d1, d2) -> (d1, d0 * 8 + d2)> (%n, %i, %d) : tensor<16x96xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<12x16x8xf32>
  %r = pat.map (%i, %j) in [16, 96] {
    %a = pat.at %h map affine_map<(d0, d1) -> (d1 floordiv 8, d0, d1 mod 8)> (%i, %j) : tensor<12x16x8xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x96xf32>
  return %r : tensor<16x96xf32>
}

// -----

// An image of few channels, and one that is read by a reshape or at computed places, stay.
// CHECK-LABEL: func.func @stay
// CHECK:         pat.map (%{{.*}}) in [4, 9, 9]
// CHECK:         pat.map (%{{.*}}) in [16, 9, 9]
func.func @stay(%x: tensor<16x9x9xf32>, %n: tensor<7xi64>) -> (tensor<4x8x8xf32>, tensor<16x8x8xf32>, tensor<7xf32>) {
  %zero0 = arith.constant 0.0 : f32
  %e = pat.map (%c, %h, %v) in [4, 9, 9] {
    %a = pat.at %x[%c, %h, %v] : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<4x9x9xf32>
  %f = pat.map (%c, %h, %v) in [16, 9, 9] {
    %a = pat.at %x[%c, %h, %v] : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x9x9xf32>
  %y = pat.map (%c, %h, %v) in [4, 8, 8] {
    %s = pat.fold (%a, %b) in [2, 2] init (%zero0 : f32) {
      %i = pat.at %e map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2, d3 + d4)> (%c, %h, %a, %v, %b) : tensor<4x9x9xf32>
      pat.yield %i : f32
    } combine (%u, %w) {
      %t = arith.addf %u, %w : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x8x8xf32>
  %z = pat.map (%c, %h, %v) in [16, 8, 8] {
    %s = pat.fold (%a, %b) in [2, 2] init (%zero0 : f32) {
      %i = pat.at %f map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2, d3 + d4)> (%c, %h, %a, %v, %b) : tensor<16x9x9xf32>
      pat.yield %i : f32
    } combine (%u, %w) {
      %t = arith.addf %u, %w : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x8x8xf32>
  %g = pat.map (%i) in [7] {
    %p = pat.at %n[%i] : tensor<7xi64>
    %q = arith.index_cast %p : i64 to index
    %a = pat.at %f map affine_map<(d0, d1) -> (d1, d0, d0)> (%i, %q) : tensor<16x9x9xf32>
    pat.yield %a : f32
  } : tensor<7xf32>
  return %y, %z, %g : tensor<4x8x8xf32>, tensor<16x8x8xf32>, tensor<7xf32>
}

// -----

// Twice as large: row and column are read at quotients that fall apart into digits, so the channels go inwards, and so
// do those of the weights. Three halves of a column are no digits: the last image stays.
// CHECK-LABEL: func.func @nearest
// CHECK:         pat.map (%{{.*}}) in [9, 9, 16]
// CHECK:         pat.map (%{{.*}}) in [18, 18, 16]
// CHECK:         pat.map (%{{.*}}) in [16, 8, 8]
// CHECK:         pat.map (%{{.*}}) in [16, 11, 11]
func.func @nearest(%x: tensor<16x9x9xf32>) -> (tensor<16x16x16xf32>, tensor<16x11x11xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = pat.map (%c, %h, %v) in [16, 9, 9] {
    %a = pat.at %x[%c, %h, %v] : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x9x9xf32>
  %f = pat.map (%c, %h, %v) in [16, 18, 18] {
    %a = pat.at %e map affine_map<(d0, d1, d2) -> (d0, d1 floordiv 2, d2 floordiv 2)> (%c, %h, %v) : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x18x18xf32>
  %g = pat.map (%c, %h, %v) in [16, 8, 8] {
    %a = pat.at %x[%c, %h, %v] : tensor<16x9x9xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x8x8xf32>
  %y = pat.map (%c, %h, %v) in [16, 16, 16] {
    %s = pat.fold (%a, %b) in [3, 3] init (%zero : f32) {
      %i = pat.at %f map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2, d3 + d4)> (%c, %h, %a, %v, %b) : tensor<16x18x18xf32>
      pat.yield %i : f32
    } combine (%u, %w) {
      %t = arith.addf %u, %w : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16x16x16xf32>
  %z = pat.map (%c, %h, %v) in [16, 11, 11] {
    %a = pat.at %g map affine_map<(d0, d1, d2) -> (d0, (d1 * 2) floordiv 3, (d2 * 2) floordiv 3)> (%c, %h, %v) : tensor<16x8x8xf32>
    %b = math.exp %a : f32
    pat.yield %b : f32
  } : tensor<16x11x11xf32>
  return %y, %z : tensor<16x16x16xf32>, tensor<16x11x11xf32>
}
