// The dot product of two vectors of 2^20 elements.
// RUN: jacquard run %s --check

func.func @dot(%x: tensor<1048576xf32>, %y: tensor<1048576xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map () in [] {
    %s = pat.fold (%i) in [1048576] init (%zero : f32) {
      %a = pat.at %x[%i] : tensor<1048576xf32>
      %b = pat.at %y[%i] : tensor<1048576xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%l, %m) {
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<f32>
  return %r : tensor<f32>
}
