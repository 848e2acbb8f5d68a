// RUN: jacquard-opt %s --split-input-file --verify-diagnostics --convert-pipe-to-fabric=arch=tiny

// A type that DRAM ports do not convert.
func.func @main() {
  // expected-error @+1 {{tensor "x" has element type 'i4', which the fabric does not store; expected f16, bf16, f32, f64, i1, i8, i16, i32 or i64}}
  %x = pipe.dram "input" "x" : memref<40xi4, "dram">
  return
}

// -----

// More than DRAM holds.
// expected-error @+1 {{the model needs at least 17179869184 bytes of DRAM; 'tiny' has 8589934592 (17179869184 of inputs)}}
func.func @main() {
  %x = pipe.dram "input" "x" : memref<4294967296xf32, "dram">
  return
}

// -----

// A scratchpad without a writer.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    // expected-error @+1 {{scratchpad is read before anything writes it}}
    %b = pipe.buffer depth 1 : memref<40xf32, "scratchpad">
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %r = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "scratchpad"> -> f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}

// -----

// An operation that no functional unit has.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %v = pipe.read %xa map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "dram"> -> f32
      %n = arith.fptosi %v : f32 to i32
      // expected-error @+1 {{'math.ctpop' does not run on the fabric yet: no functional unit has it}}
      %c = math.ctpop %n : i32
      %r = arith.sitofp %c : i32 to f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}

// -----

// A type that words do not have.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %v = pipe.read %xa map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "dram"> -> f32
      // expected-error @+1 {{'arith.extf' on type 'f64' needs a wide section}}
      %d = arith.extf %v : f32 to f64
      %r = arith.truncf %d : f64 to f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}

// -----

// A constant of another type.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    pipe.stage [40] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %v = pipe.read %xa map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "dram"> -> f32
      // expected-error @+1 {{constant of type 'f64' needs a wide section}}
      %c = arith.constant 1.0 : f64
      %d = arith.truncf %c : f64 to f32
      %r = arith.addf %v, %d : f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}

// -----

// A reduction that no functional unit has.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<40xf32, "dram">
  %y = pipe.dram "output" "y" : memref<40xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<40xf32, "dram">, %ya: memref<40xf32, "dram">, %unit: index):
    pipe.stage [40] roles [time] reductions 1 {
    ^bb0(%i: index):
      %v = pipe.read %xa map affine_map<(d0) -> (d0)>(%i) : memref<40xf32, "dram"> -> f32
      // expected-error @+1 {{reduction does not run on the fabric yet}}
      %r = pipe.reduce assign %v init 0.0 : f32 : f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<40xf32, "dram">
    }
  } : memref<40xf32, "dram">, memref<40xf32, "dram">
  return
}

// -----

// A box that leaves the tensor in too many dimensions.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<2x2x2x2x2xf32, "dram">
  %y = pipe.dram "output" "y" : memref<4xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<2x2x2x2x2xf32, "dram">, %ya: memref<4xf32, "dram">, %unit: index):
    %b = pipe.buffer depth 1 : memref<4x4x4x4x4xf32, "scratchpad">
    // expected-error @+1 {{box leaves the tensor in more dimensions than a DRAM port can check (4)}}
    pipe.load %xa map affine_map<() -> (-1, -1, -1, -1, -1)>() else 0.0 : f32 to %b : memref<2x2x2x2x2xf32, "dram">, memref<4x4x4x4x4xf32, "scratchpad">
    pipe.stage [4] roles [lanes] reductions 0 {
    ^bb0(%i: index):
      %r = pipe.read %b map affine_map<(d0) -> (0, 0, 0, 0, d0)>(%i) : memref<4x4x4x4x4xf32, "scratchpad"> -> f32
      pipe.write %r to %ya map affine_map<(d0) -> (d0)>(%i) : f32, memref<4xf32, "dram">
    }
  } : memref<2x2x2x2x2xf32, "dram">, memref<4xf32, "dram">
  return
}

// -----

// An origin that moves unevenly.
func.func @main() {
  %x = pipe.dram "input" "x" : memref<16xf32, "dram">
  %y = pipe.dram "output" "y" : memref<16xf32, "dram">
  pipe.section "s" (%x, %y) units 1 {
  ^bb0(%xa: memref<16xf32, "dram">, %ya: memref<16xf32, "dram">, %unit: index):
    pipe.metapipe [4] {
    ^bb0(%t: index):
      %b = pipe.buffer depth 1 : memref<4xf32, "scratchpad">
      // expected-error @+1 {{origin is not affine in the indices of the metapipelines}}
      pipe.load %xa map affine_map<(d0) -> (d0 floordiv 3)>(%t) else 0.0 : f32 to %b : memref<16xf32, "dram">, memref<4xf32, "scratchpad">
      pipe.stage [4] roles [lanes] reductions 0 {
      ^bb0(%i: index):
        %r = pipe.read %b map affine_map<(d0) -> (d0)>(%i) : memref<4xf32, "scratchpad"> -> f32
        pipe.write %r to %ya map affine_map<(d0, d1) -> (d0 * 4 + d1)>(%t, %i) : f32, memref<16xf32, "dram">
      }
    }
  } : memref<16xf32, "dram">, memref<16xf32, "dram">
  return
}
