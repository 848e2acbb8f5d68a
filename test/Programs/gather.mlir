// Computed indices.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/gather-table.npy --input arg1=%S/Inputs/gather-ids.npy --expect result0=%S/Inputs/gather-out.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/gather-table.npy --input arg1=%S/Inputs/gather-ids.npy --expect result0=%S/Inputs/gather-out.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/gather-table.npy --input arg1=%S/Inputs/gather-ids.npy --expect result0=%S/Inputs/gather-out.npy

func.func @gather(%table: tensor<40x12xf32>, %ids: tensor<17xi64>) -> tensor<17x12xf32> {
  %r = pat.map (%i, %j) in [17, 12] {
    %id = pat.at %ids[%i] : tensor<17xi64>
    %k = arith.index_cast %id : i64 to index
    %v = pat.at %table[%k, %j] : tensor<40x12xf32>
    pat.yield %v : f32
  } : tensor<17x12xf32>
  return %r : tensor<17x12xf32>
}
