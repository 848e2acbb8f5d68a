// 16- and 8-bit types round and wrap after every operation; the floats are compared as bits.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/f16-a.npy --input arg1=%S/Inputs/f16-b.npy --input arg2=%S/Inputs/i8-a.npy --input arg3=%S/Inputs/i8-b.npy --expect result0=%S/Inputs/f16-out.npy --expect result1=%S/Inputs/i8-out.npy --expect result2=%S/Inputs/u8-out.npy --expect result3=%S/Inputs/i8-sum.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/f16-a.npy --input arg1=%S/Inputs/f16-b.npy --input arg2=%S/Inputs/i8-a.npy --input arg3=%S/Inputs/i8-b.npy --expect result0=%S/Inputs/f16-out.npy --expect result1=%S/Inputs/i8-out.npy --expect result2=%S/Inputs/u8-out.npy --expect result3=%S/Inputs/i8-sum.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/f16-a.npy --input arg1=%S/Inputs/f16-b.npy --input arg2=%S/Inputs/i8-a.npy --input arg3=%S/Inputs/i8-b.npy --expect result0=%S/Inputs/f16-out.npy --expect result1=%S/Inputs/i8-out.npy --expect result2=%S/Inputs/u8-out.npy --expect result3=%S/Inputs/i8-sum.npy

func.func @narrow(%a: tensor<60xf16>, %b: tensor<60xf16>, %c: tensor<60xi8>, %d: tensor<60xi8>)
    -> (tensor<60xi16>, tensor<60xi8>, tensor<60xi8>, tensor<i8>) {
  %zero = arith.constant 0 : i8
  %h = pat.map (%i) in [60] {
    %x = pat.at %a[%i] : tensor<60xf16>
    %y = pat.at %b[%i] : tensor<60xf16>
    %p = arith.mulf %x, %y : f16
    %s = arith.addf %p, %x : f16
    %bits = arith.bitcast %s : f16 to i16
    pat.yield %bits : i16
  } : tensor<60xi16>
  %w, %q = pat.map (%i) in [60] {
    %x = pat.at %c[%i] : tensor<60xi8>
    %y = pat.at %d[%i] : tensor<60xi8>
    %p = arith.muli %x, %y : i8
    %s = arith.addi %p, %x : i8
    %u = arith.divui %x, %y : i8
    pat.yield %s, %u : i8, i8
  } : tensor<60xi8>, tensor<60xi8>
  %t = pat.map () in [] {
    %sum = pat.fold (%k) in [60] init (%zero : i8) {
      %x = pat.at %c[%k] : tensor<60xi8>
      pat.yield %x : i8
    } combine (%l, %r) {
      %n = arith.addi %l, %r : i8
      pat.yield %n : i8
    } : i8
    pat.yield %sum : i8
  } : tensor<i8>
  return %h, %w, %q, %t : tensor<60xi16>, tensor<60xi8>, tensor<60xi8>, tensor<i8>
}
