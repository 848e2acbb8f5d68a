// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// The table goes to a scratchpad; the row is computed from an index that comes straight from DRAM, a row outside reads the else
// value.
// CHECK:       pipe.section "map_0"
// CHECK:         %[[T:.*]] = pipe.buffer depth 1 : memref<10x20xf32, strided<[20, 1]>, "scratchpad">
// CHECK:         pipe.stage [7, 20] roles [time, lanes] reductions 0 {
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index, %[[J:.*]]: index):
// CHECK-NEXT:      %[[N:.*]] = pipe.read %{{.*}} map #{{.*}}(%[[I]]) : memref<7xi64, "dram"> -> i64
// CHECK-NEXT:      %[[K:.*]] = arith.index_cast %[[N]] : i64 to index
// CHECK:           %[[V:.*]] = pipe.read %[[T]] map #{{.*}}({{.*}}) else 0.000000e+00 : f32
// CHECK-NEXT:      pipe.write %[[V]] to %{{.*}} map #{{.*}}(%[[I]], %[[J]]) : f32, memref<7x20xf32, "dram">
func.func @main(%table: tensor<10x20xf32>, %index: tensor<7xi64>) -> tensor<7x20xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i, %j) in [7, 20] {
    %k = pat.at %index[%i] : tensor<7xi64>
    %row = arith.index_cast %k : i64 to index
    %v = pat.at %table[%row, %j] else %zero : tensor<10x20xf32>
    pat.yield %v : f32
  } : tensor<7x20xf32>
  return %r : tensor<7x20xf32>
}
