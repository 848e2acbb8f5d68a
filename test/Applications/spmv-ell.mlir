// A sparse matrix of 16,384 rows in ELLPACK form, 64 elements in each, times a vector.
// RUN: jacquard run %s --check

func.func @spmv(%values: tensor<16384x64xf32>, %columns: tensor<16384x64xi32>, %x: tensor<16384xf32>)
    -> tensor<16384xf32> {
  %zero = arith.constant 0.0 : f32
  %y = pat.map (%r) in [16384] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %value = pat.at %values[%r, %k] : tensor<16384x64xf32>
      %column = pat.at %columns[%r, %k] : tensor<16384x64xi32>
      %c = arith.index_cast %column : i32 to index
      %e = pat.at %x[%c] : tensor<16384xf32>
      %p = arith.mulf %value, %e : f32
      pat.yield %p : f32
    } combine (%l, %m) {
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<16384xf32>
  return %y : tensor<16384xf32>
}
