// RUN: jacquard-opt %s --split-input-file --verify-diagnostics
// One case per constraint; the labels are those of the ops' descriptions.

func.func @dram_c1() {
  // expected-error @+1 {{'pipe.dram' op result has type 'memref<4xf32>'; expected a memref in memory space "dram"}}
  %x = pipe.dram "input" "x" : memref<4xf32>
  return
}

// -----

func.func @dram_c2_missing() {
  // expected-error @+1 {{'pipe.dram' op a value is needed for a constant and allowed for nothing else}}
  %x = pipe.dram "constant" "x" : memref<4xf32, "dram">
  return
}

// -----

func.func @dram_c2_superfluous() {
  // expected-error @+1 {{'pipe.dram' op a value is needed for a constant and allowed for nothing else}}
  %x = pipe.dram "input" "x" = dense<0.0> : tensor<4xf32> : memref<4xf32, "dram">
  return
}

// -----

func.func @dram_c2_shape() {
  // expected-error @+1 {{'pipe.dram' op value has type 'tensor<5xf32>'; expected the shape and type of 'memref<4xf32, "dram">'}}
  %x = pipe.dram "constant" "x" = dense<0.0> : tensor<5xf32> : memref<4xf32, "dram">
  return
}

// -----

func.func @dram_c3() {
  // expected-error @+1 {{'pipe.dram' op kind "weight" is unknown; expected input, output, constant or temporary}}
  %x = pipe.dram "weight" "x" : memref<4xf32, "dram">
  return
}

// -----

