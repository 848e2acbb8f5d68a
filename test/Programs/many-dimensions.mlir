// More loops than the machine has counters, and nothing that merges: a transpose of 13 dimensions, and a sum of products over 12.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/transpose-x.npy --expect result0=%S/Inputs/transpose-out.npy --expect result1=%S/Inputs/sums-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/transpose-x.npy --expect result0=%S/Inputs/transpose-out.npy --expect result1=%S/Inputs/sums-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/transpose-x.npy --expect result0=%S/Inputs/transpose-out.npy --expect result1=%S/Inputs/sums-out.npy

func.func @many_dimensions(%x: tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>) -> (tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>, tensor<2xf32>) {
  %zero = arith.constant 0.0 : f32
  %t = pat.map (%i0, %i1, %i2, %i3, %i4, %i5, %i6, %i7, %i8, %i9, %i10, %i11, %i12) in [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2] {
    %v = pat.at %x[%i12, %i11, %i10, %i9, %i8, %i7, %i6, %i5, %i4, %i3, %i2, %i1, %i0] : tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>
    pat.yield %v : f32
  } : tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>
  %s = pat.map (%i0) in [2] {
    %sum = pat.fold (%i1, %i2, %i3, %i4, %i5, %i6, %i7, %i8, %i9, %i10, %i11, %i12) in [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2] init (%zero : f32) {
      %v = pat.at %x[%i0, %i1, %i2, %i3, %i4, %i5, %i6, %i7, %i8, %i9, %i10, %i11, %i12] : tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>
      %w = pat.at %x[%i12, %i11, %i10, %i9, %i8, %i7, %i6, %i5, %i4, %i3, %i2, %i1, %i0] : tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>
      %p = arith.mulf %v, %w : f32
      pat.yield %p : f32
    } combine (%a, %b) {
      %c = arith.addf %a, %b : f32
      pat.yield %c : f32
    } : f32
    pat.yield %sum : f32
  } : tensor<2xf32>
  return %t, %s : tensor<2x2x2x2x2x2x2x2x2x2x2x2x2xf32>, tensor<2xf32>
}
