// A product on chip with an offset for each column: groups of units hand their results on through one chain, around which
// one unit adds the offsets. The rows are summed with weights of their own, so that each has to stand in its place.
// RUN: jacquard run %s -O0 --explain --input arg0=%S/Inputs/joined-a.npy --input arg1=%S/Inputs/joined-c.npy --input arg2=%S/Inputs/joined-w.npy --input arg3=%S/Inputs/joined-o.npy --expect result0=%S/Inputs/joined-out.npy | FileCheck %s
// RUN: jacquard run %s -O0 --engine=reference --input arg0=%S/Inputs/joined-a.npy --input arg1=%S/Inputs/joined-c.npy --input arg2=%S/Inputs/joined-w.npy --input arg3=%S/Inputs/joined-o.npy --expect result0=%S/Inputs/joined-out.npy

// CHECK: roles d0 784 = {{[0-9]+}} units x {{[0-9]+}} joined
func.func @joined(%a: tensor<784xf32>, %c: tensor<256xf32>, %w: tensor<256x128xf32>, %o: tensor<128xf32>) -> tensor<128xf32> {
  %zero = arith.constant 0.0 : f32
  %x = pat.map (%i, %k) in [784, 256] {
    %u = pat.at %a[%i] : tensor<784xf32>
    %v = pat.at %c[%k] : tensor<256xf32>
    %p = arith.mulf %u, %v : f32
    pat.yield %p : f32
  } : tensor<784x256xf32>
  %y = pat.map (%i, %j) in [784, 128] {
    %s = pat.fold (%k) in [256] init (%zero : f32) {
      %u = pat.at %x[%i, %k] : tensor<784x256xf32>
      %v = pat.at %w[%k, %j] : tensor<256x128xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    %b = pat.at %o[%j] : tensor<128xf32>
    %r = arith.addf %s, %b : f32
    pat.yield %r : f32
  } : tensor<784x128xf32>
  %z = pat.map (%j) in [128] {
    %s = pat.fold (%i) in [784] init (%zero : f32) {
      %u = pat.at %y[%i, %j] : tensor<784x128xf32>
      %v = pat.at %a[%i] : tensor<784xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<128xf32>
  return %z : tensor<128xf32>
}
