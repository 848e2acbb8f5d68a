// RUN: jacquard-opt %s --pat-merge-equal | FileCheck %s

// The consumers are equal as soon as their producers are. No trace of a fingerprint stays.
// CHECK-LABEL: @chains_merge
// CHECK-NEXT:  %[[A:.*]] = pat.map (%{{.*}}) in [4] {
// CHECK:       } : tensor<4xf32>
// CHECK-NEXT:  %[[B:.*]] = pat.map (%{{.*}}) in [4] {
// CHECK:       } : tensor<4xf32>
// CHECK-NEXT:  return %[[B]], %[[B]] :
func.func @chains_merge(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a0 = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %w = pat.at %y[%i] : tensor<4xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  %a1 = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %w = pat.at %y[%i] : tensor<4xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  %b0 = pat.map (%i) in [4] {
    %v = pat.at %a0[%i] : tensor<4xf32>
    %w = pat.at %x[%i] : tensor<4xf32>
    %s = arith.mulf %v, %w : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  %b1 = pat.map (%i) in [4] {
    %v = pat.at %a1[%i] : tensor<4xf32>
    %w = pat.at %x[%i] : tensor<4xf32>
    %s = arith.mulf %v, %w : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  return %b0, %b1 : tensor<4xf32>, tensor<4xf32>
}

// One reads %x where the other reads %y.
// CHECK-LABEL: @other_tensor_stays
// CHECK:       %[[A:.*]] = pat.map
// CHECK:       %[[B:.*]] = pat.map
// CHECK:       return %[[A]], %[[B]] :
func.func @other_tensor_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4xf32>
  %1 = pat.map (%i) in [4] {
    %v = pat.at %y[%i] : tensor<4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
