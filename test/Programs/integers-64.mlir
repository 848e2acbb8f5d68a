// 64-bit integers are exact, in wide sections.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/i64-a.npy --input arg1=%S/Inputs/i64-b.npy --expect result0=%S/Inputs/i64-product.npy --expect result1=%S/Inputs/i64-quotient.npy --expect result2=%S/Inputs/i64-f32.npy --expect result3=%S/Inputs/i64-sum.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/i64-a.npy --input arg1=%S/Inputs/i64-b.npy --expect result0=%S/Inputs/i64-product.npy --expect result1=%S/Inputs/i64-quotient.npy --expect result2=%S/Inputs/i64-f32.npy --expect result3=%S/Inputs/i64-sum.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/i64-a.npy --input arg1=%S/Inputs/i64-b.npy --expect result0=%S/Inputs/i64-product.npy --expect result1=%S/Inputs/i64-quotient.npy --expect result2=%S/Inputs/i64-f32.npy --expect result3=%S/Inputs/i64-sum.npy

func.func @integers(%a: tensor<50xi64>, %b: tensor<50xi64>) -> (tensor<50xi64>, tensor<50xi64>, tensor<50xf32>, tensor<i64>) {
  %zero = arith.constant 0 : i64
  %p, %q, %f = pat.map (%i) in [50] {
    %x = pat.at %a[%i] : tensor<50xi64>
    %y = pat.at %b[%i] : tensor<50xi64>
    %product = arith.muli %x, %y : i64
    %quotient = arith.divsi %x, %y : i64
    %real = arith.sitofp %x : i64 to f32
    pat.yield %product, %quotient, %real : i64, i64, f32
  } : tensor<50xi64>, tensor<50xi64>, tensor<50xf32>
  %s = pat.map () in [] {
    %sum = pat.fold (%k) in [50] init (%zero : i64) {
      %x = pat.at %a[%k] : tensor<50xi64>
      pat.yield %x : i64
    } combine (%l, %r) {
      %t = arith.addi %l, %r : i64
      pat.yield %t : i64
    } : i64
    pat.yield %sum : i64
  } : tensor<i64>
  return %p, %q, %f, %s : tensor<50xi64>, tensor<50xi64>, tensor<50xf32>, tensor<i64>
}
