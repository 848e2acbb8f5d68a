// RUN: jacquard-opt %s --convert-pipe-to-fabric=arch=tiny | FileCheck %s

// A unit of two groups of two members, each with two of the eight rows. A load brings what the members of one group keep,
// another one what those of the other do: words 0 to 31 and 32 to 63. One chain passes all four, and the unit that adds the
// offset of a row counts the groups around the members and these around the slots: offsets and results step by 4, 2 and 1
// rows.
// CHECK-LABEL: fabric.section "join"
// CHECK-NEXT:    %[[A:.*]] = fabric.load @input0 <[32] vector 0 registers {{\[\[0, 1\]\]}} address 0>
// CHECK:         %[[C0:.*]] = fabric.compute({{.*}}) scalars() pop [1, 1] counters [16, 8] vector 0 {
// CHECK:           fabric.drain %{{.*}}, %{{.*}} level 0{{$}}
// CHECK:         fabric.memory %[[A]]
// CHECK-NEXT:    %[[C1:.*]] = fabric.compute({{.*}}) scalars() chains(%[[C0]])
// CHECK:           fabric.drain %{{.*}}, %{{.*}} level 0 {chain = 0 : i64, pass = 2 : i64}
// CHECK:         %[[B:.*]] = fabric.load @input0 <[32] vector 0 registers {{\[\[32, 1\]\]}} address 0>
// CHECK:         %[[C2:.*]] = fabric.compute({{.*}}) scalars() chains(%[[C1]])
// CHECK:           fabric.drain %{{.*}}, %{{.*}} level 0 {chain = 0 : i64, pass = 4 : i64}
// CHECK:         fabric.memory %[[B]]
// CHECK-NEXT:    %[[C3:.*]] = fabric.compute({{.*}}) scalars() chains(%[[C2]])
// CHECK:           fabric.drain %{{.*}}, %{{.*}} level 0 {chain = 0 : i64, pass = 6 : i64}
// CHECK:         %[[O:.*]] = fabric.load @input2 <[16, 2, 2, 2] {{.*}} registers {{\[\[0, 0, 4, 2, 1\]\]}} address 0 broadcast>
// CHECK-NEXT:    %[[R:.*]] = fabric.compute({{.*}}) scalars() pop [3, 3] counters [16, 2, 2, 2] vector 0 {
// CHECK:         fabric.store %[[R]] to @output3 <[16, 2, 2, 2] vector 0 registers {{\[\[0, 1, 64, 32, 16\]\]}} address 0>
// CHECK-NOT:     fabric.store
func.func @main() {
  %A = pipe.dram "input" "A" : memref<8x8xf32, "dram">
  %B = pipe.dram "input" "B" : memref<8x16xf32, "dram">
  %O = pipe.dram "input" "O" : memref<8xf32, "dram">
  %C = pipe.dram "output" "C" : memref<8x16xf32, "dram">
  pipe.section "join" (%A, %B, %O, %C) units 1 join 2 group 2 {
  ^bb0(%a: memref<8x8xf32, "dram">, %b: memref<8x16xf32, "dram">, %o: memref<8xf32, "dram">, %c: memref<8x16xf32, "dram">,
       %u: index, %g: index, %m: index):
    %na = pipe.buffer depth 1 : memref<2x8xf32, "scratchpad">
    pipe.load %a map affine_map<(d0, d1) -> (d0 * 4 + d1 * 2, 0)>(%g, %m) else 0.0 : f32 to %na : memref<8x8xf32, "dram">, memref<2x8xf32, "scratchpad">
    pipe.stage [16, 2, 8] roles [lanes, slots, time] reductions 1 {
    ^bb0(%j: index, %i: index, %k: index):
      %x = pipe.read %na map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<2x8xf32, "scratchpad"> -> f32
      %y = pipe.read %b map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<8x16xf32, "dram"> -> f32
      %p = arith.mulf %x, %y : f32
      %s = pipe.reduce addf %p init 0.0 : f32 : f32
      %v = pipe.read %o map affine_map<(d0, d1, d2) -> (d0 * 4 + d1 * 2 + d2)>(%g, %m, %i) : memref<8xf32, "dram"> -> f32
      %r = arith.addf %s, %v : f32
      pipe.write %r to %c map affine_map<(d0, d1, d2, d3) -> (d0 * 4 + d1 * 2 + d2, d3)>(%g, %m, %i, %j) : f32, memref<8x16xf32, "dram">
    }
  } : memref<8x8xf32, "dram">, memref<8x16xf32, "dram">, memref<8xf32, "dram">, memref<8x16xf32, "dram">
  return
}
