// RUN: jacquard-opt %s --pat-expand-scan --pat-verify-flat | FileCheck %s

// CHECK-DAG: #[[NEXT1:.*]] = affine_map<(d0, d1) -> (d0, d1 + 1)>
// CHECK-DAG: #[[NEXT2:.*]] = affine_map<(d0, d1) -> (d0, d1 + 2)>
// CHECK-DAG: #[[NEXT4:.*]] = affine_map<(d0, d1) -> (d0, d1 + 4)>

// From the last point downwards, without the point itself: one shift at the end.
// CHECK-LABEL: @exclusive_reverse
// CHECK:       %[[T0:.*]] = pat.map
// CHECK:       %[[T1:.*]] = pat.map
// CHECK:         pat.at %[[T0]] map #[[NEXT1]] (%{{.*}}) else
// CHECK:       %[[T2:.*]] = pat.map
// CHECK:         pat.at %[[T1]] map #[[NEXT2]] (%{{.*}}) else
// CHECK:       %[[T3:.*]] = pat.map
// CHECK:         pat.at %[[T2]] map #[[NEXT4]] (%{{.*}}) else
// CHECK:       %[[T4:.*]] = pat.map
// CHECK-NEXT:    pat.at %[[T3]] map #[[NEXT1]] (%{{.*}}) else
// CHECK-NEXT:    pat.yield
// CHECK:       return %[[T4]]
func.func @exclusive_reverse(%x: tensor<2x5xi32>) -> tensor<2x5xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.scan (%i, %j) in [2, 5] dim 1 init (%zero : i32) exclusive reverse {
    %v = pat.at %x[%i, %j] : tensor<2x5xi32>
    pat.yield %v : i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<2x5xi32>
  return %y : tensor<2x5xi32>
}
