// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// 6 x 6 points, twice as large: both indices of 12 points are read at halves, so each is a loop over 6 and one over 2, which the
// read of the input does not see. The result is written where the digits say.
// CHECK-DAG:   #[[IN:.*]] = affine_map<(d0, d1, d2) -> (d2, d0, d1)>
// CHECK-LABEL: func.func @even
// CHECK:         pipe.stage [6, 16, 6, 2, 2] roles [time, lanes, time, time, time] reductions 0 {
// CHECK:           pipe.read %{{.*}} map #[[IN]](%{{.*}}) : memref<6x6x16xf32, "dram"> -> f32
// CHECK:           pipe.write %{{.*}} : f32, memref<6x2x6x2x16xf32, strided<[384, 192, 32, 16, 1]>, "dram">
func.func @even(%x: tensor<6x6x16xf32>) -> tensor<12x12x16xf32> {
  %t = pat.map (%h, %v, %c) in [12, 12, 16] {
    %a = pat.at %x map affine_map<(d0, d1, d2) -> (d0 floordiv 2, d1 floordiv 2, d2)> (%h, %v, %c) : tensor<6x6x16xf32>
    pat.yield %a : f32
  } : tensor<12x12x16xf32>
  return %t : tensor<12x12x16xf32>
}

// -----

// 13 points have no halves: the positions are computed.
// CHECK:       affine_map<{{.*}}d1 floordiv 2
// CHECK-LABEL: func.func @uneven
// CHECK:         pipe.stage [{{[0-9]+}}, 13, 16] roles
func.func @uneven(%x: tensor<6x7x16xf32>) -> tensor<12x13x16xf32> {
  %t = pat.map (%h, %v, %c) in [12, 13, 16] {
    %a = pat.at %x map affine_map<(d0, d1, d2) -> (d0 floordiv 2, d1 floordiv 2, d2)> (%h, %v, %c) : tensor<6x7x16xf32>
    pat.yield %a : f32
  } : tensor<12x13x16xf32>
  return %t : tensor<12x13x16xf32>
}
