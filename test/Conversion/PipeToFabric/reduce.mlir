// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// A product that is only summed is one multiply-add; every slot has an accumulator and reads its lane of the vector that all slots
// share; the drain sends them one after another. With the reduction over lanes a tree combines them.
// CHECK-LABEL: fabric.section "slots"
// CHECK:       fabric.compute(%{{.*}}, %{{.*}}) scalars() pop [1, 1] counters [32, 8] vector 0 {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !fabric.word, %[[Y:.*]]: !fabric.word):
// CHECK:         %[[L0:.*]] = fabric.lane %[[Y]] base 0 stride 0 level -1
// CHECK-NEXT:    %[[L1:.*]] = fabric.lane %[[Y]] base 1 stride 0 level -1
// CHECK-NEXT:    %[[A0:.*]] = fabric.accumulate "fma"(%[[X]], %[[L0]]) level 0 init 0
// CHECK-NEXT:    %[[A1:.*]] = fabric.accumulate "fma"(%[[X]], %[[L1]]) level 0 init 0
// CHECK-NEXT:    fabric.drain %[[A0]], %[[A1]] level 0
// CHECK-NEXT:  } -> !fabric.stream
// CHECK-NEXT:  fabric.store %{{.*}} to @output2 <[32, 2] vector 0
// CHECK-LABEL: fabric.section "lanes"
// CHECK:       fabric.compute(%{{.*}}, %{{.*}}) scalars() pop [1, 1] counters [2, 8] vector 1 {
// CHECK:         %[[A:.*]] = fabric.accumulate "fma"(%{{.*}}, %{{.*}}) level 0 init 0
// CHECK-NEXT:    fabric.drain %[[A]] level 0 reduce "fadd"
func.func @main() {
  %x = pipe.dram "input" "x" : memref<8x32xf32, "dram">
  %w = pipe.dram "input" "w" : memref<2x8xf32, "dram">
  %y = pipe.dram "output" "y" : memref<2x32xf32, "dram">
  pipe.section "slots" (%x, %w, %y) units 1 {
  ^bb0(%xa: memref<8x32xf32, "dram">, %wa: memref<2x8xf32, "dram">, %ya: memref<2x32xf32, "dram">, %unit: index):
    %bx = pipe.buffer depth 1 : memref<8x32xf32, "scratchpad">
    pipe.load %xa map affine_map<() -> (0, 0)>() else 0.0 : f32 to %bx : memref<8x32xf32, "dram">, memref<8x32xf32, "scratchpad">
    %bw = pipe.buffer depth 1 : memref<2x8xf32, "scratchpad">
    pipe.load %wa map affine_map<() -> (0, 0)>() else 0.0 : f32 to %bw : memref<2x8xf32, "dram">, memref<2x8xf32, "scratchpad">
    pipe.stage [32, 2, 8] roles [lanes, slots, time] reductions 1 {
    ^bb0(%j: index, %i: index, %k: index):
      %a = pipe.read %bx map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<8x32xf32, "scratchpad"> -> f32
      %b = pipe.read %bw map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<2x8xf32, "scratchpad"> -> f32
      %p = arith.mulf %a, %b : f32
      %s = pipe.reduce addf %p init 0.0 : f32 : f32
      pipe.write %s to %ya map affine_map<(d0, d1) -> (d0, d1)>(%i, %j) : f32, memref<2x32xf32, "dram">
    }
  } : memref<8x32xf32, "dram">, memref<2x8xf32, "dram">, memref<2x32xf32, "dram">
  pipe.section "lanes" (%x, %w, %y) units 1 {
  ^bb0(%xa: memref<8x32xf32, "dram">, %wa: memref<2x8xf32, "dram">, %ya: memref<2x32xf32, "dram">, %unit: index):
    pipe.stage [2, 8] roles [time, lanes] reductions 1 {
    ^bb0(%i: index, %k: index):
      %a = pipe.read %xa map affine_map<(d0) -> (d0, 0)>(%k) : memref<8x32xf32, "dram"> -> f32
      %b = pipe.read %wa map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<2x8xf32, "dram"> -> f32
      %p = arith.mulf %a, %b : f32
      %s = pipe.reduce addf %p init 0.0 : f32 : f32
      pipe.write %s to %ya map affine_map<(d0) -> (d0, 0)>(%i) : f32, memref<2x32xf32, "dram">
    }
  } : memref<8x32xf32, "dram">, memref<2x8xf32, "dram">, memref<2x32xf32, "dram">
  return
}
