// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// Two members, each with three of the six rows. One load brings the rows of both; each keeps those in its window: 24 of 48
// words from 0 or from 24. B is shared. The second member sends the result of the first before its own, and one store
// writes both: the member is a loop within the rows, around the slots.
// CHECK-LABEL: fabric.section "group"
// CHECK-NEXT:    %[[A:.*]] = fabric.load @input0 <[48] vector 0 registers {{\[\[0, 1\]\]}} address 0>
// CHECK-NEXT:    %[[A0:.*]] = fabric.memory %[[A]] write <[48] vector 0 registers {{\[\[0, 1\], \[0, 1\]\]}} check[1, 0, 0, 24] address 0>
// CHECK-NEXT:    %[[B:.*]] = fabric.load @input1
// CHECK-NEXT:    %[[C0:.*]] = fabric.compute(%[[A0]], %[[B]]) scalars() pop [1, 1] counters [16, 8] vector 0 {
// CHECK:           fabric.drain %{{.*}}, %{{.*}}, %{{.*}} level 0{{$}}
// CHECK:         %[[A1:.*]] = fabric.memory %[[A]] write <[48] vector 0 registers {{\[\[-24, 1\], \[-24, 1\]\]}} check[1, 0, 0, 24] address 0>
// CHECK-NEXT:    %[[C1:.*]] = fabric.compute(%[[A1]], %[[B]]) scalars() chains(%[[C0]]) pop [1, 1] counters [16, 8] vector 0 {
// CHECK:           fabric.drain %{{.*}}, %{{.*}}, %{{.*}} level 0 {chain = 0 : i64, pass = 3 : i64}
// CHECK:         fabric.store %[[C1]] to @output2 <[16, 2, 3] vector 0 registers {{\[\[0, 1, 48, 16\]\]}} address 0>
func.func @main() {
  %A = pipe.dram "input" "A" : memref<6x8xf32, "dram">
  %B = pipe.dram "input" "B" : memref<8x16xf32, "dram">
  %C = pipe.dram "output" "C" : memref<6x16xf32, "dram">
  pipe.section "group" (%A, %B, %C) units 1 group 2 {
  ^bb0(%a: memref<6x8xf32, "dram">, %b: memref<8x16xf32, "dram">, %c: memref<6x16xf32, "dram">, %u: index, %g: index):
    %na = pipe.buffer depth 1 : memref<3x8xf32, "scratchpad">
    pipe.load %a map affine_map<(d0) -> (d0 * 3, 0)>(%g) else 0.0 : f32 to %na : memref<6x8xf32, "dram">, memref<3x8xf32, "scratchpad">
    pipe.stage [16, 3, 8] roles [lanes, slots, time] reductions 1 {
    ^bb0(%j: index, %i: index, %k: index):
      %x = pipe.read %na map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<3x8xf32, "scratchpad"> -> f32
      %y = pipe.read %b map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<8x16xf32, "dram"> -> f32
      %p = arith.mulf %x, %y : f32
      %s = pipe.reduce addf %p init 0.0 : f32 : f32
      pipe.write %s to %c map affine_map<(d0, d1, d2) -> (d0 * 3 + d1, d2)>(%g, %i, %j) : f32, memref<6x16xf32, "dram">
    }
  } : memref<6x8xf32, "dram">, memref<8x16xf32, "dram">, memref<6x16xf32, "dram">
  return
}
