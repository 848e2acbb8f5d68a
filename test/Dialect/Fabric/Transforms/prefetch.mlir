// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-prefetch))' | FileCheck %s

// A weight fills a memory once: it comes while the section before computes. What is gathered, what is an intermediate and
// what is loaded tile by tile into two buffers stay where they are.
// CHECK-LABEL: fabric.section "before"
// CHECK:         fabric.store
// CHECK-NEXT:    %[[W:.*]] = fabric.load @w <[32] vector 0 registers {{\[}}[0, 1]] address 0>
// CHECK-NEXT:    fabric.memory %[[W]] write <[32] vector 0 registers {{\[}}[0, 1]] address 0> words 32 buffers 1 {home = "prefetched.0"}
// CHECK-NEXT:  }
// CHECK:       fabric.section "after"
// CHECK-NEXT:    %[[R:.*]] = fabric.memory read <[4, 32] vector 1 registers {{\[}}[0, 0, 1]] address 0> words 32 buffers 1 {home = "prefetched.0"}
// CHECK-NEXT:    fabric.store %[[R]] to @y
// CHECK-NEXT:    %[[T:.*]] = fabric.load @t
// CHECK-NEXT:    fabric.memory %[[T]] write
// CHECK:         fabric.load @v
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<32xf32> = dense<1.0> : tensor<32xf32>
  fabric.buffer @v "constant" at 256 : tensor<32xf32> = dense<1.0> : tensor<32xf32>
  fabric.buffer @t "temporary" at 384 : tensor<32xf32>
  fabric.buffer @y "output" at 512 : tensor<128xf32>
  fabric.section "before" {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @t <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "after" {
    %w = fabric.load @w <[32] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[32] vector 0 registers [[0, 1]] address 0> read <[4, 32] vector 1 registers [[0, 0, 1]] address 0> words 32 buffers 1
    fabric.store %r to @y <[4, 32] vector 1 registers [[0, 32, 1]] address 0>
    %t = fabric.load @t <[32] vector 0 registers [[0, 1]] address 0>
    %s = fabric.memory %t write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %s to @y <[32] vector 0 registers [[0, 1]] address 0>
    %v = fabric.load @v <[2, 16] vector 1 registers [[0, 16, 1]] address 0>
    %u = fabric.memory %v write <[2, 16] vector 1 registers [[0, 0, 1]] address 0 handover 0> read <[2, 16] vector 1 registers [[0, 0, 1]] address 0 handover 0> words 16 buffers 2
    fabric.store %u to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// A section that may use no units for it brings nothing, nor does one with words of 64 bits, and in front of a loop nothing
// is brought for its trips.
// CHECK-LABEL: fabric.device
// CHECK-NOT:   prefetched
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.buffer @w "constant" at 128 : tensor<32xf32> = dense<1.0> : tensor<32xf32>
  fabric.buffer @y "output" at 512 : tensor<32xf32>
  fabric.buffer @go "temporary" at 640 : tensor<i1>
  fabric.buffer @n "temporary" at 704 : tensor<i32>
  fabric.section "full" attributes {jacquard.fill = 0.0} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "next" {
    %w = fabric.load @w <[32] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "wide" attributes {wide} {
    %x = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    fabric.store %x to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.section "narrow" {
    %w = fabric.load @w <[32] vector 0 registers [[0, 1]] address 0>
    %r = fabric.memory %w write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
    fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
  }
  fabric.loop max 20 while @go counter @n {
    fabric.section "trip" {
      %w = fabric.load @w <[32] vector 0 registers [[0, 1]] address 0>
      %r = fabric.memory %w write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
      fabric.store %r to @y <[32] vector 0 registers [[0, 1]] address 0>
    }
  }
}
