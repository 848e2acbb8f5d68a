// RUN: jacquard-opt %s --pat-fuse --pat-verify-flat | FileCheck %s
// RUN: jacquard-opt %s --pat-fuse="max-ops=1" | FileCheck %s --check-prefix=LIMIT

// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1) -> (d0 + d1 - 1)>
// CHECK-DAG: #[[SHIFT:.*]] = affine_map<(d0) -> (d0 + 3)>

// Two reshapes that undo each other leave no trace.
// CHECK-LABEL: @reshape_of_reshape
// CHECK-NEXT:  pat.map (%[[I:.*]], %[[J:.*]]) in [4, 6] {
// CHECK-NEXT:    %[[V:.*]] = pat.at %arg0[%[[I]], %[[J]]]
// CHECK-NEXT:    math.exp %[[V]]
func.func @reshape_of_reshape(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %a = pat.map (%i) in [24] {
    %v = pat.at %x map affine_map<(d0) -> (d0 floordiv 6, d0 mod 6)> (%i) : tensor<4x6xf32>
    pat.yield %v : f32
  } : tensor<24xf32>
  %b = pat.map (%i, %j, %k) in [2, 3, 4] {
    %v = pat.at %a map affine_map<(d0, d1, d2) -> (d0 * 12 + d1 * 4 + d2)> (%i, %j, %k) : tensor<24xf32>
    pat.yield %v : f32
  } : tensor<2x3x4xf32>
  %c = pat.map (%i, %j) in [4, 6] {
    %v = pat.at %b map affine_map<(d0, d1) -> ((d0 * 6 + d1) floordiv 12, ((d0 * 6 + d1) floordiv 4) mod 3, (d0 * 6 + d1) mod 4)> (%i, %j) : tensor<2x3x4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4x6xf32>
  return %c : tensor<4x6xf32>
}

// Bias and relu become the epilogue of the product; the relu before it stays, it would run five times per element.
// CHECK-LABEL: @matmul_bias_relu
// CHECK:       %[[X:.*]] = pat.map
// CHECK:         arith.maximumf
// CHECK:       %[[O:.*]] = pat.map (%[[I:.*]], %[[J:.*]]) in [4, 5] {
// CHECK:         %[[F:.*]] = pat.fold (%[[K:.*]]) in [6]
// CHECK:           pat.at %[[X]][%[[I]], %[[K]]]
// CHECK-NOT:       maximumf
// CHECK:         } : f32
// CHECK-NEXT:    %[[B:.*]] = pat.at %arg2[%[[J]]]
// CHECK-NEXT:    %[[S:.*]] = arith.addf %[[F]], %[[B]]
// CHECK-NEXT:    arith.maximumf %[[S]]
// CHECK-NOT:   pat.map
// CHECK:       return %[[O]]
func.func @matmul_bias_relu(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %b: tensor<5xf32>) -> tensor<4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i, %k) in [4, 6] {
    %v = pat.at %x[%i, %k] : tensor<4x6xf32>
    %v2 = arith.maximumf %v, %zero : f32
    pat.yield %v2 : f32
  } : tensor<4x6xf32>
  %m = pat.map (%i, %j) in [4, 5] {
    %f = pat.fold (%k) in [6] init (%zero : f32) {
      %v = pat.at %r[%i, %k] : tensor<4x6xf32>
      %u = pat.at %w[%k, %j] : tensor<6x5xf32>
      %p = arith.mulf %v, %u : f32
      pat.yield %p : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %f : f32
  } : tensor<4x5xf32>
  %a = pat.map (%i, %j) in [4, 5] {
    %v = pat.at %m[%i, %j] : tensor<4x5xf32>
    %c = pat.at %b[%j] : tensor<5xf32>
    %s = arith.addf %v, %c : f32
    pat.yield %s : f32
  } : tensor<4x5xf32>
  %o = pat.map (%i, %j) in [4, 5] {
    %v = pat.at %a[%i, %j] : tensor<4x5xf32>
    %s = arith.maximumf %v, %zero : f32
    pat.yield %s : f32
  } : tensor<4x5xf32>
  return %o : tensor<4x5xf32>
}

