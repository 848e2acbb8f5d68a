// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// A product on many units, and a small map that has nothing to do with it: they share a section, in which the map is laid
// out once.
// CHECK-LABEL: @apart
// CHECK:       pipe.section "map_0"{{.*}} units {{[2-9]|[1-9][0-9]}} 
// CHECK-DAG:     pipe.stage {{.*}} reductions 1 {
// CHECK-DAG:     pipe.stage [64] roles [lanes] reductions 0 once {
// CHECK-NOT:   pipe.section
func.func @apart(%a: tensor<48x128xf32>, %b: tensor<128x256xf32>, %x: tensor<64xf32>)
    -> (tensor<48x256xf32>, tensor<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %product = pat.map (%i, %j) in [48, 256] {
    %s = pat.fold (%k) in [128] init (%zero : f32) {
      %l = pat.at %a[%i, %k] : tensor<48x128xf32>
      %r = pat.at %b[%k, %j] : tensor<128x256xf32>
      %p = arith.mulf %l, %r : f32
      pat.yield %p : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<48x256xf32>
  %small = pat.map (%i) in [64] {
    %v = pat.at %x[%i] : tensor<64xf32>
    %w = arith.negf %v : f32
    pat.yield %w : f32
  } : tensor<64xf32>
  return %product, %small : tensor<48x256xf32>, tensor<64xf32>
}

// -----

// The map reads what the product computes: that keeps its units, and the map has a section of its own.
// CHECK-LABEL: @behind
// CHECK:       pipe.section "map_0"{{.*}} units {{[2-9]|[1-9][0-9]}} 
// CHECK-NOT:     once
// CHECK:       pipe.section "map_1"
func.func @behind(%a: tensor<48x128xf32>, %b: tensor<128x256xf32>) -> (tensor<48x256xf32>, tensor<256xf32>) {
  %zero = arith.constant 0.0 : f32
  %product = pat.map (%i, %j) in [48, 256] {
    %s = pat.fold (%k) in [128] init (%zero : f32) {
      %l = pat.at %a[%i, %k] : tensor<48x128xf32>
      %r = pat.at %b[%k, %j] : tensor<128x256xf32>
      %p = arith.mulf %l, %r : f32
      pat.yield %p : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<48x256xf32>
  %first = pat.map (%j) in [256] {
    %v = pat.at %product map affine_map<(d0) -> (0, d0)> (%j) : tensor<48x256xf32>
    %w = arith.negf %v : f32
    pat.yield %w : f32
  } : tensor<256xf32>
  return %product, %first : tensor<48x256xf32>, tensor<256xf32>
}
