// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-prune))' | FileCheck %s

// A chain that nothing reads goes as a whole: the words, the inputs, the memory unit with the unit of its addresses, the
// loads.
// CHECK-LABEL: fabric.section "chain"
// CHECK-NEXT:  %[[B:.*]] = fabric.load @b
// CHECK-NEXT:  %[[C:.*]] = fabric.compute(%[[B]]) scalars() pop [0] counters [32] vector 0 {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !fabric.word):
// CHECK-NEXT:    %[[E:.*]] = fabric.fu "fexp"(%[[X]])
// CHECK-NEXT:    fabric.push %[[E]] level 0
// CHECK-NEXT:  } -> !fabric.stream
// CHECK-NEXT:  fabric.store %[[C]] to @y
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @b "input" at 128 : tensor<32xf32>
  fabric.buffer @y "output" at 256 : tensor<32xf32>
  fabric.section "chain" {
    %i = fabric.compute () scalars () pop [] counters [32] vector 0 {
      %n = fabric.counter 0
      %z = fabric.fu "mov" (%n)
      fabric.push %z level 0
    } -> !fabric.stream
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [] address 6 indexed 0> by %i words 32 buffers 1
    %b = fabric.load @b <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%m, %b) scalars () pop [0, 0] counters [32] vector 0 {
    ^bb0(%p: !fabric.word, %q: !fabric.word):
      %dead = fabric.fu "fadd" (%p, %q)
      %also = fabric.fu "fexp" (%dead)
      %e = fabric.fu "fexp" (%q)
      fabric.push %e level 0
    } -> !fabric.stream
    fabric.store %c to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A unit that is left without inputs runs on its counters; a stream with a reader stays, though another result has none.
// CHECK-LABEL: fabric.section "counters"
// CHECK-NEXT:  %[[C:.*]]:2 = fabric.compute() scalars() pop [] counters [32] vector 0 {
// CHECK:       fabric.store %[[C]]#1 to @y
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "counters" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    %c:2 = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%p: !fabric.word):
      %n = fabric.counter 0
      %z = fabric.fu "mov" (%n)
      fabric.push %z level 0
      fabric.push %z level 0
    } -> !fabric.stream, !fabric.stream
    fabric.store %c#1 to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A memory that keeps what it was given for a later section stays; one that only reads what an earlier section left goes when
// nobody wants it.
// CHECK-LABEL: fabric.section "keeps"
// CHECK:       fabric.memory {{.*}} home = "t.0"
// CHECK-LABEL: fabric.section "reads"
// CHECK-NOT:   fabric.memory
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.section "keeps" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {first_word = 0 : i64, home = "t.0"}
  }
  fabric.section "reads" {
    %m = fabric.memory read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 {first_word = 0 : i64, home = "t.0"}
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}
