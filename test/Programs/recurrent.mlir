// A state that is read by a product in two halves, a row of inputs per trip from the last to the first, and all states as rows.
// Expected values: numpy; all are exact in f32.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/recurrent-x.npy --input arg1=%S/Inputs/recurrent-w.npy --expect result0=%S/Inputs/recurrent-rows.npy --expect result1=%S/Inputs/recurrent-last.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/recurrent-x.npy --input arg1=%S/Inputs/recurrent-w.npy --expect result0=%S/Inputs/recurrent-rows.npy --expect result1=%S/Inputs/recurrent-last.npy
// RUN: jacquard run %s --arch=sara --input arg0=%S/Inputs/recurrent-x.npy --input arg1=%S/Inputs/recurrent-w.npy --expect result0=%S/Inputs/recurrent-rows.npy --expect result1=%S/Inputs/recurrent-last.npy

func.func @recurrent(%x: tensor<6x2x64xf32>, %w: tensor<32x64xf32>) -> (tensor<6x2x32xf32>, tensor<2x32xf32>) {
  %go = arith.constant true
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -4.0 : f32
  %high = arith.constant 4.0 : f32
  %start = arith.constant dense<0.0> : tensor<2x32xf32>
  %none = arith.constant dense<0.0> : tensor<6x2x32xf32>
  %r:2 = pat.iterate (%n) max 6 carry (%h = %start, %rows = %none : tensor<2x32xf32>, tensor<6x2x32xf32>) {
    %product = pat.map (%i, %j) in [2, 64] {
      %s = pat.fold (%k) in [32] init (%zero : f32) {
        %a = pat.at %h[%i, %k] : tensor<2x32xf32>
        %b = pat.at %w[%k, %j] : tensor<32x64xf32>
        %p = arith.mulf %a, %b : f32
        pat.yield %p : f32
      } combine (%a, %b) {
        %t = arith.addf %a, %b : f32
        pat.yield %t : f32
      } : f32
      pat.yield %s : f32
    } : tensor<2x64xf32>
    %state = pat.map (%i, %j) in [2, 32] {
      %p = pat.at %product[%i, %j] : tensor<2x64xf32>
      %u = pat.at %x map affine_map<(d0, d1, d2) -> (-d0 + 5, d1, d2)> (%n, %i, %j) : tensor<6x2x64xf32>
      %q = pat.at %product map affine_map<(d0, d1) -> (d0, d1 + 32)> (%i, %j) : tensor<2x64xf32>
      %v = pat.at %x map affine_map<(d0, d1, d2) -> (-d0 + 5, d1, d2 + 32)> (%n, %i, %j) : tensor<6x2x64xf32>
      %a = arith.addf %p, %u : f32
      %b = arith.addf %q, %v : f32
      %c = arith.maximumf %a, %zero : f32
      %d = arith.maximumf %b, %zero : f32
      %e = arith.subf %c, %d : f32
      %f = arith.maximumf %e, %low : f32
      %g = arith.minimumf %f, %high : f32
      pat.yield %g : f32
    } : tensor<2x32xf32>
    %next = pat.map (%m, %i, %j) in [6, 2, 32] {
      %same = arith.cmpi eq, %m, %n : index
      %new = pat.at %state[%i, %j] : tensor<2x32xf32>
      %old = pat.at %rows[%m, %i, %j] : tensor<6x2x32xf32>
      %s = arith.select %same, %new, %old : f32
      pat.yield %s : f32
    } : tensor<6x2x32xf32>
    pat.yield %go, %state, %next : i1, tensor<2x32xf32>, tensor<6x2x32xf32>
  }
  return %r#1, %r#0 : tensor<6x2x32xf32>, tensor<2x32xf32>
}
