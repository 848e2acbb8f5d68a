// A product whose operands (47 KiB) exceed the scratchpads (8 x 4 KiB): B passes in two panels, of which a member's part fits a
// scratchpad once. Where a memory unit is left, it takes the next part while the present one is multiplied.
// RUN: sed 's/bank_bytes: 16384/bank_bytes: 256/;s/bytes_per_cycle: 12.8/bytes_per_cycle: 128/' %S/../../lib/Arch/presets/tiny.textproto > %t.textproto
// RUN: jacquard run %s --arch=%t.textproto --explain --input arg0=%S/Inputs/panels-a.npy --input arg1=%S/Inputs/panels-b.npy --expect result0=%S/Inputs/panels-out.npy | FileCheck %s
// RUN: jacquard run %s --arch=%t.textproto --engine=reference --input arg0=%S/Inputs/panels-a.npy --input arg1=%S/Inputs/panels-b.npy --expect result0=%S/Inputs/panels-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/panels-a.npy --input arg1=%S/Inputs/panels-b.npy --expect result0=%S/Inputs/panels-out.npy --explain | FileCheck %s --check-prefix=FITS

// CHECK: arg1: 1 x 4096 bytes in each of 4 scratchpads, 1 of them behind another one, loaded inside 1 loops, from DRAM
// FITS-NOT: behind another one
func.func @panels(%A: tensor<60x64xf32>, %B: tensor<64x128xf32>) -> tensor<60x128xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [60, 128] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<60x64xf32>
      %b = pat.at %B[%k, %j] : tensor<64x128xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<60x128xf32>
  return %c : tensor<60x128xf32>
}
