// Padding in five dimensions at once: more bounds than a DRAM port or a memory unit checks.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/pad-x.npy --expect result0=%S/Inputs/pad-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/pad-x.npy --expect result0=%S/Inputs/pad-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/pad-x.npy --expect result0=%S/Inputs/pad-out.npy

func.func @pad(%x: tensor<3x2x3x2x3xf32>) -> tensor<5x4x5x4x5xf32> {
  %one = arith.constant 1.0 : f32
  %p = pat.map (%a, %b, %c, %d, %e) in [5, 4, 5, 4, 5] {
    %v = pat.at %x map affine_map<(d0, d1, d2, d3, d4) -> (d0 - 1, d1 - 1, d2 - 1, d3 - 1, d4 - 1)> (%a, %b, %c, %d, %e) else %one : tensor<3x2x3x2x3xf32>
    pat.yield %v : f32
  } : tensor<5x4x5x4x5xf32>
  return %p : tensor<5x4x5x4x5xf32>
}
