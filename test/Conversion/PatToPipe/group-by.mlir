// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Points are a reduction into a scratchpad of keys, which is stored when all of them are in.
// CHECK:       pipe.section "group_by_0"
// CHECK:         pipe.metapipe [1] {
// CHECK:           %[[H:.*]] = pipe.buffer depth 1 : memref<10xf32, "scratchpad">
// CHECK-NEXT:      pipe.stage [50] roles [lanes] reductions 1 {
// CHECK:             %[[K:.*]] = arith.index_cast %{{.*}} : i32 to index
// CHECK:             pipe.accumulate addf %{{.*}} into %[[H]][%[[K]]] init 0.000000e+00 : f32 : f32, memref<10xf32, "scratchpad">
// CHECK:           pipe.store %[[H]] to %{{.*}} : memref<10xf32, "scratchpad">, memref<10xf32, "dram">
func.func @main(%x: tensor<50xi32>, %v: tensor<50xf32>) -> tensor<10xf32> {
  %zero = arith.constant 0.0 : f32
  %h = pat.group_by (%i) in [50] keys [10] init (%zero : f32) drop {
    %k = pat.at %x[%i] : tensor<50xi32>
    %key = arith.index_cast %k : i32 to index
    %w = pat.at %v[%i] : tensor<50xf32>
    pat.yield %key, %w : index, f32
  } combine (%a, %b) {
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  } : tensor<10xf32>
  return %h : tensor<10xf32>
}
