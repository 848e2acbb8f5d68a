// RUN: jacquard-opt %s --split-input-file --pass-pipeline='builtin.module(fabric.device(fabric-arrange-constants))' --verify-diagnostics | FileCheck %s

// Of three words in a row the last one, then the two others; the other constant has no order. Addresses are new.
// CHECK:       fabric.buffer @late "constant" at 0 : tensor<2xi32> = dense_resource<late> : tensor<2xi32>
// CHECK-NOT:   order
// CHECK:       fabric.buffer @early "constant" at 64 : tensor<4xi32> = dense_resource<early> : tensor<4xi32>
// CHECK-NOT:   order
// CHECK:       fabric.buffer @plain "constant" at 128 : tensor<2xi32> = dense<[7, 8]>
// CHECK-DAG:   late: "0x040000000200000005000000"
// CHECK-DAG:   early: "0x0400000000000000010000000300000004000000"
fabric.device arch "tiny" {
  fabric.buffer @late "constant" at 640 : tensor<2xi32> = dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32> {order = #fabric.access<[2, 1] vector 1 registers [[2, 3, 1]] address 0>}
  fabric.buffer @early "constant" at 64 : tensor<4xi32> = dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32> {order = #fabric.access<[2, 2] vector 1 registers [[0, 3, 1]] address 0>}
  fabric.buffer @plain "constant" at 0 : tensor<2xi32> = dense<[7, 8]> : tensor<2xi32>
}

// -----

// In DRAM a bool has a byte, here a bit.
fabric.device arch "tiny" {
  // expected-error @+1 {{constant 'b' has elements that cannot be moved one by one; expected no order}}
  fabric.buffer @b "constant" at 0 : tensor<2xi1> = dense<[true, false]> : tensor<2xi1> {order = #fabric.access<[2] vector 0 registers [[0, 1]] address 0>}
}
