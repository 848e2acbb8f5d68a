// RUN: jacquard-opt %s --pat-simplify-index | FileCheck %s

// The order of the tests is that of the rules in IndexMath.cpp.

// CHECK-DAG: #[[STEP:.*]] = affine_map<(d0) -> (d0 * 3)>
// CHECK-DAG: #[[HALF:.*]] = affine_map<(d0) -> (d0 floordiv 2, d0 mod 2)>
// CHECK-DAG: #[[KEPT:.*]] = affine_map<(d0) -> (d0 floordiv 4, d0 mod 4)>
// CHECK-DAG: #[[THREE:.*]] = affine_map<(d0) -> (d0 floordiv 12, (d0 floordiv 4) mod 3, d0 mod 4)>

// CHECK-LABEL: @delinearised_linear_index
// CHECK:       pat.map (%[[I:.*]], %[[J:.*]], %[[K:.*]]) in [2, 3, 4]
// CHECK:         pat.at %arg0[%[[I]], %[[J]], %[[K]]]
func.func @delinearised_linear_index(%x: tensor<2x3x4xi32>) -> tensor<2x3x4xi32> {
  %y = pat.map (%i, %j, %k) in [2, 3, 4] {
    %v = pat.at %x map affine_map<(d0, d1, d2) -> ((d0 * 12 + d1 * 4 + d2) floordiv 12, ((d0 * 12 + d1 * 4 + d2) floordiv 4) mod 3, (d0 * 12 + d1 * 4 + d2) mod 4)> (%i, %j, %k) : tensor<2x3x4xi32>
    pat.yield %v : i32
  } : tensor<2x3x4xi32>
  return %y : tensor<2x3x4xi32>
}

// CHECK-LABEL: @linear_delinearised_index
// CHECK:       pat.map (%[[I:.*]]) in [24]
// CHECK:         pat.at %arg0[%[[I]]]
func.func @linear_delinearised_index(%x: tensor<24xi32>) -> tensor<24xi32> {
  %y = pat.map (%i) in [24] {
    %v = pat.at %x map affine_map<(d0) -> ((d0 floordiv 12) * 12 + ((d0 floordiv 4) mod 3) * 4 + d0 mod 4)> (%i) : tensor<24xi32>
    pat.yield %v : i32
  } : tensor<24xi32>
  return %y : tensor<24xi32>
}

// CHECK-LABEL: @split_of_split
// CHECK:       pat.at %arg0 map #[[THREE]] (%{{.*}})
func.func @split_of_split(%x: tensor<2x3x4xi32>) -> tensor<24xi32> {
  %y = pat.map (%i) in [24] {
    %v = pat.at %x map affine_map<(d0) -> ((d0 floordiv 4) floordiv 3, (d0 floordiv 4) mod 3, d0 mod 4)> (%i) : tensor<2x3x4xi32>
    pat.yield %v : i32
  } : tensor<24xi32>
  return %y : tensor<24xi32>
}

// CHECK-LABEL: @common_factor
// CHECK:       pat.at %arg0 map #[[HALF]] (%{{.*}})
func.func @common_factor(%x: tensor<4x2xi32>) -> tensor<8x3xi32> {
  %y = pat.map (%i, %j) in [8, 3] {
    %v = pat.at %x map affine_map<(d0, d1) -> ((d0 * 3 + d1) floordiv 6, ((d0 * 3 + d1) floordiv 3) mod 2)> (%i, %j) : tensor<4x2xi32>
    pat.yield %v : i32
  } : tensor<8x3xi32>
  return %y : tensor<8x3xi32>
}

// CHECK-LABEL: @index_arithmetic
// CHECK:       pat.at %arg0 map #[[STEP]] (%{{.*}})
// CHECK-NOT:   arith
func.func @index_arithmetic(%x: tensor<24xi32>) -> tensor<8xi32> {
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %y = pat.map (%i) in [8] {
    %a = arith.addi %i, %c1 : index
    %b = arith.muli %a, %c3 : index
    %c = arith.subi %b, %c3 : index
    %v = pat.at %x[%c] : tensor<24xi32>
    pat.yield %v : i32
  } : tensor<8xi32>
  return %y : tensor<8xi32>
}

// Nothing is known of a computed index: the division stays.
// CHECK-LABEL: @unknown_range
// CHECK:         %[[N:.*]] = arith.index_cast
// CHECK:         pat.at %arg0 map #[[KEPT]] (%[[N]]) else
func.func @unknown_range(%x: tensor<2x4xi32>, %t: tensor<8xi64>) -> tensor<8xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.map (%i) in [8] {
    %k = pat.at %t[%i] : tensor<8xi64>
    %n = arith.index_cast %k : i64 to index
    %v = pat.at %x map affine_map<(d0) -> (d0 floordiv 4, d0 mod 4)> (%n) else %zero : tensor<2x4xi32>
    pat.yield %v : i32
  } : tensor<8xi32>
  return %y : tensor<8xi32>
}
