// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// A trip changes one row of what the loop carries: only that is computed and written, where the trip says. All rows are
// written, so nobody sees what was there before.
// CHECK:       affine_map<(d0, d1) -> (d0 + d1 * 16)>
// CHECK-LABEL: @row
// CHECK-NOT:   pipe.section
// CHECK:       pipe.loop max 8
// CHECK-NEXT:  pipe.section "map_0"
// CHECK:       pipe.stage [16] roles [lanes]
// CHECK:       %[[N:.*]] = arith.index_cast
// CHECK:       pipe.write %{{.*}} to %{{.*}} map #{{.*}}(%{{.*}}, %[[N]]) : f32
// CHECK-NOT:   pipe.write
func.func @row(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %go = arith.constant true
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %r = pat.iterate (%n) max 8 carry (%t = %zero : tensor<8x16xf32>) {
    %next = pat.map (%i, %j) in [8, 16] {
      %same = arith.cmpi eq, %i, %n : index
      %v = pat.at %x[%n, %j] : tensor<8x16xf32>
      %w = arith.addf %v, %v : f32
      %old = pat.at %t[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %w, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    pat.yield %go, %next : i1, tensor<8x16xf32>
  }
  return %r : tensor<8x16xf32>
}

// -----

// A column, counted from the end. The first stays what it was.
// CHECK-LABEL: @column
// CHECK:       pipe.section "map_0"
// CHECK:       pipe.loop max 15
// CHECK:       %[[LAST:.*]] = arith.subi
// CHECK:       pipe.write %{{.*}} to %{{.*}} map #{{.*}}(%{{.*}}, %[[LAST]])
func.func @column(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %go = arith.constant true
  %c15 = arith.constant 15 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %r = pat.iterate (%n) max 15 carry (%t = %zero : tensor<8x16xf32>) {
    %next = pat.map (%i, %j) in [8, 16] {
      %last = arith.subi %c15, %n : index
      %same = arith.cmpi eq, %last, %j : index
      %v = pat.at %x[%i, %n] : tensor<8x16xf32>
      %old = pat.at %t[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %v, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    pat.yield %go, %next : i1, tensor<8x16xf32>
  }
  return %r : tensor<8x16xf32>
}

// -----

// What is new depends on the row, or another trip's row is kept: all points are computed.
// CHECK-LABEL: @all_rows
// CHECK:       pipe.loop max 8
// CHECK:       pipe.stage {{.*}}
// CHECK:       arith.select
// CHECK:       pipe.write
// CHECK:       arith.select
// CHECK:       pipe.write
func.func @all_rows(%x: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %go = arith.constant true
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %r:2 = pat.iterate (%n) max 8 carry (%t = %zero, %u = %zero : tensor<8x16xf32>, tensor<8x16xf32>) {
    %next = pat.map (%i, %j) in [8, 16] {
      %same = arith.cmpi eq, %i, %n : index
      %v = pat.at %x[%i, %j] : tensor<8x16xf32>
      %old = pat.at %t[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %v, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    %other = pat.map (%i, %j) in [8, 16] {
      %same = arith.cmpi ne, %i, %n : index
      %v = pat.at %x[%n, %j] : tensor<8x16xf32>
      %old = pat.at %u[%i, %j] : tensor<8x16xf32>
      %s = arith.select %same, %v, %old : f32
      pat.yield %s : f32
    } : tensor<8x16xf32>
    pat.yield %go, %next, %other : i1, tensor<8x16xf32>, tensor<8x16xf32>
  }
  return %r#0, %r#1 : tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

// A trip reads rows that no trip has written yet: they are set up.
// CHECK-LABEL: @early_reader
// CHECK:       pipe.section "map_0"
// CHECK:       pipe.loop max 8
func.func @early_reader() -> (tensor<8xf32>, tensor<f32>) {
  %go = arith.constant true
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %ones = arith.constant dense<1.0> : tensor<8xf32>
  %start = arith.constant dense<0.0> : tensor<f32>
  %r:2 = pat.iterate (%n) max 8 carry (%t = %ones, %s = %start : tensor<8xf32>, tensor<f32>) {
    %next = pat.map (%i) in [8] {
      %same = arith.cmpi eq, %i, %n : index
      %old = pat.at %t[%i] : tensor<8xf32>
      %v = arith.select %same, %zero, %old : f32
      pat.yield %v : f32
    } : tensor<8xf32>
    %sum = pat.map () in [] {
      %f = pat.fold (%k) in [8] init (%zero : f32) {
        %v = pat.at %next[%k] : tensor<8xf32>
        pat.yield %v : f32
      } combine (%a, %b) {
        %c = arith.addf %a, %b : f32
        pat.yield %c : f32
      } : f32
      pat.yield %f : f32
    } : tensor<f32>
    pat.yield %go, %next, %sum : i1, tensor<8xf32>, tensor<f32>
  }
  return %r#0, %r#1 : tensor<8xf32>, tensor<f32>
}

// -----

// A trip gives what it carries on as a row: whoever computes it stores both, without a stage in between.
// CHECK-LABEL: @gives_on
// CHECK:       pipe.loop max 4
// CHECK-NEXT:  pipe.section
// CHECK-NOT:   pipe.buffer
// CHECK:       pipe.stage
// CHECK:       %[[SUM:.*]] = arith.addf
// CHECK:       pipe.write %[[SUM]] to %{{.*}} map #{{.*}}(%{{.*}}) : f32, memref<32xf32
// CHECK:       %[[ROW:.*]] = arith.subi
// CHECK:       pipe.write %[[SUM]] to %{{.*}} map #{{.*}}(%{{.*}}, %[[ROW]]) : f32, memref<128xf32
// CHECK-NOT:   pipe.stage
// CHECK:       pipe.section
func.func @gives_on(%x: tensor<2x16xf32>) -> tensor<4x2x16xf32> {
  %go = arith.constant true
  %c3 = arith.constant 3 : index
  %zero = arith.constant dense<0.0> : tensor<2x16xf32>
  %rows = arith.constant dense<0.0> : tensor<4x2x16xf32>
  %r:2 = pat.iterate (%n) max 4 carry (%s = %zero, %t = %rows : tensor<2x16xf32>, tensor<4x2x16xf32>) {
    %sum = pat.map (%i, %j) in [2, 16] {
      %a = pat.at %s[%i, %j] : tensor<2x16xf32>
      %b = pat.at %x[%i, %j] : tensor<2x16xf32>
      %c = arith.addf %a, %b : f32
      pat.yield %c : f32
    } : tensor<2x16xf32>
    %next = pat.map (%k, %i, %j) in [4, 2, 16] {
      %row = arith.subi %c3, %n : index
      %same = arith.cmpi eq, %k, %row : index
      %v = pat.at %sum[%i, %j] : tensor<2x16xf32>
      %old = pat.at %t[%k, %i, %j] : tensor<4x2x16xf32>
      %w = arith.select %same, %v, %old : f32
      pat.yield %w : f32
    } : tensor<4x2x16xf32>
    pat.yield %go, %sum, %next : i1, tensor<2x16xf32>, tensor<4x2x16xf32>
  }
  %out = pat.map (%k, %i, %j) in [4, 2, 16] {
    %v = pat.at %r#1[%k, %i, %j] : tensor<4x2x16xf32>
    %w = pat.at %r#0[%i, %j] : tensor<2x16xf32>
    %u = arith.mulf %v, %w : f32
    pat.yield %u : f32
  } : tensor<4x2x16xf32>
  return %out : tensor<4x2x16xf32>
}

// -----

// The row takes the elements in another order: it is read from a scratchpad.
// CHECK-LABEL: @gives_on_transposed
// CHECK:       pipe.loop max 4
// CHECK:       pipe.buffer
// CHECK:       pipe.stage
// CHECK:       arith.addf
// CHECK:       pipe.stage
// CHECK:       pipe.write %{{.*}} to %{{.*}} map #{{.*}}(%{{.*}}, %{{.*}}) : f32, memref<128xf32
func.func @gives_on_transposed(%x: tensor<2x16xf32>) -> tensor<4x16x2xf32> {
  %go = arith.constant true
  %zero = arith.constant dense<0.0> : tensor<2x16xf32>
  %rows = arith.constant dense<0.0> : tensor<4x16x2xf32>
  %r:2 = pat.iterate (%n) max 4 carry (%s = %zero, %t = %rows : tensor<2x16xf32>, tensor<4x16x2xf32>) {
    %sum = pat.map (%i, %j) in [2, 16] {
      %a = pat.at %s[%i, %j] : tensor<2x16xf32>
      %b = pat.at %x[%i, %j] : tensor<2x16xf32>
      %c = arith.addf %a, %b : f32
      pat.yield %c : f32
    } : tensor<2x16xf32>
    %next = pat.map (%k, %j, %i) in [4, 16, 2] {
      %same = arith.cmpi eq, %k, %n : index
      %v = pat.at %sum[%i, %j] : tensor<2x16xf32>
      %old = pat.at %t[%k, %j, %i] : tensor<4x16x2xf32>
      %w = arith.select %same, %v, %old : f32
      pat.yield %w : f32
    } : tensor<4x16x2xf32>
    pat.yield %go, %sum, %next : i1, tensor<2x16xf32>, tensor<4x16x2xf32>
  }
  return %r#1 : tensor<4x16x2xf32>
}
