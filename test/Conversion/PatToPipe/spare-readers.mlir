// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s
// RUN: jacquard-opt %s --convert-pat-to-pipe="arch=plasticine spare-readers=false" --split-input-file | FileCheck %s --check-prefix=WAIT

// Four units write four slices, one behind the other: they take 6 cycles less than one unit, for which a reader waits 7
// cycles for each slice but the first.
// CHECK-LABEL: pipe.section "map_0"{{.*}} units 1 
// WAIT-LABEL: pipe.section "map_0"{{.*}} units 4 
func.func @main(%x: tensor<64xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [4, 64] {
    %v = pat.at %x[%j] : tensor<64xf32>
    %w = arith.mulf %v, %v : f32
    pat.yield %w : f32
  } : tensor<4x64xf32>
  %h = pat.map (%i, %j) in [4, 4] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %u = pat.at %a[%i, %k] : tensor<4x64xf32>
      %v = pat.at %a[%j, %k] : tensor<4x64xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x4xf32>
  return %h : tensor<4x4xf32>
}

// -----

// A reader that waits for the DRAM anyway is not spared.
// CHECK-LABEL: pipe.section "map_0"{{.*}} units 4 
// WAIT-LABEL: pipe.section "map_0"{{.*}} units 4 
func.func @main(%x: tensor<64xf32>, %y: tensor<64x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [4, 64] {
    %v = pat.at %x[%j] : tensor<64xf32>
    %w = arith.mulf %v, %v : f32
    pat.yield %w : f32
  } : tensor<4x64xf32>
  %h = pat.map (%i, %j) in [4, 4] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %u = pat.at %a[%i, %k] : tensor<4x64xf32>
      %v = pat.at %y[%k, %j] : tensor<64x4xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x4xf32>
  return %h : tensor<4x4xf32>
}

// -----

// What stands at the pattern counts more than the option.
// CHECK-LABEL: pipe.section "map_0"{{.*}} units 4 
// WAIT-LABEL: pipe.section "map_0"{{.*}} units 4 
func.func @main(%x: tensor<64xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [4, 64] attributes {jacquard.spare_readers = false} {
    %v = pat.at %x[%j] : tensor<64xf32>
    %w = arith.mulf %v, %v : f32
    pat.yield %w : f32
  } : tensor<4x64xf32>
  %h = pat.map (%i, %j) in [4, 4] {
    %s = pat.fold (%k) in [64] init (%zero : f32) {
      %u = pat.at %a[%i, %k] : tensor<4x64xf32>
      %v = pat.at %a[%j, %k] : tensor<4x64xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x4xf32>
  return %h : tensor<4x4xf32>
}
