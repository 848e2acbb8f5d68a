// Sums per key.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/groups-keys.npy --input arg1=%S/Inputs/groups-values.npy --expect result0=%S/Inputs/segment-sum-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/groups-keys.npy --input arg1=%S/Inputs/groups-values.npy --expect result0=%S/Inputs/segment-sum-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/groups-keys.npy --input arg1=%S/Inputs/groups-values.npy --expect result0=%S/Inputs/segment-sum-out.npy

func.func @segment_sum(%keys: tensor<200xi32>, %values: tensor<200xf32>) -> tensor<10xf32> {
  %zero = arith.constant 0.0 : f32
  %s = pat.group_by (%i) in [200] keys [10] init (%zero : f32) drop {
    %v = pat.at %keys[%i] : tensor<200xi32>
    %k = arith.index_cast %v : i32 to index
    %x = pat.at %values[%i] : tensor<200xf32>
    pat.yield %k, %x : index, f32
  } combine (%a, %b) {
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  } : tensor<10xf32>
  return %s : tensor<10xf32>
}
