// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-partition))' | FileCheck %s

// ferf and ftanh take three stages each, so that the unit is full and the addition goes to a second one: their value becomes
// a stream, and the input is multicast.
// CHECK-LABEL: fabric.section "cut"
// CHECK-NEXT:  %[[A:.*]] = fabric.load @x
// CHECK-NEXT:  %[[P:.*]] = fabric.compute(%[[A]]) scalars() pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !fabric.word):
// CHECK-NEXT:    %[[E:.*]] = fabric.fu "ferf"(%[[X]]) {dest = 0 : i64, stage = 0 : i64}
// CHECK-NEXT:    %[[T:.*]] = fabric.fu "ftanh"(%[[E]]) {dest = 0 : i64, stage = 3 : i64}
// CHECK-NEXT:    fabric.push %[[T]] level 0
// CHECK-NEXT:  } -> !fabric.stream
// CHECK-NEXT:  %[[Q:.*]] = fabric.compute(%[[A]], %[[P]]) scalars() pop [0, 0] counters [32] vector 0 attributes {input_registers = array<i64: 0, 1>} {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !fabric.word, %[[T:.*]]: !fabric.word):
// CHECK-NEXT:    %[[S:.*]] = fabric.fu "fadd"(%[[T]], %[[X]]) {dest = {{[0-5]}} : i64, stage = 0 : i64}
// CHECK-NEXT:    fabric.push %[[S]] level 0
// CHECK-NEXT:  } -> !fabric.stream
// CHECK-NEXT:  fabric.store %[[Q]] to @y
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "cut" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %e = fabric.fu "ferf" (%x)
      %t = fabric.fu "ftanh" (%e)
      %s = fabric.fu "fadd" (%t, %x)
      fabric.push %s level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// Accumulations take stages in order and no register.
// CHECK-LABEL: fabric.section "accumulate"
// CHECK:       fabric.compute(%{{.*}}) {{.*}} attributes {input_registers = array<i64: 0>} {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !fabric.word):
// CHECK-NEXT:    %[[L:.*]] = fabric.lane %[[X]] base 1 stride 0 level -1
// CHECK-NEXT:    %[[P:.*]] = fabric.accumulate "fma"(%[[X]], %[[L]]) level 0 init 0 {stage = 0 : i64}
// CHECK-NEXT:    %[[Q:.*]] = fabric.accumulate "fmax"(%[[X]]) level 0 init -8388608 {stage = 1 : i64}
// CHECK-NEXT:    fabric.drain %[[P]], %[[Q]] level 0 reduce "fadd"
// CHECK-NEXT:  } -> !fabric.stream
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "accumulate" {
    %a = fabric.load @x <[2, 16] vector 1 registers [[0, 16, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [1] counters [2, 16] vector 1 {
    ^bb0(%x: !fabric.word):
      %l = fabric.lane %x base 1 stride 0 level -1
      %p = fabric.accumulate "fma" (%x, %l) level 0 init 0
      %q = fabric.accumulate "fmax" (%x) level 0 init -8388608
      fabric.drain %p, %q level 0 reduce "fadd"
    } -> !fabric.stream
    fabric.store %c to @y <[2, 2] registers [[0, 2, 1]] address 0>
  }
}

// -----

// A unit that has its stages stays as it is.
// CHECK-LABEL: fabric.section "done"
// CHECK:       fabric.fu "fneg"(%{{.*}}) {dest = 4 : i64, stage = 5 : i64}
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "done" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 3>} {
    ^bb0(%x: !fabric.word):
      %n = fabric.fu "fneg" (%x) {dest = 4 : i64, stage = 5 : i64}
      fabric.push %n level 0
    } -> !fabric.stream
    fabric.store %c to @x <[32] vector 0 registers [[0, 1]] address 0>
  }
}
