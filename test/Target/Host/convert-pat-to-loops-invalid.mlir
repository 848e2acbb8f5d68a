// RUN: jacquard-opt %s --convert-pat-to-loops --split-input-file --verify-diagnostics

// expected-error @+1 {{host target cannot lower the function 'outside' without a body}}
func.func private @outside(tensor<2xf32>)

// -----

// expected-error @+1 {{host target cannot lower values of type 'tensor<?xf32>'; expected scalars and static tensors of integers or floats}}
func.func @dynamic(%x: tensor<?xf32>) {
  return
}

// -----

func.func @other_dialect(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{host target cannot lower 'arith.addf' on tensors; expected pat ops, arith.constant and calls}}
  %y = arith.addf %x, %x : tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// expected-error @+1 {{host target cannot lower a function of several blocks; expected one}}
func.func @blocks(%c: i1) {
  cf.br ^end
^end:
  return
}
