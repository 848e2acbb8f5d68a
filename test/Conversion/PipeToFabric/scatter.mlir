// Positions that data decide come to the port that stores as a stream; the port drops what lies outside.
// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// CHECK:      %[[X:.*]] = fabric.load @input0
// CHECK:      fabric.compute(%[[X]])
// CHECK:      %[[AT:.*]] = fabric.compute(%[[X]])
// CHECK:      fabric.store %{{.*}} to @output1 <[40] vector 0 registers []{{.*}} indexed 0> index %[[AT]]
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %v = pipe.read %xa map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "dram"> -> f32
      %n = arith.fptosi %v : f32 to i32
      %k = arith.index_cast %n : i32 to index
      pipe.write %v to %ya map affine_map<(d0) -> (d0)>(%k) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}
