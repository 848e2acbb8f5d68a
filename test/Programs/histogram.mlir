// Counts per key; keys outside the key space are dropped.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/groups-keys.npy --expect result0=%S/Inputs/histogram-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/groups-keys.npy --expect result0=%S/Inputs/histogram-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/groups-keys.npy --expect result0=%S/Inputs/histogram-out.npy

func.func @histogram(%keys: tensor<200xi32>) -> tensor<10xi32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %h = pat.group_by (%i) in [200] keys [10] init (%zero : i32) drop {
    %v = pat.at %keys[%i] : tensor<200xi32>
    %k = arith.index_cast %v : i32 to index
    pat.yield %k, %one : index, i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<10xi32>
  return %h : tensor<10xi32>
}
