// RUN: jacquard-opt %s --split-input-file --pat-slice-runs='chip-bytes=360 start-bytes=0' --pat-verify-flat | FileCheck %s
// RUN: jacquard-opt %s --split-input-file --pat-slice-runs='chip-bytes=360 start-bytes=0' --remarks-filter=.* 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// Five rows in slices of two, two and one, as 0.45 of 360 bytes hold two rows of %a and of %b, and all of %c. The index counts
// from the first row where it is a value and where inputs are read. %d needs %c whole and ends the run.
// REMARK: remark: [Passed] sliced | Category:pat-slice-runs | Maps=3, Points=5, Thickness=2
// CHECK-DAG:   #[[FROM2:.*]] = affine_map<(d0, d1) -> (d0 + 2, d1)>
// CHECK-LABEL: func.func @uneven
// CHECK:         pat.map {{.*}} in [2, 8]
// CHECK:         pat.map {{.*}} in [2, 8]
// CHECK:         %[[C0:.*]] = pat.map {{.*}} in [2] attributes {{.*}} {
// CHECK:         pat.map (%[[N:.*]], %{{.*}}) in [2, 8] attributes {{.*}} {
// CHECK-NEXT:      %[[TWO:.*]] = arith.constant 2 : index
// CHECK-NEXT:      %[[ROW:.*]] = arith.addi %[[N]], %[[TWO]] : index
// CHECK-NEXT:      pat.at %arg0 map #[[FROM2]] (%[[N]], %{{.*}}) : tensor<5x8xf32>
// CHECK-NEXT:      arith.index_cast %[[ROW]]
// CHECK:         pat.map {{.*}} in [2, 8]
// CHECK:         %[[C1:.*]] = pat.map {{.*}} in [2] attributes {{.*}} {
// CHECK:         pat.map {{.*}} in [1, 8]
// CHECK:         pat.map {{.*}} in [1, 8]
// CHECK:         %[[C2:.*]] = pat.map {{.*}} in [1] attributes {{.*}} {
// CHECK:         %[[C:.*]] = pat.map {{.*}} in [5] {
// CHECK-NEXT:      pat.at %[[C2]]
// CHECK-NEXT:      pat.at %[[C1]]
// CHECK-NEXT:      pat.at %[[C0]]
// CHECK:         pat.map {{.*}} in [] {
// CHECK:           pat.at %[[C]]
func.func @uneven(%x: tensor<5x8xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%n, %i) in [5, 8] {
    %v = pat.at %x[%n, %i] : tensor<5x8xf32>
    %m = arith.index_cast %n : index to i32
    %f = arith.sitofp %m : i32 to f32
    %e = arith.mulf %v, %f : f32
    pat.yield %e : f32
  } : tensor<5x8xf32>
  %b = pat.map (%n, %i) in [5, 8] {
    %v = pat.at %a[%n, %i] : tensor<5x8xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<5x8xf32>
  %c = pat.map (%n) in [5] {
    %s = pat.fold (%i) in [8] init (%zero : f32) {
      %v = pat.at %b[%n, %i] : tensor<5x8xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<5xf32>
  %d = pat.map () in [] {
    %s = pat.fold (%n) in [5] init (%zero : f32) {
      %v = pat.at %c[%n] : tensor<5xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<f32>
  return %d : tensor<f32>
}

// -----

// A skip connection and a pattern of other dimensions between the run's: that one is left where it is, before the slices.
// REMARK: remark: [Passed] sliced | {{.*}}Maps=4, Points=4, Thickness=1
// CHECK-LABEL: func.func @skip
// CHECK:         %[[W:.*]] = pat.map {{.*}} in [2] {
// CHECK:         %[[A:.*]] = pat.map {{.*}} in [1, 12] attributes {{.*}} {
// CHECK:         %[[B:.*]] = pat.map {{.*}} in [1, 12] attributes {{.*}} {
// CHECK-NEXT:      pat.at %[[A]]
// CHECK:         pat.map (%[[N:.*]], %[[I:.*]]) in [1, 12] attributes {{.*}} {
// CHECK-NEXT:      pat.at %[[A]][%[[N]], %[[I]]] : tensor<1x12xf32>
// CHECK-NEXT:      pat.at %[[B]][%[[N]], %[[I]]] : tensor<1x12xf32>
// CHECK-NEXT:      pat.at %[[W]]
// CHECK-COUNT-9: pat.map {{.*}} in [1
// CHECK:         pat.map {{.*}} in [4, 2]
// CHECK-NOT:     pat.map
func.func @skip(%x: tensor<4x12xf32>, %w: tensor<2xf32>) -> tensor<4x2xf32> {
  %a = pat.map (%n, %i) in [4, 12] {
    %v = pat.at %x[%n, %i] : tensor<4x12xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4x12xf32>
  %b = pat.map (%n, %i) in [4, 12] {
    %v = pat.at %a[%n, %i] : tensor<4x12xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<4x12xf32>
  %s = pat.map (%i) in [2] {
    %v = pat.at %w[%i] : tensor<2xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<2xf32>
  %c = pat.map (%n, %i) in [4, 12] {
    %u = pat.at %a[%n, %i] : tensor<4x12xf32>
    %v = pat.at %b[%n, %i] : tensor<4x12xf32>
    %t = pat.at %s map affine_map<(d0) -> (d0 mod 2)> (%i) : tensor<2xf32>
    %e = arith.addf %u, %v : f32
    %f = arith.addf %e, %t : f32
    pat.yield %f : f32
  } : tensor<4x12xf32>
  %d = pat.map (%n, %i) in [4, 2] {
    %v = pat.at %c map affine_map<(d0, d1) -> (d0, d1 * 8)> (%n, %i) : tensor<4x12xf32>
    pat.yield %v : f32
  } : tensor<4x2xf32>
  return %d : tensor<4x2xf32>
}

// -----

// Each of the slices would read the weights: more than %a is.
// REMARK-NOT: remark
// CHECK-LABEL: func.func @weights
// CHECK-COUNT-2: in [4, 16]
// CHECK-NOT:   pat.map
func.func @weights(%x: tensor<4x16xf32>, %w: tensor<512x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%n, %i) in [4, 16] {
    %v = pat.at %x[%n, %i] : tensor<4x16xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<4x16xf32>
  %b = pat.map (%n, %i) in [4, 16] {
    %s = pat.fold (%k) in [512] init (%zero : f32) {
      %v = pat.at %a map affine_map<(d0, d1) -> (d0, d1 mod 16)> (%n, %k) : tensor<4x16xf32>
      %u = pat.at %w[%k, %i] : tensor<512x16xf32>
      %m = arith.mulf %u, %v : f32
      pat.yield %m : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x16xf32>
  return %b : tensor<4x16xf32>
}

// -----

// All fits: 40 of 162 bytes.
// CHECK-LABEL: func.func @small
// CHECK-COUNT-2: in [2, 5]
// CHECK-NOT:   pat.map
func.func @small(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %a = pat.map (%n, %i) in [2, 5] {
    %v = pat.at %x[%n, %i] : tensor<2x5xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<2x5xf32>
  %b = pat.map (%n, %i) in [2, 5] {
    %v = pat.at %a[%n, %i] : tensor<2x5xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<2x5xf32>
  return %b : tensor<2x5xf32>
}

// -----

// Neighbouring rows are read, or the transposed: no slice stands alone. Nor is there anything to cut in one point or none.
// CHECK-LABEL: func.func @whole
// CHECK-COUNT-4: in [{{16, 16|1|0, 16}}]
// CHECK-NOT:   pat.map
func.func @whole(%x: tensor<16x16xf32>) -> (tensor<16x16xf32>, tensor<1xf32>, tensor<0x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%n, %i) in [16, 16] {
    %v = pat.at %x[%n, %i] : tensor<16x16xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<16x16xf32>
  %b = pat.map (%n, %i) in [16, 16] {
    %v = pat.at %a map affine_map<(d0, d1) -> (d0 + 1, d1)> (%n, %i) else %zero : tensor<16x16xf32>
    %w = pat.at %a[%i, %n] : tensor<16x16xf32>
    %e = arith.addf %v, %w : f32
    pat.yield %e : f32
  } : tensor<16x16xf32>
  %c = pat.map (%n) in [1] {
    %v = pat.at %b[%n, %n] : tensor<16x16xf32>
    pat.yield %v : f32
  } : tensor<1xf32>
  %d = pat.map (%n, %i) in [0, 16] {
    %v = pat.at %b[%n, %i] : tensor<16x16xf32>
    pat.yield %v : f32
  } : tensor<0x16xf32>
  return %b, %c, %d : tensor<16x16xf32>, tensor<1xf32>, tensor<0x16xf32>
}
