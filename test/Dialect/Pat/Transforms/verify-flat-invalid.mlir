// RUN: jacquard-opt %s --pat-verify-flat --split-input-file --verify-diagnostics

func.func @nested_map(%x: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %y = pat.map (%r) in [4] {
    // expected-error@+1 {{'pat.map' op is nested in 'pat.map'; expected flat patterns (run pat-flatten, or rewrite the nest if it stays)}}
    %q = pat.map (%c) in [8] {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      pat.yield %v : i32
    } : tensor<8xi32>
    pat.yield %q : tensor<8xi32>
  } : tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}

// -----

func.func @fold_outside(%x: tensor<8xi32>) -> i32 {
  %zero = arith.constant 0 : i32
  // expected-error@+1 {{'pat.fold' op stands outside of a map; expected a map of rank 0 around it (run pat-flatten)}}
  %s = pat.fold (%c) in [8] init (%zero : i32) {
    %v = pat.at %x[%c] : tensor<8xi32>
    pat.yield %v : i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : i32
  return %s : i32
}

// -----

func.func @two_folds(%x: tensor<4x8xi32>) -> (tensor<4xi32>, tensor<4xi32>) {
  %zero = arith.constant 0 : i32
  %y:2 = pat.map (%r) in [4] {
    %s = pat.fold (%c) in [8] init (%zero : i32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%a, %b) {
      %t = arith.addi %a, %b : i32
      pat.yield %t : i32
    } : i32
    // expected-error@+1 {{'pat.fold' op is the second fold of a map; expected at most one (run pat-flatten)}}
    %m = pat.fold (%c) in [8] init (%zero : i32) {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      pat.yield %v : i32
    } combine (%a, %b) {
      %t = arith.maxui %a, %b : i32
      pat.yield %t : i32
    } : i32
    pat.yield %s, %m : i32, i32
  } : tensor<4xi32>, tensor<4xi32>
  return %y#0, %y#1 : tensor<4xi32>, tensor<4xi32>
}

// -----

func.func @tensor_yield(%b: tensor<8xi32>) -> tensor<4x8xi32> {
  // expected-error@+1 {{'pat.map' op yields a tensor as value 0; expected scalars (run pat-flatten)}}
  %y = pat.map (%r) in [4] {
    pat.yield %b : tensor<8xi32>
  } : tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}

// -----

func.func @captured_scalar(%s: tensor<i32>) -> tensor<4xi32> {
  // expected-note@+1 {{computed here}}
  %v = pat.at %s[] : tensor<i32>
  // expected-error@+1 {{'pat.map' op uses a scalar that 'pat.at' computes outside of it; expected a constant, an argument or the result of a pattern (run pat-flatten)}}
  %y = pat.map (%r) in [4] {
    pat.yield %v : i32
  } : tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

// A filter for every row has no flat form.
func.func @filter_in_map(%x: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %zero = arith.constant 0 : i32
  %y = pat.map (%r) in [4] {
    // expected-error@+1 {{'pat.filter' op is nested in 'pat.map'; expected flat patterns (run pat-flatten, or rewrite the nest if it stays)}}
    %f, %n = pat.filter (%c) in [8] capacity 8 {
      %v = pat.at %x[%r, %c] : tensor<4x8xi32>
      %p = arith.cmpi sgt, %v, %zero : i32
      pat.yield %p, %v : i1, i32
    } : tensor<8xi32>, index
    pat.yield %f : tensor<8xi32>
  } : tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}
