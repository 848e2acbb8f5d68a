// RUN: jacquard-opt %s --pat-split-folds='units=64' --pat-verify-flat | FileCheck %s

// The example of the pass's description: 16 sums of 4,096 points each would run on one unit of 16 lanes.
// CHECK-LABEL: @sums
// CHECK:       %[[Y:.*]] = pat.map
// CHECK:       %[[PARTS:.*]] = pat.map (%{{.*}}, %{{.*}}) in [64, 16] {
// CHECK:         pat.fold (%{{.*}}, %{{.*}}) in [1, 64] init
// CHECK:           pat.at %[[Y]] map
// CHECK:           arith.addf
// CHECK:       } : tensor<64x16xf32>
// CHECK:       %[[SUMS:.*]] = pat.map (%[[C:.*]]) in [16] {
// CHECK:         pat.fold (%[[Q:.*]]) in [64] init
// CHECK:           pat.at %[[PARTS]][%[[Q]], %[[C]]]
// CHECK:           arith.addf
// CHECK:       return %[[SUMS]]
func.func @sums(%x: tensor<64x64x16xf32>) -> tensor<16xf32> {
  %zero = arith.constant 0.0 : f32
  %y = pat.map (%h, %w, %c) in [64, 64, 16] {
    %v = pat.at %x[%h, %w, %c] : tensor<64x64x16xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<64x64x16xf32>
  %s = pat.map (%c) in [16] {
    %t = pat.fold (%h, %w) in [64, 64] init (%zero : f32) {
      %v = pat.at %y[%h, %w, %c] : tensor<64x64x16xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %m = arith.addf %l, %r : f32
      pat.yield %m : f32
    } : f32
    pat.yield %t : f32
  } : tensor<16xf32>
  return %s : tensor<16xf32>
}
