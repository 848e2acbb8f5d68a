module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  func.func @main(%arg0: tensor<2x4xf32> {jacquard.name = "x"}) -> (tensor<2x3xf32> {jacquard.name = "y"}) {
    %cst = arith.constant dense<[[1.000000e+00, -1.000000e+00, 5.000000e-01], [2.000000e+00, 0.000000e+00, -5.000000e-01], [2.500000e-01, 1.000000e+00, 1.000000e+00], [-2.000000e+00, 1.000000e+00, 0.000000e+00]]> : tensor<4x3xf32>
    %cst_0 = arith.constant dense<[5.000000e-01, -5.000000e-01, 0.000000e+00]> : tensor<3xf32>
    %map = pat.map (%i, %j) in [2, 3] {
      %cst_3 = arith.constant 0.000000e+00 : f32
      %fold = pat.fold (%i_4) in [4] init (%cst_3 : f32) {
        %0 = pat.at %arg0[%i, %i_4] : tensor<2x4xf32>
        %1 = pat.at %cst[%i_4, %j] : tensor<4x3xf32>
        %2 = arith.mulf %0, %1 : f32
        pat.yield %2 : f32
      } combine (%lhs, %rhs) {
        %0 = arith.addf %lhs, %rhs : f32
        pat.yield %0 : f32
      } : f32
      pat.yield %fold : f32
    } : tensor<2x3xf32>
    %map_1 = pat.map (%i, %j) in [2, 3] {
      %0 = pat.at %map[%i, %j] : tensor<2x3xf32>
      %1 = pat.at %cst_0[%j] : tensor<3xf32>
      %2 = arith.addf %0, %1 : f32
      pat.yield %2 : f32
    } : tensor<2x3xf32>
    %map_2 = pat.map (%i, %j) in [2, 3] {
      %0 = pat.at %map_1[%i, %j] : tensor<2x3xf32>
      %cst_3 = arith.constant 0.000000e+00 : f32
      %1 = arith.maximumf %0, %cst_3 : f32
      pat.yield %1 : f32
    } : tensor<2x3xf32>
    return %map_2 : tensor<2x3xf32>
  }
}

