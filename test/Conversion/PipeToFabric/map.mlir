// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// Tensors get addresses on burst boundaries; the load and the write become DRAM ports, the scratchpad a memory unit, the stage a
// compute unit. Every unit counts the 40 points itself.
// CHECK:      fabric.device arch "tiny" attributes {dram_bytes = 448 : i64, multiply_adds = 5 : i64} {
// CHECK-NEXT:   fabric.buffer @input0 "input" at 0 : tensor<40xf32> {public_name = "x"}
// CHECK-NEXT:   fabric.buffer @constant1 "constant" at 192 : tensor<3xi64> = dense<7> : tensor<3xi64>
// CHECK-NEXT:   fabric.buffer @output2 "output" at 256 : tensor<40xf32> {public_name = "y"}
// CHECK-NEXT:   fabric.section "map" attributes {bound = "dram", busy_cycles = 9 : i64, predicted_cycles = 40 : i64} {
// CHECK-NEXT:     %[[A:.*]] = fabric.load @input0 <[40] vector 0 registers {{\[}}[0, 1]] address 0>
// CHECK-NEXT:     %[[M:.*]] = fabric.memory %[[A]] write <[40] vector 0 registers {{\[}}[0, 1]] address 0> read <[40] vector 0 registers {{\[}}[0, 1]] address 0> words 40 buffers 1
// CHECK-NEXT:     %[[C:.*]] = fabric.compute(%[[M]]) scalars() pop [0] counters [40] vector 0 {
// CHECK-NEXT:     ^bb0(%[[X:.*]]: !fabric.word):
// CHECK-NEXT:       %[[S:.*]] = fabric.fu "fmul"(%[[X]], %[[X]])
// CHECK-NEXT:       fabric.push %[[S]] level 0
// CHECK-NEXT:     } -> !fabric.stream
// CHECK-NEXT:     fabric.store %[[C]] to @output2 <[40] vector 0 registers {{\[}}[0, 1]] address 0>
// CHECK-NOT:  func.func
func.func @main() attributes {pipe.multiply_adds = 5 : i64} {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %w = pipe.dram "constant" "w" = dense<7> : tensor<3xi64> : memref<3xi64, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "map" (%x, %y) units 1 attributes {bound = "dram", busy_cycles = 9 : i64, predicted_cycles = 40 : i64} {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    %b = pipe.buffer depth 1 : memref<40xf32, "scratchpad">
    pipe.load %xa map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<40xf32, "dram">, memref<40xf32, "scratchpad">
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %v = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "scratchpad"> -> f32
      %p = arith.mulf %v, %v : f32
      pipe.write %p to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}
