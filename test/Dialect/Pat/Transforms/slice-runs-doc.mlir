// RUN: jacquard-opt %s --pat-slice-runs='chip-bytes=56 start-bytes=0' --pat-verify-flat | FileCheck %s

// The example of the pass's description: 0.45 of 56 bytes hold two rows of %a, but not four.
// CHECK-DAG: #[[LATER:.*]] = affine_map<(d0, d1) -> (d0 + 2, d1)>
// CHECK-DAG: #[[BACK:.*]] = affine_map<(d0, d1) -> (d0 - 2, d1)>
// CHECK-LABEL: @rows
// CHECK:       %[[A0:.*]] = pat.map (%[[N:.*]], %[[I:.*]]) in [2, 3] attributes {jacquard.copies = 0 : i64} {
// CHECK-NEXT:    pat.at %arg0[%[[N]], %[[I]]] : tensor<4x3xf32>
// CHECK-NEXT:    math.exp
// CHECK:       %[[B0:.*]] = pat.map (%[[N:.*]], %[[I:.*]]) in [2, 3] attributes {jacquard.copies = 1 : i64} {
// CHECK-NEXT:    pat.at %[[A0]][%[[N]], %[[I]]] : tensor<2x3xf32>
// CHECK-NEXT:    math.sqrt
// CHECK:       %[[A1:.*]] = pat.map (%[[N:.*]], %[[I:.*]]) in [2, 3] attributes {jacquard.copies = 0 : i64} {
// CHECK-NEXT:    pat.at %arg0 map #[[LATER]] (%[[N]], %[[I]]) : tensor<4x3xf32>
// CHECK:       %[[B1:.*]] = pat.map (%[[N:.*]], %[[I:.*]]) in [2, 3] attributes {jacquard.copies = 1 : i64} {
// CHECK-NEXT:    pat.at %[[A1]][%[[N]], %[[I]]] : tensor<2x3xf32>
// CHECK:       %[[B:.*]] = pat.map (%[[N:.*]], %[[I:.*]]) in [4, 3] {
// CHECK-NEXT:    %[[LAST:.*]] = pat.at %[[B1]] map #[[BACK]] (%[[N]], %[[I]]) else %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    %[[ALL:.*]] = pat.at %[[B0]][%[[N]], %[[I]]] else %[[LAST]] : tensor<2x3xf32>
// CHECK-NEXT:    pat.yield %[[ALL]]
// CHECK-NOT:   pat.map
// CHECK:       return %[[B]]
func.func @rows(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %a = pat.map (%n, %i) in [4, 3] {
    %v = pat.at %x[%n, %i] : tensor<4x3xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4x3xf32>
  %b = pat.map (%n, %i) in [4, 3] {
    %v = pat.at %a[%n, %i] : tensor<4x3xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<4x3xf32>
  return %b : tensor<4x3xf32>
}
