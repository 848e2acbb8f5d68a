func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf64>
    %s = arith.addf %v, %v : f64
    pat.yield %s : f64
  } : tensor<4xf64>
  return %r : tensor<4xf64>
}
