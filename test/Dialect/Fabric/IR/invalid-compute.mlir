// RUN: jacquard-opt %s --split-input-file --verify-diagnostics
// One case per constraint; the labels are those of the ops' descriptions. The architecture of all is tiny.

// compute_c1: arguments
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has 1 inputs, 2 block arguments and 1 pop levels; expected one of each per input}}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word, %y: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c1: pop levels
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has 1 inputs, 1 block arguments and 2 pop levels; expected one of each per input}}
    %c = fabric.compute (%a) scalars () pop [0, 0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has 2 pushes and drains for 1 results}}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c3
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op pop level 1 is not allowed; expected -1 to 0}}
    %c = fabric.compute (%a) scalars () pop [1] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c4: level
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op vector level -2 is not allowed; expected -1 to 0}}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector -2 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c4: extent
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op counter extent 4294967296 is not allowed; expected 1 to 4294967295}}
    %c = fabric.compute (%a) scalars () pop [0] counters [4294967296] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c5: counters
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op needs 13 counter levels; the architecture offers 12}}
    %c = fabric.compute (%a) scalars () pop [0] counters [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c5: vector inputs
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op needs 4 vector inputs; the architecture offers 3}}
    %c = fabric.compute (%a, %a, %a, %a) scalars () pop [0, 0, 0, 0] counters [32] vector 0 attributes {input_registers = array<i64: 0, 1, 2, 3>} {
    ^bb0(%x: !fabric.word, %y: !fabric.word, %z: !fabric.word, %w: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c5: scalar inputs
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op needs 7 scalar inputs; the architecture offers 6}}
    %c = fabric.compute () scalars (%a, %a, %a, %a, %a, %a, %a) pop [0, 0, 0, 0, 0, 0, 0] counters [32] vector 0 attributes {input_registers = array<i64: 0, 0, 0, 0, 0, 0, 0>} {
    ^bb0(%x: !fabric.word, %y: !fabric.word, %z: !fabric.word, %w: !fabric.word, %u: !fabric.word, %v: !fabric.word, %d: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c5: vector outputs
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op needs 4 vector outputs; the architecture offers 3}}
    %c:4 = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
      fabric.push %s level 0
      fabric.push %s level 0
      fabric.push %s level 0
    } -> !fabric.stream, !fabric.stream, !fabric.stream, !fabric.stream
  }
}

// -----

// compute_c5: input registers
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has 0 input registers for 1 inputs}}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64>} {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c5: input register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op uses register 6; the architecture offers 0 to 5}}
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 6>} {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: two inputs in a register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has two inputs in register 2}}
    %c = fabric.compute (%a, %a) scalars () pop [0, 0] counters [32] vector 0 attributes {input_registers = array<i64: 2, 2>} {
    ^bb0(%x: !fabric.word, %y: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x) {stage = 0 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: a stage twice
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %e = fabric.fu "fexp" (%x) {stage = 1 : i64, dest = 1 : i64}
      // expected-error @+1 {{'fabric.fu' op needs stage 2, but stage 2 is taken by the operation of stage 1}}
      %s = fabric.fu "fadd" (%e, %x) {stage = 2 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: an overwritten register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %e = fabric.fu "fneg" (%x) {stage = 1 : i64, dest = 0 : i64}
      // expected-error @+1 {{'fabric.fu' op reads register 0, which holds another word by then}}
      %s = fabric.fu "fadd" (%e, %x) {stage = 2 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: a word without register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %e = fabric.fu "fneg" (%x) {stage = 1 : i64}
      // expected-error @+1 {{'fabric.fu' op reads a word that is in no register}}
      %s = fabric.fu "fadd" (%e, %x) {stage = 2 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: a push of a word without register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %s = fabric.constant 1
      // expected-error @+1 {{'fabric.push' op pushes a word that is in no register}}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// compute_c6: order of a drain
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      %p = fabric.accumulate "fadd" (%x) level 0 init 0 {stage = 0 : i64}
      %q = fabric.accumulate "fadd" (%x) level 0 init 0 {stage = 1 : i64}
      // expected-error @+1 {{'fabric.drain' op drains stage 0 after stage 1; expected ascending stages}}
      fabric.drain %q, %p level 0
    } -> !fabric.stream
  }
}

// -----

// counter_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.counter' op level 1 is not allowed; expected 0 to 0}}
      %n = fabric.counter 1
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// counter outside a unit
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.counter' op stands outside a compute unit}}
    %n = fabric.counter 0
  }
}

// -----

