// Two products, the second of the first with itself. On their own each spreads over several units.
func.func @main(%x: tensor<96x99xf32>, %y: tensor<99x97xf32>) -> tensor<96x96xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [96, 97] {
    %s = pat.fold (%k) in [99] init (%zero : f32) {
      %u = pat.at %x[%i, %k] : tensor<96x99xf32>
      %v = pat.at %y[%k, %j] : tensor<99x97xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<96x97xf32>
  %b = pat.map (%i, %j) in [96, 96] {
    %s = pat.fold (%k) in [97] init (%zero : f32) {
      %u = pat.at %a[%i, %k] : tensor<96x97xf32>
      %v = pat.at %a[%j, %k] : tensor<96x97xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<96x96xf32>
  return %b : tensor<96x96xf32>
}
