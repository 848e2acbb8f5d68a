// RUN: jacquard-opt %s --split-input-file --verify-diagnostics
// One case per constraint; the labels are those of the ops' descriptions.

func.func @map_c1(%x: f32) {
  // expected-error @+1 {{'pat.map' op body has 1 arguments; expected 2, one index per extent of the domain}}
  %m = pat.map (%i) in [2, 3] {
    pat.yield %x : f32
  } : tensor<2x3xf32>
  return
}

// -----

func.func @map_c1_type(%x: f32) {
  // expected-error @+1 {{'pat.map' op body argument 0 is of type 'i32'; expected index}}
  %m = "pat.map"() <{domain = array<i64: 2>}> ({
  ^bb0(%i: i32):
    pat.yield %x : f32
  }) : () -> tensor<2xf32>
  return
}

// -----

func.func @map_c2(%x: f32) {
  // expected-error @+1 {{'pat.map' op domain extent -1 is not allowed; expected at least 0}}
  %m = pat.map (%i) in [-1] {
    pat.yield %x : f32
  } : tensor<1xf32>
  return
}

// -----

func.func @map_c3(%x: f32, %buffer: memref<2xf32>) {
  // expected-error @+1 {{'pat.map' op body is not pure; expected arith, math, pat.at and nested patterns}}
  %m = pat.map (%i) in [2] {
    // expected-note @+1 {{'memref.store' may have an effect}}
    memref.store %x, %buffer[%i] : memref<2xf32>
    pat.yield %x : f32
  } : tensor<2xf32>
  return
}

// -----

func.func @map_c4_none() {
  // expected-error @+1 {{'pat.map' op has no result; expected at least one}}
  "pat.map"() <{domain = array<i64: 2>}> ({
  ^bb0(%i: index):
    pat.yield
  }) : () -> ()
  return
}

// -----

func.func @map_c4(%x: f32) {
  // expected-error @+1 {{'pat.map' op body yields 2 values; expected 1, one per result}}
  %m = pat.map (%i) in [2] {
    pat.yield %x, %x : f32, f32
  } : tensor<2xf32>
  return
}

// -----

func.func @map_c5() {
  // expected-error @+2 {{'pat.map' op body yields a value 0 of type 'index'; expected an integer, a float or a static tensor of them}}
  // expected-note @+1 {{cast the index to an integer by arith.index_cast}}
  %m = pat.map (%i) in [2] {
    pat.yield %i : index
  } : tensor<2xi64>
  return
}

// -----

func.func @map_c6(%x: f32) {
  // expected-error @+1 {{'pat.map' op result 0 is of type 'tensor<3xf32>'; expected 'tensor<2xf32>'}}
  %m = pat.map (%i) in [2] {
    pat.yield %x : f32
  } : tensor<3xf32>
  return
}

// -----

func.func @map_c6_nested(%x: f32) {
  // expected-error @+1 {{'pat.map' op result 0 is of type 'tensor<3x2xf32>'; expected 'tensor<2x3xf32>'}}
  %m = pat.map (%i) in [2] {
    %n = pat.map (%j) in [3] {
      pat.yield %x : f32
    } : tensor<3xf32>
    pat.yield %n : tensor<3xf32>
  } : tensor<3x2xf32>
  return
}

// -----

func.func @map_index_tensor(%x: i64) {
  // expected-error @+1 {{'pat.map' op result #0 must be variadic of statically shaped tensor of signless integer or floating-point values, but got 'tensor<2xindex>'}}
  %m = pat.map (%i) in [2] {
    pat.yield %x : i64
  } : tensor<2xindex>
  return
}

// -----

func.func @map_end(%x: f32) {
  // expected-error @+1 {{'pat.map' op body ends in 'ub.unreachable'; expected pat.yield}}
  %m = pat.map (%i) in [2] {
    ub.unreachable
  } : tensor<2xf32>
  return
}

// -----

func.func @fold_c1(%x: f32) {
  // expected-error @+1 {{'pat.fold' op has an empty domain; expected at least one extent}}
  %m = pat.fold () in [] init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : f32
  return
}

// -----

func.func @fold_c2(%x: f32) {
  // expected-error @+1 {{'pat.fold' op domain extent -4 is not allowed; expected at least 0}}
  %m = pat.fold (%i) in [-4] init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : f32
  return
}

// -----

func.func @fold_c3(%x: f32, %buffer: memref<2xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{'pat.fold' op combiner is not pure; expected arith, math, pat.at and nested patterns}}
  %m = pat.fold (%i) in [2] init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    // expected-note @+1 {{'memref.load' may have an effect}}
    %c = memref.load %buffer[%c0] : memref<2xf32>
    pat.yield %c : f32
  } : f32
  return
}

// -----

func.func @fold_c4_none() {
  // expected-error @+1 {{'pat.fold' op has no init; expected at least one value to combine}}
  "pat.fold"() <{domain = array<i64: 2>}> ({
  ^bb0(%i: index):
    pat.yield
  }, {
  ^bb0:
    pat.yield
  }) : () -> ()
  return
}

