// RUN: jacquard-opt %s --canonicalize --split-input-file | FileCheck %s

// Access: index arithmetic goes into the map.
// CHECK: #[[$SUM:.*]] = affine_map<(d0, d1) -> (d0 + d1 * 2 - 1, d0)>
// CHECK-LABEL: func @compose
// CHECK-SAME: (%[[X:.*]]: tensor<8x8xf32>, %[[I:.*]]: index, %[[K:.*]]: index)
func.func @compose(%x: tensor<8x8xf32>, %i: index, %k: index) -> f32 {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %a = arith.muli %i, %c2 : index
  %b = arith.addi %a, %k : index
  %c = arith.subi %b, %c1 : index
  // CHECK-NEXT: pat.at %[[X]] map #[[$SUM]] (%[[K]], %[[I]])
  %r = pat.at %x[%c, %k] : tensor<8x8xf32>
  return %r : f32
}

// -----

// CHECK: #[[$MAP:.*]] = affine_map<(d0) -> (3, d0 floordiv 4 + 1)>
// CHECK-LABEL: func @compose_apply_and_constant
func.func @compose_apply_and_constant(%x: tensor<8x8xf32>, %i: index) -> f32 {
  %c3 = arith.constant 3 : index
  %a = affine.apply affine_map<(d0)[s0] -> (d0 floordiv 4 + s0 - 2)>(%i)[%c3]
  // CHECK-NEXT: pat.at %{{.*}} map #[[$MAP]] (%{{.*}})
  %r = pat.at %x[%c3, %a] : tensor<8x8xf32>
  return %r : f32
}

// -----

// Division by a constant of a pattern's index, which is not negative.
// CHECK: #[[$DIV:.*]] = affine_map<(d0) -> (d0 floordiv 4, d0 mod 4)>
// CHECK-LABEL: func @compose_division
func.func @compose_division(%x: tensor<3x4xf32>) -> tensor<12xf32> {
  %c4 = arith.constant 4 : index
  // CHECK: pat.map (%[[I:.*]]) in [12]
  %r = pat.map (%i) in [12] {
    %a = arith.divui %i, %c4 : index
    %b = arith.remsi %i, %c4 : index
    // CHECK-NEXT: pat.at %{{.*}} map #[[$DIV]] (%[[I]])
    %v = pat.at %x[%a, %b] : tensor<3x4xf32>
    pat.yield %v : f32
  } : tensor<12xf32>
  return %r : tensor<12xf32>
}

// -----

// An unknown index may be negative: the truncating division stays.
// CHECK-LABEL: func @keep_division
func.func @keep_division(%x: tensor<12xf32>, %i: index) -> f32 {
  %c4 = arith.constant 4 : index
  // CHECK: %[[D:.*]] = arith.divsi
  %a = arith.divsi %i, %c4 : index
  // CHECK: pat.at %{{.*}}[%[[D]]]
  %r = pat.at %x[%a] : tensor<12xf32>
  return %r : f32
}

// -----

// A product of two indices is not affine; its factors stay outside.
// CHECK-LABEL: func @keep_product
func.func @keep_product(%x: tensor<12xf32>, %i: index, %j: index) -> f32 {
  // CHECK: %[[P:.*]] = arith.muli
  %a = arith.muli %i, %j : index
  // CHECK: pat.at %{{.*}}[%[[P]]]
  %r = pat.at %x[%a] : tensor<12xf32>
  return %r : f32
}

// -----

// Permutations and repetitions need no map; unused and equal operands go.
// CHECK: #[[$ONE:.*]] = affine_map<(d0) -> (d0 * 2, d0)>
// CHECK-LABEL: func @operands
// CHECK-SAME: (%[[X:.*]]: tensor<8x8xf32>, %[[I:.*]]: index, %[[K:.*]]: index)
func.func @operands(%x: tensor<8x8xf32>, %i: index, %k: index) -> (f32, f32, f32) {
  // CHECK-NEXT: pat.at %[[X]][%[[K]], %[[I]]]
  %a = pat.at %x map affine_map<(d0, d1) -> (d1, d0)> (%i, %k) : tensor<8x8xf32>
  // CHECK-NEXT: pat.at %[[X]][%[[I]], %[[I]]]
  %b = pat.at %x map affine_map<(d0, d1) -> (d0, d0)> (%i, %k) : tensor<8x8xf32>
  // CHECK-NEXT: pat.at %[[X]] map #[[$ONE]] (%[[I]])
  %c = pat.at %x map affine_map<(d0, d1, d2) -> (d0 + d2, d0)> (%i, %k, %i) : tensor<8x8xf32>
  return %a, %b, %c : f32, f32, f32
}

