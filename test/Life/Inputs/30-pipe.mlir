#map = affine_map<() -> (0, 0)>
#map1 = affine_map<(d0, d1) -> (d0, d1)>
#map2 = affine_map<(d0, d1) -> (d1, d0)>
#map3 = affine_map<(d0) -> (d0)>
module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  func.func @main() attributes {pipe.compulsory_bytes = 116 : i64, pipe.multiply_adds = 24 : i64} {
    %0 = pipe.dram "input" "x" : memref<2x4xf32, "dram">
    %1 = pipe.dram "output" "y" : memref<2x3xf32, "dram">
    %2 = pipe.dram "constant" "w0" = dense<[[1.000000e+00, -1.000000e+00, 5.000000e-01], [2.000000e+00, 0.000000e+00, -5.000000e-01], [2.500000e-01, 1.000000e+00, 1.000000e+00], [-2.000000e+00, 1.000000e+00, 0.000000e+00]]> : tensor<4x3xf32> : memref<4x3xf32, "dram">
    %3 = pipe.dram "constant" "w1" = dense<[5.000000e-01, -5.000000e-01, 0.000000e+00]> : tensor<3xf32> : memref<3xf32, "dram">
    pipe.section "map_0"(%0, %2, %3, %1) units 1 attributes {bound = "dram", busy_cycles = 90 : i64, dram_cycles = 29 : i64, predicted_cycles = 112 : i64} {
    ^bb0(%arg0: memref<2x4xf32, "dram">, %arg1: memref<4x3xf32, "dram">, %arg2: memref<3xf32, "dram">, %arg3: memref<2x3xf32, "dram">, %arg4: index):
      %4 = pipe.buffer depth 1 : memref<4x3xf32, strided<[3, 1]>, "scratchpad">
      pipe.load %arg1 map #map() else 0.000000e+00 : f32 to %4 : memref<4x3xf32, "dram">, memref<4x3xf32, strided<[3, 1]>, "scratchpad">
      pipe.stage [3, 2, 4] roles [lanes, time, time] reductions 1 {
      ^bb0(%arg5: index, %arg6: index, %arg7: index):
        %5 = pipe.read %arg0 map #map1(%arg6, %arg7) : memref<2x4xf32, "dram"> -> f32
        %6 = pipe.read %4 map #map2(%arg5, %arg7) : memref<4x3xf32, strided<[3, 1]>, "scratchpad"> -> f32
        %7 = arith.mulf %5, %6 : f32
        %8 = pipe.reduce addf %7 init 0.000000e+00 : f32 : f32
        %9 = pipe.read %arg2 map #map3(%arg5) : memref<3xf32, "dram"> -> f32
        %10 = arith.addf %8, %9 : f32
        %cst = arith.constant 0.000000e+00 : f32
        %11 = arith.maximumf %10, %cst : f32
        pipe.write %11 to %arg3 map #map2(%arg5, %arg6) : f32, memref<2x3xf32, "dram">
      }
    } : memref<2x4xf32, "dram">, memref<4x3xf32, "dram">, memref<3xf32, "dram">, memref<2x3xf32, "dram">
    return
  }
}

