// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// 11 loops that do not merge, and units with 12 counters: two dimensions become one, whose indices are computed. The result is
// written row-major all the same.
// CHECK-DAG:   #[[AT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8, d9) -> (d9, d8, d7, d6, d5, d4, d3, d2, d1, d0 mod 2, d0 floordiv 2)>
// CHECK:       pipe.stage [4, 2, 2, 2, 2, 2, 2, 2, 2, 2] roles
// CHECK:         pipe.read %{{.*}} map #[[AT]]
// CHECK:         pipe.write %{{.*}} : f32, memref<4x2x2x2x2x2x2x2x2x2xf32, strided<[512, 256, 128, 64, 32, 16, 8, 4, 2, 1]>, "dram">
func.func @main(%x: tensor<2x2x2x2x2x2x2x2x2x2x2xf32>) -> tensor<2x2x2x2x2x2x2x2x2x2x2xf32> {
  %t = pat.map (%a, %b, %c, %d, %e, %f, %g, %h, %i, %j, %k) in [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2] {
    %v = pat.at %x[%k, %j, %i, %h, %g, %f, %e, %d, %c, %b, %a] : tensor<2x2x2x2x2x2x2x2x2x2x2xf32>
    pat.yield %v : f32
  } : tensor<2x2x2x2x2x2x2x2x2x2x2xf32>
  return %t : tensor<2x2x2x2x2x2x2x2x2x2x2xf32>
}
