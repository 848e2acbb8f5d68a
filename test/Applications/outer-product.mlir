// All products of the elements of two vectors of 4,096.
// RUN: jacquard run %s --check

func.func @outer(%a: tensor<4096xf32>, %b: tensor<4096xf32>) -> tensor<4096x4096xf32> {
  %r = pat.map (%i, %j) in [4096, 4096] {
    %x = pat.at %a[%i] : tensor<4096xf32>
    %y = pat.at %b[%j] : tensor<4096xf32>
    %p = arith.mulf %x, %y : f32
    pat.yield %p : f32
  } : tensor<4096x4096xf32>
  return %r : tensor<4096x4096xf32>
}
