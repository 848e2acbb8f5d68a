// RUN: jacquard-opt %s --convert-pat-to-pipe=arch=plasticine --split-input-file | FileCheck %s

// One buffer for initial, present and next value: the update is made in place, in one section per trip.
// CHECK-LABEL: @in_place
// CHECK:       %[[X:.*]] = pipe.dram "input" "arg0"
// CHECK:       %[[Y:.*]] = pipe.dram "output" "result0"
// CHECK-NOT:   pipe.dram
// CHECK:       pipe.section "map_0"(%[[X]], %[[Y]])
// CHECK:       pipe.loop max 3 {
// CHECK-NEXT:    pipe.section "map_1"(%[[Y]], %[[Y]])
// CHECK-NOT:     pipe.section
func.func @in_place(%x: tensor<40xf32>) -> tensor<40xf32> {
  %go = arith.constant true
  %r = pat.iterate (%n) max 3 carry (%t = %x : tensor<40xf32>) {
    %next = pat.map (%i) in [40] {
      %v = pat.at %t[%i] : tensor<40xf32>
      %w = arith.addf %v, %v : f32
      pat.yield %w : f32
    } : tensor<40xf32>
    pat.yield %go, %next : i1, tensor<40xf32>
  }
  return %r : tensor<40xf32>
}

// -----

// Every element needs two of the present value: the next one is made beside it and copied, each in a section of its own.
// CHECK-LABEL: @neighbours
// CHECK:       %[[X:.*]] = pipe.dram "input" "arg0"
// CHECK:       %[[Y:.*]] = pipe.dram "output" "result0"
// CHECK:       %[[T:.*]] = pipe.dram "temporary" "t0"
// CHECK:       pipe.section "map_0"(%[[X]], %[[Y]])
// CHECK:       pipe.loop max 3 {
// CHECK-NEXT:    pipe.section "map_1"(%[[Y]], %[[T]])
// CHECK:         pipe.section "map_2"(%[[T]], %[[Y]])
func.func @neighbours(%x: tensor<40xf32>) -> tensor<40xf32> {
  %go = arith.constant true
  %zero = arith.constant 0.0 : f32
  %r = pat.iterate (%n) max 3 carry (%t = %x : tensor<40xf32>) {
    %next = pat.map (%i) in [40] {
      %v = pat.at %t[%i] : tensor<40xf32>
      %u = pat.at %t map affine_map<(d0) -> (d0 - 1)> (%i) else %zero : tensor<40xf32>
      %w = arith.addf %v, %u : f32
      pat.yield %w : f32
    } : tensor<40xf32>
    pat.yield %go, %next : i1, tensor<40xf32>
  }
  return %r : tensor<40xf32>
}

// -----

// The condition is read where its pattern stores it, the number of the trip where the sequencer does.
// CHECK-LABEL: @while
// CHECK:       %[[T:.*]] = pipe.dram "output" "result0"
// CHECK:       %[[N:.*]] = pipe.dram "temporary" "t0" : memref<i32, "dram">
// CHECK:       %[[GO:.*]] = pipe.dram "temporary" "t1" : memref<i1, "dram">
// CHECK:       pipe.loop max 9 while(%[[GO]] : memref<i1, "dram">) counter(%[[N]] : memref<i32, "dram">) {
// CHECK-NEXT:    pipe.section "map_1"(%[[T]], %[[N]], %{{.*}}, %[[T]], %[[GO]])
func.func @while(%x: tensor<i32>, %limit: tensor<i32>) -> tensor<i32> {
  %r = pat.iterate (%n) max 9 carry (%t = %x : tensor<i32>) {
    %next = pat.map () in [] {
      %v = pat.at %t[] : tensor<i32>
      %number = arith.index_cast %n : index to i32
      %w = arith.addi %v, %number : i32
      pat.yield %w : i32
    } : tensor<i32>
    %c = pat.map () in [] {
      %v = pat.at %next[] : tensor<i32>
      %l = pat.at %limit[] : tensor<i32>
      %less = arith.cmpi slt, %v, %l : i32
      pat.yield %less : i1
    } : tensor<i1>
    %go = pat.at %c[] : tensor<i1>
    pat.yield %go, %next : i1, tensor<i32>
  }
  return %r : tensor<i32>
}
