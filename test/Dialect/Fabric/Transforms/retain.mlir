// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-retain))' | FileCheck %s

// A temporary that one section stores and two sections load, each of them twice: two copies, and nothing in DRAM. The copy
// that serves two loads of one half each is cut in two.
// CHECK-LABEL: fabric.device
// CHECK-NOT:   @t
// CHECK:       fabric.section "make"
// CHECK-NEXT:  %[[A:.*]] = fabric.load @a
// CHECK-DAG:   fabric.memory %[[A]] write <[32] vector 0 registers {{\[}}[0, 1]] address 0> words 32 buffers 1 {home = "t.1.0"}
// CHECK-DAG:   fabric.memory %[[A]] write <[32] vector 0 registers {{\[}}[0, 1]] address 0> words 16 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-DAG:   fabric.memory %[[A]] write <[32] vector 0 registers {{\[}}[0, 1]] address 0> words 16 buffers 1 {first_word = 16 : i64, home = "t.0.1"}
// CHECK:       fabric.section "use"
// CHECK-NEXT:  fabric.memory read <[16] vector 0 registers {{\[}}[0, 1]] address 0> words 16 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-NEXT:  fabric.store
// CHECK-NEXT:  %[[R:.*]] = fabric.memory read <[16] vector 0 registers {{\[}}[16, 1]] address 0> words 16 buffers 1 {first_word = 16 : i64, home = "t.0.1"}
// CHECK-NEXT:  fabric.store %[[R]] to @y
// CHECK:       fabric.section "twice"
// CHECK-NEXT:  %[[P:.*]] = fabric.memory read {{.*}} words 16 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-NEXT:  fabric.memory read {{.*}} cascade %[[P]] words 16 buffers 1 {first_word = 16 : i64, home = "t.0.1"}
// CHECK-NEXT:  fabric.memory read {{.*}} words 32 buffers 1 {home = "t.1.0"}
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.section "make" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "use" {
    %s = fabric.load @t <[16] vector 0 registers [[0, 1]] address 0>
    fabric.store %s to @y <[16] vector 0 registers [[0, 1]] address 0>
    %t = fabric.load @t <[16] vector 0 registers [[16, 1]] address 0>
    fabric.store %t to @y <[16] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "twice" {
    %p = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    %q = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    %s = fabric.compute (%p, %q) scalars () pop [0, 0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word, %z: !fabric.word):
      %e = fabric.fu "fadd" (%x, %z)
      fabric.push %e level 0
    } -> !fabric.stream
    fabric.store %s to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// Larger than one unit of tiny (65,536 words): two slices in a cascade.
// CHECK-LABEL: fabric.section "wide_make"
// CHECK-DAG:   write {{.*}} words 65536 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-DAG:   write {{.*}} words 4464 buffers 1 {first_word = 65536 : i64, home = "t.0.1"}
// CHECK-LABEL: fabric.section "wide_use"
// CHECK-NEXT:  %[[S:.*]] = fabric.memory read <[70000] {{.*}}> words 65536 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-NEXT:  %[[T:.*]] = fabric.memory read <[70000] {{.*}}> cascade %[[S]] words 4464 buffers 1 {first_word = 65536 : i64, home = "t.0.1"}
// CHECK-NEXT:  fabric.store %[[T]] to @y
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<70000xf32>
  fabric.buffer @y "output" at 280000 : tensor<70000xf32>
  fabric.buffer @t "temporary" at 560000 : tensor<70000xf32>
  fabric.section "wide_make" {
    %a = fabric.load @a <[70000] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[70000] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "wide_use" {
    %t = fabric.load @t <[70000] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[70000] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// What one section reads and writes, what does not fit, and a section that may use no units for it: all stay in DRAM.
// CHECK-LABEL: fabric.device
// CHECK-NOT:   home
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @same "temporary" at 256 : tensor<32xf32>
  fabric.buffer @huge "temporary" at 4096 : tensor<7000000xf32>
  fabric.buffer @cramped "temporary" at 9000000 : tensor<32xf32>
  fabric.section "no_make" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @same <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @huge <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @cramped <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "no_both" {
    %t = fabric.load @same <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @same <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "no_use" attributes {jacquard.fill = 0.0} {
    %t = fabric.load @huge <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
    %s = fabric.load @cramped <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %s to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A home is taken during all of a loop that uses it; tiny has eight memory units, the other sections leave no more.
// CHECK-LABEL: fabric.section "loop_make"
// CHECK:       home = "t.0.0"
// CHECK:       fabric.loop
// CHECK:       home = "t.0.0"
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.section "loop_make" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.loop max 3 {
    fabric.section "loop_use" {
      %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
      fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
    }
  }
}

// -----

// Both find no room. One is loaded once, as it lies: nothing is lost in DRAM. The other is loaded by columns, each word with
// a burst of its own: whose section stores it is to be mapped again.
// CHECK-LABEL: fabric.section "calm" attributes {jacquard.fill = 0.000000e+00 : f64} {
// CHECK-LABEL: fabric.section "costly" attributes {{{.*}}jacquard.spills
// CHECK-NOT:   spills
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<1024xf32>
  fabric.buffer @y "output" at 4096 : tensor<1024xf32>
  fabric.buffer @rows "temporary" at 8192 : tensor<1024xf32>
  fabric.buffer @columns "temporary" at 12288 : tensor<32x32xf32>
  fabric.section "calm" attributes {jacquard.fill = 0.0} {
    %a = fabric.load @a <[1024] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @rows <[1024] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "costly" attributes {jacquard.fill = 0.0} {
    %a = fabric.load @a <[1024] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @columns <[1024] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "use" attributes {jacquard.fill = 0.0} {
    %t = fabric.load @columns <[32, 32] vector 1 registers [[0, 1, 32]] address 0>
    fabric.store %t to @y <[1024] vector 0 registers [[0, 1]] address 0>
    %s = fabric.load @rows <[1024] vector 0 registers [[0, 1]] address 0>
    fabric.store %s to @y <[1024] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// "use" has two of tiny's eight units to spare. A tensor that then needs no place in DRAM goes before a copy that is read
// more often but leaves the other one in DRAM.
// CHECK-LABEL: fabric.section "choose_make"
// CHECK-NOT:   home = "t.
// CHECK-DAG:   home = "s.0.0"
// CHECK-DAG:   home = "s.1.0"
// CHECK-NOT:   home = "t.
// CHECK-LABEL: fabric.section "choose_use"
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.buffer @s "temporary" at 384 : tensor<32xf32>
  fabric.section "choose_make" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @s <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "choose_use" attributes {jacquard.fill = 0.25 : f64} {
    %p = fabric.load @t <[3, 32] vector 1 registers [[0, 0, 1]] address 0>
    fabric.store %p to @y <[3, 32] vector 1 registers [[0, 0, 1]] address 0>
    %q = fabric.load @t <[1] registers [[0, 0]] address 0>
    fabric.store %q to @y <[1] registers [[0, 0]] address 0>
    %r = fabric.load @t <[1] registers [[0, 0]] address 0>
    fabric.store %r to @y <[1] registers [[0, 0]] address 0>
    %u = fabric.load @s <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %u to @y <[32] vector 0 registers [[0, 1]] address 0>
    %v = fabric.load @s <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %v to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// No memory unit is to be had in "late": only the section before it reads on chip, and the tensor is in DRAM as well.
// CHECK:       jacquard.spilled = [array<i64: {{[0-9]+}}, -1, 2, 1, 0, 1, 2>]
// CHECK-LABEL: fabric.section "first"
// CHECK-DAG:   home = "t.0.0"
// CHECK-DAG:   fabric.store %{{.*}} to @t
// CHECK-LABEL: fabric.section "soon"
// CHECK-NOT:   fabric.load
// CHECK-LABEL: fabric.section "late"
// CHECK:       fabric.load @t
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.section "first" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "soon" {
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "late" attributes {jacquard.fill = 0.1 : f64} {
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// Two sections write the columns of a 4 x 4 tensor, each two rows with two units: one cut between the rows parts the units
// of both, though those of the second begin two columns further on.
// CHECK-LABEL: fabric.section "left"
// CHECK-COUNT-2: fabric.memory {{.*}}words 8 buffers 1
// CHECK-NOT:   fabric.memory
// CHECK-LABEL: fabric.section "right"
// CHECK-DAG:   words 8 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK-DAG:   words 8 buffers 1 {first_word = 8 : i64, home = "t.0.1"}
// CHECK-LABEL: fabric.section "both"
// CHECK:       words 8 buffers 1 {first_word = 0 : i64, home = "t.0.0"}
// CHECK:       cascade {{.*}} words 8 buffers 1 {first_word = 8 : i64, home = "t.0.1"}
// CHECK-NOT:   fabric.memory
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<16xf32>
  fabric.buffer @y "output" at 128 : tensor<16xf32>
  fabric.buffer @t "temporary" at 256 : tensor<4x4xf32>
  fabric.section "left" {
    %a = fabric.load @a <[2, 2] vector 1 registers [[0, 2, 1]] address 0>
    fabric.store %a to @t <[2, 2] vector 1 registers [[0, 4, 1]] address 0>
    %b = fabric.load @a <[2, 2] vector 1 registers [[4, 2, 1]] address 0>
    fabric.store %b to @t <[2, 2] vector 1 registers [[8, 4, 1]] address 0>
  }
  fabric.section "right" {
    %a = fabric.load @a <[2, 2] vector 1 registers [[8, 2, 1]] address 0>
    fabric.store %a to @t <[2, 2] vector 1 registers [[2, 4, 1]] address 0>
    %b = fabric.load @a <[2, 2] vector 1 registers [[12, 2, 1]] address 0>
    fabric.store %b to @t <[2, 2] vector 1 registers [[10, 4, 1]] address 0>
  }
  fabric.section "both" {
    %t = fabric.load @t <[16] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[16] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// Both find t on chip. The mapping of "surprised" would read it from DRAM and does not wait for that now: its 2,000 busy
// cycles are left, beside them the store of 32 words. That of "expected" counted on it: its prediction stands.
// CHECK-LABEL: fabric.section "fill"
// CHECK-LABEL: fabric.section "surprised" attributes {{.*}}predicted_cycles = 20{{[0-9][0-9]}} :
// CHECK-LABEL: fabric.section "expected" attributes {{.*}}predicted_cycles = 9000 :
fabric.device arch "tiny" {
  fabric.buffer @a "input" at 0 : tensor<32xf32>
  fabric.buffer @y "output" at 128 : tensor<32xf32>
  fabric.buffer @t "temporary" at 256 : tensor<32xf32>
  fabric.section "fill" {
    %a = fabric.load @a <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %a to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "surprised" attributes {busy_cycles = 2000 : i64, dram_cycles = 8000 : i64, predicted_cycles = 9000 : i64} {
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "expected" attributes {busy_cycles = 2000 : i64, dram_cycles = 10 : i64, predicted_cycles = 9000 : i64} {
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %t to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}
