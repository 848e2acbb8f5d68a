// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s

// Constants and what stays between sections have tensors of their own; a value that is returned twice is copied, one that is
// returned unchanged as well; patterns without points need no section.
// CHECK-LABEL: func.func @main()
// CHECK-DAG:   pipe.dram "constant" "w0" = dense<2.000000e+00> : tensor<8xf32>
// CHECK-DAG:   pipe.dram "output" "result0" : memref<8xf32, "dram">
// CHECK-DAG:   pipe.dram "output" "result1" : memref<8xf32, "dram">
// CHECK-DAG:   pipe.dram "output" "result2" : memref<8xf32, "dram">
// CHECK-DAG:   pipe.dram "output" "result3" : memref<0xf32, "dram">
// CHECK-COUNT-3: pipe.stage
// CHECK-NOT:   pipe.stage
// CHECK:       return
func.func @main(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<0xf32>) {
  %w = arith.constant dense<2.0> : tensor<8xf32>
  %y = pat.map (%i) in [8] {
    %a = pat.at %x[%i] : tensor<8xf32>
    %b = pat.at %w[%i] : tensor<8xf32>
    %p = arith.mulf %a, %b : f32
    pat.yield %p : f32
  } : tensor<8xf32>
  %e = pat.map (%i) in [0] {
    %a = pat.at %x[%i] : tensor<8xf32>
    pat.yield %a : f32
  } : tensor<0xf32>
  return %y, %y, %x, %e : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<0xf32>
}
