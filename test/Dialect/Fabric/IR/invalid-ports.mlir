// RUN: jacquard-opt %s --split-input-file --verify-diagnostics
// One case per constraint; the labels are those of the ops' descriptions. The architecture of all is tiny.

// access: a register has a base and one coefficient per level
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{register has 2 numbers; expected a base and one coefficient per level, 3}}
    %a = fabric.load @x <[4, 8] registers [[0, 1]] address 0>
  }
}

// -----

// access: an operation has four numbers
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{address operation needs four numbers: a, b, low, high}}
    %a = fabric.load @x <[8] registers [[0, 1]] madd[0, 0, 1] address 0>
  }
}

// -----

// load_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op buffer @z does not exist}}
    %v = fabric.load @z <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// load_c2: no stream
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op has no index stream, but its access is indexed}}
    %v = fabric.load @x <[8] registers [] address 6 indexed 0>
  }
}

// -----

// load_c2: not indexed
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.load' op has an index stream, but its access is not indexed}}
    %v = fabric.load @x <[8] registers [[0, 1]] address 0> index %a
  }
}

// -----

// load_c3: extent
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op counter extent 0 is not allowed; expected 1 to 4294967295}}
    %v = fabric.load @x <[0] registers [[0, 1]] address 0>
  }
}

// -----

// load_c3: vector level
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op vector level 1 is not allowed; expected -1 to 0}}
    %v = fabric.load @x <[8] vector 1 registers [[0, 1]] address 0>
  }
}

// -----

// load_c3: index level
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.load' op index level 1 is not allowed; expected -1 to 0}}
    %v = fabric.load @x <[8] registers [] address 6 indexed 1> index %a
  }
}

// -----

// load_c3: handover level
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op handover level 1 is not allowed; expected -1 to 0}}
    %v = fabric.load @x <[8] registers [[0, 1]] address 0 handover 1>
  }
}

// -----

// load_c3: counters
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op needs 13 counter levels; the architecture offers 12}}
    %v = fabric.load @x <[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] registers [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] address 0>
  }
}

// -----

// load_c3: registers
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op needs 7 address registers; the architecture offers 6}}
    %v = fabric.load @x <[8] registers [[0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1]] address 0>
  }
}

// -----

// load_c3: stages
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op needs 5 address stages; the architecture offers 4}}
    %v = fabric.load @x <[8] registers [[0, 1]] div[0, 0, 2, 0] div[0, 0, 2, 0] div[0, 0, 2, 0] div[0, 0, 2, 0] div[0, 0, 2, 0] address 0>
  }
}

// -----

// load_c3: order of stages
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op address stage 0 reads value 7, which is not computed before it}}
    %v = fabric.load @x <[8] registers [[0, 1]] div[7, 0, 2, 0] address 7>
  }
}

// -----

// load_c3: address
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    // expected-error @+1 {{'fabric.load' op address is value 7, which is not computed}}
    %v = fabric.load @x <[8] registers [[0, 1]] address 7>
  }
}

// -----

// store_c1
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.store' op buffer @z does not exist}}
    fabric.store %a to @z <[32] vector 0 registers [[0, 1]] address 0>
  }
}

// -----

// store_c2
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.store' op has no index stream, but its access is indexed}}
    fabric.store %a to @x <[8] registers [] address 6 indexed 0>
  }
}

// -----

// store_c3
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.store' op address is value -1, which is not computed}}
    fabric.store %a to @x <[8] registers [[0, 1]] address -1>
  }
}

// -----

// memory_c1: write
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op has no index stream, but its access is indexed}}
    %m = fabric.memory %a write <[32] registers [] address 6 indexed 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
  }
}

// -----

// memory_c1: read
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op has an index stream, but its access is not indexed}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> by %a words 32 buffers 1
  }
}

// -----

// memory_c2: write
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op address is value 9, which is not computed}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] div[0, 0, 2, 0] check[7, 0, 0, 4] address 9> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1
  }
}

// -----

// memory_c2: read
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op vector level 2 is not allowed; expected -1 to 0}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 2 registers [[0, 1]] address 0> words 32 buffers 1
  }
}

// -----

// memory_c3: words
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op words 0 and buffers 1 must be at least 1}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 0 buffers 1
  }
}

// -----

// memory_c3: negative
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op words 32 and buffers -1 must be at least 1}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers -1
  }
}

// -----

// memory_c3: buffers
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op needs 9 buffers; the architecture offers 8}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 9
  }
}

// -----

// memory_c3: one buffer
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op needs 65537 words of scratchpad; the architecture offers 65536}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 65537 buffers 1
  }
}

// -----

// memory_c3: bytes
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op needs 262152 bytes of scratchpad; the architecture offers 262144}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32769 buffers 2
  }
}

// -----

// memory_c4: unknown
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op opcode "sum" is unknown}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 accumulate "sum"
  }
}

// -----

// memory_c4: operands
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.memory' op accumulation "fneg" takes 1 operands; found 2}}
    %m = fabric.memory %a write <[32] vector 0 registers [[0, 1]] address 0> read <[32] vector 0 registers [[0, 1]] address 0> words 32 buffers 1 accumulate "fneg"
  }
}