// Padding becomes the read's `else`; pads of one value combine, another value takes a select.
// CHECK-LABEL: @pads
// CHECK-DAG:   %[[ZERO:.*]] = arith.constant 0.0
// CHECK-DAG:   %[[ONE:.*]] = arith.constant 1.0
// CHECK:       pat.map (%[[I:.*]]) in [8] {
// CHECK:         pat.fold (%[[K:.*]]) in [3]
// CHECK:           pat.at %arg0 map #[[WINDOW]] (%[[I]], %[[K]]) else %[[ZERO]]
// CHECK:       pat.map (%[[I:.*]]) in [9] {
// CHECK:         %[[V:.*]] = pat.at %arg0 map #[[SHIFT]] (%[[I]]) else %[[ZERO]]
// CHECK:         %[[IN:.*]] = arith.cmpi ult
// CHECK:         %[[U:.*]] = arith.select %[[IN]], %[[V]], %[[ONE]]
// CHECK:         arith.addf %[[V]], %[[U]]
func.func @pads(%x: tensor<8xf32>, %w: tensor<3xf32>) -> (tensor<8xf32>, tensor<9xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %p = pat.map (%i) in [10] {
    %v = pat.at %x map affine_map<(d0) -> (d0 - 1)> (%i) else %zero : tensor<8xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %m = pat.map (%i) in [8] {
    %f = pat.fold (%k) in [3] init (%zero : f32) {
      %v = pat.at %p map affine_map<(d0, d1) -> (d0 + d1)> (%i, %k) : tensor<10xf32>
      %u = pat.at %w[%k] : tensor<3xf32>
      %t = arith.mulf %v, %u : f32
      pat.yield %t : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : f32
    pat.yield %f : f32
  } : tensor<8xf32>
  %q = pat.map (%i) in [9] {
    %v = pat.at %p map affine_map<(d0) -> (d0 + 4)> (%i) else %zero : tensor<10xf32>
    %u = pat.at %p map affine_map<(d0) -> (d0 + 4)> (%i) else %one : tensor<10xf32>
    %s = arith.addf %v, %u : f32
    pat.yield %s : f32
  } : tensor<9xf32>
  return %m, %q : tensor<8xf32>, tensor<9xf32>
}

// A gather goes where its elements are read as often as before.
// CHECK-LABEL: @gather_transpose
// CHECK-NEXT:  pat.map (%[[C:.*]], %[[R:.*]]) in [8, 4] {
// CHECK-NEXT:    %[[K:.*]] = pat.at %arg1[%[[R]]]
// CHECK-NEXT:    %[[N:.*]] = arith.index_cast %[[K]]
// CHECK-NEXT:    pat.at %arg0[%[[N]], %[[C]]]
func.func @gather_transpose(%x: tensor<100x8xf32>, %i: tensor<4xi64>) -> tensor<8x4xf32> {
  %g = pat.map (%r, %c) in [4, 8] {
    %k = pat.at %i[%r] : tensor<4xi64>
    %n = arith.index_cast %k : i64 to index
    %v = pat.at %x[%n, %c] : tensor<100x8xf32>
    pat.yield %v : f32
  } : tensor<4x8xf32>
  %t = pat.map (%c, %r) in [8, 4] {
    %v = pat.at %g[%r, %c] : tensor<4x8xf32>
    pat.yield %v : f32
  } : tensor<8x4xf32>
  return %t : tensor<8x4xf32>
}

// One read per element: the exponential goes into the sum.
// CHECK-LABEL: @exp_into_sum
// CHECK-NEXT:  arith.constant
// CHECK-NEXT:  pat.map
// CHECK-NEXT:    pat.fold
// CHECK-NEXT:      pat.at %arg0
// CHECK-NEXT:      math.exp
func.func @exp_into_sum(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = pat.map (%i, %j) in [4, 8] {
    %v = pat.at %x[%i, %j] : tensor<4x8xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4x8xf32>
  %s = pat.map (%i) in [4] {
    %f = pat.fold (%k) in [8] init (%zero : f32) {
      %v = pat.at %e[%i, %k] : tensor<4x8xf32>
      pat.yield %v : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %f : f32
  } : tensor<4xf32>
  return %s : tensor<4xf32>
}

// Must not: the exponential has a second consumer; both would compute it.
// CHECK-LABEL: @exp_of_two_consumers
// CHECK:       %[[E:.*]] = pat.map
// CHECK:         math.exp
// CHECK:       pat.map
// CHECK:         pat.fold
// CHECK:           pat.at %[[E]]
// CHECK-NOT:   math.exp
// CHECK:       return
func.func @exp_of_two_consumers(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = pat.map (%i, %j) in [4, 8] {
    %v = pat.at %x[%i, %j] : tensor<4x8xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4x8xf32>
  %s = pat.map (%i) in [4] {
    %f = pat.fold (%k) in [8] init (%zero : f32) {
      %v = pat.at %e[%i, %k] : tensor<4x8xf32>
      pat.yield %v : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %f : f32
  } : tensor<4xf32>
  %d = pat.map (%i, %j) in [4, 8] {
    %v = pat.at %e[%i, %j] : tensor<4x8xf32>
    %a = pat.at %s[%i] : tensor<4xf32>
    %w = arith.divf %v, %a : f32
    pat.yield %w : f32
  } : tensor<4x8xf32>
  return %s, %d : tensor<4xf32>, tensor<4x8xf32>
}

// Must not: the sum is read by a map of more points.
// CHECK-LABEL: @no_epilogue
// CHECK:       %[[S:.*]] = pat.map
// CHECK:         pat.fold
// CHECK:       pat.map
// CHECK-NOT:     pat.fold
// CHECK:         pat.at %[[S]]
func.func @no_epilogue(%x: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %zero = arith.constant 0 : i32
  %s = pat.map (%i) in [4] {
    %f = pat.fold (%k) in [8] init (%zero : i32) {
      %v = pat.at %x[%i, %k] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%p, %q) {
      %t = arith.addi %p, %q : i32
      pat.yield %t : i32
    } : i32
    pat.yield %f : i32
  } : tensor<4xi32>
  %d = pat.map (%i, %j) in [4, 8] {
    %v = pat.at %x[%i, %j] : tensor<4x8xi32>
    %a = pat.at %s[%i] : tensor<4xi32>
    %w = arith.subi %v, %a : i32
    pat.yield %w : i32
  } : tensor<4x8xi32>
  return %d : tensor<4x8xi32>
}

// Must not: a guarded read would divide by the zero that it brings in.
// CHECK-LABEL: @division_behind_a_guard
// CHECK:       %[[Q:.*]] = pat.map
// CHECK:         arith.divsi
// CHECK:       pat.map
// CHECK:         pat.at %[[Q]] map #{{.*}} else
func.func @division_behind_a_guard(%x: tensor<8xi32>, %y: tensor<8xi32>) -> tensor<8xi32> {
  %zero = arith.constant 0 : i32
  %q = pat.map (%i) in [8] {
    %a = pat.at %x[%i] : tensor<8xi32>
    %b = pat.at %y[%i] : tensor<8xi32>
    %d = arith.divsi %a, %b : i32
    pat.yield %d : i32
  } : tensor<8xi32>
  %s = pat.map (%i) in [8] {
    %v = pat.at %q map affine_map<(d0) -> (d0 + 1)> (%i) else %zero : tensor<8xi32>
    pat.yield %v : i32
  } : tensor<8xi32>
  return %s : tensor<8xi32>
}

// Equal patterns become one.
// CHECK-LABEL: @equal_maps
// CHECK:       %[[S:.*]] = pat.map
// CHECK-NOT:   pat.map
// CHECK:       return %[[S]], %[[S]]
func.func @equal_maps(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4xf32>
  %b = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// Must not: with --max-ops=1 the second op does not fit.
// LIMIT-LABEL: @chain
// LIMIT:       pat.map
// LIMIT:         math.exp
// LIMIT:       pat.map
// LIMIT:         math.tanh
// CHECK-LABEL: @chain
// CHECK:       math.exp
// CHECK-NEXT:  math.tanh
func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = pat.map (%i) in [4] {
    %v = pat.at %x[%i] : tensor<4xf32>
    %w = math.exp %v : f32
    pat.yield %w : f32
  } : tensor<4xf32>
  %b = pat.map (%i) in [4] {
    %v = pat.at %a[%i] : tensor<4xf32>
    %w = math.tanh %v : f32
    pat.yield %w : f32
  } : tensor<4xf32>
  return %b : tensor<4xf32>
}
