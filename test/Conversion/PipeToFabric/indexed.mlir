// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// A gather sends its addresses to the read port, an accumulation its keys to the write port; keys outside are dropped by a check.
// CHECK-LABEL: fabric.section "gather"
// CHECK:       %[[I:.*]] = fabric.compute(%{{.*}}) scalars() pop [{{.*}}] counters
// CHECK:       fabric.memory %{{.*}} write <[10] vector 0 registers {{\[}}[0, 1]] address 0> read <{{.*}} indexed {{.*}}> by %[[I]] words 10 buffers 1
// CHECK-LABEL: fabric.section "keys"
// CHECK:       %[[C:.*]]:2 = fabric.compute(%{{.*}}, %{{.*}})
// CHECK:       fabric.memory %[[C]]#{{[01]}} write <{{.*}} check[6, 0, 0, 10] address 6 indexed {{.*}} handover {{.*}}> index %[[C]]#{{[01]}} read <{{.*}} handover {{.*}}> words 10 buffers 1 accumulate "fadd"
func.func @main() {
  %x = pipe.dram "input" "x" : memref<10xf32, "dram">
  %n = pipe.dram "input" "n" : memref<24xi32, "dram">
  %y = pipe.dram "output" "y" : memref<24xf32, "dram">
  %h = pipe.dram "output" "h" : memref<10xf32, "dram">
  pipe.section "gather" (%x, %n, %y) units 1 {
  ^bb0(%xa: memref<10xf32, "dram">, %na: memref<24xi32, "dram">, %ya: memref<24xf32, "dram">, %unit: index):
    %b = pipe.buffer depth 1 : memref<10xf32, "scratchpad">
    pipe.load %xa map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<10xf32, "dram">, memref<10xf32, "scratchpad">
    pipe.stage [24] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %k = pipe.read %na map affine_map<(d0) -> (d0)>(%i) : memref<24xi32, "dram"> -> i32
      %p = arith.index_cast %k : i32 to index
      %v = pipe.read %b map affine_map<(d0) -> (d0)>(%p) else 0.0 : f32 : memref<10xf32, "scratchpad"> -> f32
      pipe.write %v to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<24xf32, "dram">
    }
  } : memref<10xf32, "dram">, memref<24xi32, "dram">, memref<24xf32, "dram">
  pipe.section "keys" (%y, %n, %h) units 1 {
  ^bb0(%ya: memref<24xf32, "dram">, %na: memref<24xi32, "dram">, %ha: memref<10xf32, "dram">, %unit: index):
    pipe.metapipe [1] {
    ^bb0(%t: index):
      %b = pipe.buffer depth 1 : memref<10xf32, "scratchpad">
      pipe.stage [24] roles [lanes] reductions 1 {
      ^bb0(%i: index):
        %k = pipe.read %na map affine_map<(d0) -> (d0)>(%i) : memref<24xi32, "dram"> -> i32
        %p = arith.index_cast %k : i32 to index
        %v = pipe.read %ya map affine_map<(d0) -> (d0)>(%i) : memref<24xf32, "dram"> -> f32
        pipe.accumulate addf %v into %b[%p] init 0.0 : f32 : f32, memref<10xf32, "scratchpad">
      }
      pipe.store %b to %ha map affine_map<(d0) -> (d0)>(%t) : memref<10xf32, "scratchpad">, memref<10xf32, "dram">
    }
  } : memref<24xf32, "dram">, memref<24xi32, "dram">, memref<10xf32, "dram">
  return
}
