// RUN: jacquard-opt %s --pat-flatten --pat-verify-flat | FileCheck %s

// Two folds and a map over the rows: three patterns; the capture of cheap code is copied, folds are read.
// CHECK-LABEL: @softmax
// CHECK:       %[[MAX:.*]] = pat.map (%[[R:.*]]) in [4] {
// CHECK:         %[[F:.*]] = pat.fold
// CHECK:         pat.yield %[[F]]
// CHECK:       %[[SUM:.*]] = pat.map (%[[R:.*]]) in [4] {
// CHECK:         %[[M:.*]] = pat.at %[[MAX]][%[[R]]]
// CHECK:         pat.fold
// CHECK:           arith.subf %{{.*}}, %[[M]]
// CHECK:           math.exp
// CHECK:       %[[OUT:.*]] = pat.map (%[[R:.*]], %[[C:.*]]) in [4, 8] {
// CHECK-DAG:     pat.at %[[MAX]][%[[R]]]
// CHECK-DAG:     pat.at %[[SUM]][%[[R]]]
// CHECK-DAG:     pat.at %arg0[%[[R]], %[[C]]]
// CHECK:         arith.divf
// CHECK:       } : tensor<4x8xf32>
// CHECK:       return %[[OUT]]
func.func @softmax(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %y = pat.map (%r) in [4] {
    %m = pat.fold (%c) in [8] init (%low : f32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xf32>
      pat.yield %v : f32
    } combine (%a, %b) {
      %t = arith.maximumf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %s = pat.fold (%c) in [8] init (%zero : f32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      pat.yield %e : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %q = pat.map (%c) in [8] {
      %v = pat.at %x[%r, %c] : tensor<4x8xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      %o = arith.divf %e, %s : f32
      pat.yield %o : f32
    } : tensor<8xf32>
    pat.yield %q : tensor<8xf32>
  } : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A captured special function is stored, not computed eight times as often.
// CHECK-LABEL: @expensive_capture
// CHECK:       %[[E:.*]] = pat.map (%[[R:.*]]) in [4] {
// CHECK:         math.exp
// CHECK:       pat.map (%[[R:.*]], %[[C:.*]]) in [4, 8] {
// CHECK-NOT:     math.exp
// CHECK:         pat.at %[[E]][%[[R]]]
// CHECK:         arith.mulf
func.func @expensive_capture(%x: tensor<4xf32>, %z: tensor<8xf32>) -> tensor<4x8xf32> {
  %y = pat.map (%r) in [4] {
    %v = pat.at %x[%r] : tensor<4xf32>
    %e = math.exp %v : f32
    %q = pat.map (%c) in [8] {
      %w = pat.at %z[%c] : tensor<8xf32>
      %o = arith.mulf %e, %w : f32
      pat.yield %o : f32
    } : tensor<8xf32>
    pat.yield %q : tensor<8xf32>
  } : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Sums of sums are one sum, in a map of rank 0.
// CHECK-LABEL: @fold_of_fold
// CHECK:       %[[S:.*]] = pat.map () in [] {
// CHECK:         pat.fold (%[[R:.*]], %[[C:.*]]) in [4, 8]
// CHECK-NOT:     pat.fold
// CHECK:           pat.at %arg0[%[[R]], %[[C]]]
// CHECK:       %[[V:.*]] = pat.at %[[S]][]
// CHECK:       return %[[V]]
func.func @fold_of_fold(%x: tensor<4x8xi32>) -> i32 {
  %zero = arith.constant 0 : i32
  %s = pat.fold (%r) in [4] init (%zero : i32) {
    %t = pat.fold (%c) in [8] init (%zero : i32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%a, %b) {
      %u = arith.addi %a, %b : i32
      pat.yield %u : i32
    } : i32
    pat.yield %t : i32
  } combine (%a, %b) {
    %u = arith.addi %a, %b : i32
    pat.yield %u : i32
  } : i32
  return %s : i32
}

// The largest of sums is no single fold: the inner one is stored.
// CHECK-LABEL: @fold_of_other_fold
// CHECK:       %[[SUMS:.*]] = pat.map (%{{.*}}) in [4] {
// CHECK:         arith.addi
// CHECK:       pat.map () in [] {
// CHECK:         pat.fold (%[[R:.*]]) in [4]
// CHECK:           pat.at %[[SUMS]][%[[R]]]
// CHECK:           arith.maxsi
func.func @fold_of_other_fold(%x: tensor<4x8xi32>) -> i32 {
  %zero = arith.constant 0 : i32
  %low = arith.constant -2147483648 : i32
  %s = pat.fold (%r) in [4] init (%low : i32) {
    %t = pat.fold (%c) in [8] init (%zero : i32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%a, %b) {
      %u = arith.addi %a, %b : i32
      pat.yield %u : i32
    } : i32
    pat.yield %t : i32
  } combine (%a, %b) {
    %u = arith.maxsi %a, %b : i32
    pat.yield %u : i32
  } : i32
  return %s : i32
}

// Scans take the outer index as a dimension; captured and constant tensors are spread over it; a fold may stay.
// CHECK-LABEL: @tensor_yields
// CHECK:       %[[K:.*]] = arith.constant dense<[1, 2]>
// CHECK:       %[[SCAN:.*]] = pat.scan (%{{.*}}, %{{.*}}) in [4, 6] dim 1
// CHECK:       %[[A:.*]] = pat.map (%{{.*}}, %[[J:.*]]) in [4, 2] {
// CHECK:         pat.at %[[K]][%[[J]]]
// CHECK:       %[[B:.*]] = pat.map (%{{.*}}, %[[J:.*]]) in [4, 6] {
// CHECK:         pat.at %arg1[%[[J]]]
// CHECK:       %[[F:.*]] = pat.map (%[[I:.*]]) in [4] {
// CHECK:         pat.fold (%[[C:.*]]) in [6]
// CHECK:           pat.at %[[SCAN]][%[[I]], %[[C]]]
// CHECK:       return %[[SCAN]], %[[F]], %[[A]], %[[B]]
func.func @tensor_yields(%x: tensor<4x6xi32>, %b: tensor<6xi32>)
    -> (tensor<4x6xi32>, tensor<4xi32>, tensor<4x2xi32>, tensor<4x6xi32>) {
  %k = arith.constant dense<[1, 2]> : tensor<2xi32>
  %zero = arith.constant 0 : i32
  %y:4 = pat.map (%r) in [4] {
    %s = pat.scan (%c) in [6] dim 0 init (%zero : i32) {
      %v = pat.at %x[%r, %c] : tensor<4x6xi32>
      pat.yield %v : i32
    } combine (%p, %q) {
      %t = arith.addi %p, %q : i32
      pat.yield %t : i32
    } : tensor<6xi32>
    %f = pat.fold (%c) in [6] init (%zero : i32) {
      %v = pat.at %s[%c] : tensor<6xi32>
      pat.yield %v : i32
    } combine (%p, %q) {
      %t = arith.addi %p, %q : i32
      pat.yield %t : i32
    } : i32
    pat.yield %s, %f, %k, %b : tensor<6xi32>, i32, tensor<2xi32>, tensor<6xi32>
  } : tensor<4x6xi32>, tensor<4xi32>, tensor<4x2xi32>, tensor<4x6xi32>
  return %y#0, %y#1, %y#2, %y#3 : tensor<4x6xi32>, tensor<4xi32>, tensor<4x2xi32>, tensor<4x6xi32>
}

// A histogram per row is one group_by whose first key is the row.
// CHECK-LABEL: @nested_group_by
// CHECK:       %[[H:.*]] = pat.group_by (%[[R:.*]], %[[I:.*]]) in [3, 9] keys [3, 5]
// CHECK:         %[[V:.*]] = pat.at %arg0[%[[R]], %[[I]]]
// CHECK:         %[[K:.*]] = arith.index_cast %[[V]]
// CHECK:         pat.yield %[[R]], %[[K]], %{{.*}} : index, index, i32
// CHECK:       return %[[H]]
func.func @nested_group_by(%x: tensor<3x9xi32>) -> tensor<3x5xi32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %y = pat.map (%r) in [3] {
    %h = pat.group_by (%i) in [9] keys [5] init (%zero : i32) drop {
      %v = pat.at %x[%r, %i] : tensor<3x9xi32>
      %k = arith.index_cast %v : i32 to index
      pat.yield %k, %one : index, i32
    } combine (%a, %b) {
      %t = arith.addi %a, %b : i32
      pat.yield %t : i32
    } : tensor<5xi32>
    pat.yield %h : tensor<5xi32>
  } : tensor<3x5xi32>
  return %y : tensor<3x5xi32>
}

// Maps in the body of an iterate stand in a scope of their own; the scalar of the function sinks.
// CHECK-LABEL: @iterate_scope
// CHECK:       pat.iterate
// CHECK:         %[[E:.*]] = pat.map (%{{.*}}) in [4] {
// CHECK:           pat.fold
// CHECK:         pat.map (%[[I:.*]], %[[J:.*]]) in [4, 4] {
// CHECK:           pat.at %[[E]][%[[I]]]
// CHECK:       pat.map (%{{.*}}) in [4] {
// CHECK:         pat.at %arg1[]
// CHECK:         arith.addi
func.func @iterate_scope(%x: tensor<4x4xi32>, %s: tensor<i32>) -> (tensor<4x4xi32>, tensor<4xi32>) {
  %zero = arith.constant 0 : i32
  %true = arith.constant true
  %y = pat.iterate (%n) max 3 carry (%c = %x : tensor<4x4xi32>) {
    %z = pat.map (%i) in [4] {
      %f = pat.fold (%k) in [4] init (%zero : i32) {
        %v = pat.at %c[%i, %k] : tensor<4x4xi32>
        pat.yield %v : i32
      } combine (%a, %b) {
        %t = arith.addi %a, %b : i32
        pat.yield %t : i32
      } : i32
      %m = pat.map (%j) in [4] {
        %v = pat.at %c[%j, %i] : tensor<4x4xi32>
        %w = arith.subi %v, %f : i32
        pat.yield %w : i32
      } : tensor<4xi32>
      pat.yield %m : tensor<4xi32>
    } : tensor<4x4xi32>
    pat.yield %true, %z : i1, tensor<4x4xi32>
  }
  %v = pat.at %s[] : tensor<i32>
  %w = arith.addi %v, %v : i32
  %o = pat.map (%i) in [4] {
    pat.yield %w : i32
  } : tensor<4xi32>
  return %y, %o : tensor<4x4xi32>, tensor<4xi32>
}

// A flat function stays as it is.
// CHECK-LABEL: @already_flat
// CHECK:       pat.map (%{{.*}}) in [4] {
// CHECK-NEXT:    %[[V:.*]] = pat.at
// CHECK-NEXT:    %[[F:.*]] = pat.fold
// CHECK:         %[[P:.*]] = arith.muli %[[F]], %[[V]]
// CHECK-NEXT:    pat.yield %[[P]]
func.func @already_flat(%x: tensor<4x6xi32>, %s: tensor<4xi32>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.map (%r) in [4] {
    %v = pat.at %s[%r] : tensor<4xi32>
    %f = pat.fold (%c) in [6] init (%zero : i32) {
      %w = pat.at %x[%r, %c] : tensor<4x6xi32>
      pat.yield %w : i32
    } combine (%p, %q) {
      %t = arith.addi %p, %q : i32
      pat.yield %t : i32
    } : i32
    %o = arith.muli %f, %v : i32
    pat.yield %o : i32
  } : tensor<4xi32>
  return %y : tensor<4xi32>
}
