// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// No loops at all: a stage with an empty nest, tensors of one element.
// CHECK:       pipe.dram "output" "result0" : memref<i1, "dram">
// CHECK:       pipe.section "map_0"
// CHECK-NEXT:  ^bb0(%[[X:.*]]: memref<f32, "dram">, %[[Y:.*]]: memref<f32, "dram">, %[[R:.*]]: memref<i1, "dram">, %{{.*}}: index):
// CHECK-NEXT:    pipe.stage [] roles [] reductions 0 {
// CHECK:           %[[C:.*]] = arith.cmpf olt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:      pipe.write %[[C]] to %[[R]] map #{{.*}}() : i1, memref<i1, "dram">
func.func @main(%x: tensor<f32>, %y: tensor<f32>) -> tensor<i1> {
  %r = pat.map () in [] {
    %a = pat.at %x[] : tensor<f32>
    %b = pat.at %y[] : tensor<f32>
    %c = arith.cmpf olt, %a, %b : f32
    pat.yield %c : i1
  } : tensor<i1>
  return %r : tensor<i1>
}
