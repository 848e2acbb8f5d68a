// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// Rows from the last to the first: the read still walks rows and columns, so that the scratchpad's rows get an odd
// pitch and 6 of them are read at once without bank conflicts.
// CHECK-LABEL: @rows_backwards
// CHECK:       pipe.buffer depth {{[12]}} : memref<{{.*}}x64xf32, strided<[65, 1]>, "scratchpad">
// CHECK:       pipe.load %{{.*}} : memref<24x64xf32, "dram">
// CHECK:       pipe.stage {{.*}}slots
func.func @rows_backwards(%x: tensor<24x64xf32>, %w: tensor<64x128xf32>) -> tensor<24x128xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i, %j) in [24, 128] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1) -> (-d0 + 23, d1)> (%i, %k) : tensor<24x64xf32>
      %b = pat.at %w[%k, %j] : tensor<64x128xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%l, %m) {
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<24x128xf32>
  return %r : tensor<24x128xf32>
}

// -----

// The columns run backwards, the rows do not; no dimension of the nest walks through both.
// CHECK:       #[[AT:.*]] = affine_map<(d0, d1) -> (d0, -d1 + 14)>
// CHECK-LABEL: @columns_backwards
// CHECK:       pipe.read %{{.*}} map #[[AT]]({{.*}}) : memref<8x16xf32, "dram"> -> f32
func.func @columns_backwards(%x: tensor<8x16xf32>) -> tensor<8x15xf32> {
  %r = pat.map (%i, %j) in [8, 15] {
    %a = pat.at %x map affine_map<(d0, d1) -> (d0, -d1 + 14)> (%i, %j) : tensor<8x16xf32>
    pat.yield %a : f32
  } : tensor<8x15xf32>
  return %r : tensor<8x15xf32>
}

// -----

// Backwards through rows that overlap: one dimension, as no row ends where the next begins.
// CHECK-LABEL: @overlapping
// CHECK:       pipe.load %{{.*}} : memref<64xf32, "dram">, memref<44xf32
func.func @overlapping(%x: tensor<64xf32>) -> tensor<8x16xf32> {
  %r = pat.map (%i, %j) in [8, 16] {
    %a = pat.at %x map affine_map<(d0, d1) -> (-d0 * 4 + d1 + 28)> (%i, %j) : tensor<64xf32>
    pat.yield %a : f32
  } : tensor<8x16xf32>
  return %r : tensor<8x16xf32>
}
