// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s
// RUN: jacquard-opt %s --convert-pat-to-pipe="arch=plasticine join-units=false" --split-input-file | FileCheck %s --check-prefix=APART

// Beside 15 groups of four members 15 compute units would add the offsets: 75 of 64. Of 15 groups of three 45 members
// multiply; joined, of 15 groups of four 60.
// CHECK-LABEL: pipe.section "map_1"{{.*}} units 3 join 5 group 4 
// APART-LABEL: pipe.section "map_1"{{.*}} units 15 group 3 
func.func @main(%a: tensor<784xf32>, %c: tensor<256xf32>, %w: tensor<256x128xf32>, %o: tensor<128xf32>) -> tensor<128xf32> {
  %zero = arith.constant 0.0 : f32
  %x = pat.map (%i, %k) in [784, 256] {
    %u = pat.at %a[%i] : tensor<784xf32>
    %v = pat.at %c[%k] : tensor<256xf32>
    %p = arith.mulf %u, %v : f32
    pat.yield %p : f32
  } : tensor<784x256xf32>
  %y = pat.map (%i, %j) in [784, 128] {
    %s = pat.fold (%k) in [256] init (%zero : f32) {
      %u = pat.at %x[%i, %k] : tensor<784x256xf32>
      %v = pat.at %w[%k, %j] : tensor<256x128xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    %b = pat.at %o[%j] : tensor<128xf32>
    %r = arith.addf %s, %b : f32
    pat.yield %r : f32
  } : tensor<784x128xf32>
  %z = pat.map (%j) in [128] {
    %s = pat.fold (%i) in [784] init (%zero : f32) {
      %u = pat.at %y[%i, %j] : tensor<784x128xf32>
      %v = pat.at %a[%i] : tensor<784xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<128xf32>
  return %z : tensor<128xf32>
}

// -----

// Nothing follows the fold: chains cost nothing.
// CHECK-LABEL: pipe.section "map_1"
// CHECK-NOT:     join
func.func @main(%a: tensor<784xf32>, %c: tensor<256xf32>, %w: tensor<256x128xf32>, %o: tensor<128xf32>) -> tensor<128xf32> {
  %zero = arith.constant 0.0 : f32
  %x = pat.map (%i, %k) in [784, 256] {
    %u = pat.at %a[%i] : tensor<784xf32>
    %v = pat.at %c[%k] : tensor<256xf32>
    %p = arith.mulf %u, %v : f32
    pat.yield %p : f32
  } : tensor<784x256xf32>
  %y = pat.map (%i, %j) in [784, 128] {
    %s = pat.fold (%k) in [256] init (%zero : f32) {
      %u = pat.at %x[%i, %k] : tensor<784x256xf32>
      %v = pat.at %w[%k, %j] : tensor<256x128xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<784x128xf32>
  %z = pat.map (%j) in [128] {
    %s = pat.fold (%i) in [784] init (%zero : f32) {
      %u = pat.at %y[%i, %j] : tensor<784x128xf32>
      %v = pat.at %a[%i] : tensor<784xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<128xf32>
  return %z : tensor<128xf32>
}

// -----

// What stands at the pattern counts more than the option.
// CHECK-LABEL: pipe.section "map_1"{{.*}} units 15 group 3 
func.func @main(%a: tensor<784xf32>, %c: tensor<256xf32>, %w: tensor<256x128xf32>, %o: tensor<128xf32>) -> tensor<128xf32> {
  %zero = arith.constant 0.0 : f32
  %x = pat.map (%i, %k) in [784, 256] {
    %u = pat.at %a[%i] : tensor<784xf32>
    %v = pat.at %c[%k] : tensor<256xf32>
    %p = arith.mulf %u, %v : f32
    pat.yield %p : f32
  } : tensor<784x256xf32>
  %y = pat.map (%i, %j) in [784, 128] attributes {jacquard.join_units = false} {
    %s = pat.fold (%k) in [256] init (%zero : f32) {
      %u = pat.at %x[%i, %k] : tensor<784x256xf32>
      %v = pat.at %w[%k, %j] : tensor<256x128xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    %b = pat.at %o[%j] : tensor<128xf32>
    %r = arith.addf %s, %b : f32
    pat.yield %r : f32
  } : tensor<784x128xf32>
  %z = pat.map (%j) in [128] {
    %s = pat.fold (%i) in [784] init (%zero : f32) {
      %u = pat.at %y[%i, %j] : tensor<784x128xf32>
      %v = pat.at %a[%i] : tensor<784xf32>
      %p = arith.mulf %u, %v : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<128xf32>
  return %z : tensor<128xf32>
}
