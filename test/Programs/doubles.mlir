// Doubles keep all their digits: the quotients are compared as bits.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/f64-a.npy --input arg1=%S/Inputs/f64-b.npy --expect result0=%S/Inputs/f64-dot.npy --expect result1=%S/Inputs/f64-ratio.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/f64-a.npy --input arg1=%S/Inputs/f64-b.npy --expect result0=%S/Inputs/f64-dot.npy --expect result1=%S/Inputs/f64-ratio.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/f64-a.npy --input arg1=%S/Inputs/f64-b.npy --expect result0=%S/Inputs/f64-dot.npy --expect result1=%S/Inputs/f64-ratio.npy

func.func @doubles(%a: tensor<60xf64>, %b: tensor<60xf64>) -> (tensor<f64>, tensor<60xi64>) {
  %zero = arith.constant 0.0 : f64
  %dot = pat.map () in [] {
    %sum = pat.fold (%k) in [60] init (%zero : f64) {
      %x = pat.at %a[%k] : tensor<60xf64>
      %y = pat.at %b[%k] : tensor<60xf64>
      %p = arith.mulf %x, %y : f64
      pat.yield %p : f64
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f64
      pat.yield %t : f64
    } : f64
    pat.yield %sum : f64
  } : tensor<f64>
  %ratio = pat.map (%i) in [60] {
    %x = pat.at %a[%i] : tensor<60xf64>
    %y = pat.at %b[%i] : tensor<60xf64>
    %q = arith.divf %x, %y : f64
    %bits = arith.bitcast %q : f64 to i64
    pat.yield %bits : i64
  } : tensor<60xi64>
  return %dot, %ratio : tensor<f64>, tensor<60xi64>
}
