// RUN: jacquard-opt %s --convert-pat-to-pipe="arch=tiny retreat=5" | FileCheck %s

// Ten results and a machine of 8 DRAM ports: two maps of five results, each with a read and operations of its own.
// CHECK-LABEL: func.func @main
// CHECK:       pipe.stage
// CHECK-COUNT-1: pipe.read
// CHECK-COUNT-5: pipe.write
// CHECK-NOT:   pipe.write
// CHECK:       pipe.stage
// CHECK-COUNT-1: pipe.read
// CHECK-COUNT-5: pipe.write
// CHECK-NOT:   pipe.write
func.func @main(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>,
                                       tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %r:10 = pat.map (%i) in [8] {
    %v = pat.at %x[%i] : tensor<8xf32>
    %a = arith.addf %v, %v : f32
    %b = arith.mulf %a, %v : f32
    %c = arith.subf %b, %a : f32
    %d = arith.maximumf %c, %b : f32
    %e = arith.minimumf %d, %v : f32
    pat.yield %v, %a, %b, %c, %d, %e, %a, %b, %c, %d : f32, f32, f32, f32, f32, f32, f32, f32, f32, f32
  } : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7, %r#8, %r#9 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
