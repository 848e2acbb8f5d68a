// RUN: jacquard-opt %s --split-input-file --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Of a table the rows that are gathered: 5 x 16 words, 5 indices of 8 bytes, the output's 5 x 16 words. What nobody reads costs
// nothing.
// CHECK: pipe.compulsory_bytes = 680 : i64
func.func @rows(%table: tensor<1000x16xf32>, %rows: tensor<5xi64>, %unused: tensor<99xf32>) -> tensor<5x16xf32> {
  %r = pat.map (%i, %j) in [5, 16] {
    %row = pat.at %rows[%i] : tensor<5xi64>
    %index = arith.index_cast %row : i64 to index
    %x = pat.at %table[%index, %j] : tensor<1000x16xf32>
    pat.yield %x : f32
  } : tensor<5x16xf32>
  return %r : tensor<5x16xf32>
}

// -----

// A slice, 10 of 40 words of 2 bytes, and an output as large; a row that all points share counts once.
// CHECK: pipe.compulsory_bytes = 42 : i64
func.func @slice(%x: tensor<40xf16>, %bias: tensor<8xf16>) -> tensor<10xf16> {
  %three = arith.constant 3 : index
  %r = pat.map (%i) in [10] {
    %a = pat.at %x map affine_map<(d0) -> (d0 * 4)> (%i) : tensor<40xf16>
    %b = pat.at %bias[%three] : tensor<8xf16>
    %s = arith.addf %a, %b : f16
    pat.yield %s : f16
  } : tensor<10xf16>
  return %r : tensor<10xf16>
}

// -----

// More reads than elements: windows overlap, but a tensor has no more than its 8 words; 6 words leave.
// CHECK: pipe.compulsory_bytes = 56 : i64
func.func @windows(%x: tensor<8xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i) in [6] {
    %s = pat.fold (%k) in [3] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1) -> (d0 + d1)> (%i, %k) : tensor<8xf32>
      pat.yield %a : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<6xf32>
  return %r : tensor<6xf32>
}

// -----

// A loop of 5 trips: each reads one more row of 4 words, and the same weights again; the sum begins and ends in DRAM.
// CHECK: pipe.compulsory_bytes = 128 : i64
func.func @trips(%x: tensor<100x4xf32>, %w: tensor<4xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
  %yes = arith.constant true
  %r = pat.iterate (%t) max 5 carry (%sum = %start : tensor<4xf32>) {
    %next = pat.map (%j) in [4] {
      %a = pat.at %x[%t, %j] : tensor<100x4xf32>
      %b = pat.at %w[%j] : tensor<4xf32>
      %c = pat.at %sum[%j] : tensor<4xf32>
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %p, %c : f32
      pat.yield %s : f32
    } : tensor<4xf32>
    pat.yield %yes, %next : i1, tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
