// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// The state needs a row of the inputs, which the trip decides, and the product, which takes long: the row is fetched beside
// the product, and the state reads a tensor at known places.
// CHECK:       #[[ROW:.*]] = affine_map<(d0, d1) -> (-d1 + 7, d0)>
// CHECK-LABEL: @beside
// CHECK:       %[[FETCHED:.*]] = pipe.dram "temporary" "t{{.*}}" : memref<64xf32, "dram">
// CHECK:       pipe.loop max 8
// CHECK-NEXT:    pipe.section
// CHECK:           pipe.stage [64] roles [lanes] reductions 0 once {
// CHECK:             %[[TRIP:.*]] = arith.index_cast
// CHECK:             pipe.read %{{.*}} map #[[ROW]](%{{.*}}, %[[TRIP]]) : memref<8x64xf32, "dram">
// CHECK:           pipe.stage {{.*}} reductions 1 {
// CHECK:         pipe.section
// CHECK-NOT:       index_cast
// CHECK:           math.tanh
func.func @beside(%x: tensor<8x64xf32>, %w: tensor<64x64xf32>, %h0: tensor<64xf32>) -> tensor<64xf32> {
  %go = arith.constant true
  %zero = arith.constant 0.0 : f32
  %h = pat.iterate (%n) max 8 carry (%h = %h0 : tensor<64xf32>) {
    %product = pat.map (%j) in [64] {
      %s = pat.fold (%k) in [64] init (%zero : f32) {
        %l = pat.at %h[%k] : tensor<64xf32>
        %r = pat.at %w[%k, %j] : tensor<64x64xf32>
        %p = arith.mulf %l, %r : f32
        pat.yield %p : f32
      } combine (%l, %r) {
        %t = arith.addf %l, %r : f32
        pat.yield %t : f32
      } : f32
      pat.yield %s : f32
    } : tensor<64xf32>
    %next = pat.map (%j) in [64] {
      %p = pat.at %product[%j] : tensor<64xf32>
      %v = pat.at %x map affine_map<(d0, d1) -> (-d0 + 7, d1)> (%n, %j) : tensor<8x64xf32>
      %s = arith.addf %p, %v : f32
      %t = math.tanh %s : f32
      pat.yield %t : f32
    } : tensor<64xf32>
    pat.yield %go, %next : i1, tensor<64xf32>
  }
  return %h : tensor<64xf32>
}

// -----

// Nothing to wait for: the state reads the row where it needs it.
// CHECK-LABEL: @at_once
// CHECK:       pipe.loop max 8
// CHECK:         arith.index_cast
// CHECK:         math.tanh
// CHECK-NOT:     pipe.stage
func.func @at_once(%x: tensor<8x64xf32>, %h0: tensor<64xf32>) -> tensor<64xf32> {
  %go = arith.constant true
  %h = pat.iterate (%n) max 8 carry (%h = %h0 : tensor<64xf32>) {
    %next = pat.map (%j) in [64] {
      %p = pat.at %h[%j] : tensor<64xf32>
      %v = pat.at %x[%n, %j] : tensor<8x64xf32>
      %s = arith.addf %p, %v : f32
      %t = math.tanh %s : f32
      pat.yield %t : f32
    } : tensor<64xf32>
    pat.yield %go, %next : i1, tensor<64xf32>
  }
  return %h : tensor<64xf32>
}
