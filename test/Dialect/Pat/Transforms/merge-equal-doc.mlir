// RUN: jacquard-opt %s --pat-merge-equal | FileCheck %s

// The example of the pass's description.
// CHECK-LABEL: @two_equal_maps
// CHECK:       %[[M:.*]] = pat.map
// CHECK-NOT:   pat.map
// CHECK:       return %[[M]], %[[M]] :
func.func @two_equal_maps(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4xf32>
  %1 = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
