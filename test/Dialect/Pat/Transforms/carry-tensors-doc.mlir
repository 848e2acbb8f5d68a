// RUN: jacquard-opt %s --pat-carry-tensors | FileCheck %s

// The example of the pass's description: a scalar and a condition that a loop carries become tensors of rank 0.
// CHECK-LABEL: @root
// CHECK:       %[[A:.*]] = pat.map () in [] {
// CHECK-NEXT:    pat.yield %arg0 : f32
// CHECK:       %[[R:.*]] = pat.iterate (%{{.*}}) max 9 carry (%[[S:.*]] = %[[A]] : tensor<f32>) {
// CHECK-NEXT:    %[[X:.*]] = pat.at %[[S]][] : tensor<f32>
// CHECK:         %[[GO:.*]] = arith.cmpf
// CHECK-NEXT:    %[[C:.*]] = pat.map () in [] {
// CHECK-NEXT:      pat.yield %[[GO]] : i1
// CHECK:         %[[G:.*]] = pat.at %[[C]][] : tensor<i1>
// CHECK-NEXT:    %[[T:.*]] = pat.map () in [] {
// CHECK:         pat.yield %[[G]], %[[T]] : i1, tensor<f32>
// CHECK:       %[[V:.*]] = pat.at %[[R]][] : tensor<f32>
// CHECK-NEXT:  return %[[V]]
func.func @root(%x0: f32) -> f32 {
  %half = arith.constant 0.5 : f32
  %r = pat.iterate (%n) max 9 carry (%x = %x0 : f32) {
    %t = arith.mulf %x, %half : f32
    %go = arith.cmpf ogt, %t, %half : f32
    pat.yield %go, %t : i1, f32
  }
  return %r : f32
}

// Nothing to do: tensors, and a constant condition.
// CHECK-LABEL: @stored
// CHECK-NEXT:  %true = arith.constant true
// CHECK-NEXT:  pat.iterate (%{{.*}}) max 3 carry (%{{.*}} = %arg0 : tensor<4xf32>) {
// CHECK-NEXT:    %[[T:.*]] = pat.map
// CHECK-NOT:     pat.map
// CHECK:         pat.yield %true, %[[T]] : i1, tensor<4xf32>
func.func @stored(%x: tensor<4xf32>) -> tensor<4xf32> {
  %go = arith.constant true
  %r = pat.iterate (%n) max 3 carry (%t = %x : tensor<4xf32>) {
    %next = pat.map (%i) in [4] {
      %v = pat.at %t[%i] : tensor<4xf32>
      %w = arith.addf %v, %v : f32
      pat.yield %w : f32
    } : tensor<4xf32>
    pat.yield %go, %next : i1, tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
