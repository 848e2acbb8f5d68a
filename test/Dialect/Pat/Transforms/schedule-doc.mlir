// RUN: jacquard-opt %s --pat-schedule --pat-verify-flat | FileCheck %s

// The example of the pass's description: %a is kept until its last reader has run, so the large one of them comes last.
// CHECK-LABEL: @order
// CHECK:       %[[A:.*]] = pat.map {{.*}} in [1000]
// CHECK:       %[[C:.*]] = pat.map {{.*}} in [10]
// CHECK:         pat.at %[[A]]
// CHECK:       %[[B:.*]] = pat.map {{.*}} in [1000]
// CHECK:         pat.at %[[A]]
// CHECK:       %[[D:.*]] = pat.map {{.*}} in [10]
// CHECK:         pat.at %[[C]]
// CHECK:       pat.map {{.*}} in [10]
// CHECK:         pat.at %[[B]]
// CHECK:         pat.at %[[D]]
func.func @order(%x: tensor<1000xf32>) -> (tensor<10xf32>) {
  %a = pat.map (%i) in [1000] {
    %v = pat.at %x[%i] : tensor<1000xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<1000xf32>
  %b = pat.map (%i) in [1000] {
    %v = pat.at %a[%i] : tensor<1000xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<1000xf32>
  %c = pat.map (%i) in [10] {
    %v = pat.at %a[%i] : tensor<1000xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %d = pat.map (%i) in [10] {
    %v = pat.at %c[%i] : tensor<10xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<10xf32>
  %r = pat.map (%i) in [10] {
    %v = pat.at %b[%i] : tensor<1000xf32>
    %w = pat.at %d[%i] : tensor<10xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<10xf32>
  return %r : tensor<10xf32>
}
