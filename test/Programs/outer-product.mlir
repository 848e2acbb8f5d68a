// No reduction, two broadcasts.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/outer-a.npy --input arg1=%S/Inputs/outer-b.npy --expect result0=%S/Inputs/outer-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/outer-a.npy --input arg1=%S/Inputs/outer-b.npy --expect result0=%S/Inputs/outer-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/outer-a.npy --input arg1=%S/Inputs/outer-b.npy --expect result0=%S/Inputs/outer-out.npy

func.func @outer(%a: tensor<37xf32>, %b: tensor<21xf32>) -> tensor<37x21xf32> {
  %r = pat.map (%i, %j) in [37, 21] {
    %x = pat.at %a[%i] : tensor<37xf32>
    %y = pat.at %b[%j] : tensor<21xf32>
    %p = arith.mulf %x, %y : f32
    pat.yield %p : f32
  } : tensor<37x21xf32>
  return %r : tensor<37x21xf32>
}