// -----

// CHECK-LABEL: func @drop_else
func.func @drop_else(%x: tensor<8xf32>, %z: f32) -> tensor<4xf32> {
  // CHECK: pat.at %{{.*}} map #{{.*}} (%{{.*}}) : tensor<8xf32>
  %r = pat.map (%i) in [4] {
    %v = pat.at %x map affine_map<(d0) -> (d0 * 2 + 1)> (%i) else %z : tensor<8xf32>
    pat.yield %v : f32
  } : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// One point too far, or one too low, or an index that is not known: `else` stays.
// CHECK-LABEL: func @keep_else
func.func @keep_else(%x: tensor<8xf32>, %z: f32, %j: index) -> tensor<4xf32> {
  %r = pat.map (%i) in [4] {
    // CHECK: pat.at %{{.*}} else
    %a = pat.at %x map affine_map<(d0) -> (d0 * 2 + 2)> (%i) else %z : tensor<8xf32>
    // CHECK: pat.at %{{.*}} else
    %b = pat.at %x map affine_map<(d0) -> (d0 - 1)> (%i) else %z : tensor<8xf32>
    // CHECK: pat.at %{{.*}} else
    %c = pat.at %x[%j] else %z : tensor<8xf32>
    %s = arith.addf %a, %b : f32
    %t = arith.addf %s, %c : f32
    pat.yield %t : f32
  } : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @always_outside
// CHECK-SAME: (%{{.*}}: tensor<8xf32>, %[[Z:.*]]: f32)
func.func @always_outside(%x: tensor<8xf32>, %z: f32) -> tensor<4xf32> {
  // CHECK-NOT: pat.at
  // CHECK: pat.yield %[[Z]]
  %r = pat.map (%i) in [4] {
    %v = pat.at %x map affine_map<(d0) -> (d0 + 8)> (%i) else %z : tensor<8xf32>
    pat.yield %v : f32
  } : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @splat
func.func @splat(%i: index) -> f32 {
  %s = arith.constant dense<2.5> : tensor<8xf32>
  // CHECK: %[[C:.*]] = arith.constant 2.5
  // CHECK: return %[[C]]
  %r = pat.at %s[%i] : tensor<8xf32>
  return %r : f32
}

// -----

// Outside the splat the else value counts; an element of a constant that is no splat depends on where it is.
// CHECK-LABEL: func @keep_constant_reads
func.func @keep_constant_reads(%i: index, %z: f32) -> (f32, f32) {
  %s = arith.constant dense<2.5> : tensor<8xf32>
  %d = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: pat.at %{{.*}} else
  %a = pat.at %s[%i] else %z : tensor<8xf32>
  // CHECK: pat.at
  %b = pat.at %d[%i] : tensor<2xf32>
  return %a, %b : f32, f32
}

// -----

// CHECK-LABEL: func @empty_domains
// CHECK-SAME: (%{{.*}}: f32, %[[A:.*]]: f32)
func.func @empty_domains(%x: f32, %a: f32) -> (tensor<0x3xf32>, f32, tensor<4xf32>, index, tensor<0xf32>, tensor<2xf32>, f32) {
  %true = arith.constant true
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  // CHECK-NOT: pat.
  %m = pat.map (%i, %j) in [0, 3] {
    pat.yield %x : f32
  } : tensor<0x3xf32>
  %f = pat.fold (%i) in [0] init (%a : f32) {
    pat.yield %x : f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : f32
  %v, %n = pat.filter (%i) in [0] capacity 4 {
    pat.yield %true, %x : i1, f32
  } : tensor<4xf32>, index
  %s = pat.scan (%i) in [0] dim 0 init (%a : f32) {
    pat.yield %x : f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : tensor<0xf32>
  %g = pat.group_by (%i) in [0] keys [2] init (%zero : f32) drop {
    pat.yield %i, %x : index, f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : tensor<2xf32>
  %it = pat.iterate (%k) max 0 carry (%c = %a : f32) {
    pat.yield %true, %x : i1, f32
  }
  // CHECK: return %{{.*}}, %[[A]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[A]]
  return %m, %f, %v, %n, %s, %g, %it : tensor<0x3xf32>, f32, tensor<4xf32>, index, tensor<0xf32>, tensor<2xf32>, f32
}

// -----

// CHECK-LABEL: func @unit_extents
// CHECK-SAME: (%[[X:.*]]: tensor<1x8xf32>)
func.func @unit_extents(%x: tensor<1x8xf32>) -> (tensor<1xf32>, f32) {
  %zero = arith.constant 0.0 : f32
  // CHECK: pat.map (%{{.*}}) in [1] {
  %m = pat.map (%i) in [1] {
    // CHECK-NEXT: pat.fold (%[[K:.*]]) in [8]
    %s = pat.fold (%j, %k) in [1, 8] init (%zero : f32) {
      // CHECK-NEXT: pat.at %[[X]] map #{{.*}} (%[[K]])
      %a = pat.at %x[%i, %k] : tensor<1x8xf32>
      pat.yield %a : f32
    } combine (%l, %r) {
      %t = arith.addf %l, %r : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<1xf32>
  // CHECK: %[[V:.*]] = pat.at %[[X]] map #{{.*}} ()
  %f = pat.fold (%i, %j) in [1, 1] init (%zero : f32) {
    %a = pat.at %x[%i, %j] : tensor<1x8xf32>
    pat.yield %a : f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : f32
  // CHECK: return %{{.*}}, %[[V]]
  return %m, %f : tensor<1xf32>, f32
}

// -----

// CHECK-LABEL: func @constant_map
func.func @constant_map() -> (tensor<8xf32>, tensor<8x2xi32>) {
  // CHECK-DAG: %[[A:.*]] = arith.constant dense<1.5{{.*}}> : tensor<8xf32>
  // CHECK-DAG: %[[B:.*]] = arith.constant dense<7> : tensor<8x2xi32>
  // CHECK-NOT: pat.map
  %c = arith.constant 1.5 : f32
  %s = arith.constant dense<7> : tensor<2xi32>
  %m:2 = pat.map (%i) in [8] {
    pat.yield %c, %s : f32, tensor<2xi32>
  } : tensor<8xf32>, tensor<8x2xi32>
  // CHECK: return %[[A]], %[[B]]
  return %m#0, %m#1 : tensor<8xf32>, tensor<8x2xi32>
}

// -----

// A constant that is no splat is not one element repeated.
// CHECK-LABEL: func @keep_map_of_rows
func.func @keep_map_of_rows(%x: f32) -> (tensor<8x2xi32>, tensor<8xf32>) {
  // CHECK: pat.map
  %s = arith.constant dense<[1, 2]> : tensor<2xi32>
  %m:2 = pat.map (%i) in [8] {
    pat.yield %s, %x : tensor<2xi32>, f32
  } : tensor<8x2xi32>, tensor<8xf32>
  return %m#0, %m#1 : tensor<8x2xi32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func @drop_unused_results
// CHECK-SAME: (%[[X:.*]]: f32, %[[Y:.*]]: f32)
func.func @drop_unused_results(%x: f32, %y: f32) -> tensor<8xf32> {
  // CHECK-NEXT: %[[M:.*]] = pat.map (%{{.*}}) in [8] attributes {note} {
  // CHECK-NEXT:   pat.yield %[[Y]] : f32
  // CHECK-NEXT: } : tensor<8xf32>
  %m:3 = pat.map (%i) in [8] attributes {note} {
    pat.yield %x, %y, %x : f32, f32, f32
  } : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  // CHECK-NEXT: return %[[M]]
  return %m#1 : tensor<8xf32>
}

// -----

// A pattern without effect that nobody uses goes; a trap is an effect.
// CHECK-LABEL: func @unused
func.func @unused(%k: index, %x: f32) {
  // CHECK-NOT: drop
  // CHECK: pat.group_by {{.*}} trap
  %a = pat.group_by (%i) in [4] keys [2] init (%x : f32) drop {
    pat.yield %k, %x : index, f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : tensor<2xf32>
  %b = pat.group_by (%i) in [4] keys [2] init (%x : f32) trap {
    pat.yield %k, %x : index, f32
  } combine (%l, %r) {
    %t = arith.addf %l, %r : f32
    pat.yield %t : f32
  } : tensor<2xf32>
  return
}
