// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny --split-input-file | FileCheck %s

// Rows from 16 on are outside of the tensor, no column is: one unsigned comparison tells which of the two is meant.
// CHECK-LABEL: func.func @rows
// CHECK:         %[[V:.*]] = pipe.read %{{.*}} : memref<32x16xf32, strided<[16, 1]>, "scratchpad"> -> f32
// CHECK:         %[[SIZE:.*]] = arith.constant 16 : index
// CHECK-NEXT:    %[[ROW:.*]] = affine.apply
// CHECK-NEXT:    %[[FITS:.*]] = arith.cmpi ult, %[[ROW]], %[[SIZE]] : index
// CHECK-NEXT:    arith.select %[[FITS]], %[[V]], %{{.*}} : f32
func.func @rows(%x: tensor<16x16xf32>, %y: tensor<32x16xf32>) -> tensor<32x16xf32> {
  %r = pat.map (%i, %j) in [32, 16] {
    %b = pat.at %y[%i, %j] : tensor<32x16xf32>
    %n = arith.negf %b : f32
    %a = pat.at %x[%i, %j] else %n : tensor<16x16xf32>
    pat.yield %a : f32
  } : tensor<32x16xf32>
  return %r : tensor<32x16xf32>
}

// -----

// Both may be outside.
// CHECK-LABEL: func.func @both
// CHECK-COUNT-2: arith.cmpi ult
// CHECK-NEXT:    %[[INSIDE:.*]] = arith.andi
// CHECK-NEXT:    arith.select %[[INSIDE]]
func.func @both(%x: tensor<16x12xf32>, %y: tensor<32x16xf32>) -> tensor<32x16xf32> {
  %r = pat.map (%i, %j) in [32, 16] {
    %b = pat.at %y[%i, %j] : tensor<32x16xf32>
    %n = arith.negf %b : f32
    %a = pat.at %x[%i, %j] else %n : tensor<16x12xf32>
    pat.yield %a : f32
  } : tensor<32x16xf32>
  return %r : tensor<32x16xf32>
}
