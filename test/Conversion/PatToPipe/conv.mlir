// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Padding is never stored in DRAM: the box of the load begins at -1 and is one wider on either side, and takes the else value there.
// CHECK-DAG:   #[[BORDER:.*]] = affine_map<() -> (0, -1, -1)>
// CHECK-DAG:   #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, d0 + d3, d1 + d4)>
// CHECK:       pipe.section "map_0"(%{{.*}}, %{{.*}}, %{{.*}}) units 1
// CHECK:         %[[NX:.*]] = pipe.buffer depth 1 : memref<2x18x18xf32, strided<[{{.*}}, {{.*}}, 1]>, "scratchpad">
// CHECK-NEXT:    pipe.load %{{.*}} map #[[BORDER]]() else 0.000000e+00 : f32 to %[[NX]] : memref<2x16x16xf32, "dram">
// CHECK:         pipe.stage [16, 16, 4, 2, 3, 3] roles [time, lanes, slots, time, time, time] reductions 3 {
// CHECK:           pipe.read %[[NX]] map #[[WINDOW]]
// CHECK:           pipe.reduce addf
func.func @main(%x: tensor<2x16x16xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<4x16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%o, %y, %c) in [4, 16, 16] {
    %s = pat.fold (%k, %dy, %dx) in [2, 3, 3] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2 - 1, d3 + d4 - 1)> (%k, %y, %dy, %c, %dx) else %zero : tensor<2x16x16xf32>
      %b = pat.at %w[%o, %k, %dy, %dx] : tensor<4x2x3x3xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x16x16xf32>
  return %r : tensor<4x16x16xf32>
}
