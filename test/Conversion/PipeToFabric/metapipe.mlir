// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// Two tiles on each of two units: the tile index is the outermost counter of every unit, the unit index a constant. Buffers pass on
// once per tile, so that there are two of them. What does not depend on the unit is there once and multicast.
// CHECK-LABEL: fabric.section "tiles"
// CHECK:       %[[A:.*]] = fabric.load @input0 <[2, 16] vector 1 registers {{\[}}[0, 16, 1]] address 0>
// CHECK-NEXT:  %[[AM:.*]] = fabric.memory %[[A]] write <[2, 16] vector 1 registers {{\[}}[0, 0, 1]] address 0 handover 0>
// CHECK-SAME:  read <[2, 16] vector 1 registers {{\[}}[0, 0, 1]] address 0 handover 0> words 16 buffers 2
// CHECK-NEXT:  %[[S:.*]] = fabric.load @input1 <[2, 16] vector 1 registers {{\[}}[0, 0, 1]] address 0>
// CHECK-NEXT:  %[[SM:.*]] = fabric.memory %[[S]]
// CHECK-NEXT:  %[[C:.*]] = fabric.compute(%[[AM]], %[[SM]]) scalars() pop [1, 1] counters [2, 16] vector 1
// CHECK:       fabric.store %[[C]] to @output2 <[2, 16] vector 1 registers {{\[}}[0, 16, 1]] address 0>
// CHECK-NEXT:  %[[B:.*]] = fabric.load @input0 <[2, 16] vector 1 registers {{\[}}[32, 16, 1]] address 0>
// CHECK-NEXT:  %[[BM:.*]] = fabric.memory %[[B]]
// CHECK-NEXT:  %[[D:.*]] = fabric.compute(%[[BM]], %[[SM]])
// CHECK:       fabric.store %[[D]] to @output2 <[2, 16] vector 1 registers {{\[}}[32, 16, 1]] address 0>
// CHECK-NEXT:  }
func.func @main() {
  %x = pipe.dram "input" "x" : memref<64xf32, "dram">
  %s = pipe.dram "input" "s" : memref<16xf32, "dram">
  %y = pipe.dram "output" "y" : memref<64xf32, "dram">
  pipe.section "tiles" (%x, %s, %y) units 2 {
  ^bb0(%xa: memref<64xf32, "dram">, %sa: memref<16xf32, "dram">, %ya: memref<64xf32, "dram">, %unit: index):
    pipe.metapipe [2] {
    ^bb0(%t: index):
      %b = pipe.buffer depth 2 : memref<16xf32, "scratchpad">
      pipe.load %xa map affine_map<(d0, d1) -> (d0 * 16 + d1 * 32)>(%t, %unit) else 0.0 : f32 to %b : memref<64xf32, "dram">, memref<16xf32, "scratchpad">
      %c = pipe.buffer depth 2 : memref<16xf32, "scratchpad">
      pipe.load %sa map affine_map<() -> (0)>() else 0.0 : f32 to %c : memref<16xf32, "dram">, memref<16xf32, "scratchpad">
      pipe.stage [16] roles [lanes] reductions 0 {
      ^bb0(%i: index):
        %v = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<16xf32, "scratchpad"> -> f32
        %w = pipe.read %c map affine_map<(d0) -> (d0)>(%i) : memref<16xf32, "scratchpad"> -> f32
        %p = arith.addf %v, %w : f32
        pipe.write %p to %ya map affine_map<(d0, d1, d2) -> (d0 * 16 + d1 * 32 + d2)>(%t, %unit, %i) : f32, memref<64xf32, "dram">
      }
    }
  } : memref<64xf32, "dram">, memref<16xf32, "dram">, memref<64xf32, "dram">
  return
}
