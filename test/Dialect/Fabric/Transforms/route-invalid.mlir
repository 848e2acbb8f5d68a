// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(fabric.device(fabric-route))'

// A unit without place.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{has no place; run fabric-place before}}
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
  }
}

// -----

// A place that the grid does not have.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{stands at (6, 0) slot 0, where 'tiny' has no unit}}
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 6, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
  }
}

// -----

// A place of another kind.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+1 {{placement is wrong: unit }}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 1, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
  }
}

// -----

// Two units on one site.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+1 {{placement is wrong: dram(0,0).0 carries both }}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
  }
}
