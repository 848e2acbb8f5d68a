// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny | FileCheck %s
// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=tiny --convert-pipe-to-fabric=arch=tiny | FileCheck %s --check-prefix=FABRIC

// The index of a dimension of one point is the constant 0; no functional unit takes an operation without operands.
// CHECK:      pipe.stage
// CHECK-NOT:    affine.apply
// CHECK:        %[[ZERO:.*]] = arith.constant 0 : index
// CHECK:        arith.index_cast %[[ZERO]]
// FABRIC:     fabric.section
func.func @main(%x: tensor<1x32xi32>) -> tensor<1x32xi32> {
  %r = pat.map (%i, %j) in [1, 32] {
    %a = pat.at %x[%i, %j] : tensor<1x32xi32>
    %n = arith.index_cast %i : index to i32
    %s = arith.addi %a, %n : i32
    pat.yield %s : i32
  } : tensor<1x32xi32>
  return %r : tensor<1x32xi32>
}
