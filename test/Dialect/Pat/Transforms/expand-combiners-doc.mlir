// RUN: jacquard-opt %s --pat-expand-combiners --pat-verify-flat | FileCheck %s

// The example of the pass's description: five points take three levels. The combiner takes the value of larger size.
// CHECK-DAG: #[[EVEN:.*]] = affine_map<(d0, d1) -> (d0, d1 * 2)>
// CHECK-DAG: #[[ODD:.*]] = affine_map<(d0, d1) -> (d0, d1 * 2 + 1)>
// CHECK-LABEL: @largest
// CHECK:       %[[T0:.*]] = pat.map (%{{.*}}, %{{.*}}) in [2, 5] {
// CHECK:       %[[T1:.*]] = pat.map (%[[I:.*]], %[[K:.*]]) in [2, 3] {
// CHECK-NEXT:    %[[A:.*]] = pat.at %[[T0]] map #[[EVEN]] (%[[I]], %[[K]]) : tensor<2x5xi32>
// CHECK-NEXT:    %[[B:.*]] = pat.at %[[T0]] map #[[ODD]] (%[[I]], %[[K]]) else %{{.*}} : tensor<2x5xi32>
// CHECK:         arith.select
// CHECK:       %[[T2:.*]] = pat.map (%{{.*}}, %{{.*}}) in [2, 2] {
// CHECK:       %[[T3:.*]] = pat.map (%{{.*}}, %{{.*}}) in [2, 1] {
// CHECK:       pat.map (%{{.*}}) in [2] {
// CHECK-NEXT:    pat.at %[[T3]]
func.func @largest(%x: tensor<2x5xi32>) -> tensor<2xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.map (%i) in [2] {
    %m = pat.fold (%k) in [5] init (%zero : i32) {
      %v = pat.at %x[%i, %k] : tensor<2x5xi32>
      pat.yield %v : i32
    } combine (%a, %b) {
      %p = math.absi %a : i32
      %q = math.absi %b : i32
      %g = arith.cmpi uge, %p, %q : i32
      %t = arith.select %g, %a, %b : i32
      pat.yield %t : i32
    } : i32
    pat.yield %m : i32
  } : tensor<2xi32>
  return %y : tensor<2xi32>
}
