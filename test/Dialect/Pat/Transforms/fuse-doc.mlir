// RUN: jacquard-opt %s --pat-fuse --pat-verify-flat | FileCheck %s

// The example of the pass's description: bias and relu after a sum.
// CHECK-LABEL: @epilogue
// CHECK:       pat.map (%[[I:.*]]) in [4] {
// CHECK-NEXT:    %[[S:.*]] = pat.fold (%[[K:.*]]) in [8]
// CHECK-NEXT:      pat.at %arg0[%[[I]], %[[K]]]
// CHECK:         } : i32
// CHECK-NEXT:    %[[B:.*]] = pat.at %arg1[%[[I]]] : tensor<4xi32>
// CHECK-NEXT:    %[[A:.*]] = arith.addi %[[S]], %[[B]] : i32
// CHECK-NEXT:    %[[R:.*]] = arith.maxsi %[[A]], %{{.*}} : i32
// CHECK-NEXT:    pat.yield %[[R]] : i32
// CHECK-NEXT:  } : tensor<4xi32>
// CHECK-NEXT:  return
func.func @epilogue(%x: tensor<4x8xi32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i32
  %s = pat.map (%i) in [4] {
    %f = pat.fold (%k) in [8] init (%zero : i32) {
      %v = pat.at %x[%i, %k] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%p, %q) {
      %t = arith.addi %p, %q : i32
      pat.yield %t : i32
    } : i32
    pat.yield %f : i32
  } : tensor<4xi32>
  %y = pat.map (%i) in [4] {
    %v = pat.at %s[%i] : tensor<4xi32>
    %c = pat.at %b[%i] : tensor<4xi32>
    %a = arith.addi %v, %c : i32
    %r = arith.maxsi %a, %zero : i32
    pat.yield %r : i32
  } : tensor<4xi32>
  return %y : tensor<4xi32>
}
