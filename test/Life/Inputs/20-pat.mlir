module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  func.func @main(%arg0: tensor<2x4xf32> {jacquard.name = "x"}) -> (tensor<2x3xf32> {jacquard.name = "y"}) {
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant dense<[[1.000000e+00, -1.000000e+00, 5.000000e-01], [2.000000e+00, 0.000000e+00, -5.000000e-01], [2.500000e-01, 1.000000e+00, 1.000000e+00], [-2.000000e+00, 1.000000e+00, 0.000000e+00]]> : tensor<4x3xf32>
    %cst_1 = arith.constant dense<[5.000000e-01, -5.000000e-01, 0.000000e+00]> : tensor<3xf32>
    %map = pat.map (%i, %j) in [2, 3] {
      %fold = pat.fold (%i_2) in [4] init (%cst : f32) {
        %3 = pat.at %arg0[%i, %i_2] : tensor<2x4xf32>
        %4 = pat.at %cst_0[%i_2, %j] : tensor<4x3xf32>
        %5 = arith.mulf %3, %4 : f32
        pat.yield %5 : f32
      } combine (%lhs, %rhs) {
        %3 = arith.addf %lhs, %rhs : f32
        pat.yield %3 : f32
      } : f32
      %0 = pat.at %cst_1[%j] : tensor<3xf32>
      %1 = arith.addf %fold, %0 : f32
      %2 = arith.maximumf %1, %cst : f32
      pat.yield %2 : f32
    } : tensor<2x3xf32>
    return %map : tensor<2x3xf32>
  }
}

