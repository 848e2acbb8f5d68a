// RUN: jacquard-opt %s --pat-simplify-index | FileCheck %s

// The example of the pass's description.
// CHECK-LABEL: @reshape_there_and_back
// CHECK:       pat.map (%[[I:.*]], %[[J:.*]]) in [6, 4] {
// CHECK-NEXT:    pat.at %arg0[%[[I]], %[[J]]] : tensor<6x4xi32>
func.func @reshape_there_and_back(%x: tensor<6x4xi32>) -> tensor<6x4xi32> {
  %y = pat.map (%i, %j) in [6, 4] {
    %v = pat.at %x map affine_map<(d0, d1) -> ((d0 * 4 + d1) floordiv 4, (d0 * 4 + d1) mod 4)> (%i, %j) : tensor<6x4xi32>
    pat.yield %v : i32
  } : tensor<6x4xi32>
  return %y : tensor<6x4xi32>
}
