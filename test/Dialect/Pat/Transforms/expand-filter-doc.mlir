// RUN: jacquard-opt %s --pat-expand-filter | FileCheck %s

// The example of the pass's description.
// CHECK-LABEL: @positive
// CHECK:       %[[F:.*]] = pat.map (%[[I:.*]]) in [10] {
// CHECK:         %[[S:.*]] = arith.cmpf ogt
// CHECK-NEXT:    arith.extui %[[S]] : i1 to i32
// CHECK:       %[[P:.*]] = pat.scan (%[[I:.*]]) in [10] dim 0 init (%{{.*}} : i32) exclusive {
// CHECK-NEXT:    pat.at %[[F]][%[[I]]] : tensor<10xi32>
// CHECK:       %[[N:.*]] = pat.map () in [] {
// CHECK:         arith.minsi
// CHECK:       %[[O:.*]] = pat.group_by (%[[I:.*]]) in [10] keys [4] init (%{{.*}} : i32) drop {
// CHECK:       pat.map (%[[J:.*]]) in [4] {
// CHECK:         %[[INSIDE:.*]] = arith.cmpi slt
// CHECK:         pat.at %[[O]][%[[J]]] : tensor<4xi32>
// CHECK:         arith.select %[[INSIDE]]
func.func @positive(%x: tensor<10xf32>) -> (tensor<4xf32>, tensor<i64>) {
  %zero = arith.constant 0.0 : f32
  %v, %n = pat.filter (%i) in [10] capacity 4 {
    %e = pat.at %x[%i] : tensor<10xf32>
    %s = arith.cmpf ogt, %e, %zero : f32
    pat.yield %s, %e : i1, f32
  } : tensor<4xf32>, index
  %t = pat.map () in [] {
    %c = arith.index_cast %n : index to i64
    pat.yield %c : i64
  } : tensor<i64>
  return %v, %t : tensor<4xf32>, tensor<i64>
}
