// The smallest reduction: a full fold over lanes and time.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/dot-x.npy --input arg1=%S/Inputs/dot-y.npy --expect result0=%S/Inputs/dot-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/dot-x.npy --input arg1=%S/Inputs/dot-y.npy --expect result0=%S/Inputs/dot-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/dot-x.npy --input arg1=%S/Inputs/dot-y.npy --expect result0=%S/Inputs/dot-out.npy

func.func @dot(%x: tensor<1000xf32>, %y: tensor<1000xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map () in [] {
    %s = pat.fold (%i) in [1000] init (%zero : f32) {
      %a = pat.at %x[%i] : tensor<1000xf32>
      %b = pat.at %y[%i] : tensor<1000xf32>
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
