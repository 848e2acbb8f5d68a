// Gaussian discriminant analysis: the covariance of 4,096 samples of 128 features, each less the mean of its class.
// RUN: jacquard run %s --check

func.func @gda(%x: tensor<4096x128xf32>, %classes: tensor<4096xi32>, %means: tensor<2x128xf32>) -> tensor<128x128xf32> {
  %zero = arith.constant 0.0 : f32
  %centred = pat.map (%r, %i) in [4096, 128] {
    %class = pat.at %classes[%r] : tensor<4096xi32>
    %c = arith.index_cast %class : i32 to index
    %value = pat.at %x[%r, %i] : tensor<4096x128xf32>
    %mean = pat.at %means[%c, %i] : tensor<2x128xf32>
    %d = arith.subf %value, %mean : f32
    pat.yield %d : f32
  } : tensor<4096x128xf32>
  %sigma = pat.map (%i, %j) in [128, 128] {
    %s = pat.fold (%r) in [4096] init (%zero : f32) {
      %a = pat.at %centred[%r, %i] : tensor<4096x128xf32>
      %b = pat.at %centred[%r, %j] : tensor<4096x128xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%l, %m) {
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<128x128xf32>
  return %sigma : tensor<128x128xf32>
}
