// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// In each of 2 tiles each of four members takes 2 of 8 columns, a box of 4 x 2 words. Three members have a second scratchpad in
// front, which takes a box word by word and hands it on as a vector of 8. One load brings their 6 columns, another one those
// of the last member, which begin at 6. Two chains of two members store columns from 0 and from 4.
// CHECK-LABEL: fabric.section "staged"
// CHECK:         %[[FIRST:.*]] = fabric.load @input1 <[2, 4, 6] vector 2 registers {{\[\[0, 8, 16, 1\]\]}} address 0>
// CHECK-NEXT:    %[[F0:.*]] = fabric.memory %[[FIRST]] write <[2, 4, 6] vector 2 {{.*}} check[1, 0, 0, 2] address 0 handover 0> read <[2, 8] vector 1 registers {{\[\[0, 0, 1\]\]}} address 0 handover 0> words 8 buffers 1
// CHECK-NEXT:    %[[B0:.*]] = fabric.memory %[[F0]] write <[2, 8] vector 1 registers {{\[\[0, 0, 1\]\]}} address 0 handover 0> read <[2, 2, 4] {{.*}} words 8 buffers 1
// CHECK-NEXT:    %[[C0:.*]] = fabric.compute(%{{.*}}, %[[B0]])
// CHECK:         %[[F1:.*]] = fabric.memory %[[FIRST]] write <[2, 4, 6] vector 2 registers {{\[\[-2, 0, 2, 1\], \[-2, 0, 0, 1\]\]}} check[1, 0, 0, 2]
// CHECK-NEXT:    %[[B1:.*]] = fabric.memory %[[F1]] write
// CHECK-NEXT:    %[[C1:.*]] = fabric.compute(%{{.*}}, %[[B1]]) scalars() chains(%[[C0]])
// CHECK:         fabric.store %[[C1]] to @output2 <[2, 2, 2, 3] vector 1 registers {{\[\[0, 8, 1, 2, 16\]\]}} address 0>
// CHECK-NEXT:    %[[F2:.*]] = fabric.memory %[[FIRST]] write
// CHECK-NEXT:    %[[B2:.*]] = fabric.memory %[[F2]] write
// CHECK-NEXT:    %[[C2:.*]] = fabric.compute(%{{.*}}, %[[B2]]) scalars() pop
// CHECK:         %[[LAST:.*]] = fabric.load @input1 <[2, 4, 2] vector 2 registers {{\[\[6, 8, 16, 1\]\]}} address 0>
// CHECK-NEXT:    %[[B3:.*]] = fabric.memory %[[LAST]] write <[2, 4, 2] vector 2 registers {{\[\[0, 0, 2, 1\]\]}} address 0 handover 0>
// CHECK-NEXT:    %[[C3:.*]] = fabric.compute(%{{.*}}, %[[B3]]) scalars() chains(%[[C2]])
// CHECK:         fabric.store %[[C3]] to @output2 <[2, 2, 2, 3] vector 1 registers {{\[\[4, 8, 1, 2, 16\]\]}} address 0>
// CHECK-NEXT:    }
func.func @main() {
  %A = pipe.dram "input" "A" : memref<3x4xf32, "dram">
  %B = pipe.dram "input" "B" : memref<4x16xf32, "dram">
  %C = pipe.dram "output" "C" : memref<3x16xf32, "dram">
  pipe.section "staged" (%A, %B, %C) units 1 group 4 chain 2 {
  ^bb0(%a: memref<3x4xf32, "dram">, %b: memref<4x16xf32, "dram">, %c: memref<3x16xf32, "dram">, %u: index, %g: index):
    pipe.metapipe [2] {
    ^bb0(%t: index):
      %nb = pipe.buffer depth 1 {staged = 3 : i64} : memref<4x2xf32, "scratchpad">
      pipe.load %b map affine_map<(d0, d1) -> (0, d0 * 8 + d1 * 2)>(%t, %g) else 0.0 : f32 to %nb : memref<4x16xf32, "dram">, memref<4x2xf32, "scratchpad">
      pipe.stage [2, 3, 4] roles [lanes, slots, time] reductions 1 {
      ^bb0(%j: index, %i: index, %k: index):
        %x = pipe.read %a map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<3x4xf32, "dram"> -> f32
        %y = pipe.read %nb map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<4x2xf32, "scratchpad"> -> f32
        %p = arith.mulf %x, %y : f32
        %s = pipe.reduce addf %p init 0.0 : f32 : f32
        pipe.write %s to %c map affine_map<(d0, d1, d2, d3) -> (d3, d0 * 8 + d1 * 2 + d2)>(%t, %g, %j, %i) : f32, memref<3x16xf32, "dram">
      }
    }
  } : memref<3x4xf32, "dram">, memref<4x16xf32, "dram">, memref<3x16xf32, "dram">
  return
}
