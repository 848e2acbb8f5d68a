// RUN: jacquard-opt %s --pat-flatten --pat-verify-flat | FileCheck %s

// The example of the pass's description: a mean that is taken off every element of its row.
// CHECK-LABEL: @center
// CHECK:       %[[M:.*]] = pat.map (%[[R:.*]]) in [4] {
// CHECK-NEXT:    %[[F:.*]] = pat.fold (%{{.*}}) in [8]
// CHECK:         pat.yield %[[F]] : f32
// CHECK-NEXT:  } : tensor<4xf32>
// CHECK-NEXT:  %[[T:.*]] = pat.map (%[[R:.*]], %[[C:.*]]) in [4, 8] {
// CHECK-NEXT:    %[[A:.*]] = pat.at %[[M]][%[[R]]] : tensor<4xf32>
// CHECK-NEXT:    %[[V:.*]] = pat.at %arg0[%[[R]], %[[C]]] : tensor<4x8xf32>
// CHECK-NEXT:    %[[D:.*]] = arith.subf %[[V]], %[[A]] : f32
// CHECK-NEXT:    pat.yield %[[D]] : f32
// CHECK-NEXT:  } : tensor<4x8xf32>
// CHECK-NEXT:  return %[[T]]
func.func @center(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %y = pat.map (%r) in [4] {
    %m = pat.fold (%c) in [8] init (%zero : f32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xf32>
      pat.yield %v : f32
    } combine (%a, %b) {
      %s = arith.addf %a, %b : f32
      pat.yield %s : f32
    } : f32
    %t = pat.map (%c) in [8] {
      %v = pat.at %x[%r, %c] : tensor<4x8xf32>
      %d = arith.subf %v, %m : f32
      pat.yield %d : f32
    } : tensor<8xf32>
    pat.yield %t : tensor<8xf32>
  } : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
