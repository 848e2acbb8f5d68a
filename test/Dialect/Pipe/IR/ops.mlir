// RUN: jacquard-opt %s | jacquard-opt | FileCheck %s
// RUN: jacquard-opt %s --mlir-print-op-generic | jacquard-opt | FileCheck %s

// CHECK-LABEL: func @tensors
func.func @tensors() {
  // CHECK: pipe.dram "input" "x" : memref<4x8xf32, "dram">
  %x = pipe.dram "input" "x" : memref<4x8xf32, "dram">
  // CHECK: pipe.dram "output" "y" : memref<f32, "dram">
  %y = pipe.dram "output" "y" : memref<f32, "dram">
  // CHECK: pipe.dram "constant" "w" = dense<1.000000e+00> : tensor<8xf32> : memref<8xf32, "dram">
  %w = pipe.dram "constant" "w" = dense<1.0> : tensor<8xf32> : memref<8xf32, "dram">
  // CHECK: pipe.dram "temporary" "t0" {note} : memref<4xi64, "dram">
  %t = pipe.dram "temporary" "t0" {note} : memref<4xi64, "dram">
  return
}

// A matrix product on two units: a tile of rows per unit, columns over lanes, six rows over slots.
// CHECK-LABEL: func @matmul
// CHECK-SAME:  (%[[A:.*]]: memref<24x16xf32, "dram">, %[[B:.*]]: memref<16x32xf32, "dram">, %[[C:.*]]: memref<24x32xf32, "dram">)
func.func @matmul(%A: memref<24x16xf32, "dram">, %B: memref<16x32xf32, "dram">, %C: memref<24x32xf32, "dram">) {
  // CHECK: pipe.section "matmul"(%[[A]], %[[B]], %[[C]]) units 2 attributes {bound = "compute", predicted_cycles = 64 : i64} {
  // CHECK-NEXT: ^bb0(%[[A1:.*]]: memref<24x16xf32, "dram">, %[[B1:.*]]: memref<16x32xf32, "dram">, %[[C1:.*]]: memref<24x32xf32, "dram">, %[[UNIT:.*]]: index):
  pipe.section "matmul" (%A, %B, %C) units 2 attributes {bound = "compute", predicted_cycles = 64 : i64} {
  ^bb0(%a: memref<24x16xf32, "dram">, %b: memref<16x32xf32, "dram">, %c: memref<24x32xf32, "dram">, %unit: index):
    // CHECK-NEXT: %[[NEAR_B:.*]] = pipe.buffer depth 1 : memref<16x32xf32, strided<[33, 1]>, "scratchpad">
    %nb = pipe.buffer depth 1 : memref<16x32xf32, strided<[33, 1]>, "scratchpad">
    // CHECK-NEXT: pipe.load %[[B1]] map #{{.*}}() else 0.000000e+00 : f32 to %[[NEAR_B]]
    pipe.load %b map affine_map<() -> (0, 0)>() else 0.0 : f32 to %nb : memref<16x32xf32, "dram">, memref<16x32xf32, strided<[33, 1]>, "scratchpad">
    // CHECK-NEXT: pipe.metapipe [2] {
    // CHECK-NEXT: ^bb0(%[[TILE:.*]]: index):
    pipe.metapipe [2] {
    ^bb0(%tile: index):
      // CHECK-NEXT: %[[NEAR_A:.*]] = pipe.buffer depth 2 : memref<6x16xf32, "scratchpad">
      %na = pipe.buffer depth 2 : memref<6x16xf32, "scratchpad">
      %nc = pipe.buffer depth 2 : memref<6x32xf32, "scratchpad">
      // CHECK: pipe.load %[[A1]] map #{{.*}}(%[[TILE]], %[[UNIT]])
      pipe.load %a map affine_map<(d0, d1) -> (d0 * 6 + d1 * 12, 0)>(%tile, %unit) else 0.0 : f32 to %na : memref<24x16xf32, "dram">, memref<6x16xf32, "scratchpad">
      // CHECK-NEXT: pipe.stage [32, 6, 16] roles [lanes, slots, time] reductions 1 {
      // CHECK-NEXT: ^bb0(%[[J:.*]]: index, %[[I:.*]]: index, %[[K:.*]]: index):
      pipe.stage [32, 6, 16] roles [lanes, slots, time] reductions 1 {
      ^bb0(%j: index, %i: index, %k: index):
        // CHECK-NEXT: %[[X:.*]] = pipe.read %[[NEAR_A]] map #{{.*}}(%[[I]], %[[K]]) : memref<6x16xf32, "scratchpad"> -> f32
        %x = pipe.read %na map affine_map<(d0, d1) -> (d0, d1)>(%i, %k) : memref<6x16xf32, "scratchpad"> -> f32
        // CHECK-NEXT: pipe.read %[[NEAR_B]] map #{{.*}}(%[[K]], %[[J]]) else 0.000000e+00 : f32
        %y = pipe.read %nb map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) else 0.0 : f32 : memref<16x32xf32, strided<[33, 1]>, "scratchpad"> -> f32
        %p = arith.mulf %x, %y : f32
        // CHECK: %[[S:.*]] = pipe.reduce addf %{{.*}} init 0.000000e+00 : f32 : f32
        %s = pipe.reduce addf %p init 0.0 : f32 : f32
        // CHECK-NEXT: pipe.write %[[S]] to %{{.*}} map #{{.*}}(%[[I]], %[[J]]) : f32, memref<6x32xf32, "scratchpad">
        pipe.write %s to %nc map affine_map<(d0, d1) -> (d0, d1)>(%i, %j) : f32, memref<6x32xf32, "scratchpad">
      }
      // CHECK: pipe.store %{{.*}} to %[[C1]] map #{{.*}}(%[[TILE]], %[[UNIT]]) : memref<6x32xf32, "scratchpad">, memref<24x32xf32, "dram">
      pipe.store %nc to %c map affine_map<(d0, d1) -> (d0 * 6 + d1 * 12, 0)>(%tile, %unit) : memref<6x32xf32, "scratchpad">, memref<24x32xf32, "dram">
    }
  // CHECK: } : memref<24x16xf32, "dram">, memref<16x32xf32, "dram">, memref<24x32xf32, "dram">
  } : memref<24x16xf32, "dram">, memref<16x32xf32, "dram">, memref<24x32xf32, "dram">
  return
}

