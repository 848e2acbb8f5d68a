// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Any i64 may come from DRAM.
// CHECK: pipe.section "map_0"{{.*}} wide
func.func @main(%x: tensor<40xi64>, %ids: tensor<7xi64>, %t: tensor<40xf32>, %s: tensor<8x100xi8>, %d: tensor<9xf32>)
    -> (tensor<40xi64>, tensor<7xf32>, tensor<8xi64>, tensor<8xi64>, tensor<9xf32>) {
  %copy = pat.map (%i) in [40] {
    %v = pat.at %x[%i] : tensor<40xi64>
    pat.yield %v : i64
  } : tensor<40xi64>
  // An index saturates.
  // CHECK-NOT: wide
  // CHECK: pipe.section "map_1"
  // CHECK-NOT: wide
  %zero = arith.constant 0.0 : f32
  %rows = pat.map (%i) in [7] {
    %id = pat.at %ids[%i] : tensor<7xi64>
    %k = arith.index_cast %id : i64 to index
    %v = pat.at %t[%k] else %zero : tensor<40xf32>
    pat.yield %v : f32
  } : tensor<7xf32>
  // A loop's index, and a sum of few small numbers, fit.
  // CHECK: pipe.section "map_2"
  // CHECK-NOT: wide
  %zero64 = arith.constant 0 : i64
  %small = pat.map (%i) in [8] {
    %sum = pat.fold (%k) in [100] init (%zero64 : i64) {
      %b = pat.at %s[%i, %k] : tensor<8x100xi8>
      %w = arith.extsi %b : i8 to i64
      pat.yield %w : i64
    } combine (%l, %r) {
      %n = arith.addi %l, %r : i64
      pat.yield %n : i64
    } : i64
    pat.yield %sum : i64
  } : tensor<8xi64>
  // The eighth power of a byte does not, and f64 never does; the two share a section.
  // CHECK: pipe.section "map_3"{{.*}} wide
  %square = pat.map (%i) in [8] {
    %b = pat.at %s[%i, %i] : tensor<8x100xi8>
    %w = arith.extsi %b : i8 to i64
    %2 = arith.muli %w, %w : i64
    %4 = arith.muli %2, %2 : i64
    %8 = arith.muli %4, %4 : i64
    pat.yield %8 : i64
  } : tensor<8xi64>
  %double = pat.map (%i) in [9] {
    %v = pat.at %d[%i] : tensor<9xf32>
    %e = arith.extf %v : f32 to f64
    %q = math.exp %e : f64
    %r = arith.truncf %q : f64 to f32
    pat.yield %r : f32
  } : tensor<9xf32>
  return %copy, %rows, %small, %square, %double : tensor<40xi64>, tensor<7xf32>, tensor<8xi64>, tensor<8xi64>, tensor<9xf32>
}
