// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(fabric.device(fabric-place))'

// Too many units: what is scarce, how many are there, and which nodes of the model want them.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  // expected-error @+1 {{section "s" does not fit 'tiny': dram units: 9 needed, 8 available on 'tiny'; used by: node0 (5), node1 (4)}}
  fabric.section "s" {
    %0 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node0")
    %1 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node1")
    %2 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node0")
    %3 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node1")
    %4 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node0")
    %5 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node1")
    %6 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node0")
    %7 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node1")
    %8 = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> loc("node0")
  }
}

// -----

// Compute units, which have names but no nodes.
fabric.device arch "tiny" {
  // expected-error @+1 {{section "s" does not fit 'tiny': compute units: 9 needed, 8 available on 'tiny'; used by: }}
  fabric.section "s" {
    %s0 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s1 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s2 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s3 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s4 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s5 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s6 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s7 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
    %s8 = fabric.compute () scalars () pop [] counters [1] vector -1 attributes {input_registers = array<i64>} {
      %c = fabric.constant 1
      %v = fabric.fu "mov" (%c) {dest = 0 : i64, stage = 0 : i64}
      fabric.push %v level 0
    } -> !fabric.stream
  }
}

// -----

// What a section of a loop leaves for later stays when the loop begins anew: the section before may not stand there.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.loop max 2 {
    // expected-error @+1 {{section "before" does not fit 'tiny': memory units: 9 needed, 8 available on 'tiny'}}
    fabric.section "before" {
      %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
      %m0 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m0 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m1 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m1 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m2 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m2 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m3 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m3 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m4 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m4 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m5 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m5 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m6 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m6 to @y <[32] vector 0 registers [[0, 1]] address 0>
      %m7 = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %m7 to @y <[32] vector 0 registers [[0, 1]] address 0>
    }
    fabric.section "fills" {
      %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
      %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {home = "t.0"}
    }
  }
  fabric.section "reads" {
    %m = fabric.memory read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {home = "t.0"}
    fabric.store %m to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}
