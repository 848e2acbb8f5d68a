// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// Both parts are written where the concatenation wants them, the second one 64 columns to the right; who reads a part
// afterwards finds it there. Nothing is left of the concatenation itself.
// CHECK-DAG:   #[[RIGHT:.*]] = affine_map<{{.*}} + 64
// CHECK-LABEL: func.func @in_place
// CHECK-DAG:     %[[WHOLE:.*]] = pipe.dram "output" "result0" : memref<64x128xf32, "dram">
// CHECK-DAG:     %[[SUM:.*]] = pipe.dram "output" "result1" : memref<64x64xf32, "dram">
// CHECK-NOT:     "temporary"
// CHECK:         pipe.section "map_0"(%{{.*}}, %[[WHOLE]], %[[WHOLE]])
// CHECK:         math.exp
// CHECK:         math.sqrt
// CHECK:         pipe.write %{{.*}} map #[[RIGHT]]
// CHECK:         pipe.section "map_1"(%[[WHOLE]], %[[SUM]])
// CHECK:         arith.addf
// CHECK-NOT:     pipe.section
func.func @in_place(%x: tensor<64x64xf32>) -> (tensor<64x128xf32>, tensor<64x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %x[%i, %j] : tensor<64x64xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  %b = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %x[%i, %j] : tensor<64x64xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  %c = pat.map (%i, %j) in [64, 128] {
    %r = pat.at %b map affine_map<(d0, d1) -> (d0, d1 - 64)> (%i, %j) else %zero : tensor<64x64xf32>
    %l = pat.at %a[%i, %j] else %r : tensor<64x64xf32>
    pat.yield %l : f32
  } : tensor<64x128xf32>
  %d = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %b[%i, %j] : tensor<64x64xf32>
    %e = arith.addf %v, %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  return %c, %d : tensor<64x128xf32>, tensor<64x64xf32>
}

// -----

// One part is an input, which no pattern writes: it is copied into its place, the other one is written there.
// CHECK-LABEL: func.func @copied
// CHECK-DAG:     %[[X:.*]] = pipe.dram "input" "arg0"
// CHECK-DAG:     %[[WHOLE:.*]] = pipe.dram "output" "result0" : memref<64x128xf32, "dram">
// CHECK:         pipe.section "map_0"(%[[X]], %[[WHOLE]], %[[WHOLE]])
// CHECK-NOT:     arith.select
func.func @copied(%x: tensor<64x64xf32>) -> tensor<64x128xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %x[%i, %j] : tensor<64x64xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  %c = pat.map (%i, %j) in [64, 128] {
    %r = pat.at %x map affine_map<(d0, d1) -> (d0, d1 - 64)> (%i, %j) else %zero : tensor<64x64xf32>
    %l = pat.at %a[%i, %j] else %r : tensor<64x64xf32>
    pat.yield %l : f32
  } : tensor<64x128xf32>
  return %c : tensor<64x128xf32>
}

// -----

// Both parts are read before the whole is there: the concatenation stays a pass of its own.
// CHECK-LABEL: func.func @early
// CHECK:         arith.select
func.func @early(%x: tensor<64x64xf32>) -> (tensor<64x128xf32>, tensor<64x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %x[%i, %j] : tensor<64x64xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  %d = pat.map (%i, %j) in [64, 64] {
    %v = pat.at %a[%i, %j] : tensor<64x64xf32>
    %e = arith.addf %v, %v : f32
    pat.yield %e : f32
  } : tensor<64x64xf32>
  %c = pat.map (%i, %j) in [64, 128] {
    %r = pat.at %a map affine_map<(d0, d1) -> (d0, d1 - 64)> (%i, %j) else %zero : tensor<64x64xf32>
    %l = pat.at %a[%i, %j] else %r : tensor<64x64xf32>
    pat.yield %l : f32
  } : tensor<64x128xf32>
  return %c, %d : tensor<64x128xf32>, tensor<64x64xf32>
}

// -----

// A temporary can stay on chip where each scratchpad has one writer: its parts are written in sections of their own,
// one after the other, by units that begin at the same rows.
// CHECK-LABEL: func.func @apart
// CHECK-DAG:     %[[WHOLE:.*]] = pipe.dram "temporary" "{{.*}}" : memref<512x32xf32, "dram">
// CHECK:         pipe.section "map_0"(%{{.*}}, %[[WHOLE]]) units [[UNITS:.*]] attributes
// CHECK:         math.exp
// CHECK:         pipe.section "map_1"(%{{.*}}, %[[WHOLE]]) units [[UNITS]] attributes
// CHECK:         math.sqrt
// CHECK:         pipe.section "map_2"
func.func @apart(%x: tensor<512x16xf32>) -> tensor<512xf32> {
  %zero = arith.constant 0.0 : f32
  %a = pat.map (%i, %j) in [512, 16] {
    %v = pat.at %x[%i, %j] : tensor<512x16xf32>
    %e = math.exp %v : f32
    pat.yield %e : f32
  } : tensor<512x16xf32>
  %b = pat.map (%i, %j) in [512, 16] {
    %v = pat.at %x[%i, %j] : tensor<512x16xf32>
    %e = math.sqrt %v : f32
    pat.yield %e : f32
  } : tensor<512x16xf32>
  %c = pat.map (%i, %j) in [512, 32] {
    %r = pat.at %b map affine_map<(d0, d1) -> (d0, d1 - 16)> (%i, %j) else %zero : tensor<512x16xf32>
    %l = pat.at %a[%i, %j] else %r : tensor<512x16xf32>
    pat.yield %l : f32
  } : tensor<512x32xf32>
  %d = pat.map (%i) in [512] {
    %s = pat.fold (%k) in [32] init (%zero : f32) {
      %v = pat.at %c[%i, %k] : tensor<512x32xf32>
      pat.yield %v : f32
    } combine (%l, %r) {
      %m = arith.maximumf %l, %r : f32
      pat.yield %m : f32
    } : f32
    pat.yield %s : f32
  } : tensor<512xf32>
  return %d : tensor<512xf32>
}
