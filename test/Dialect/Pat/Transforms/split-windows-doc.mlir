// RUN: jacquard-opt %s --pat-split-windows --pat-verify-flat --split-input-file | FileCheck %s

// The example of the pass's description: a product whose halves are read apart.
// CHECK:       #[[WEIGHT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 + d2 * 64)>
// CHECK:       #[[FIRST:.*]] = affine_map<(d0, d1) -> (0, d0, d1)>
// CHECK:       #[[SECOND:.*]] = affine_map<(d0, d1) -> (1, d0, d1)>
// CHECK-LABEL: @halves
// CHECK:       %[[P:.*]] = pat.map (%[[G:.*]], %[[I:.*]], %[[J:.*]]) in [2, 3, 64] {
// CHECK:         pat.fold (%[[K:.*]]) in [8]
// CHECK-DAG:       pat.at %arg0 map #{{.*}} (%[[I]], %[[K]])
// CHECK-DAG:       pat.at %arg1 map #[[WEIGHT]] (%[[K]], %[[J]], %[[G]])
// CHECK:       } : tensor<2x3x64xf32>
// CHECK:       pat.map (%[[A:.*]], %[[B:.*]]) in [3, 64] {
// CHECK:         pat.at %[[P]] map #[[FIRST]] (%[[A]], %[[B]]) : tensor<2x3x64xf32>
// CHECK:         pat.at %[[P]] map #[[SECOND]] (%[[A]], %[[B]]) : tensor<2x3x64xf32>
func.func @halves(%x: tensor<3x8xf32>, %w: tensor<8x128xf32>) -> tensor<3x64xf32> {
  %zero = arith.constant 0.0 : f32
  %p = pat.map (%i, %j) in [3, 128] {
    %s = pat.fold (%k) in [8] init (%zero : f32) {
      %l = pat.at %x[%i, %k] : tensor<3x8xf32>
      %r = pat.at %w[%k, %j] : tensor<8x128xf32>
      %m = arith.mulf %l, %r : f32
      pat.yield %m : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<3x128xf32>
  %y = pat.map (%i, %j) in [3, 64] {
    %a = pat.at %p[%i, %j] : tensor<3x128xf32>
    %b = pat.at %p map affine_map<(d0, d1) -> (d0, d1 + 64)> (%i, %j) : tensor<3x128xf32>
    %c = arith.mulf %a, %b : f32
    pat.yield %c : f32
  } : tensor<3x64xf32>
  return %y : tensor<3x64xf32>
}

// -----

// Windows that begin anywhere, results that leave whole, and maps without a fold stay what they are.
// CHECK-LABEL: @others
// CHECK-NOT:   in [2, 3, 64]
// CHECK:       return
func.func @others(%x: tensor<3x8xf32>, %y: tensor<3x128xf32>)
    -> (tensor<3x64xf32>, tensor<3x128xf32>, tensor<3x64xf32>, tensor<3x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %shifted:2 = pat.map (%i, %j) in [3, 128] {
    %s = pat.fold (%k) in [8] init (%zero : f32) {
      %l = pat.at %x[%i, %k] : tensor<3x8xf32>
      pat.yield %l : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    %o = pat.at %y[%i, %j] : tensor<3x128xf32>
    %q = arith.addf %s, %o : f32
    pat.yield %q, %s : f32, f32
  } : tensor<3x128xf32>, tensor<3x128xf32>
  %a = pat.map (%i, %j) in [3, 64] {
    %v = pat.at %shifted#0 map affine_map<(d0, d1) -> (d0, d1 + 32)> (%i, %j) : tensor<3x128xf32>
    pat.yield %v : f32
  } : tensor<3x64xf32>
  %copy = pat.map (%i, %j) in [3, 128] {
    %v = pat.at %y[%i, %j] : tensor<3x128xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<3x128xf32>
  %b = pat.map (%i, %j) in [3, 64] {
    %v = pat.at %copy map affine_map<(d0, d1) -> (d0, d1 + 64)> (%i, %j) : tensor<3x128xf32>
    pat.yield %v : f32
  } : tensor<3x64xf32>
  %c = pat.map (%i, %j) in [3, 64] {
    %v = pat.at %copy[%i, %j] : tensor<3x128xf32>
    pat.yield %v : f32
  } : tensor<3x64xf32>
  return %a, %shifted#1, %b, %c : tensor<3x64xf32>, tensor<3x128xf32>, tensor<3x64xf32>, tensor<3x64xf32>
}
