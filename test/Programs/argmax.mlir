// A fold of two values whose combiner is no single operation: it becomes a tree of maps.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/argmax-x.npy --expect result0=%S/Inputs/argmax-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/argmax-x.npy --expect result0=%S/Inputs/argmax-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/argmax-x.npy --expect result0=%S/Inputs/argmax-out.npy

func.func @argmax(%x: tensor<7x23xf32>) -> tensor<7xi64> {
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant 9223372036854775807 : i64
  %r = pat.map (%i) in [7] {
    %m, %at = pat.fold (%j) in [23] init (%low, %none : f32, i64) {
      %v = pat.at %x[%i, %j] : tensor<7x23xf32>
      %k = arith.index_cast %j : index to i64
      pat.yield %v, %k : f32, i64
    } combine (%a, %ka, %b, %kb) {
      %gt = arith.cmpf ogt, %a, %b : f32
      %eq = arith.cmpf oeq, %a, %b : f32
      %first = arith.cmpi slt, %ka, %kb : i64
      %tie = arith.andi %eq, %first : i1
      %left = arith.ori %gt, %tie : i1
      %v = arith.select %left, %a, %b : f32
      %k = arith.select %left, %ka, %kb : i64
      pat.yield %v, %k : f32, i64
    } : f32, i64
    pat.yield %at : i64
  } : tensor<7xi64>
  return %r : tensor<7xi64>
}
