// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(fabric.device(fabric-partition))'

// Seven accumulations for one drain: no unit has so many stages, and a drain cannot be cut.
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{does not fit compute units of 'tiny': }}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %0 = fabric.accumulate "fadd" (%x) level -1 init 0
      %1 = fabric.accumulate "fadd" (%x) level -1 init 0
      %2 = fabric.accumulate "fadd" (%x) level -1 init 0
      %3 = fabric.accumulate "fadd" (%x) level -1 init 0
      %4 = fabric.accumulate "fadd" (%x) level -1 init 0
      %5 = fabric.accumulate "fadd" (%x) level -1 init 0
      %6 = fabric.accumulate "fadd" (%x) level -1 init 0
      fabric.drain %0, %1, %2, %3, %4, %5, %6 level -1
    } -> !fabric.stream
    fabric.store %c to @x <[7] registers [[0, 1]] address 0>
  }
}
