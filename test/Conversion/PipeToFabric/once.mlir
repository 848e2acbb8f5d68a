// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// Two units of two members sum rows. Beside them another stage sums the columns of a tensor of its own, once and without a
// chain.
// CHECK-LABEL: fabric.section "once"
// CHECK-COUNT-4: fabric.compute(
// CHECK:         %[[ONE:.*]] = fabric.compute(%{{.*}}) scalars() pop
// CHECK:           fabric.accumulate
// CHECK-NEXT:      fabric.drain %{{.*}} level 0{{$}}
// CHECK:         fabric.store %[[ONE]] to @output3
// CHECK-NOT:     fabric.compute
func.func @main() {
  %A = pipe.dram "input" "A" : memref<4x8xf32, "dram">
  %B = pipe.dram "input" "B" : memref<5x16xf32, "dram">
  %C = pipe.dram "output" "C" : memref<4x16xf32, "dram">
  %D = pipe.dram "output" "D" : memref<16xf32, "dram">
  pipe.section "once" (%A, %B, %C, %D) units 2 group 2 {
  ^bb0(%a: memref<4x8xf32, "dram">, %b: memref<5x16xf32, "dram">, %c: memref<4x16xf32, "dram">,
       %d: memref<16xf32, "dram">, %u: index, %g: index):
    pipe.stage [16, 8] roles [lanes, time] reductions 1 {
    ^bb0(%j: index, %k: index):
      %x = pipe.read %a map affine_map<(d0, d1, d2) -> (d0 * 2 + d1, d2)>(%u, %g, %k) : memref<4x8xf32, "dram"> -> f32
      %s = pipe.reduce addf %x init 0.0 : f32 : f32
      pipe.write %s to %c map affine_map<(d0, d1, d2) -> (d0 * 2 + d1, d2)>(%u, %g, %j) : f32, memref<4x16xf32, "dram">
    }
    pipe.stage [16, 5] roles [lanes, time] reductions 1 once {
    ^bb0(%j: index, %k: index):
      %x = pipe.read %b map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<5x16xf32, "dram"> -> f32
      %s = pipe.reduce addf %x init 0.0 : f32 : f32
      pipe.write %s to %d map affine_map<(d0) -> (d0)>(%j) : f32, memref<16xf32, "dram">
    }
  } : memref<4x8xf32, "dram">, memref<5x16xf32, "dram">, memref<4x16xf32, "dram">, memref<16xf32, "dram">
  return
}
