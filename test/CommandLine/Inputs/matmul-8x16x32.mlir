// 8 * 32 * 16 = 4096 multiply-adds; (8 * 16 + 16 * 32 + 8 * 32) * 4 = 3584 bytes
func.func @matmul(%A: tensor<8x16xf32>, %B: tensor<16x32xf32>) -> tensor<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [8, 32] {
    %s = pat.fold (%k) in [16] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<8x16xf32>
      %b = pat.at %B[%k, %j] : tensor<16x32xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<8x32xf32>
  return %c : tensor<8x32xf32>
}
