// RUN: jacquard-opt %s | jacquard-opt | FileCheck %s
// RUN: jacquard-opt %s --mlir-print-op-generic | jacquard-opt | FileCheck %s

// CHECK-LABEL: func @matmul
// CHECK-SAME: (%[[A:.*]]: tensor<64x128xf32>, %[[B:.*]]: tensor<128x32xf32>)
func.func @matmul(%A: tensor<64x128xf32>, %B: tensor<128x32xf32>) -> tensor<64x32xf32> {
  %zero = arith.constant 0.0 : f32
  // CHECK: %{{.*}} = pat.map (%[[I:.*]], %[[J:.*]]) in [64, 32] {
  %c = pat.map (%i, %j) in [64, 32] {
    // CHECK-NEXT: %{{.*}} = pat.fold (%[[K:.*]]) in [128] init (%{{.*}} : f32) {
    %s = pat.fold (%k) in [128] init (%zero : f32) {
      // CHECK-NEXT: pat.at %[[A]][%[[I]], %[[K]]] : tensor<64x128xf32>
      %a = pat.at %A[%i, %k] : tensor<64x128xf32>
      %b = pat.at %B[%k, %j] : tensor<128x32xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    // CHECK: } combine (%[[X:.*]], %[[Y:.*]]) {
    } combine (%x, %y) {
      // CHECK-NEXT: arith.addf %[[X]], %[[Y]] : f32
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    // CHECK: } : f32
    } : f32
    pat.yield %s : f32
  // CHECK: } : tensor<64x32xf32>
  } : tensor<64x32xf32>
  return %c : tensor<64x32xf32>
}

// A map without dimensions, a map of a map, two results, attributes.
// CHECK-LABEL: func @map_forms
func.func @map_forms(%x: f32) -> (tensor<f32>, tensor<2x3xf32>, tensor<2xi1>) {
  // CHECK: pat.map () in [] {
  %r = pat.map () in [] {
    pat.yield %x : f32
  } : tensor<f32>
  // CHECK: %[[M:.*]]:2 = pat.map (%{{.*}}) in [2] attributes {note = "n"} {
  %m:2 = pat.map (%i) in [2] attributes {note = "n"} {
    %inner = pat.map (%j) in [3] {
      pat.yield %x : f32
    } : tensor<3xf32>
    %c = arith.cmpf ogt, %x, %x : f32
    // CHECK: pat.yield %{{.*}}, %{{.*}} : tensor<3xf32>, i1
    pat.yield %inner, %c : tensor<3xf32>, i1
  // CHECK: } : tensor<2x3xf32>, tensor<2xi1>
  } : tensor<2x3xf32>, tensor<2xi1>
  return %r, %m#0, %m#1 : tensor<f32>, tensor<2x3xf32>, tensor<2xi1>
}

// CHECK-LABEL: func @argmax
func.func @argmax(%X: tensor<9xf32>) -> (f32, index) {
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : index
  // CHECK: pat.fold (%{{.*}}) in [9] init (%{{.*}}, %{{.*}} : f32, index) {
  %r:2 = pat.fold (%i) in [9] init (%low, %none : f32, index) {
    %x = pat.at %X[%i] : tensor<9xf32>
    pat.yield %x, %i : f32, index
  // CHECK: combine (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
  } combine (%a, %ia, %b, %ib) {
    %c = arith.cmpf oge, %a, %b : f32
    %v = arith.select %c, %a, %b : f32
    %i = arith.select %c, %ia, %ib : index
    pat.yield %v, %i : f32, index
  // CHECK: } : f32, index
  } : f32, index
  return %r#0, %r#1 : f32, index
}

