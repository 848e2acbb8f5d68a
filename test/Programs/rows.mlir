// Loops that give a row, or a column, per trip.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/rows-x.npy --expect result0=%S/Inputs/rows-doubled.npy --expect result1=%S/Inputs/rows-mirrored.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/rows-x.npy --expect result0=%S/Inputs/rows-doubled.npy --expect result1=%S/Inputs/rows-mirrored.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/rows-x.npy --expect result0=%S/Inputs/rows-doubled.npy --expect result1=%S/Inputs/rows-mirrored.npy

func.func @rows(%x: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %go = arith.constant true
  %c15 = arith.constant 15 : index
  %ones = arith.constant dense<1.0> : tensor<8x16xf32>
  // The last row stays as it was.
  %doubled = pat.iterate (%n) max 7 carry (%t = %ones : tensor<8x16xf32>) {
    %next = pat.map (%i, %j) in [8, 16] {
      %same = arith.cmpi eq, %i, %n : index
      %v = pat.at %x[%n, %j] : tensor<8x16xf32>
      %w = arith.addf %v, %v : f32
      %old = pat.at %t[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %w, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    pat.yield %go, %next : i1, tensor<8x16xf32>
  }
  %mirrored = pat.iterate (%n) max 16 carry (%t = %ones : tensor<8x16xf32>) {
    %next = pat.map (%i, %j) in [8, 16] {
      %last = arith.subi %c15, %n : index
      %same = arith.cmpi eq, %last, %j : index
      %v = pat.at %x[%i, %n] : tensor<8x16xf32>
      %old = pat.at %t[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %v, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    pat.yield %go, %next : i1, tensor<8x16xf32>
  }
  return %doubled, %mirrored : tensor<8x16xf32>, tensor<8x16xf32>
}
