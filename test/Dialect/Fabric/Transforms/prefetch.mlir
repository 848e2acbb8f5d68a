// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-prefetch))' | FileCheck %s
// RUN: sed 's/background_queue_depth: 32/background_queue_depth: 0/' %S/../../../../lib/Arch/presets/tiny.textproto > %t.textproto
// RUN: sed 's|arch "tiny"|arch "%t.textproto"|' %s | jacquard-opt --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-prefetch))' | FileCheck %s --check-prefix=NOQUEUE --implicit-check-not='{background}'
// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-prefetch))' | sed 's|arch "tiny"|arch "%t.textproto"|' > %t.mlir
// RUN: not jacquard-opt %t.mlir --split-input-file 2>&1 | FileCheck %s --check-prefix=REFUSED

// REFUSED: error: 'fabric.load' op is in the background; 'tiny' has no queue for such reads
// NOQUEUE: fabric.load @w <[16384] vector 0 registers {{\[}}[0, 1]] address 0>

// 16,384 words take the DRAM 5,120 cycles at 12.8 bytes a cycle, in which nothing can be computed. The section before computes
// for 20,000 cycles and has nothing to load: the weight comes then. What is an intermediate and what is too little to gain more
// than a latency stay where they are.
// CHECK-LABEL: fabric.section "before"
// CHECK:         fabric.store
// CHECK-NEXT:    %[[W:.*]] = fabric.load @w <[16384] vector 0 registers {{\[}}[0, 1]] address 0> {background}
// CHECK-NEXT:    fabric.memory %[[W]] write <[16384] vector 0 registers {{\[}}[0, 1]] address 0> words 16384 buffers 1 {home = "prefetched.0"}
// CHECK-NEXT:  }
// CHECK:       fabric.section "after" attributes {busy_cycles = 100 : i64, predicted_cycles = {{[0-9][0-9]?[0-9]?[0-9]?}} : i64}
// CHECK-NEXT:    %[[R:.*]] = fabric.memory read <[16384] vector 0 registers {{\[}}[0, 1]] address 0> words 16384 buffers 1 {home = "prefetched.0"}
// CHECK-NEXT:    fabric.memory %[[R]] write
// CHECK:         %[[T:.*]] = fabric.load @t
// CHECK-NEXT:    fabric.memory %[[T]] write
// CHECK:         fabric.load @v
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<16384xf32> = dense<1.0> : tensor<16384xf32>
  fabric.buffer @v "constant" at 65664 : tensor<32xf32> = dense<1.0> : tensor<32xf32>
  fabric.buffer @t "temporary" at 65792 : tensor<32xf32>
  fabric.buffer @y "output" at 65920 : tensor<32xf32>
  fabric.section "before" attributes {busy_cycles = 20000 : i64, predicted_cycles = 20000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "after" attributes {busy_cycles = 100 : i64, predicted_cycles = 5500 : i64} {
    %w = fabric.load @w <[16384] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[16384] vector 0 registers [[0, 1]] address 0> read <[16384] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
    %a = fabric.memory %r write <[16384] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
    fabric.store %a to @y <[32] vector 0 registers [[0, 1]] address 0>
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    %s = fabric.memory %t write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %s to @y <[32] vector 0 registers [[0, 1]] address 0>
    %v = fabric.load @v <[32] vector 0 registers [[0, 1]] address 0>
    %u = fabric.memory %v write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %u to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A weight of two units' words is read twice, 64 words at a time: it comes in two slices, once. The nearest section loads all the
// time and only holds them; the one before it has time for both.
// CHECK-LABEL: fabric.section "idle"
// CHECK:         fabric.store
// CHECK-NEXT:    %[[W:.*]] = fabric.load @w <[131072] vector 0 registers {{\[}}[0, 1]] address 0> {background}
// CHECK-NEXT:    fabric.memory %[[W]] write <[131072] vector 0 {{.*}} words 65536 buffers 1 {first_word = 0 : i64, home = "prefetched.0.0"}
// CHECK-NEXT:    fabric.memory %[[W]] write <[131072] vector 0 {{.*}} words 65536 buffers 1 {first_word = 65536 : i64, home = "prefetched.0.1"}
// CHECK-NEXT:  }
// CHECK-NEXT:  fabric.section "loading"
// CHECK-NEXT:    fabric.load @big
// CHECK-NEXT:    fabric.store
// CHECK-NEXT:  }
// CHECK:       fabric.section "reading"
// CHECK-NEXT:    %[[A:.*]] = fabric.memory read <[2, 2048, 64] vector 2 {{.*}} words 65536 buffers 1 {first_word = 0 : i64, home = "prefetched.0.0"}
// CHECK-NEXT:    %[[B:.*]] = fabric.memory read <[2, 2048, 64] vector 2 {{.*}} cascade %[[A]] words 65536 buffers 1 {first_word = 65536 : i64, home = "prefetched.0.1"}
// CHECK-NEXT:    fabric.memory %[[B]] write
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<131072xf32> = dense<1.0> : tensor<131072xf32>
  fabric.buffer @big "temporary" at 524416 : tensor<65536xf32>
  fabric.buffer @y "output" at 786560 : tensor<262144xf32>
  fabric.section "idle" attributes {busy_cycles = 60000 : i64, predicted_cycles = 60000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "loading" attributes {busy_cycles = 4096 : i64, predicted_cycles = 43000 : i64} {
    %b = fabric.load @big <[65536] vector 0 registers [[0, 1]] address 0>
    fabric.store %b to @y <[65536] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "reading" attributes {busy_cycles = 16384 : i64, predicted_cycles = 90000 : i64} {
    %w = fabric.load @w <[2, 2048, 64] vector 2 registers [[0, 0, 64, 1]] address 0>
    %r = fabric.memory %w write <[2, 2048, 64] vector 2 registers [[0, 0, 0, 1]] address 0 handover 1> read <[2, 2048, 64] vector 2 registers [[0, 0, 0, 1]] address 0 handover 1> words 64 buffers 2
    %a = fabric.memory %r write <[2, 2048, 64] vector 2 registers [[0, 0, 0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 64 buffers 1
    fabric.store %a to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A section that may use no units for it brings nothing, nor does one with words of 64 bits, and in front of a loop nothing
// is brought for its trips.
// CHECK-LABEL: fabric.device
// CHECK-NOT:   prefetched
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<16384xf32> = dense<1.0> : tensor<16384xf32>
  fabric.buffer @y "output" at 65664 : tensor<32xf32>
  fabric.buffer @go "temporary" at 65792 : tensor<i1>
  fabric.buffer @n "temporary" at 65856 : tensor<i32>
  fabric.section "full" attributes {busy_cycles = 20000 : i64, jacquard.fill = 0.0} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "next" {
    %w = fabric.load @w <[16384] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[16384] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
    fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "wide" attributes {busy_cycles = 20000 : i64, jacquard.fill = 0.0, wide} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.loop max 20 while @go counter @n {
    fabric.section "trip" {
      %w = fabric.load @w <[16384] vector 0 registers [[0, 1]] address 0>
      %r = fabric.memory %w write <[16384] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
      fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
    }
  }
}

// -----

// CHECK-LABEL: fabric.section "wide"
// CHECK-NOT:   prefetched
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<16384xf32> = dense<1.0> : tensor<16384xf32>
  fabric.buffer @y "output" at 65664 : tensor<32xf32>
  fabric.section "wide" attributes {busy_cycles = 20000 : i64, wide} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "narrow" {
    %w = fabric.load @w <[16384] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[16384] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
    fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A weight of two units' words, for all of which the sections before have no time: they bring the last half, each a part of
// one slice. The section reads the rest from the DRAM, which skips what the slice holds.
// CHECK-LABEL: fabric.section "first"
// CHECK:         %[[A:.*]] = fabric.load @w <[28672] vector 0 registers {{\[}}[65536, 1]] address 0>
// CHECK-NEXT:    fabric.memory %[[A]] write <[28672] vector 0 {{.*}} words 65536 buffers 1 {first_word = 65536 : i64, home = "prefetched.0.0"}
// CHECK-LABEL: fabric.section "second"
// CHECK:         %[[B:.*]] = fabric.load @w <[36864] vector 0 registers {{\[}}[94208, 1]] address 0>
// CHECK-NEXT:    fabric.memory %[[B]] write <[36864] vector 0 {{.*}} words 65536 buffers 1 {first_word = 65536 : i64, home = "prefetched.0.0"}
// CHECK-LABEL: fabric.section "reading"
// CHECK-NEXT:    %[[W:.*]] = fabric.load @w <[2048, 64] vector 1 registers {{\[}}[0, 64, 1]] check[0, 0, 0, 65536] address 0>
// CHECK-NEXT:    %[[S:.*]] = fabric.memory read <[2048, 64] vector 1 registers {{\[}}[0, 64, 1]] address 0> cascade %[[W]] words 65536 buffers 1 {first_word = 65536 : i64, home = "prefetched.0.0"}
// CHECK-NEXT:    fabric.memory %[[S]] write
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<131072xf32> = dense<1.0> : tensor<131072xf32>
  fabric.buffer @y "output" at 786560 : tensor<262144xf32>
  fabric.section "first" attributes {busy_cycles = 10000 : i64, predicted_cycles = 10000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "second" attributes {busy_cycles = 12000 : i64, predicted_cycles = 12000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "reading" attributes {busy_cycles = 16384 : i64, predicted_cycles = 45000 : i64} {
    %w = fabric.load @w <[2048, 64] vector 1 registers [[0, 64, 1]] address 0>
    %r = fabric.memory %w write <[2048, 64] vector 1 registers [[0, 0, 1]] address 0 handover 0> read <[2048, 64] vector 1 registers [[0, 0, 1]] address 0 handover 0> words 64 buffers 2
    %a = fabric.memory %r write <[2048, 64] vector 1 registers [[0, 0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 64 buffers 1
    fabric.store %a to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// The weight would come early if section "full" had a unit for it. What that costs, with how many units less it would do, and
// which section is full, stands at the device.
// CHECK-LABEL: fabric.device arch "tiny" attributes {jacquard.spilled = [array<i64: {{[0-9]+}}, 6, 1, 0, 2>]}
// CHECK-NOT:   prefetched
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<16384xf32> = dense<1.0> : tensor<16384xf32>
  fabric.buffer @y "output" at 65664 : tensor<32xf32>
  fabric.section "before" attributes {busy_cycles = 20000 : i64, predicted_cycles = 20000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "full" attributes {busy_cycles = 1000 : i64, predicted_cycles = 1000 : i64} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %m0 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m0 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m1 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m1 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m2 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m2 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m3 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m3 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m4 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m4 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m5 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m5 to @y <[32] vector 0 registers [[0, 1]] address 0>
    %m6 = fabric.memory %x write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %m6 to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "after" attributes {busy_cycles = 100 : i64, predicted_cycles = 5500 : i64} {
    %w = fabric.load @w <[16384] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[16384] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 16384 buffers 1
    fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A vector takes the DRAM 5 cycles and those who wait for it one. There is time for a quarter of the 16,384 vectors before, so 4 of every 16
// come early: they lie in a buffer of their own, without gaps, and so do the others. Whose turn it is the loop of 16 tells.
// CHECK-LABEL: fabric.device
// CHECK-DAG:   fabric.buffer @w.streamed "constant" {{.*}} : tensor<196608xf32> = {{.*}} {order = #fabric.access<[1024, 12, 16] vector 2 registers {{\[}}[0, 256, 16, 1]] address 0>}
// CHECK-DAG:   fabric.buffer @w.early "constant" {{.*}} : tensor<65536xf32> = {{.*}} {order = #fabric.access<[1024, 4, 16] vector 2 registers {{\[}}[192, 256, 16, 1]] address 0>}
// CHECK:       fabric.section "idle"
// CHECK:         fabric.load @w.early <[65536] vector 0 registers {{\[}}[0, 1]] address 0>
// CHECK:       fabric.section "reading"
// CHECK-NEXT:    %[[S:.*]] = fabric.load @w.streamed <[1024, 16, 16] vector 2 registers {{\[}}[0, 192, 16, 1], [0, 0, 1, 0]] check[1, 0, 0, 12] address 0>
// CHECK-NEXT:    %[[E:.*]] = fabric.memory read <[1024, 16, 16] vector 2 registers {{\[}}[-192, 64, 16, 1], [0, 0, 1, 0]] check[1, 0, 12, 16] address 0> cascade %[[S]] words 65536
// CHECK-NEXT:    fabric.store %[[E]]
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<262144xf32> = dense<1.0> : tensor<512x512xf32> {order = #fabric.access<[1024, 16, 16] vector 2 registers [[0, 256, 16, 1]] address 0>}
  fabric.buffer @y "output" at 1048704 : tensor<16xf32>
  fabric.section "idle" attributes {busy_cycles = 22000 : i64, predicted_cycles = 22000 : i64} {
    %x = fabric.load @x <[16] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[16] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "reading" attributes {busy_cycles = 17000 : i64, predicted_cycles = 82000 : i64} {
    %w = fabric.load @w <[1024, 16, 16] vector 2 registers [[0, 256, 16, 1]] address 0>
    fabric.store %w to @y <[1024, 16, 16] vector 2 registers [[0, 0, 0, 1]] address 0>
  }
}
