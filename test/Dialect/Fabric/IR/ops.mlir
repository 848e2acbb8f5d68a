// RUN: jacquard-opt %s | jacquard-opt | FileCheck %s
// RUN: jacquard-opt %s --mlir-print-op-generic | jacquard-opt | FileCheck %s

// Every form of an access, with and without the name of the attribute.
// CHECK-LABEL: fabric.device arch "tiny" attributes {dram_bytes = 1024 : i64} {
fabric.device arch "tiny" attributes {dram_bytes = 1024 : i64} {
  // CHECK-NEXT: fabric.buffer @x "input" at 0 : tensor<32xf32> {public_name = "x"}
  fabric.buffer @x "input" at 0 : tensor<32xf32> {public_name = "x"}
  // CHECK-NEXT: fabric.buffer @w "constant" at 128 : tensor<8xi64> = dense<1> : tensor<8xi64>
  fabric.buffer @w "constant" at 128 : tensor<8xi64> = dense<1> : tensor<8xi64>
  // CHECK-NEXT: fabric.buffer @t "temporary" at 192 : tensor<2x2xi1>
  fabric.buffer @t "temporary" at 192 : tensor<2x2xi1>
  // CHECK-NEXT: fabric.buffer @y "output" at 256 : tensor<32xf32>
  fabric.buffer @y "output" at 256 : tensor<32xf32>
  // CHECK-NEXT: fabric.section "forms" attributes {bound = "dram", predicted_cycles = 7 : i64} {
  fabric.section "forms" attributes {bound = "dram", predicted_cycles = 7 : i64} {
    // CHECK-NEXT: %[[A:.*]] = fabric.load @x <[32] vector 0 registers {{\[}}[0, 1]] address 0>
    %a = fabric.load @x #fabric.access<[32] vector 0 registers [[0, 1]] address 0>
    // CHECK-NEXT: %[[I:.*]] = fabric.load @w <[8] registers {{\[}}[0, 1]] address 0 else 3 broadcast>
    %i = fabric.load @w <[8] registers [[0, 1]] address 0 else 3 broadcast>
    // CHECK-NEXT: fabric.load @x <[] registers [] address 6 indexed -1> index %[[I]]
    %g = fabric.load @x <[] registers [] address 6 indexed -1> index %i
    // CHECK-NEXT: %[[M:.*]] = fabric.memory %[[A]] write <[4, 8] vector 1 registers {{\[}}[0, 8, 1], [-1, 0, 1]] check[1, 0, 0, 6] address 0 handover 0>
    // CHECK-SAME: read <[4, 8] registers {{\[}}[0, 1, 4]] madd[0, 0, 3, 0] div[7, 0, 2, 0] mod[8, 0, 5, 0] address 9 handover 0> words 64 buffers 2
    %m = fabric.memory %a write <[4, 8] vector 1 registers [[0, 8, 1], [-1, 0, 1]] check[1, 0, 0, 6] address 0 handover 0>
        read <[4, 8] registers [[0, 1, 4]] madd[0, 0, 3, 0] div[7, 0, 2, 0] mod[8, 0, 5, 0] address 9 handover 0> words 64 buffers 2
    // CHECK-NEXT: fabric.memory %[[A]] write <[8] registers [] address 6 indexed 0> index %[[I]]
    // CHECK-SAME: read <[8] registers [] address 6 indexed 0> by %[[I]] words 8 buffers 1 accumulate "fadd" {init = 5 : i64}
    %h = fabric.memory %a write <[8] registers [] address 6 indexed 0> index %i
        read <[8] registers [] address 6 indexed 0> by %i words 8 buffers 1 accumulate "fadd" {init = 5 : i64}
    // CHECK-NEXT: %[[C:.*]]:2 = fabric.compute(%[[M]], %[[A]]) scalars() pop [1, -1] counters [4, 8] vector 1 {
    // CHECK-NEXT: ^bb0(%[[X:.*]]: !fabric.word, %[[Y:.*]]: !fabric.word):
    %c:2 = fabric.compute (%m, %a) scalars () pop [1, -1] counters [4, 8] vector 1 {
    ^bb0(%x: !fabric.word, %y: !fabric.word):
      // CHECK-NEXT: fabric.counter 1
      %n = fabric.counter 1
      // CHECK-NEXT: fabric.constant 1065353216
      %one = fabric.constant 1065353216
      // CHECK-NEXT: fabric.lane %[[Y]] base 3 stride 1 level 0
      %l = fabric.lane %y base 3 stride 1 level 0
      %f = fabric.fu "i2f" (%n)
      // CHECK: %[[S:.*]] = fabric.fu "fma"(%[[X]], %{{.*}}, %{{.*}})
      %s = fabric.fu "fma" (%x, %l, %one)
      // CHECK-NEXT: %[[T:.*]] = fabric.accumulate "fadd"(%[[S]]) level 0 init 0
      %t = fabric.accumulate "fadd" (%s) level 0 init 0
      // CHECK-NEXT: %[[U:.*]] = fabric.accumulate "fmax"(%{{.*}}) level -1 init -8388608
      %u = fabric.accumulate "fmax" (%f) level -1 init -8388608
      // CHECK-NEXT: fabric.push %[[S]] level 1
      fabric.push %s level 1
      // CHECK-NEXT: fabric.drain %[[T]], %[[U]] level 0 reduce "fadd"
      fabric.drain %t, %u level 0 reduce "fadd"
    // CHECK-NEXT: } -> !fabric.stream, !fabric.stream
    } -> !fabric.stream, !fabric.stream
    // CHECK-NEXT: fabric.store %[[C]]#0 to @y <[32] vector 0 registers {{\[}}[0, 1]] address 0>
    fabric.store %c#0 to @y <[32] vector 0 registers [[0, 1]] address 0>
    // CHECK-NEXT: fabric.store %[[C]]#1 to @y <[8] registers [] address 6 indexed 0> index %[[I]]
    fabric.store %c#1 to @y <[8] registers [] address 6 indexed 0> index %i
  }
  // CHECK: fabric.section "mapped" {
  fabric.section "mapped" {
    // CHECK-NEXT: fabric.load @x {{.*}} {at = array<i64: 0, 1, 0>, unit = "dram.0"}
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>, unit = "dram.0"}
    // CHECK-NEXT: fabric.compute(%{{.*}}) scalars() pop [0] counters [32] vector 0 attributes {at = array<i64: 2, 1, 0>, input_registers = array<i64: 4>, unit = "compute.0"} {
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {at = array<i64: 2, 1, 0>, input_registers = array<i64: 4>, unit = "compute.0"} {
    ^bb0(%x: !fabric.word):
      // CHECK: fabric.fu "fmul"(%{{.*}}, %{{.*}}) {dest = 5 : i64, stage = 3 : i64}
      %s = fabric.fu "fmul" (%x, %x) {dest = 5 : i64, stage = 3 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
    // CHECK: fabric.route %{{.*}} network 0 hops [6, 0, 3, 7, 1, 4]
    fabric.route %a network 0 hops [6, 0, 3, 7, 1, 4]
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 2, 0>}
  }
}

