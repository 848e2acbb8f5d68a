module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  fabric.device arch "tiny" attributes {compulsory_bytes = 116 : i64, dram_bytes = 256 : i64, multiply_adds = 24 : i64} {
    fabric.buffer @input0 "input" at 0 : tensor<2x4xf32> {public_name = "x"}
    fabric.buffer @output1 "output" at 64 : tensor<2x3xf32> {public_name = "y"}
    fabric.buffer @constant2.0 "constant" at 128 : tensor<12xf32> = dense_resource<constant2.0> : tensor<12xf32>
    fabric.buffer @constant3.0 "constant" at 192 : tensor<3xf32> = dense_resource<constant3.0> : tensor<3xf32>
    fabric.section "map_0" attributes {bound = "dram", busy_cycles = 90 : i64, dram_cycles = 29 : i64, predicted_cycles = 94 : i64} {
      %0 = fabric.load @input0 <[3, 2, 4] vector 0 registers [[0, 0, 4, 1]] address 0 broadcast> {at = array<i64: 0, 0, 0>, unit = "dram.0"}
      %1 = fabric.load @constant2.0 <[12] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 1, 0>, unit = "dram.1"}
      %2 = fabric.memory %1 write <[12] vector 0 registers [[0, 1]] address 0> read <[3, 2, 4] vector 0 registers [[0, 1, 0, 3]] address 0> words 12 buffers 1 {at = array<i64: 1, 1, 0>, unit = "memory.0"}
      %3 = fabric.compute(%0, %2) scalars() pop [2, 2] counters [3, 2, 4] vector 0 attributes {at = array<i64: 1, 0, 0>, input_registers = array<i64: 0, 1>, unit = "compute.0"} {
      ^bb0(%arg0: !fabric.word, %arg1: !fabric.word):
        %6 = fabric.accumulate "fma"(%arg0, %arg1) level 1 init 0 {stage = 0 : i64}
        fabric.drain %6 level 1
      } -> !fabric.stream
      %4 = fabric.load @constant3.0 <[3] vector 0 registers [[0, 1]] address 0> {at = array<i64: 0, 3, 0>, unit = "dram.2"}
      %5 = fabric.compute(%3, %4) scalars() pop [1, 0] counters [3, 2] vector 0 attributes {at = array<i64: 1, 2, 0>, input_registers = array<i64: 0, 1>, unit = "compute.1"} {
      ^bb0(%arg0: !fabric.word, %arg1: !fabric.word):
        %6 = fabric.fu "fadd"(%arg0, %arg1) {dest = 0 : i64, stage = 0 : i64}
        %7 = fabric.constant 0
        %8 = fabric.fu "fmax"(%6, %7) {dest = 0 : i64, stage = 1 : i64}
        fabric.push %8 level 1
      } -> !fabric.stream
      fabric.store %5 to @output1 <[3, 2] vector 0 registers [[0, 1, 3]] address 0> {at = array<i64: 0, 2, 0>, unit = "dram.3"}
    }
  }
}

{-#
  dialect_resources: {
    builtin: {
      constant2.0: "0x040000000000803F000080BF0000003F0000004000000000000000BF0000803E0000803F0000803F000000C00000803F00000000",
      constant3.0: "0x040000000000003F000000BF00000000"
    }
  }
#-}

