// RUN: jacquard-opt %s --split-input-file --pat-schedule --pat-verify-flat | FileCheck %s
// RUN: jacquard-opt %s --split-input-file --pat-schedule --remarks-filter=.* 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// What makes much of little waits for its reader, with the patterns in between that depend on it, and what makes
// little of much comes first. Before, 2000 bytes are kept beside 0, 40, 40 and 40, then the result of 40; now there are 40, 40, 40,
// 2040 and the result.
// REMARK: remark: [Passed] ordered | Category:pat-schedule | Before=8160, Kept=2200, Patterns=5
// REMARK-NOT: remark
// CHECK-LABEL: @expand
// CHECK:       %[[SMALL:.*]] = pat.map {{.*}} in [10] {
// CHECK-NEXT:    pat.at %arg0
// CHECK:       %[[NEXT:.*]] = pat.map {{.*}} in [10] {
// CHECK-NEXT:    pat.at %[[SMALL]]
// CHECK:       %[[LAST:.*]] = pat.map {{.*}} in [10] {
// CHECK-NEXT:    pat.at %[[NEXT]]
// CHECK:       %[[WIDE:.*]] = pat.map {{.*}} in [500] {
// CHECK-NEXT:    pat.at %arg0
// CHECK:       pat.map {{.*}} in [10] {
// CHECK-DAG:     pat.at %[[WIDE]]
// CHECK-DAG:     pat.at %[[LAST]]
func.func @expand(%x: tensor<10xf32>) -> tensor<10xf32> {
  %wide = pat.map (%i) in [500] {
    %v = pat.at %x map affine_map<(d0) -> (d0 mod 10)>(%i) : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<500xf32>
  %small = pat.map (%i) in [10] {
    %v = pat.at %x[%i] : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %next = pat.map (%i) in [10] {
    %v = pat.at %small[%i] : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %last = pat.map (%i) in [10] {
    %v = pat.at %next[%i] : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %sum = pat.map (%i) in [10] {
    %v = pat.at %wide[%i] : tensor<500xf32>
    %w = pat.at %last[%i] : tensor<10xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<10xf32>
  return %sum : tensor<10xf32>
}

// -----

// A chain has one order; a pattern whose moving saves nothing stays.
// CHECK-LABEL: @stays
// CHECK:       %[[A:.*]] = pat.map {{.*}} in [8] {
// CHECK-NEXT:    pat.at %arg0
// CHECK:       %[[B:.*]] = pat.map {{.*}} in [8] {
// CHECK-NEXT:    pat.at %arg1
// CHECK:       %[[C:.*]] = pat.map {{.*}} in [8] {
// CHECK-NEXT:    pat.at %[[A]]
func.func @stays(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %a = pat.map (%i) in [8] {
    %v = pat.at %x[%i] : tensor<8xf32>
    pat.yield %v : f32
  } : tensor<8xf32>
  %b = pat.map (%i) in [8] {
    %v = pat.at %y[%i] : tensor<8xf32>
    pat.yield %v : f32
  } : tensor<8xf32>
  %c = pat.map (%i) in [8] {
    %v = pat.at %a[%i] : tensor<8xf32>
    %w = pat.at %b[%i] : tensor<8xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<8xf32>
  return %c, %a : tensor<8xf32>, tensor<8xf32>
}

// -----

// Nothing passes a loop, which writes over what it carries.
// CHECK-LABEL: @loop
// CHECK:       pat.map {{.*}} in [500]
// CHECK:       pat.map {{.*}} in [10]
// CHECK:       pat.iterate
// CHECK:       pat.map {{.*}} in [10]
func.func @loop(%x: tensor<10xf32>) -> tensor<10xf32> {
  %wide = pat.map (%i) in [500] {
    %v = pat.at %x map affine_map<(d0) -> (d0 mod 10)>(%i) : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<500xf32>
  %init = pat.map (%i) in [10] {
    %v = pat.at %x[%i] : tensor<10xf32>
    pat.yield %v : f32
  } : tensor<10xf32>
  %n = pat.iterate (%trip) max 4 carry (%state = %init : tensor<10xf32>) {
    %keep = arith.constant true
    %next = pat.map (%i) in [10] {
      %v = pat.at %state[%i] : tensor<10xf32>
      %s = arith.addf %v, %v : f32
      pat.yield %s : f32
    } : tensor<10xf32>
    pat.yield %keep, %next : i1, tensor<10xf32>
  }
  %sum = pat.map (%i) in [10] {
    %v = pat.at %wide[%i] : tensor<500xf32>
    %w = pat.at %n[%i] : tensor<10xf32>
    %s = arith.addf %v, %w : f32
    pat.yield %s : f32
  } : tensor<10xf32>
  return %sum : tensor<10xf32>
}
