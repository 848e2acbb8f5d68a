// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine | FileCheck %s

// Two equal products, the second with a price of its own, at which few scratchpads are worth what they save.
// CHECK: pipe.section "map_0"({{.*}}) units 11 attributes
// CHECK: pipe.section "map_1"({{.*}}) units 2 attributes
func.func @main(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i, %j) in [64, 64] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %a = pat.at %x[%i, %k] : tensor<64x64xf32>
      %b = pat.at %w[%k, %j] : tensor<64x64xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<64x64xf32>
  %q = pat.map (%i, %j) in [64, 64] attributes {jacquard.scratchpad_price = 1.0e+03 : f64} {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %a = pat.at %r[%i, %k] : tensor<64x64xf32>
      %b = pat.at %w[%k, %j] : tensor<64x64xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<64x64xf32>
  return %r, %q : tensor<64x64xf32>, tensor<64x64xf32>
}
