// RUN: jacquard-opt %s --split-input-file --pat-split-folds='units=16 lanes=4 least-cycles=0' --pat-verify-flat | FileCheck %s
// RUN: jacquard-opt %s --split-input-file --pat-split-folds='units=16 lanes=4 least-cycles=0' --remarks-filter=.* 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: jacquard-opt %s --split-input-file --pat-split-folds | FileCheck %s --check-prefix=NONE

// Without a machine nothing changes.
// NONE-NOT: in [8, 4]

// Code of the map that the fold uses goes into the parts, what follows the fold stays behind it; an integer index that is a value counts
// on from part to part. 4 results fill the lanes of one unit: 32 points take 32 cycles, 8 parts of 4 take 4 + 8, 4 parts of 8
// take 8 + 4; the first of equal ones is taken.
// REMARK: remark: [Passed] split | Category:pat-split-folds | Parts=4, Points=32
// CHECK-LABEL: func.func @uses
// CHECK:         %[[A:.*]] = pat.map
// CHECK:         %[[PARTS:.*]] = pat.map (%[[Q:.*]], %[[I:.*]]) in [4, 4] {
// CHECK:           pat.fold (%[[K:.*]]) in [8] init
// CHECK-DAG:         %[[EIGHT:.*]] = arith.constant 8 : index
// CHECK-DAG:         arith.muli %[[Q]], %[[EIGHT]]
// CHECK-DAG:         pat.at %arg0[%[[I]]]
// CHECK:         pat.map (%[[J:.*]]) in [4] {
// CHECK:           pat.fold (%[[P:.*]]) in [4] init
// CHECK-NEXT:        pat.at %[[PARTS]][%[[P]], %[[J]]]
// CHECK:           math.sqrt
// CHECK-NOT:     pat.map
func.func @uses(%mean: tensor<4xf32>, %x: tensor<32x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%k, %i) in [32, 4] {
    %v = pat.at %x[%k, %i] : tensor<32x4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<32x4xf32>
  %s = pat.map (%i) in [4] {
    %m = pat.at %mean[%i] : tensor<4xf32>
    %t = pat.fold (%k) in [32] init (%zero : f32) {
      %v = pat.at %a[%k, %i] : tensor<32x4xf32>
      %n = arith.index_cast %k : index to i32
      %f = arith.sitofp %n : i32 to f32
      %d = arith.subf %v, %m : f32
      %e = arith.mulf %d, %f : f32
      pat.yield %e : f32
    } combine (%l, %r) {
      %c = arith.addf %l, %r : f32
      pat.yield %c : f32
    } : f32
    %q = math.sqrt %t : f32
    pat.yield %q : f32
  } : tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// 64 results fill all units: more points are no gain.
// CHECK-LABEL: func.func @wide
// CHECK-COUNT-2: pat.map
// CHECK-NOT:     pat.map
func.func @wide(%x: tensor<32x64xf32>) -> tensor<64xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%k, %i) in [32, 64] {
    %v = pat.at %x[%k, %i] : tensor<32x64xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<32x64xf32>
  %s = pat.map (%i) in [64] {
    %t = pat.fold (%k) in [32] init (%zero : f32) {
      %v = pat.at %a[%k, %i] : tensor<32x64xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %c = arith.maximumf %l, %r : f32
      pat.yield %c : f32
    } : f32
    pat.yield %t : f32
  } : tensor<64xf32>
  return %s : tensor<64xf32>
}

// -----

// The DRAM brings a word of the input per product, which one unit keeps up with.
// CHECK-LABEL: func.func @streamed
// CHECK-COUNT-1: pat.map
// CHECK-NOT:     pat.map
func.func @streamed(%x: tensor<32x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %s = pat.map (%i) in [4] {
    %t = pat.fold (%k) in [32] init (%zero : f32) {
      %v = pat.at %x[%k, %i] : tensor<32x4xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %c = arith.addf %l, %r : f32
      pat.yield %c : f32
    } : f32
    pat.yield %t : f32
  } : tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// 29 points have no equal parts but single ones, which are more than the units.
// CHECK-LABEL: func.func @indivisible
// CHECK-COUNT-2: pat.map
// CHECK-NOT:     pat.map
func.func @indivisible(%x: tensor<29x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%k, %i) in [29, 4] {
    %v = pat.at %x[%k, %i] : tensor<29x4xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<29x4xf32>
  %s = pat.map (%i) in [4] {
    %t = pat.fold (%k) in [29] init (%zero : f32) {
      %v = pat.at %a[%k, %i] : tensor<29x4xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %c = arith.addf %l, %r : f32
      pat.yield %c : f32
    } : f32
    pat.yield %t : f32
  } : tensor<4xf32>
  return %s : tensor<4xf32>
}
