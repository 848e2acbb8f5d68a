// A nest: two folds and a map in a map over rows.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/softmax-x.npy --expect result0=%S/Inputs/softmax-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/softmax-x.npy --expect result0=%S/Inputs/softmax-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/softmax-x.npy --expect result0=%S/Inputs/softmax-out.npy

func.func @softmax(%x: tensor<9x50xf32>) -> tensor<9x50xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %r = pat.map (%i) in [9] {
    %m = pat.fold (%j) in [50] init (%low : f32) {
      %v = pat.at %x[%i, %j] : tensor<9x50xf32>
      pat.yield %v : f32
    } combine (%a, %b) {
      %t = arith.maximumf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %s = pat.fold (%j) in [50] init (%zero : f32) {
      %v = pat.at %x[%i, %j] : tensor<9x50xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      pat.yield %e : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %row = pat.map (%j) in [50] {
      %v = pat.at %x[%i, %j] : tensor<9x50xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      %q = arith.divf %e, %s : f32
      pat.yield %q : f32
    } : tensor<50xf32>
    pat.yield %row : tensor<50xf32>
  } : tensor<9x50xf32>
  return %r : tensor<9x50xf32>
}
