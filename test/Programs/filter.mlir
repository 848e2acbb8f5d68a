// What a condition selects, packed, at its true shape: the extent is a result of its own, which is not delivered. More
// selected points than the capacity are dropped. A flat_map gives each point as often as its value says.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/filter-x.npy --expect result0=%S/Inputs/filter-values.npy --expect result1=%S/Inputs/filter-places.npy --expect result3=%S/Inputs/filter-first.npy --expect result4=%S/Inputs/filter-repeats.npy | FileCheck %s
// RUN: jacquard run %s --input arg0=%S/Inputs/filter-x.npy --expect result0=%S/Inputs/filter-values.npy --expect result1=%S/Inputs/filter-places.npy --expect result3=%S/Inputs/filter-first.npy --expect result4=%S/Inputs/filter-repeats.npy | FileCheck %s
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/filter-x.npy --expect result0=%S/Inputs/filter-values.npy --expect result1=%S/Inputs/filter-places.npy --expect result3=%S/Inputs/filter-first.npy --expect result4=%S/Inputs/filter-repeats.npy | FileCheck %s
// CHECK-NOT: output result2

func.func @filter(%x: tensor<9x20xi16>)
    -> (tensor<180xi16> {jacquard.extents = array<i64: 0, 2>}, tensor<180x2xi64> {jacquard.extents = array<i64: 0, 2>},
        tensor<i64> {jacquard.hidden}, tensor<7xi16>, tensor<400xi16> {jacquard.extents = array<i64: 0, 5>},
        tensor<i64> {jacquard.hidden}) {
  %zero = arith.constant 0 : i16
  %first_column = arith.constant 0 : index
  %values, %rows, %columns, %n = pat.filter (%i, %k) in [9, 20] capacity 180 {
    %e = pat.at %x[%i, %k] : tensor<9x20xi16>
    %s = arith.cmpi sgt, %e, %zero : i16
    %row = arith.index_cast %i : index to i64
    %column = arith.index_cast %k : index to i64
    pat.yield %s, %e, %row, %column : i1, i16, i64, i64
  } : tensor<180xi16>, tensor<180xi64>, tensor<180xi64>, index
  %places = pat.map (%p, %c) in [180, 2] {
    %row = pat.at %rows[%p] : tensor<180xi64>
    %column = pat.at %columns[%p] : tensor<180xi64>
    %isRow = arith.cmpi eq, %c, %first_column : index
    %place = arith.select %isRow, %row, %column : i64
    pat.yield %place : i64
  } : tensor<180x2xi64>
  %count = pat.map () in [] {
    %c = arith.index_cast %n : index to i64
    pat.yield %c : i64
  } : tensor<i64>

  %first, %m = pat.filter (%i, %k) in [9, 20] capacity 7 {
    %e = pat.at %x[%i, %k] : tensor<9x20xi16>
    %s = arith.cmpi slt, %e, %zero : i16
    pat.yield %s, %e : i1, i16
  } : tensor<7xi16>, index

  %repeats, %r = pat.flat_map (%i, %k) in [9, 20] capacity 400 {
    %e = pat.at %x[%i, %k] : tensor<9x20xi16>
    %times = arith.index_cast %e : i16 to index
    %copies = pat.map (%c) in [3] {
      %number = arith.index_cast %c : index to i16
      %sum = arith.addi %e, %number : i16
      pat.yield %sum : i16
    } : tensor<3xi16>
    pat.yield %times, %copies : index, tensor<3xi16>
  } : tensor<400xi16>, index
  %repeated = pat.map () in [] {
    %c = arith.index_cast %r : index to i64
    pat.yield %c : i64
  } : tensor<i64>
  return %values, %places, %count, %first, %repeats, %repeated
      : tensor<180xi16>, tensor<180x2xi64>, tensor<i64>, tensor<7xi16>, tensor<400xi16>, tensor<i64>
}