// -----

func.func @fold_c4(%x: f32, %y: i32) {
  // expected-error @+1 {{'pat.fold' op body yields a value 0 of type 'i32'; expected 'f32'}}
  %m = pat.fold (%i) in [2] init (%x : f32) {
    pat.yield %y : i32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : f32
  return
}

// -----

func.func @fold_c5(%x: f32) {
  %m = pat.fold (%i) in [2] init (%x : f32) {
    pat.yield %x : f32
  // expected-error @+1 {{combiner has 1 arguments; expected 2, a left and a right one per init}}
  } combine (%a) {
    pat.yield %a : f32
  } : f32
  return
}

// -----

func.func @fold_c5_count(%x: f32) {
  // expected-error @+1 {{'pat.fold' op combiner has 1 arguments; expected 2, a left and a right one per init}}
  %m = "pat.fold"(%x) <{domain = array<i64: 2>}> ({
  ^bb0(%i: index):
    pat.yield %x : f32
  }, {
  ^bb0(%a: f32):
    pat.yield %a : f32
  }) : (f32) -> f32
  return
}

// -----

func.func @fold_c5_type(%x: f32) {
  // expected-error @+1 {{'pat.fold' op combiner argument 1 is of type 'i32'; expected 'f32'}}
  %m = "pat.fold"(%x) <{domain = array<i64: 2>}> ({
  ^bb0(%i: index):
    pat.yield %x : f32
  }, {
  ^bb0(%a: f32, %b: i32):
    pat.yield %a : f32
  }) : (f32) -> f32
  return
}

// -----

func.func @fold_c5_yield(%x: f32) {
  // expected-error @+1 {{'pat.fold' op combiner yields 2 values; expected 1}}
  %m = pat.fold (%i) in [2] init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a, %b : f32, f32
  } : f32
  return
}

// -----

func.func @fold_result(%x: f32) {
  // expected-error @+2 {{'pat.fold' op failed to infer returned types}}
  // expected-error @+1 {{'pat.fold' op inferred type(s) 'f32' are incompatible with return type(s) of operation 'i32'}}
  %m = pat.fold (%i) in [2] init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : i32
  return
}

// -----

