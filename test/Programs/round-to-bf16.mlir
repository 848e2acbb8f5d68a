// From 64 bits to 16 in one rounding: just above a tie, a tie, beyond the range, and an ordinary number. Two would take the first down.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/bf16-x.npy --expect result0=%S/Inputs/bf16-bits.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/bf16-x.npy --expect result0=%S/Inputs/bf16-bits.npy

func.func @round(%x: tensor<4xf64>) -> tensor<4xi16> {
  %bits = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf64>
    %r = arith.truncf %v : f64 to bf16
    %b = arith.bitcast %r : bf16 to i16
    pat.yield %b : i16
  } : tensor<4xi16>
  return %bits : tensor<4xi16>
}
