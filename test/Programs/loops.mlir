// Loops in every form: as long as data says so, with values that change places, over whole tensors, nested, with the number
// of the trip.
// RUN: jacquard run %s --target=host --input arg0=%S/Inputs/collatz-start.npy --input arg1=%S/Inputs/power-base.npy --expect result0=%S/Inputs/collatz-steps.npy --expect result1=%S/Inputs/collatz-last.npy --expect result2=%S/Inputs/fibonacci-30.npy --expect result3=%S/Inputs/fibonacci-31.npy --expect result4=%S/Inputs/power-20.npy --expect result5=%S/Inputs/cubes.npy --expect result6=%S/Inputs/triangles.npy
// RUN: jacquard run %s --input arg0=%S/Inputs/collatz-start.npy --input arg1=%S/Inputs/power-base.npy --expect result0=%S/Inputs/collatz-steps.npy --expect result1=%S/Inputs/collatz-last.npy --expect result2=%S/Inputs/fibonacci-30.npy --expect result3=%S/Inputs/fibonacci-31.npy --expect result4=%S/Inputs/power-20.npy --expect result5=%S/Inputs/cubes.npy --expect result6=%S/Inputs/triangles.npy
// RUN: jacquard run %s --arch=tiny --input arg0=%S/Inputs/collatz-start.npy --input arg1=%S/Inputs/power-base.npy --expect result0=%S/Inputs/collatz-steps.npy --expect result1=%S/Inputs/collatz-last.npy --expect result2=%S/Inputs/fibonacci-30.npy --expect result3=%S/Inputs/fibonacci-31.npy --expect result4=%S/Inputs/power-20.npy --expect result5=%S/Inputs/cubes.npy --expect result6=%S/Inputs/triangles.npy

func.func @loops(%start: tensor<i64>, %base: tensor<2x2xi32>)
    -> (tensor<i64>, tensor<i64>, tensor<i64>, tensor<i64>, tensor<2x2xi32>, tensor<12xi32>, tensor<i32>) {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %two = arith.constant 2 : i64
  %three = arith.constant 3 : i64
  %zero32 = arith.constant 0 : i32

  // Half of an even number, three times an odd one plus one, until 1 is left.
  %first = pat.at %start[] : tensor<i64>
  %collatz:2 = pat.iterate (%n) max 1000 carry (%x = %first, %steps = %zero : i64, i64) {
    %low = arith.andi %x, %one : i64
    %odd = arith.cmpi ne, %low, %zero : i64
    %half = arith.divsi %x, %two : i64
    %triple = arith.muli %x, %three : i64
    %more = arith.addi %triple, %one : i64
    %next = arith.select %odd, %more, %half : i64
    %count = arith.addi %steps, %one : i64
    %go = arith.cmpi ne, %next, %one : i64
    pat.yield %go, %next, %count : i1, i64, i64
  }
  %last = pat.map () in [] { pat.yield %collatz#0 : i64 } : tensor<i64>
  %steps = pat.map () in [] { pat.yield %collatz#1 : i64 } : tensor<i64>

  // The next value of the first is the present one of the second.
  %fibonacci:2 = pat.iterate (%n) max 30 carry (%a = %zero, %b = %one : i64, i64) {
    %go = arith.constant true
    %sum = arith.addi %a, %b : i64
    pat.yield %go, %b, %sum : i1, i64, i64
  }
  %f30 = pat.map () in [] { pat.yield %fibonacci#0 : i64 } : tensor<i64>
  %f31 = pat.map () in [] { pat.yield %fibonacci#1 : i64 } : tensor<i64>

  // Every element of the next matrix needs a row of the present one.
  %identity = arith.constant dense<[[1, 0], [0, 1]]> : tensor<2x2xi32>
  %power = pat.iterate (%n) max 20 carry (%m = %identity : tensor<2x2xi32>) {
    %go = arith.constant true
    %product = pat.map (%i, %j) in [2, 2] {
      %dot = pat.fold (%k) in [2] init (%zero32 : i32) {
        %l = pat.at %m[%i, %k] : tensor<2x2xi32>
        %r = pat.at %base[%k, %j] : tensor<2x2xi32>
        %p = arith.muli %l, %r : i32
        pat.yield %p : i32
      } combine (%s, %t) {
        %u = arith.addi %s, %t : i32
        pat.yield %u : i32
      } : i32
      pat.yield %dot : i32
    } : tensor<2x2xi32>
    pat.yield %go, %product : i1, tensor<2x2xi32>
  }

  // One element per trip.
  %zeros = arith.constant dense<0> : tensor<12xi32>
  %cubes = pat.iterate (%n) max 12 carry (%t = %zeros : tensor<12xi32>) {
    %go = arith.constant true
    %number = arith.index_cast %n : index to i32
    %square = arith.muli %number, %number : i32
    %cube = arith.muli %square, %number : i32
    %next = pat.map (%i) in [12] {
      %old = pat.at %t[%i] : tensor<12xi32>
      %here = arith.cmpi eq, %i, %n : index
      %new = arith.select %here, %cube, %old : i32
      pat.yield %new : i32
    } : tensor<12xi32>
    pat.yield %go, %next : i1, tensor<12xi32>
  }

  // The inner loop makes one trip more each time.
  %triangles = pat.iterate (%n) max 5 carry (%sum = %zero32 : i32) {
    %go = arith.constant true
    %row = pat.iterate (%k) max 9 carry (%s = %sum : i32) {
      %one_more = arith.constant 1 : index
      %inner_go = arith.cmpi slt, %k, %n : index
      %number = arith.addi %k, %one_more : index
      %term = arith.index_cast %number : index to i32
      %t = arith.addi %s, %term : i32
      pat.yield %inner_go, %t : i1, i32
    }
    pat.yield %go, %row : i1, i32
  }
  %total = pat.map () in [] { pat.yield %triangles : i32 } : tensor<i32>
  return %steps, %last, %f30, %f31, %power, %cubes, %total
      : tensor<i64>, tensor<i64>, tensor<i64>, tensor<i64>, tensor<2x2xi32>, tensor<12xi32>, tensor<i32>
}
