// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// The box of the load begins at -1: the DRAM port counts the box and checks both positions; outside it delivers 1.0.
// CHECK: fabric.load @input0 <[6, 6] vector 1 registers {{\[}}[-5, 4, 1], [-1, 1, 0], [-1, 0, 1]] check[1, 0, 0, 4] check[2, 0, 0, 4] address 0 else 1065353216>
// CHECK: fabric.memory %{{.*}} write <[6, 6] vector 1 registers {{\[}}[0, 7, 1]] address 0> read <[4, 4] vector 1 registers {{\[}}[0, 7, 1]] address 0> words {{.*}} buffers 1
func.func @main() {
  %x = pipe.dram "input" "x" : memref<4x4xf32, "dram">
  %y = pipe.dram "output" "y" : memref<4x4xf32, "dram">
  pipe.section "pad" (%x, %y) units 1 {
  ^bb0(%xa: memref<4x4xf32, "dram">, %ya: memref<4x4xf32, "dram">, %unit: index):
    %b = pipe.buffer depth 1 : memref<6x6xf32, strided<[7, 1]>, "scratchpad">
    pipe.load %xa map affine_map<() -> (-1, -1)>() else 1.0 : f32 to %b : memref<4x4xf32, "dram">, memref<6x6xf32, strided<[7, 1]>, "scratchpad">
    pipe.stage [4, 4] roles [time, lanes] reductions 0 {
    ^bb0(%i: index, %j: index):
      %v = pipe.read %b map affine_map<(d0, d1) -> (d0, d1)>(%i, %j) : memref<6x6xf32, strided<[7, 1]>, "scratchpad"> -> f32
      pipe.write %v to %ya map affine_map<(d0, d1) -> (d0, d1)>(%i, %j) : f32, memref<4x4xf32, "dram">
    }
  } : memref<4x4xf32, "dram">, memref<4x4xf32, "dram">
  return
}
