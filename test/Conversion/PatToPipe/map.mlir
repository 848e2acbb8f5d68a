// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Arguments and results become tensors in DRAM under their public names; the function has nothing left but the schedule. 40 points
// on 16 lanes: the last vector is partial, which the counters of the units know. Three vectors behind a latency of 82.7 cycles are 85.
// CHECK-LABEL: func.func @main() attributes {pipe.compulsory_bytes = 480 : i64, pipe.multiply_adds = 0 : i64} {
// CHECK-NEXT:  %[[X:.*]] = pipe.dram "input" "x" : memref<40xf32, "dram">
// CHECK-NEXT:  %[[Y:.*]] = pipe.dram "input" "arg1" : memref<40xf32, "dram">
// CHECK-NEXT:  %[[R:.*]] = pipe.dram "output" "sum" : memref<40xf32, "dram">
// CHECK-NEXT:  pipe.section "map_0"(%[[X]], %[[Y]], %[[R]]) units 1 attributes {bound = "dram", busy_cycles = 85 : i64, dram_cycles = {{[1-9][0-9]*}} : i64, predicted_cycles = {{[1-9][0-9]*}} : i64} {
// CHECK:         pipe.stage [40] roles [lanes] reductions 0 {
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index):
// CHECK-NEXT:      %[[A:.*]] = pipe.read %{{.*}} map #{{.*}}(%[[I]])
// CHECK-NEXT:      %[[B:.*]] = pipe.read %{{.*}} map #{{.*}}(%[[I]])
// CHECK-NEXT:      %[[P:.*]] = arith.mulf %[[A]], %[[B]] : f32
// CHECK-NEXT:      %[[S:.*]] = arith.addf %[[P]], %[[A]] : f32
// CHECK-NEXT:      pipe.write %[[S]] to %{{.*}} map #{{.*}}(%[[I]]) : f32, memref<40xf32, "dram">
// CHECK-NOT:   pat.
func.func @main(%x: tensor<40xf32> {jacquard.name = "x"}, %y: tensor<40xf32>) -> (tensor<40xf32> {jacquard.name = "sum"}) {
  %r = pat.map (%i) in [40] {
    %a = pat.at %x[%i] : tensor<40xf32>
    %b = pat.at %y[%i] : tensor<40xf32>
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %a : f32
    pat.yield %s : f32
  } : tensor<40xf32>
  return %r : tensor<40xf32>
}
