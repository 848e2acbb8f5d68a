// RUN: jacquard-opt %s --convert-pat-to-pipe="arch=tiny scratchpad-price=0" | FileCheck %s

// 301 rows on the three members of a group, six to the slots of a unit: 306 rows are visited. Beyond the tensor loads take the else value and the
// write drops what it gets.
// CHECK-DAG:   #[[ROWS:.*]] = affine_map<(d0) -> (d0 * 102, 0)>
// CHECK-DAG:   #[[WRITE:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 * 6 + d2 + d3 * 102, d1)>
// CHECK-LABEL: func.func @main() attributes {pipe.compulsory_bytes = 274232 : i64, pipe.multiply_adds = 2696960 : i64} {
// CHECK:       pipe.section "map_0"(%{{.*}}, %{{.*}}, %{{.*}}) units 1 group 3
// CHECK-NEXT:  ^bb0(%[[A:.*]]: memref<301x70xf32, "dram">, %[[B:.*]]: memref<70x128xf32, "dram">, %[[C:.*]]: memref<301x128xf32, "dram">, %{{.*}}: index, %[[MEMBER:.*]]: index):
// CHECK-NEXT:    %[[NA:.*]] = pipe.buffer depth 1 : memref<102x70xf32, strided<[{{.*}}, 1]>, "scratchpad">
// CHECK-NEXT:    pipe.load %[[A]] map #[[ROWS]](%[[MEMBER]]) else 0.000000e+00 : f32 to %[[NA]]
// CHECK-NEXT:    %[[NB:.*]] = pipe.buffer depth 1 : memref<70x128xf32, strided<[{{.*}}, 1]>, "scratchpad">
// CHECK-NEXT:    pipe.load %[[B]] map #{{.*}}() else 0.000000e+00 : f32 to %[[NB]]
// CHECK-NEXT:    pipe.stage [17, 128, 6, 70] roles [time, lanes, slots, time] reductions 1 {
// CHECK-NEXT:    ^bb0(%[[IO:.*]]: index, %[[J:.*]]: index, %[[II:.*]]: index, %[[K:.*]]: index):
// CHECK-NEXT:      %[[X:.*]] = pipe.read %[[NA]] map #{{.*}}(%[[IO]], %[[II]], %[[K]])
// CHECK-NEXT:      %[[Y:.*]] = pipe.read %[[NB]] map #{{.*}}(%[[J]], %[[K]])
// CHECK-NEXT:      %[[P:.*]] = arith.mulf %[[X]], %[[Y]] : f32
// CHECK-NEXT:      %[[S:.*]] = pipe.reduce addf %[[P]] init 0.000000e+00 : f32 : f32
// CHECK-NEXT:      pipe.write %[[S]] to %[[C]] map #[[WRITE]](%[[IO]], %[[J]], %[[II]], %[[MEMBER]])
func.func @main(%A: tensor<301x70xf32>, %B: tensor<70x128xf32>) -> tensor<301x128xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [301, 128] {
    %s = pat.fold (%k) in [70] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<301x70xf32>
      %b = pat.at %B[%k, %j] : tensor<70x128xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<301x128xf32>
  return %c : tensor<301x128xf32>
}
