#map = affine_map<() -> (0, 0)>
#map1 = affine_map<() -> (0)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d1, d0)>
#map4 = affine_map<(d0) -> (d0)>
module attributes {jacquard.model = "layer", jacquard.model_hash = 4914069859696488500 : i64} {
  func.func @main() attributes {pipe.compulsory_bytes = 116 : i64, pipe.multiply_adds = 24 : i64} {
    %0 = pipe.dram "input" "x" : memref<2x4xf32, "dram">
    %1 = pipe.dram "output" "y" : memref<2x3xf32, "dram">
    %2 = pipe.dram "constant" "w0" = dense<[[1.000000e+00, -1.000000e+00, 5.000000e-01], [2.000000e+00, 0.000000e+00, -5.000000e-01], [2.500000e-01, 1.000000e+00, 1.000000e+00], [-2.000000e+00, 1.000000e+00, 0.000000e+00]]> : tensor<4x3xf32> : memref<4x3xf32, "dram">
    %3 = pipe.dram "constant" "w1" = dense<[5.000000e-01, -5.000000e-01, 0.000000e+00]> : tensor<3xf32> : memref<3xf32, "dram">
    pipe.section "map_0"(%0, %2, %3, %1) units 1 attributes {bound = "dram", busy_cycles = 88 : i64, predicted_cycles = 105 : i64} {
    ^bb0(%arg0: memref<2x4xf32, "dram">, %arg1: memref<4x3xf32, "dram">, %arg2: memref<3xf32, "dram">, %arg3: memref<2x3xf32, "dram">, %arg4: index):
      %4 = pipe.buffer depth 1 : memref<2x4xf32, strided<[4, 1]>, "scratchpad">
      pipe.load %arg0 map #map() else 0.000000e+00 : f32 to %4 : memref<2x4xf32, "dram">, memref<2x4xf32, strided<[4, 1]>, "scratchpad">
      %5 = pipe.buffer depth 1 : memref<4x3xf32, strided<[3, 1]>, "scratchpad">
      pipe.load %arg1 map #map() else 0.000000e+00 : f32 to %5 : memref<4x3xf32, "dram">, memref<4x3xf32, strided<[3, 1]>, "scratchpad">
      %6 = pipe.buffer depth 1 : memref<3xf32, strided<[1]>, "scratchpad">
      pipe.load %arg2 map #map1() else 0.000000e+00 : f32 to %6 : memref<3xf32, "dram">, memref<3xf32, strided<[1]>, "scratchpad">
      pipe.stage [2, 3, 4] roles [time, time, lanes] reductions 1 {
      ^bb0(%arg5: index, %arg6: index, %arg7: index):
        %7 = pipe.read %4 map #map2(%arg5, %arg7) : memref<2x4xf32, strided<[4, 1]>, "scratchpad"> -> f32
        %8 = pipe.read %5 map #map3(%arg6, %arg7) : memref<4x3xf32, strided<[3, 1]>, "scratchpad"> -> f32
        %9 = arith.mulf %7, %8 : f32
        %10 = pipe.reduce addf %9 init 0.000000e+00 : f32 : f32
        %11 = pipe.read %6 map #map4(%arg6) : memref<3xf32, strided<[1]>, "scratchpad"> -> f32
        %12 = arith.addf %10, %11 : f32
        %cst = arith.constant 0.000000e+00 : f32
        %13 = arith.maximumf %12, %cst : f32
        pipe.write %13 to %arg3 map #map2(%arg5, %arg6) : f32, memref<2x3xf32, "dram">
      }
    } : memref<2x4xf32, "dram">, memref<4x3xf32, "dram">, memref<3xf32, "dram">, memref<2x3xf32, "dram">
    return
  }
}

