// Waggle: x[i] + alpha * x[reversed i]; for integers the unsigned quotient of the two
func.func @half(%x: tensor<3xf32>) -> tensor<3xf32> attributes {
    jacquard.domain = "acme", jacquard.op = "Waggle", jacquard.attributes = {alpha = 0.5 : f32}} {
  %alpha = arith.constant 0.5 : f32
  %r = pat.map (%i) in [3] {
    %a = pat.at %x[%i] : tensor<3xf32>
    %b = pat.at %x map affine_map<(d0) -> (2 - d0)> (%i) : tensor<3xf32>
    %c = arith.mulf %alpha, %b : f32
    %d = arith.addf %a, %c : f32
    pat.yield %d : f32
  } : tensor<3xf32>
  return %r : tensor<3xf32>
}
func.func @whole(%x: tensor<3xi8>) -> tensor<3xi8> attributes {jacquard.domain = "acme", jacquard.op = "Waggle"} {
  %r = pat.map (%i) in [3] {
    %a = pat.at %x[%i] : tensor<3xi8>
    %b = pat.at %x map affine_map<(d0) -> (2 - d0)> (%i) : tensor<3xi8>
    %c = arith.divui %a, %b : i8
    pat.yield %c : i8
  } : tensor<3xi8>
  return %r : tensor<3xi8>
}