func.func @group_by_c2(%x: f32) {
  // expected-error @+1 {{'pat.group_by' op has an empty key space; expected at least one extent}}
  %m = pat.group_by (%i) in [2] keys [] init (%x : f32) drop {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : tensor<f32>
  return
}

// -----

func.func @group_by_c4(%x: f32) {
  // expected-error @+1 {{'pat.group_by' op body yields 2 values; expected 3}}
  %m = pat.group_by (%i) in [2] keys [4, 5] init (%x : f32) drop {
    pat.yield %i, %x : index, f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : tensor<4x5xf32>
  return
}

// -----

func.func @group_by_c4_key(%x: f32, %k: i32) {
  // expected-error @+1 {{'pat.group_by' op body yields a value 0 of type 'i32'; expected 'index'}}
  %m = pat.group_by (%i) in [2] keys [4] init (%x : f32) trap {
    pat.yield %k, %x : i32, f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @group_by_c5(%x: f32, %k: i32) {
  // expected-error @+1 {{'pat.group_by' op combiner yields a value 0 of type 'i32'; expected 'f32'}}
  %m = pat.group_by (%i) in [2] keys [4] init (%x : f32) trap {
    pat.yield %i, %x : index, f32
  } combine (%a, %b) {
    pat.yield %k : i32
  } : tensor<4xf32>
  return
}

// -----

func.func @group_by_outside(%x: f32) {
  // expected-error @+1 {{'wrap' does not say what happens to keys outside; expected drop or trap}}
  %m = pat.group_by (%i) in [2] keys [4] init (%x : f32) wrap {
  return
}

// -----

func.func @filter_c2(%x: f32, %c: i1) {
  // expected-error @+1 {{'pat.filter' op capacity -1 is not allowed; expected at least 0}}
  %m, %n = pat.filter (%i) in [2] capacity -1 {
    pat.yield %c, %x : i1, f32
  } : tensor<1xf32>, index
  return
}

// -----

func.func @filter_c4(%x: f32) {
  // expected-error @+1 {{'pat.filter' op body yields a value 0 of type 'f32'; expected 'i1'}}
  %m, %n = pat.filter (%i) in [2] capacity 2 {
    pat.yield %x, %x : f32, f32
  } : tensor<2xf32>, index
  return
}

// -----

func.func @filter_c4_index(%c: i1) {
  // expected-error @+1 {{'pat.filter' op body yields a value 1 of type 'index'; expected an integer or a float}}
  %m, %n = pat.filter (%i) in [2] capacity 2 {
    pat.yield %c, %i : i1, index
  } : tensor<2xi64>, index
  return
}

// -----

func.func @filter_c5(%x: f32, %c: i1) {
  // expected-error @+1 {{'pat.filter' op result 0 is of type 'tensor<3xf32>'; expected 'tensor<2xf32>'}}
  %m, %n = pat.filter (%i) in [4] capacity 2 {
    pat.yield %c, %x : i1, f32
  } : tensor<3xf32>, index
  return
}

// -----

func.func @flat_map_c4(%x: f32) {
  // expected-error @+1 {{'pat.flat_map' op body yields a value 1 of type 'f32'; expected a static tensor of rank 1}}
  %m, %n = pat.flat_map (%i) in [4] capacity 2 {
    pat.yield %i, %x : index, f32
  } : tensor<2xf32>, index
  return
}

// -----

func.func @flat_map_c4_extent(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{'pat.flat_map' op body yields tensors of extents 2 and 3; expected one common extent}}
  %m:2, %n = pat.flat_map (%i) in [4] capacity 2 {
    pat.yield %i, %x, %y : index, tensor<2xf32>, tensor<3xf32>
  } : tensor<2xf32>, tensor<2xf32>, index
  return
}

// -----

func.func @flat_map_c5(%x: tensor<2xf32>) {
  // expected-error @+1 {{'pat.flat_map' op result 0 is of type 'tensor<2xi32>'; expected 'tensor<2xf32>'}}
  %m, %n = pat.flat_map (%i) in [4] capacity 2 {
    pat.yield %i, %x : index, tensor<2xf32>
  } : tensor<2xi32>, index
  return
}

// -----

func.func @scan_c2(%x: f32) {
  // expected-error @+1 {{'pat.scan' op dim 1 is not a dimension of the domain; expected less than 1}}
  %m = pat.scan (%i) in [4] dim 1 init (%x : f32) {
    pat.yield %x : f32
  } combine (%a, %b) {
    pat.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @scan_c4(%x: f32, %y: f64) {
  // expected-error @+1 {{'pat.scan' op body yields a value 0 of type 'f64'; expected 'f32'}}
  %m = pat.scan (%i) in [4] dim 0 init (%x : f32) {
    pat.yield %y : f64
  } combine (%a, %b) {
    pat.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @iterate_c1(%x: f32, %c: i1) {
  // expected-error @+1 {{'pat.iterate' op body has arguments of types 'index'; expected 'index', 'f32'}}
  %r = "pat.iterate"(%x) <{max = 3 : i64}> ({
  ^bb0(%n: index):
    pat.yield %c, %x : i1, f32
  }) : (f32) -> f32
  return
}

// -----

func.func @iterate_c2(%x: f32, %c: i1) {
  // expected-error @+1 {{'pat.iterate' op max -3 is not allowed; expected at least 0}}
  %r = pat.iterate (%n) max -3 carry (%y = %x : f32) {
    pat.yield %c, %y : i1, f32
  }
  return
}

// -----

func.func private @sink(f32)
func.func @iterate_c3(%x: f32, %c: i1) {
  // expected-error @+1 {{'pat.iterate' op body is not pure; expected arith, math, pat.at and nested patterns}}
  %r = pat.iterate (%n) max 3 carry (%y = %x : f32) {
    // expected-note @+1 {{'func.call' may have an effect}}
    func.call @sink(%y) : (f32) -> ()
    pat.yield %c, %y : i1, f32
  }
  return
}

// -----

func.func @iterate_c4(%x: f32) {
  // expected-error @+1 {{'pat.iterate' op body yields a value 0 of type 'f32'; expected 'i1'}}
  %r = pat.iterate (%n) max 3 carry (%y = %x : f32) {
    pat.yield %y, %y : f32, f32
  }
  return
}

// -----

func.func @at_c1(%x: tensor<2x3xf32>, %i: index) {
  // expected-error @+1 {{'pat.at' op has 1 indices; expected 2, one per dimension of the tensor}}
  %a = pat.at %x[%i] : tensor<2x3xf32>
  return
}

// -----

func.func @at_c1_map(%x: tensor<2x3xf32>, %i: index) {
  // expected-error @+1 {{'pat.at' op has 1 indices; expected 2, one per dimension of the map}}
  %a = pat.at %x map affine_map<(d0, d1) -> (d0, d1)> (%i) : tensor<2x3xf32>
  return
}

// -----

func.func @at_c2(%x: tensor<2x3xf32>, %i: index) {
  // expected-error @+1 {{'pat.at' op map has 1 results; expected 2, one per dimension of the tensor}}
  %a = pat.at %x map affine_map<(d0) -> (d0)> (%i) : tensor<2x3xf32>
  return
}

// -----

func.func @at_c2_symbols(%x: tensor<2xf32>, %i: index) {
  // expected-error @+1 {{'pat.at' op map has 1 symbols; expected dimensions only}}
  %a = pat.at %x map affine_map<(d0)[s0] -> (d0 + s0)> (%i) : tensor<2xf32>
  return
}

// -----

func.func @yield_parent(%x: f32) {
  // expected-error @+1 {{'pat.yield' op expects parent op to be one of 'pat.map, pat.fold, pat.group_by, pat.filter, pat.flat_map, pat.scan, pat.iterate'}}
  pat.yield %x : f32
}
