// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// An empty nest fires once, on lane 0.
// CHECK: %[[A:.*]] = fabric.load @input0 <[] registers {{\[}}[0]] address 0 broadcast>
// CHECK: %[[C:.*]] = fabric.compute(%[[A]]) scalars() pop [-1] counters [] vector -1 {
// CHECK: fabric.store %[[C]] to @output1 <[] registers {{\[}}[0]] address 0>
func.func @main() {
  %x = pipe.dram "input" "x" : memref<1xf32, "dram">
  %y = pipe.dram "output" "y" : memref<f32, "dram">
  pipe.section "scalar" (%x, %y) units 1 {
  ^bb0(%xa: memref<1xf32, "dram">, %ya: memref<f32, "dram">, %unit: index):
    pipe.stage [] roles [] reductions 0 {
      %v = pipe.read %xa map affine_map<() -> (0)>() : memref<1xf32, "dram"> -> f32
      %n = arith.negf %v : f32
      pipe.write %n to %ya map affine_map<() -> ()>() : f32, memref<f32, "dram">
    }
  } : memref<1xf32, "dram">, memref<f32, "dram">
  return
}