// lane_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      // expected-error @+1 {{'fabric.lane' op takes a lane of something else than an input of the unit}}
      %l = fabric.lane %s base 0 stride 0 level -1
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// lane_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.lane' op level 1 is not allowed; expected -1 to 0}}
      %l = fabric.lane %x base 0 stride 0 level 1
      %s = fabric.fu "fadd" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// fu_c1: unknown
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.fu' op opcode "fmagic" is unknown}}
      %s = fabric.fu "fmagic" (%x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// fu_c1: operands
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.fu' op operation "fma" takes 3 operands; found 2}}
      %s = fabric.fu "fma" (%x, %x)
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// fu_c2: no stage
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.fu' op has no stage; expected one in a partitioned unit}}
      %s = fabric.fu "fadd" (%x, %x) {dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// fu_c2: stage
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.fu' op occupies stages 5 to 6; the architecture offers 0 to 5}}
      %s = fabric.fu "fdiv" (%x, %x) {stage = 5 : i64, dest = 0 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// fu_c2: register
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 attributes {input_registers = array<i64: 0>} {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.fu' op writes register 6; the architecture offers 0 to 5}}
      %s = fabric.fu "fadd" (%x, %x) {stage = 5 : i64, dest = 6 : i64}
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// accumulate_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.accumulate' op accumulation "fma" takes 3 operands; found 2}}
      %s = fabric.accumulate "fma" (%x) level 0 init 0
      fabric.drain %s level 0
    } -> !fabric.stream
  }
}

// -----

// accumulate_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.accumulate' op level 1 is not allowed; expected -1 to 0}}
      %s = fabric.accumulate "fadd" (%x) level 1 init 0
      fabric.drain %s level 0
    } -> !fabric.stream
  }
}

// -----

// accumulate_c3
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.accumulate' op is used by fabric.push; an accumulator can only be drained}}
      %s = fabric.accumulate "fadd" (%x) level 0 init 0
      fabric.push %s level 0
    } -> !fabric.stream
  }
}

// -----

// push_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      // expected-error @+1 {{'fabric.push' op level 1 is not allowed; expected -1 to 0}}
      fabric.push %s level 1
    } -> !fabric.stream
  }
}

// -----

// push_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.push' op pushes a word that no operation makes; expected the result of fabric.fu}}
      fabric.push %x level 0
    } -> !fabric.stream
  }
}

// -----

// drain_c1: not an accumulation
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.fu "fadd" (%x, %x)
      // expected-error @+1 {{'fabric.drain' op drains a value that is not an accumulation}}
      fabric.drain %s level 0
    } -> !fabric.stream
  }
}

// -----

// drain_c1: nothing
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      // expected-error @+1 {{'fabric.drain' op drains nothing; expected at least one accumulation}}
      fabric.drain level 0
    } -> !fabric.stream
  }
}

// -----

// drain_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.accumulate "fadd" (%x) level 0 init 0
      // expected-error @+1 {{'fabric.drain' op level 1 is not allowed; expected -1 to 0}}
      fabric.drain %s level 1
    } -> !fabric.stream
  }
}

// -----

// drain_c3
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %s = fabric.accumulate "fadd" (%x) level 0 init 0
      // expected-error @+1 {{'fabric.drain' op reduction "fma" takes 3 operands; found 2}}
      fabric.drain %s level 0 reduce "fma"
    } -> !fabric.stream
  }
}

// -----

// compute_c7: a chain that no drain uses
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.compute' op has a chain that is not the chain of exactly one drain}}
    %c = fabric.compute (%a) scalars () chains (%a) pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %p = fabric.accumulate "fadd" (%x) level 0 init 0
      fabric.drain %p level 0
    } -> !fabric.stream
  }
}

// -----

// drain_c4: a chain that is not there
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %p = fabric.accumulate "fadd" (%x) level 0 init 0
      // expected-error @+1 {{'fabric.drain' op names chain 0; the unit has 0}}
      fabric.drain %p level 0 {chain = 0, pass = 1}
    } -> !fabric.stream
  }
}

// -----

// drain_c4: combining and passing on
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    %c = fabric.compute (%a) scalars () chains (%a) pop [0] counters [32] vector 0 {
    ^bb0(%x: !fabric.word):
      %p = fabric.accumulate "fadd" (%x) level 0 init 0
      // expected-error @+1 {{'fabric.drain' op passes 1 elements on; expected `combine` or a number of elements, and a chain}}
      fabric.drain %p level 0 {chain = 0, combine = "fadd", pass = 1}
    } -> !fabric.stream
  }
}
