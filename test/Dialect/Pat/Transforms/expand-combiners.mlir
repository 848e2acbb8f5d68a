// RUN: jacquard-opt %s --pat-expand-combiners --pat-verify-flat | FileCheck %s

// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0, d1) -> (d0, d1, 0)>
// CHECK-DAG: #[[RIGHT:.*]] = affine_map<(d0, d1) -> (d0, d1, 1)>
// CHECK-DAG: #[[ODD:.*]] = affine_map<(d0, d1) -> (d0, d1 * 2 + 1)>

// Ten points: 5, 3, 2, 1. The index is stored as i64; an odd level reads the identity behind its last point.
// CHECK-LABEL: @argmax
// CHECK:       %[[T0:.*]]:2 = pat.map (%{{.*}}, %{{.*}}, %{{.*}}) in [3, 5, 2] {
// CHECK:         arith.index_cast %{{.*}} : index to i64
// CHECK:       } : tensor<3x5x2xf32>, tensor<3x5x2xi64>
// CHECK:       %[[T1:.*]]:2 = pat.map (%[[I:.*]], %[[J:.*]]) in [3, 5] {
// CHECK-DAG:     pat.at %[[T0]]#0 map #[[LEFT]] (%[[I]], %[[J]]) :
// CHECK-DAG:     pat.at %[[T0]]#0 map #[[RIGHT]] (%[[I]], %[[J]]) :
// CHECK:         arith.cmpf ogt
// CHECK:       %[[T2:.*]]:2 = pat.map (%[[I:.*]], %[[J:.*]]) in [3, 3] {
// CHECK:         pat.at %[[T1]]#0 map #[[ODD]] (%[[I]], %[[J]]) else %{{.*}} :
// CHECK:       %[[T3:.*]]:2 = pat.map (%{{.*}}, %{{.*}}) in [3, 2] {
// CHECK:       %[[T4:.*]]:2 = pat.map (%[[I:.*]], %[[J:.*]]) in [3, 1] {
// CHECK:         pat.at %[[T3]]#0 map #[[ODD]] (%[[I]], %[[J]]) :
// CHECK:       pat.map (%{{.*}}) in [3] {
// CHECK-NEXT:    pat.at %[[T4]]#1
// CHECK-NOT:   pat.fold
func.func @argmax(%x: tensor<3x5x2xf32>) -> tensor<3xi64> {
  %low = arith.constant 0xFF800000 : f32
  %z = arith.constant 0 : index
  %two = arith.constant 2 : index
  %y = pat.map (%r) in [3] {
    %m:2 = pat.fold (%c, %d) in [5, 2] init (%low, %z : f32, index) {
      %v = pat.at %x[%r, %c, %d] : tensor<3x5x2xf32>
      %p = arith.muli %c, %two : index
      %q = arith.addi %p, %d : index
      pat.yield %v, %q : f32, index
    } combine (%a, %ai, %b, %bi) {
      %g = arith.cmpf ogt, %b, %a : f32
      %v = arith.select %g, %b, %a : f32
      %i = arith.select %g, %bi, %ai : index
      pat.yield %v, %i : f32, index
    } : f32, index
    %i = arith.index_cast %m#1 : index to i64
    pat.yield %i : i64
  } : tensor<3xi64>
  return %y : tensor<3xi64>
}

// Must not: every component has its own simple op.
// CHECK-LABEL: @separate_components
// CHECK:       %{{.*}}:2 = pat.fold (%{{.*}}) in [8]
func.func @separate_components(%x: tensor<3x8xi32>) -> (tensor<3xi32>, tensor<3xi32>) {
  %low = arith.constant -2147483648 : i32
  %zero = arith.constant 0 : i32
  %y:2 = pat.map (%r) in [3] {
    %m:2 = pat.fold (%c) in [8] init (%low, %zero : i32, i32) {
      %v = pat.at %x[%r, %c] : tensor<3x8xi32>
      pat.yield %v, %v : i32, i32
    } combine (%a, %b, %c, %d) {
      %p = arith.maxsi %a, %c : i32
      %q = arith.addi %b, %d : i32
      pat.yield %p, %q : i32, i32
    } : i32, i32
    pat.yield %m#0, %m#1 : i32, i32
  } : tensor<3xi32>, tensor<3xi32>
  return %y#0, %y#1 : tensor<3xi32>, tensor<3xi32>
}
