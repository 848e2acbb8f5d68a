// Four images, of whose first intermediate (1 MiB) three memory units hold one image: they pass one by one, and the sum over
// images finds their results side by side.
// RUN: jacquard compile %s --budget=memory=3 --until=pat -o - | FileCheck %s
// RUN: jacquard run %s --budget=memory=3 --input arg0=%S/Inputs/slices-x.npy --input arg1=%S/Inputs/slices-w.npy --expect result0=%S/Inputs/slices-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/slices-x.npy --input arg1=%S/Inputs/slices-w.npy --expect result0=%S/Inputs/slices-out.npy

// CHECK-COUNT-8: attributes {jacquard.copies
// CHECK:         pat.map {{.*}} in [4, 64, 64] {
// CHECK-COUNT-4: pat.at
func.func @slices(%x: tensor<4x64xf32>, %w: tensor<1024xf32>) -> tensor<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%n, %j, %i) in [4, 1024, 64] {
    %s = pat.fold (%k) in [3] init (%zero : f32) {
      %v = pat.at %x map affine_map<(d0, d1, d2) -> (d0, d1 + d2 - 1)> (%n, %i, %k) else %zero : tensor<4x64xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    %u = pat.at %w[%j] : tensor<1024xf32>
    %m = arith.mulf %s, %u : f32
    pat.yield %m : f32
  } : tensor<4x1024x64xf32>
  %c = pat.map (%n, %p, %q) in [4, 64, 64] {
    %s = pat.fold (%k) in [16] init (%zero : f32) {
      %v = pat.at %a map affine_map<(d0, d1, d2, d3) -> (d0, d3 * 64 + d1, d2)> (%n, %p, %q, %k) : tensor<4x1024x64xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x64x64xf32>
  %d = pat.map (%p, %q) in [64, 64] {
    %s = pat.fold (%n) in [4] init (%zero : f32) {
      %v = pat.at %c[%n, %p, %q] : tensor<4x64x64xf32>
      %e = arith.mulf %v, %v : f32
      pat.yield %e : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<64x64xf32>
  return %d : tensor<64x64xf32>
}
