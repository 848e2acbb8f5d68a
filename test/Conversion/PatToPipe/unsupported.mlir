// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --convert-pat-to-pipe=arch=tiny

// Two models.
func.func @first() {
  return
}
// expected-error @+1 {{module has two public functions, 'first' and 'second'; expected one model}}
func.func @second() {
  return
}

// -----

// No model.
// expected-error @+1 {{module has no public function; expected one model}}
module {
  func.func private @helper() {
    return
  }
}

// -----

// A scalar argument.
// expected-error @+1 {{argument 0 has type 'f32'; expected a ranked tensor of static shape}}
func.func @main(%x: f32) -> tensor<2xf32> {
  %m = pat.map (%i) in [2] {
    pat.yield %x : f32
  } : tensor<2xf32>
  return %m : tensor<2xf32>
}

// -----

// A scalar result.
func.func @main(%x: tensor<4xf32>) -> f32 {
  %c = arith.constant 0.0 : f32
  // expected-error @+1 {{result 0 has type 'f32'; expected a ranked tensor of static shape}}
  return %c : f32
}

// -----

// A pattern that only the host runs.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{'pat.filter' does not run on the fabric yet; use --target=host}}
  %v, %n = pat.filter (%i) in [4] capacity 4 {
    %a = pat.at %x[%i] : tensor<4xf32>
    %c = arith.cmpf ogt, %a, %zero : f32
    pat.yield %c, %a : i1, f32
  } : tensor<4xf32>, index
  return %v : tensor<4xf32>
}

// -----

// An operation of another dialect.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'math.exp' on tensors does not run on the fabric; expected patterns and constants}}
  %y = math.exp %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Control flow in a pattern.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %m = pat.map (%i) in [4] {
    %a = pat.at %x[%i] : tensor<4xf32>
    %c = arith.constant true
    // expected-error @+1 {{'scf.if' inside a pattern does not run on the fabric yet; expected scalar code}}
    %r = scf.if %c -> f32 {
      scf.yield %a : f32
    } else {
      %n = arith.negf %a : f32
      scf.yield %n : f32
    }
    pat.yield %r : f32
  } : tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----

// A combiner of two operations.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %init = arith.constant 0.0 : f32
  %m = pat.map (%i) in [4] {
    // expected-error @+1 {{combiner of value 0 is not a single commutative operation; run pat-expand-combiners before}}
    %s = pat.fold (%k) in [8] init (%init : f32) {
      %a = pat.at %x[%i, %k] : tensor<4x8xf32>
      pat.yield %a : f32
    } combine (%p, %q) {
      %u = arith.mulf %p, %q : f32
      %t = arith.addf %u, %p : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----

// Keys that trap.
func.func @main(%x: tensor<50xi32>) -> tensor<10xi32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  // expected-error @+1 {{traps on keys outside the key space, which does not run on the fabric yet; use drop}}
  %h = pat.group_by (%i) in [50] keys [10] init (%zero : i32) trap {
    %k = pat.at %x[%i] : tensor<50xi32>
    %key = arith.index_cast %k : i32 to index
    pat.yield %key, %one : index, i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<10xi32>
  return %h : tensor<10xi32>
}

// -----

// Keys with a combiner of two operations.
func.func @main(%x: tensor<50xi32>) -> tensor<10xi32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  // expected-error @+1 {{combiner of value 0 does not run on the fabric yet; expected one commutative operation with a constant initial value}}
  %h = pat.group_by (%i) in [50] keys [10] init (%zero : i32) drop {
    %k = pat.at %x[%i] : tensor<50xi32>
    %key = arith.index_cast %k : i32 to index
    pat.yield %key, %one : index, i32
  } combine (%a, %b) {
    %u = arith.muli %a, %b : i32
    %t = arith.addi %u, %a : i32
    pat.yield %t : i32
  } : tensor<10xi32>
  return %h : tensor<10xi32>
}

// -----

// A shape that is not known.
// expected-error @+1 {{argument 0 has type 'tensor<?xf32>'; expected a ranked tensor of static shape}}
func.func @main(%x: tensor<?xf32>) {
  return
}

// -----

// Control flow between patterns.
// expected-error @+1 {{has control flow; expected one block of patterns}}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<4xf32>
}

// -----

// A scalar that nobody folded.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = arith.constant 1.0 : f32
  %two = arith.addf %one, %one : f32
  %m = pat.map (%i) in [4] {
    %a = pat.at %x[%i] : tensor<4xf32>
    // expected-error @+1 {{uses a value from outside the pattern that is not a constant}}
    %r = arith.mulf %a, %two : f32
    pat.yield %r : f32
  } : tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----

// The same, yielded.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = arith.constant 1.0 : f32
  %two = arith.addf %one, %one : f32
  // expected-error @+1 {{yields a value from outside the pattern that is not a constant}}
  %m = pat.map (%i) in [4] {
    pat.yield %two : f32
  } : tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----

// The same, where a fold begins.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %one = arith.constant 1.0 : f32
  %two = arith.addf %one, %one : f32
  %m = pat.map (%i) in [4] {
    // expected-error @+1 {{initial value 0 is not a constant}}
    %s = pat.fold (%k) in [8] init (%two : f32) {
      %a = pat.at %x[%i, %k] : tensor<4x8xf32>
      pat.yield %a : f32
    } combine (%p, %q) {
      %t = arith.mulf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  return %m : tensor<4xf32>
}
