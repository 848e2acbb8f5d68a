module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  fabric.device arch "tiny" attributes {compulsory_bytes = 116 : i64, dram_bytes = 256 : i64, multiply_adds = 24 : i64} {
    fabric.buffer @input0 "input" at 0 : tensor<2x4xf32> {public_name = "x"}
    fabric.buffer @output1 "output" at 64 : tensor<2x3xf32> {public_name = "y"}
    fabric.buffer @constant2.0 "constant" at 128 : tensor<12xf32> = dense_resource<constant2.0> : tensor<12xf32>
    fabric.buffer @constant3.0 "constant" at 192 : tensor<3xf32> = dense_resource<constant3.0> : tensor<3xf32>
    fabric.section "map_0" attributes {bound = "dram", busy_cycles = 88 : i64, predicted_cycles = 105 : i64} {
      %0 = fabric.load @input0 <[8] vector 0 registers [[0, 1]] address 0>
      %1 = fabric.memory %0 write <[8] vector 0 registers [[0, 1]] address 0> read <[2, 3, 4] vector 2 registers [[0, 4, 0, 1]] address 0> words 8 buffers 1
      %2 = fabric.load @constant2.0 <[12] vector 0 registers [[0, 1]] address 0>
      %3 = fabric.memory %2 write <[12] vector 0 registers [[0, 1]] address 0> read <[2, 3, 4] vector 2 registers [[0, 0, 1, 3]] address 0> words 12 buffers 1
      %4 = fabric.compute(%1, %3) scalars() pop [2, 2] counters [2, 3, 4] vector 2 {
      ^bb0(%arg0: !fabric.word, %arg1: !fabric.word):
        %8 = fabric.accumulate "fma"(%arg0, %arg1) level 1 init 0
        fabric.drain %8 level 1 reduce "fadd"
      } -> !fabric.stream
      %5 = fabric.load @constant3.0 <[3] vector 0 registers [[0, 1]] address 0>
      %6 = fabric.memory %5 write <[3] vector 0 registers [[0, 1]] address 0> read <[2, 3] registers [[0, 0, 1]] address 0 broadcast> words 3 buffers 1
      %7 = fabric.compute(%4, %6) scalars() pop [1, 1] counters [2, 3] vector -1 {
      ^bb0(%arg0: !fabric.word, %arg1: !fabric.word):
        %8 = fabric.fu "fadd"(%arg0, %arg1)
        %9 = fabric.constant 0
        %10 = fabric.fu "fmax"(%8, %9)
        fabric.push %10 level 1
      } -> !fabric.stream
      fabric.store %7 to @output1 <[2, 3] registers [[0, 3, 1]] address 0>
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

