// The product of two matrices of 512 x 512.
// RUN: jacquard run %s --check

func.func @gemm(%A: tensor<512x512xf32>, %B: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [512, 512] {
    %s = pat.fold (%k) in [512] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<512x512xf32>
      %b = pat.at %B[%k, %j] : tensor<512x512xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<512x512xf32>
  return %c : tensor<512x512xf32>
}
