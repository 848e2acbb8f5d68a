// The left half of a concatenation is computed behind the right one, by two units of 16 columns each where it has 24: what
// overhangs is not written into the right half.
// RUN: jacquard compile %s -O0 --emit=pipe -o - | FileCheck %s
// RUN: jacquard run %s -O0 --check

// CHECK: memref.reinterpret_cast {{.*}} sizes: [300, 24], strides: [48, 1]
func.func @main(%x: tensor<300x64xf32>, %v: tensor<64x24xf32>, %w: tensor<64x24xf32>) -> tensor<300x48xf32> {
  %zero = arith.constant 0.0 : f32
  %b = pat.map (%y, %i) in [300, 24] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %p = pat.at %x[%y, %k] : tensor<300x64xf32>
      %q = pat.at %w[%k, %i] : tensor<64x24xf32>
      %m = arith.mulf %p, %q : f32
      pat.yield %m : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<300x24xf32>
  %a = pat.map (%y, %i) in [300, 24] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %p = pat.at %x[%y, %k] : tensor<300x64xf32>
      %q = pat.at %v[%k, %i] : tensor<64x24xf32>
      %m = arith.mulf %p, %q : f32
      pat.yield %m : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<300x24xf32>
  %c = pat.map (%y, %i) in [300, 48] {
    %r = pat.at %b map affine_map<(d0, d1) -> (d0, d1 - 24)> (%y, %i) else %zero : tensor<300x24xf32>
    %l = pat.at %a[%y, %i] else %r : tensor<300x24xf32>
    pat.yield %l : f32
  } : tensor<300x48xf32>
  return %c : tensor<300x48xf32>
}
