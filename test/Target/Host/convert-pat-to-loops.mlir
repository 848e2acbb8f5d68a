// RUN: jacquard-opt %s --convert-pat-to-loops | FileCheck %s

// The constant's bytes stand in one global, however often it is used.
// CHECK: memref.global "private" constant @[[W:.*]] : memref<4xf32> = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]>
// CHECK-NOT: memref.global

// Results are written where the caller wants them.
// CHECK-LABEL: func @map
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>, %[[OUT:.*]]: memref<4xf32>, %{{.*}}: memref<3xi64>) {
func.func @map(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NOT: memref.alloc
  // CHECK: scf.for %[[I:.*]] =
  // CHECK-NEXT: %[[A:.*]] = memref.load %[[X]][%[[I]]]
  // CHECK-NEXT: %[[E:.*]] = math.exp %[[A]]
  // CHECK-NEXT: memref.store %[[E]], %[[OUT]][%[[I]]]
  %y = pat.map (%i) in [4] {
    %a = pat.at %x[%i] : tensor<4xf32>
    %e = math.exp %a : f32
    pat.yield %e : f32
  } : tensor<4xf32>
  return %y : tensor<4xf32>
}

// A temporary is freed behind its last use.
// CHECK-LABEL: func @temporary
func.func @temporary(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  // CHECK: memref.get_global @[[W]]
  // CHECK: %[[T:.*]] = memref.alloc() : memref<4xf32>
  %t = pat.map (%i) in [4] {
    %a = pat.at %x[%i] : tensor<4xf32>
    %b = pat.at %w[%i] : tensor<4xf32>
    %c = arith.mulf %a, %b : f32
    pat.yield %c : f32
  } : tensor<4xf32>
  // CHECK: memref.load %[[T]]
  %u = pat.map (%i) in [4] {
    %a = pat.at %t[%i] : tensor<4xf32>
    %b = arith.addf %a, %a : f32
    pat.yield %b : f32
  } : tensor<4xf32>
  // CHECK: memref.dealloc %[[T]]
  // CHECK: scf.for
  // CHECK-NOT: memref.dealloc
  %v = pat.map (%i) in [4] {
    %a = pat.at %u[%i] : tensor<4xf32>
    pat.yield %a : f32
  } : tensor<4xf32>
  return %u, %v : tensor<4xf32>, tensor<4xf32>
}

// A nested map writes into its row of the result.
// CHECK-LABEL: func @nested
// CHECK-SAME: (%[[OUT:.*]]: memref<2x3xf32>, %{{.*}}: memref<3xi64>)
func.func @nested() -> tensor<2x3xf32> {
  %c = arith.constant 1.0 : f32
  %s = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  // CHECK-NOT: memref.alloc
  // CHECK: scf.for %[[I:.*]] =
  // CHECK: scf.for %[[J:.*]] =
  // CHECK: memref.store %{{.*}}, %[[OUT]][%[[I]], %[[J]]]
  %r = pat.map (%i) in [2] {
    %row = pat.map (%j) in [3] {
      %a = pat.at %s[%j] : tensor<4xf32>
      %b = arith.addf %a, %c : f32
      pat.yield %b : f32
    } : tensor<3xf32>
    pat.yield %row : tensor<3xf32>
  } : tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}

// An access with `else` is guarded by one unsigned comparison per dimension.
// CHECK-LABEL: func @padded
func.func @padded(%x: tensor<4xf32>, %z: f32, %k: index) -> f32 {
  // CHECK: %[[IN:.*]] = arith.cmpi ult
  // CHECK: scf.if %[[IN]]
  %a = pat.at %x[%k] else %z : tensor<4xf32>
  return %a : f32
}