// Without a device the structure is checked, but no limit: 13 levels are more than any unit of tiny has.
// CHECK-LABEL: fabric.section "alone"
fabric.section "alone" {
  // CHECK: fabric.compute() scalars() pop [] counters [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] vector -1 {
  fabric.compute () scalars () pop [] counters [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] vector -1 {
    // CHECK-NEXT: fabric.constant 1
    %one = fabric.constant 1
  // CHECK-NEXT: }{{$}}
  }
}

// Loops of sections, and a result whose extent data decides.
// CHECK-LABEL: fabric.device arch "tiny" attributes {note = "loops"} {
fabric.device arch "tiny" attributes {note = "loops"} {
  fabric.buffer @go "temporary" at 0 : tensor<i1>
  fabric.buffer @n "temporary" at 64 : tensor<i32>
  fabric.buffer @rows "temporary" at 128 : tensor<i64>
  // CHECK: fabric.buffer @y "output" at 192 : tensor<8xf32> {extent_dims = array<i64: 0>, extents = [@rows]}
  fabric.buffer @y "output" at 192 : tensor<8xf32> {extent_dims = array<i64: 0>, extents = [@rows]}
  // CHECK-NEXT: fabric.loop max 20 while @go counter @n test_first {
  fabric.loop max 20 while @go counter @n test_first {
    // CHECK-NEXT: fabric.loop max 3 {
    fabric.loop max 3 {
      // CHECK-NEXT: fabric.section "inner"
      fabric.section "inner" {
      }
    }
  }
}