// No loops, no operands, an accumulation at a computed position.
// CHECK-LABEL: func @histogram
func.func @histogram() {
  // CHECK: pipe.section "histogram"() units 1 {
  pipe.section "histogram" () units 1 {
  ^bb0(%unit: index):
    %h = pipe.buffer depth 1 : memref<10xi32, "scratchpad">
    // CHECK: pipe.stage [] roles [] reductions 0 {
    pipe.stage [] roles [] reductions 0 {
      %one = arith.constant 1 : i32
      %k = arith.constant 3 : index
      // CHECK: pipe.accumulate addi %{{.*}} into %{{.*}}[%{{.*}}] init 0 : i32 : i32, memref<10xi32, "scratchpad">
      pipe.accumulate addi %one into %h[%k] init 0 : i32 : i32, memref<10xi32, "scratchpad">
    }
  // CHECK: }{{$}}
  }
  return
}

// CHECK-LABEL: func @loops
func.func @loops(%go: memref<i1, "dram">, %n: memref<i32, "dram">) {
  // CHECK-NEXT: pipe.loop max 20 while(%{{.*}} : memref<i1, "dram">) counter(%{{.*}} : memref<i32, "dram">) test_first {
  pipe.loop max 20 while (%go : memref<i1, "dram">) counter (%n : memref<i32, "dram">) test_first {
    // CHECK-NEXT: pipe.loop max 3 {
    pipe.loop max 3 {
      pipe.section "s" () units 1 {
      ^bb0(%unit: index):
        pipe.buffer depth 1 : memref<4xf32, "scratchpad">
      }
    }
  }
  return
}

// CHECK-LABEL: func @extents
func.func @extents() {
  // CHECK: %[[N:.*]] = pipe.dram "temporary" "t0" : memref<i64, "dram">
  %n = pipe.dram "temporary" "t0" : memref<i64, "dram">
  // CHECK: pipe.dram "output" "y" extents [1] from(%[[N]] : memref<i64, "dram">) : memref<2x9xf32, "dram">
  %y = pipe.dram "output" "y" extents [1] from (%n : memref<i64, "dram">) : memref<2x9xf32, "dram">
  return
}

// CHECK-LABEL: func @once
func.func @once(%x: memref<4xf32, "dram">, %y: memref<4xf32, "dram">) {
  pipe.section "s" (%x, %y) units 2 {
  ^bb0(%a: memref<4xf32, "dram">, %b: memref<4xf32, "dram">, %unit: index):
    // CHECK: pipe.stage [4] roles [lanes] reductions 0 once {
    pipe.stage [4] roles [lanes] reductions 0 once {
    ^bb0(%i: index):
      %v = pipe.read %a map affine_map<(d0) -> (d0)>(%i) : memref<4xf32, "dram"> -> f32
      pipe.write %v to %b map affine_map<(d0) -> (d0)>(%i) : f32, memref<4xf32, "dram">
    }
  } : memref<4xf32, "dram">, memref<4xf32, "dram">
  return
}
