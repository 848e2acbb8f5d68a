// Extents that neither lanes, slots nor units divide.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/gemm-a.npy --input arg1=%S/Inputs/gemm-b.npy --expect result0=%S/Inputs/gemm-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/gemm-a.npy --input arg1=%S/Inputs/gemm-b.npy --expect result0=%S/Inputs/gemm-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/gemm-a.npy --input arg1=%S/Inputs/gemm-b.npy --expect result0=%S/Inputs/gemm-out.npy

func.func @gemm(%A: tensor<29x45xf32>, %B: tensor<45x33xf32>) -> tensor<29x33xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [29, 33] {
    %s = pat.fold (%k) in [45] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<29x45xf32>
      %b = pat.at %B[%k, %j] : tensor<45x33xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<29x33xf32>
  return %c : tensor<29x33xf32>
}