func.func @section_c2_group() {
  // expected-error @+1 {{'pipe.section' op group 0 is not allowed; expected at least 1}}
  pipe.section "s" () units 1 group 0 {
  ^bb0(%u: index, %g: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c1(%x: memref<4xf32, "dram">) {
  // expected-error @+1 {{'pipe.section' op region arguments must be the operands' types, one index for the unit and one each for `join` and `group`}}
  pipe.section "s" (%x) units 1 {
  ^bb0(%a: memref<4xf32, "dram">):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  } : memref<4xf32, "dram">
  return
}

// -----

func.func @section_c2() {
  // expected-error @+1 {{'pipe.section' op units 0 is not allowed; expected at least 1}}
  pipe.section "s" () units 0 {
  ^bb0(%unit: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c2_negative() {
  // expected-error @+1 {{'pipe.section' op units -1 is not allowed; expected at least 1}}
  pipe.section "s" () units -1 {
  ^bb0(%unit: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c3(%x: memref<4xf32>) {
  // expected-error @+1 {{'pipe.section' op operand has type 'memref<4xf32>'; expected a memref in memory space "dram"}}
  pipe.section "s" (%x) units 1 {
  ^bb0(%a: memref<4xf32>, %unit: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  } : memref<4xf32>
  return
}

// -----

func.func @metapipe_c1() {
  // expected-error @+1 {{'pipe.metapipe' op has 1 index arguments; expected 2}}
  pipe.metapipe [4, 2] {
  ^bb0(%i: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @metapipe_c1_type() {
  // expected-error @+1 {{'pipe.metapipe' op has an argument of type 'i32'; expected index}}
  pipe.metapipe [4] {
  ^bb0(%i: i32):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @metapipe_c2() {
  // expected-error @+1 {{'pipe.metapipe' op extent 0 of loop 1 is not allowed; expected at least 1}}
  pipe.metapipe [4, 0] {
  ^bb0(%i: index, %j: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c2_chain() {
  // expected-error @+1 {{'pipe.section' op chain 0 is not allowed; expected at least 1}}
  pipe.section "s" () units 1 group 2 chain 0 {
  ^bb0(%u: index, %g: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c2_join() {
  // expected-error @+1 {{'pipe.section' op join 0 is not allowed; expected at least 1}}
  pipe.section "s" () units 1 join 0 group 2 {
  ^bb0(%u: index, %j: index, %g: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c2_join_alone() {
  // expected-error @+1 {{'pipe.section' op joins groups; expected `group` and no `chain`}}
  pipe.section "s" () units 1 join 2 {
  ^bb0(%u: index, %j: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @section_c2_join_chain() {
  // expected-error @+1 {{'pipe.section' op joins groups; expected `group` and no `chain`}}
  pipe.section "s" () units 1 join 2 group 2 chain 2 {
  ^bb0(%u: index, %j: index, %g: index):
    pipe.buffer depth 1 : memref<4xf32, "scratchpad">
  }
  return
}

// -----

func.func @buffer_c3_depth(%x: memref<8xf32, "dram">) {
  // expected-error @+1 {{'pipe.buffer' op 1 staged members of a scratchpad of depth 2 with 1 loads; expected depth 1 and one load, or none staged}}
  %b = pipe.buffer depth 2 {staged = 1 : i64} : memref<4xf32, "scratchpad">
  pipe.load %x map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<8xf32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @buffer_c3_no_load() {
  // expected-error @+1 {{'pipe.buffer' op 1 staged members of a scratchpad of depth 1 with 0 loads; expected depth 1 and one load, or none staged}}
  %b = pipe.buffer depth 1 {staged = 1 : i64} : memref<4xf32, "scratchpad">
  return
}

// -----

func.func @buffer_c1() {
  // expected-error @+1 {{'pipe.buffer' op result has type 'memref<4xf32, "dram">'; expected a memref in memory space "scratchpad"}}
  %b = pipe.buffer depth 1 : memref<4xf32, "dram">
  return
}

// -----

func.func @buffer_c2() {
  // expected-error @+1 {{'pipe.buffer' op depth 0 is not allowed; expected at least 1}}
  %b = pipe.buffer depth 0 : memref<4xf32, "scratchpad">
  return
}

// -----

func.func @buffer_c2_negative() {
  // expected-error @+1 {{'pipe.buffer' op depth -2 is not allowed; expected at least 1}}
  %b = pipe.buffer depth -2 : memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_c1_source(%x: memref<4xf32, "scratchpad">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op the DRAM side has type 'memref<4xf32, "scratchpad">'; expected a memref in memory space "dram"}}
  pipe.load %x map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<4xf32, "scratchpad">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_c1_destination(%x: memref<4xf32, "dram">, %b: memref<4xf32, "dram">) {
  // expected-error @+1 {{'pipe.load' op the scratchpad side has type 'memref<4xf32, "dram">'; expected a memref in memory space "scratchpad"}}
  pipe.load %x map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<4xf32, "dram">, memref<4xf32, "dram">
  return
}

// -----

func.func @load_c1_rank(%x: memref<4x4xf32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op copies between 'memref<4x4xf32, "dram">' and 'memref<4xf32, "scratchpad">'; expected equal ranks and element types}}
  pipe.load %x map affine_map<() -> (0, 0)>() else 0.0 : f32 to %b : memref<4x4xf32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_c1_type(%x: memref<4xi32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op copies between 'memref<4xi32, "dram">' and 'memref<4xf32, "scratchpad">'; expected equal ranks and element types}}
  pipe.load %x map affine_map<() -> (0)>() else 0.0 : f32 to %b : memref<4xi32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_c2_indices(%x: memref<4xf32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op map takes 1 indices, found 0 operands}}
  pipe.load %x map affine_map<(d0) -> (d0)>() else 0.0 : f32 to %b : memref<4xf32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_c2_origins(%x: memref<4xf32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op map gives 2 positions for a tensor of rank 1}}
  pipe.load %x map affine_map<() -> (0, 0)>() else 0.0 : f32 to %b : memref<4xf32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @load_else(%x: memref<4xf32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.load' op else value has type 'i32'; expected 'f32'}}
  pipe.load %x map affine_map<() -> (0)>() else 0 : i32 to %b : memref<4xf32, "dram">, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @store_c1(%x: memref<4xf32, "dram">, %b: memref<4xf32, "dram">) {
  // expected-error @+1 {{'pipe.store' op the scratchpad side has type 'memref<4xf32, "dram">'; expected a memref in memory space "scratchpad"}}
  pipe.store %b to %x map affine_map<() -> (0)>() : memref<4xf32, "dram">, memref<4xf32, "dram">
  return
}

// -----

func.func @store_c2(%x: memref<4xf32, "dram">, %b: memref<4xf32, "scratchpad">) {
  // expected-error @+1 {{'pipe.store' op map gives 0 positions for a tensor of rank 1}}
  pipe.store %b to %x map affine_map<() -> ()>() : memref<4xf32, "scratchpad">, memref<4xf32, "dram">
  return
}

// -----

func.func @stage_c1_roles() {
  // expected-error @+1 {{'pipe.stage' op has 1 roles for 2 loops}}
  pipe.stage [4, 2] roles [time] reductions 0 {
  ^bb0(%i: index, %j: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c1_arguments() {
  // expected-error @+1 {{'pipe.stage' op has 0 index arguments; expected 1}}
  pipe.stage [4] roles [time] reductions 0 {
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c1_extent() {
  // expected-error @+1 {{'pipe.stage' op extent 0 of loop 0 is not allowed; expected at least 1}}
  pipe.stage [0] roles [time] reductions 0 {
  ^bb0(%i: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_unknown_role() {
  // expected-error @+1 {{loop role 'space' is unknown; expected time, lanes or slots}}
  pipe.stage [4] roles [space] reductions 0 {
  ^bb0(%i: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c2_lanes() {
  // expected-error @+1 {{'pipe.stage' op spreads more than one loop over lanes}}
  pipe.stage [4, 4] roles [lanes, lanes] reductions 0 {
  ^bb0(%i: index, %j: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c2_slots() {
  // expected-error @+1 {{'pipe.stage' op spreads more than one loop over slots}}
  pipe.stage [4, 4] roles [slots, slots] reductions 0 {
  ^bb0(%i: index, %j: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c3_reductions() {
  // expected-error @+1 {{'pipe.stage' op reductions 2 is not allowed; expected 0 to 1}}
  pipe.stage [4] roles [time] reductions 2 {
  ^bb0(%i: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c3_negative() {
  // expected-error @+1 {{'pipe.stage' op reductions -1 is not allowed; expected 0 to 1}}
  pipe.stage [4] roles [time] reductions -1 {
  ^bb0(%i: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @stage_c3_slots() {
  // expected-error @+1 {{'pipe.stage' op spreads reduction loop 1 over slots; expected a parallel loop}}
  pipe.stage [4, 4] roles [time, slots] reductions 1 {
  ^bb0(%i: index, %j: index):
    %c = arith.constant 0 : i32
  }
  return
}

// -----

func.func @read_c1_rank(%b: memref<4x4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.read' op map gives 1 positions for a tensor of rank 2}}
  %v = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<4x4xf32, "scratchpad"> -> f32
  return
}

// -----

func.func @read_c1_symbol(%b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.read' op map has 1 symbols; expected none}}
  %v = pipe.read %b map affine_map<(d0)[s0] -> (d0 + s0)>(%i) : memref<4xf32, "scratchpad"> -> f32
  return
}

// -----

func.func @read_c2_else(%b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.read' op else value has type 'i32'; expected 'f32'}}
  %v = pipe.read %b map affine_map<(d0) -> (d0)>(%i) else 0 : i32 : memref<4xf32, "scratchpad"> -> f32
  return
}

// -----

func.func @read_c2_result(%b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.read' op result has type 'i32'; expected 'f32'}}
  %v = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<4xf32, "scratchpad"> -> i32
  return
}

// -----

func.func @reduce_c1_init(%v: f32) {
  pipe.stage [4] roles [time] reductions 1 {
  ^bb0(%i: index):
    // expected-error @+1 {{'pipe.reduce' op init has type 'i32'; expected 'f32'}}
    %s = pipe.reduce addf %v init 0 : i32 : f32
  }
  return
}

// -----

func.func @reduce_c2(%v: f32) {
  pipe.stage [4] roles [time] reductions 0 {
  ^bb0(%i: index):
    // expected-error @+1 {{'pipe.reduce' op stands outside a stage with reduction loops}}
    %s = pipe.reduce addf %v init 0.0 : f32 : f32
  }
  return
}

// -----

func.func @write_c1(%v: f32, %b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.write' op map takes 2 indices, found 1 operands}}
  pipe.write %v to %b map affine_map<(d0, d1) -> (d0)>(%i) : f32, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @write_c2(%v: i32, %b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.write' op value has type 'i32'; expected 'f32'}}
  pipe.write %v to %b map affine_map<(d0) -> (d0)>(%i) : i32, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @accumulate_c1_space(%v: f32, %b: memref<4xf32, "dram">, %i: index) {
  // expected-error @+1 {{'pipe.accumulate' op destination has type 'memref<4xf32, "dram">'; expected a memref in memory space "scratchpad"}}
  pipe.accumulate addf %v into %b[%i] init 0.0 : f32 : f32, memref<4xf32, "dram">
  return
}

// -----

func.func @accumulate_c1_rank(%v: f32, %b: memref<4x4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.accumulate' op destination has rank 2; expected 1}}
  pipe.accumulate addf %v into %b[%i] init 0.0 : f32 : f32, memref<4x4xf32, "scratchpad">
  return
}

// -----

func.func @accumulate_c2_value(%v: i32, %b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.accumulate' op value has type 'i32'; expected 'f32'}}
  pipe.accumulate addi %v into %b[%i] init 0 : i32 : i32, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @accumulate_c2_init(%v: f32, %b: memref<4xf32, "scratchpad">, %i: index) {
  // expected-error @+1 {{'pipe.accumulate' op init has type 'i32'; expected 'f32'}}
  pipe.accumulate addf %v into %b[%i] init 0 : i32 : f32, memref<4xf32, "scratchpad">
  return
}

// -----

func.func @dram_c4_kind(%n: memref<i64, "dram">) {
  // expected-error @+1 {{'pipe.dram' op has 1 extents for 1 dimensions; expected one each, of an output}}
  %x = pipe.dram "input" "x" extents [0] from (%n : memref<i64, "dram">) : memref<4xf32, "dram">
  return
}

// -----

func.func @dram_c4_dimension(%n: memref<i64, "dram">) {
  // expected-error @+1 {{'pipe.dram' op extent dimension 1 is not allowed; expected different ones below 1}}
  %x = pipe.dram "output" "x" extents [1] from (%n : memref<i64, "dram">) : memref<4xf32, "dram">
  return
}

// -----

func.func @dram_c5_bool() {
  // expected-error @+1 {{'pipe.dram' op 'is_unsigned' does not fit kind "input" and type 'memref<4xi1, "dram">'; expected an input or output of integers}}
  %x = pipe.dram "input" "x" {is_unsigned} : memref<4xi1, "dram">
  return
}

// -----

func.func @dram_c4_type(%n: memref<i32, "dram">) {
  // expected-error @+1 {{'pipe.dram' op extent has type 'memref<i32, "dram">'; expected one i64 in DRAM}}
  %x = pipe.dram "output" "x" extents [0] from (%n : memref<i32, "dram">) : memref<4xf32, "dram">
  return
}

// -----

func.func @loop_c1() {
  // expected-error @+1 {{'pipe.loop' op max 0 is not allowed; expected 1 to 2147483647}}
  pipe.loop max 0 {
    pipe.loop max 1 {
    }
  }
  return
}

// -----

func.func @loop_c2_condition(%go: memref<2xi1, "dram">) {
  // expected-error @+1 {{'pipe.loop' op condition has type 'memref<2xi1, "dram">'; expected one i1}}
  pipe.loop max 2 while (%go : memref<2xi1, "dram">) {
  }
  return
}

// -----

func.func @loop_c2_counter(%n: memref<i64, "dram">) {
  // expected-error @+1 {{'pipe.loop' op counter has type 'memref<i64, "dram">'; expected one i32}}
  pipe.loop max 2 counter (%n : memref<i64, "dram">) {
  }
  return
}

// -----

func.func @loop_c2_space(%n: memref<i32, "scratchpad">) {
  // expected-error @+1 {{'pipe.loop' op counter has type 'memref<i32, "scratchpad">'; expected a memref in memory space "dram"}}
  pipe.loop max 2 counter (%n : memref<i32, "scratchpad">) {
  }
  return
}

// -----

func.func @loop_c3() {
  // expected-error @+1 {{'pipe.loop' op tests before the first trip, but has no condition}}
  pipe.loop max 2 test_first {
  }
  return
}

// -----

func.func @loop_c4() {
  // expected-error @+1 {{'pipe.loop' op holds 'pipe.dram'; expected sections and loops}}
  pipe.loop max 2 {
    %x = pipe.dram "input" "x" : memref<4xf32, "dram">
  }
  return
}

// -----

func.func @stage_c4(%x: memref<4xf32, "dram">) {
  pipe.section "s" (%x) units 2 group 3 {
  ^bb0(%a: memref<4xf32, "dram">, %unit: index, %member: index):
    // expected-error @+1 {{'pipe.stage' op is laid out once and uses the index of a unit or group}}
    pipe.stage [2] roles [lanes] reductions 0 once {
    ^bb0(%i: index):
      %v = pipe.read %a map affine_map<(d0, d1) -> (d0 * 2 + d1)>(%unit, %i) : memref<4xf32, "dram"> -> f32
    }
  } : memref<4xf32, "dram">
  return
}
