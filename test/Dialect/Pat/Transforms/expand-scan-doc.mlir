// RUN: jacquard-opt %s --pat-expand-scan --pat-verify-flat | FileCheck %s

// The example of the pass's description, over four points.
// CHECK-DAG: #[[BACK1:.*]] = affine_map<(d0) -> (d0 - 1)>
// CHECK-DAG: #[[BACK2:.*]] = affine_map<(d0) -> (d0 - 2)>
// CHECK-LABEL: @sums
// CHECK:       %[[T0:.*]] = pat.map (%[[I:.*]]) in [4] {
// CHECK:       %[[T1:.*]] = pat.map (%[[I:.*]]) in [4] {
// CHECK-NEXT:    %[[A:.*]] = pat.at %[[T0]] map #[[BACK1]] (%[[I]]) else %{{.*}} : tensor<4xi32>
// CHECK-NEXT:    %[[B:.*]] = pat.at %[[T0]][%[[I]]] : tensor<4xi32>
// CHECK-NEXT:    arith.addi %[[A]], %[[B]] : i32
// CHECK:       %[[T2:.*]] = pat.map (%[[I:.*]]) in [4] {
// CHECK-NEXT:    pat.at %[[T1]] map #[[BACK2]] (%[[I]]) else %{{.*}} : tensor<4xi32>
// CHECK:       return %[[T2]]
func.func @sums(%x: tensor<4xi32>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.scan (%i) in [4] dim 0 init (%zero : i32) {
    %v = pat.at %x[%i] : tensor<4xi32>
    pat.yield %v : i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<4xi32>
  return %y : tensor<4xi32>
}
