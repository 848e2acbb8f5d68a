func.func @main(%x: tensor<4xi24>) -> tensor<4xi24> {
  %r = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xi24>
    %s = arith.addi %v, %v : i24
    pat.yield %s : i24
  } : tensor<4xi24>
  return %r : tensor<4xi24>
}