// CHECK-LABEL: func @histogram
func.func @histogram(%X: tensor<1000xi32>) -> (tensor<10xi32>, tensor<2x5xi32>) {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %c0 = arith.constant 0 : index
  // CHECK: pat.group_by (%{{.*}}) in [1000] keys [10] init (%{{.*}} : i32) drop {
  %h = pat.group_by (%i) in [1000] keys [10] init (%zero : i32) drop {
    %v = pat.at %X[%i] : tensor<1000xi32>
    %k = arith.index_cast %v : i32 to index
    // CHECK: pat.yield %{{.*}}, %{{.*}} : index, i32
    pat.yield %k, %one : index, i32
  // CHECK: } combine (%{{.*}}, %{{.*}}) {
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  // CHECK: } : tensor<10xi32>
  } : tensor<10xi32>
  // CHECK: pat.group_by (%{{.*}}) in [1000] keys [2, 5] init (%{{.*}} : i32) trap {
  %g = pat.group_by (%i) in [1000] keys [2, 5] init (%zero : i32) trap {
    pat.yield %c0, %c0, %one : index, index, i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<2x5xi32>
  return %h, %g : tensor<10xi32>, tensor<2x5xi32>
}

// CHECK-LABEL: func @filter
func.func @filter(%X: tensor<100xf32>) -> (tensor<50xf32>, index) {
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[V:.*]], %[[N:.*]] = pat.filter (%{{.*}}) in [100] capacity 50 {
  %v, %n = pat.filter (%i) in [100] capacity 50 {
    %x = pat.at %X[%i] : tensor<100xf32>
    %c = arith.cmpf ogt, %x, %zero : f32
    pat.yield %c, %x : i1, f32
  // CHECK: } : tensor<50xf32>, index
  } : tensor<50xf32>, index
  // CHECK: return %[[V]], %[[N]]
  return %v, %n : tensor<50xf32>, index
}

// CHECK-LABEL: func @flat_map
func.func @flat_map(%X: tensor<100xi32>) -> (tensor<200xi32>, index) {
  %c2 = arith.constant 2 : index
  // CHECK: pat.flat_map (%{{.*}}) in [100] capacity 200 {
  %v, %n = pat.flat_map (%i) in [100] capacity 200 {
    %x = pat.at %X[%i] : tensor<100xi32>
    %two = pat.map (%k) in [2] {
      pat.yield %x : i32
    } : tensor<2xi32>
    // CHECK: pat.yield %{{.*}}, %{{.*}} : index, tensor<2xi32>
    pat.yield %c2, %two : index, tensor<2xi32>
  // CHECK: } : tensor<200xi32>, index
  } : tensor<200xi32>, index
  return %v, %n : tensor<200xi32>, index
}

// CHECK-LABEL: func @scan
func.func @scan(%X: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %zero = arith.constant 0.0 : f32
  // CHECK: pat.scan (%{{.*}}, %{{.*}}) in [8, 16] dim 1 init (%{{.*}} : f32) {
  %s = pat.scan (%i, %j) in [8, 16] dim 1 init (%zero : f32) {
    %x = pat.at %X[%i, %j] : tensor<8x16xf32>
    pat.yield %x : f32
  } combine (%a, %b) {
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  // CHECK: } : tensor<8x16xf32>
  } : tensor<8x16xf32>
  // CHECK: pat.scan (%{{.*}}, %{{.*}}) in [8, 16] dim 0 init (%{{.*}} : f32) exclusive reverse {
  %t = pat.scan (%i, %j) in [8, 16] dim 0 init (%zero : f32) exclusive reverse {
    %x = pat.at %X[%i, %j] : tensor<8x16xf32>
    pat.yield %x : f32
  } combine (%a, %b) {
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  } : tensor<8x16xf32>
  return %s, %t : tensor<8x16xf32>, tensor<8x16xf32>
}

// CHECK-LABEL: func @iterate
func.func @iterate(%a: f32, %T: tensor<4xf32>) -> (f32, tensor<4xf32>) {
  %half = arith.constant 0.5 : f32
  // CHECK: %{{.*}}:2 = pat.iterate (%{{.*}}) max 20 carry (%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}} : f32, tensor<4xf32>) {
  %r:2 = pat.iterate (%n) max 20 carry (%x = %a, %t = %T : f32, tensor<4xf32>) {
    %q = arith.divf %a, %x : f32
    %s = arith.addf %x, %q : f32
    %y = arith.mulf %s, %half : f32
    %go = arith.cmpf une, %x, %y : f32
    // CHECK: pat.yield %{{.*}}, %{{.*}}, %{{.*}} : i1, f32, tensor<4xf32>
    pat.yield %go, %y, %t : i1, f32, tensor<4xf32>
  // CHECK-NEXT: }
  }
  return %r#0, %r#1 : f32, tensor<4xf32>
}

// CHECK-LABEL: func @at
func.func @at(%X: tensor<8x8xf32>, %S: tensor<f32>, %i: index, %k: index, %zero: f32) -> (f32, f32, f32, f32) {
  // CHECK: pat.at %{{.*}}[%{{.*}}, %{{.*}}] : tensor<8x8xf32>
  %a = pat.at %X[%i, %k] : tensor<8x8xf32>
  // CHECK: pat.at %{{.*}} map #{{.*}} (%{{.*}}, %{{.*}}) else %{{.*}} : tensor<8x8xf32>
  %b = pat.at %X map affine_map<(d0, d1) -> (d0 + d1 - 1, d1)> (%i, %k) else %zero : tensor<8x8xf32>
  // CHECK: pat.at %{{.*}}[] : tensor<f32>
  %c = pat.at %S[] : tensor<f32>
  // CHECK: pat.at %{{.*}}[%{{.*}}, %{{.*}}] else %{{.*}} {note} : tensor<8x8xf32>
  %d = pat.at %X[%i, %k] else %zero {note} : tensor<8x8xf32>
  return %a, %b, %c, %d : f32, f32, f32, f32
}
