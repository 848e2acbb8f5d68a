// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(fabric.device(fabric-verify-routing))'
// A right section (verify-routing.mlir), wrong in one way each; every violation is reported.

// A stream without a route.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+2 {{net 'compute.0:0': nothing at switch (1,0) selects source 9; the branch ends in nowhere}}
  // expected-error @+1 {{net 'compute.0:0' does not reach input port 0 of dram(0,1).0, the site of 'dram.1'}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6, 1, 9, 6]
  }
}

// -----

// The last hop dropped: the stream does not arrive.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+2 {{net 'dram.0:0': nothing at switch (1,0) selects source 6; the branch ends in nowhere}}
  // expected-error @+1 {{net 'dram.0:0' does not reach input port 0 of compute(1,0), the site of 'compute.0'}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}

// -----

// The first hop dropped: nothing drives the rest.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+3 {{net 'dram.0:0': nothing at switch (0,0) selects source 6; the branch ends in nowhere}}
  // expected-error @+2 {{net 'dram.0:0' does not reach input port 0 of compute(1,0), the site of 'compute.0'}}
  // expected-error @+1 {{net 'dram.0:0': at switch (1,0), 1 connections select source 6, which the net does not drive}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [1, 9, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}

// -----

// A hop added that nothing drives.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+1 {{net 'dram.0:0': at switch (1,2), 1 connections select source 0, which the net does not drive}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6, 1, 9, 6, 13, 0, 0]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}

// -----

// A branch too many: the second input of the compute unit gets the stream as well.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+1 {{net 'dram.0:0' reaches input port 1 of compute(1,0), which is none of its sinks}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6, 1, 9, 6, 1, 10, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}

// -----

// Redirected to another unit input.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+2 {{net 'dram.0:0' does not reach input port 0 of compute(1,0), the site of 'compute.0'}}
  // expected-error @+1 {{net 'dram.0:0' reaches input port 1 of compute(1,0), which is none of its sinks}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6, 1, 10, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}

// -----

// A switch output that two streams use.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  // expected-error @+2 {{vector sink 0 of switch (0,0) is used by net 'dram.0:0' and by net 'compute.0:0'}}
  // expected-error @+1 {{net 'compute.0:0': at switch (0,0), 1 connections select source 6, which the net does not drive}}
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    fabric.route %a network 0 hops [0, 0, 6, 1, 9, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0, 0, 0, 6]
  }
}

// -----

// Another network.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 0, 0>}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>}
    // expected-error @+1 {{routes in the control network; expected vector, which the inputs of the stream's users are in}}
    fabric.route %a network 2 hops [0, 0, 6, 1, 9, 6]
    fabric.route %c network 0 hops [1, 6, 9, 0, 3, 0, 6, 9, 0]
  }
}
