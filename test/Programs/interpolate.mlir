// Gathers from a temporary beside a vector of two results: LLVM's vectorizer of straight-line code moved the temporary's stores
// behind the gathers.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/interpolate-x.npy --expect result0=%S/Inputs/interpolate-out.npy --expect result1=%S/Inputs/interpolate-clipped.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/interpolate-x.npy --expect result0=%S/Inputs/interpolate-out.npy --expect result1=%S/Inputs/interpolate-clipped.npy

func.func @interpolate(%x: tensor<2x1x1xf32>) -> (tensor<4xf32>, tensor<2xf32>) {
  %zero = arith.constant 0.0 : f32
  %tenth = arith.constant 0.1 : f32
  %low = arith.constant -1.0 : f32
  %rows = arith.constant dense<[[0, 0], [0, 1], [0, 1], [1, 1]]> : tensor<4x2xi64>
  %weights = arith.constant dense<[[0.25, 0.75], [0.75, 0.25], [0.25, 0.75], [0.75, 0.25]]> : tensor<4x2xf32>
  %t = pat.map (%k) in [2] {
    %v = pat.at %x map affine_map<(d0) -> (d0, 0, 0)> (%k) : tensor<2x1x1xf32>
    pat.yield %v : f32
  } : tensor<2xf32>
  %r = pat.map (%k) in [4] {
    %sum = pat.fold (%i) in [2] init (%zero : f32) {
      %row = pat.at %rows[%k, %i] : tensor<4x2xi64>
      %position = arith.index_cast %row : i64 to index
      %v = pat.at %t[%position] : tensor<2xf32>
      %w = pat.at %weights[%k, %i] : tensor<4x2xf32>
      %p = arith.mulf %v, %w : f32
      pat.yield %p : f32
    } combine (%a, %b) {
      %c = arith.addf %a, %b : f32
      pat.yield %c : f32
    } : f32
    pat.yield %sum : f32
  } : tensor<4xf32>
  %leaky = pat.map (%k) in [4] {
    %v = pat.at %r[%k] : tensor<4xf32>
    %negative = arith.cmpf olt, %v, %zero : f32
    %scaled = arith.mulf %v, %tenth : f32
    %s = arith.select %negative, %scaled, %v : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  %clipped = pat.map (%k) in [2] {
    %v = pat.at %x map affine_map<(d0) -> (d0, 0, 0)> (%k) : tensor<2x1x1xf32>
    %m = arith.maximumf %v, %low : f32
    pat.yield %m : f32
  } : tensor<2xf32>
  return %leaky, %clipped : tensor<4xf32>, tensor<2xf32>
}
