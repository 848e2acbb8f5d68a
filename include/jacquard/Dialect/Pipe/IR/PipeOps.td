#ifndef JACQUARD_DIALECT_PIPE_IR_PIPEOPS_TD
#define JACQUARD_DIALECT_PIPE_IR_PIPEOPS_TD

include "jacquard/Dialect/Pipe/IR/PipeDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Dialect/Arith/IR/ArithBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class PipeOp<string mnemonic, list<Trait> traits = []> : Op<PipeDialect, mnemonic, traits>;

def Pipe_DramOp : PipeOp<"dram"> {
  let summary = "A tensor in DRAM: an input, an output, a constant or an intermediate";
  let description = [{
    Example:
    ```mlir
    %x = pipe.dram input "x" : memref<4x8xf32, "dram">
    %w = pipe.dram constant "w" = dense<1.0> : tensor<8xf32> : memref<8xf32, "dram">
    %n = pipe.dram temporary "t0" : memref<i64, "dram">
    %y = pipe.dram output "y" extents [1] from (%n : memref<i64, "dram">) : memref<2x9xf32, "dram">
    ```
    Constraints: (C1) the memory space is "dram"; (C2) only a constant has a value, of the memref's shape and type;
    (C3) the kind is one of input, output, constant, temporary; (C4) only an output has extents, each one i64 in DRAM for a
    dimension of its own: they say how many positions of these dimensions are there when the program has run; (C5) only an
    input or output of integers `is_unsigned`, which says what the host makes of the bits.
  }];
  let arguments = (ins StrAttr:$kind, StrAttr:$name, OptionalAttr<ElementsAttr>:$value,
      OptionalAttr<DenseI64ArrayAttr>:$extent_dims, Variadic<AnyMemRef>:$extents, UnitAttr:$is_unsigned);
  let results = (outs AnyMemRef:$buffer);
  let assemblyFormat =
      [{ $kind $name (`=` $value^)? (`extents` $extent_dims^ `from` `(` $extents `:` type($extents) `)`)?
      attr-dict `:` type($buffer) }];
  let hasVerifier = 1;
}

def Pipe_SectionOp : PipeOp<"section", [IsolatedFromAbove, NoTerminator, SingleBlock]> {
  let summary = "What is configured on the fabric at one time";
  let description = [{
    Operands are the DRAM tensors it reads or writes; the region's arguments stand for them, then for the *unit index*:
    every op whose maps depend on the unit index is laid out once per unit, the others are shared (multicast).

    With `group` n every unit is a group of n, numbered by a second index, the *group index*. What its members have each
    for themselves shares ports: one load brings the boxes of all, and the results of their reductions leave through one
    chain, as if the group index were one more parallel loop of the stage, within the others. With `chain` n every n of them
    have a chain and a port of their own. With `join` n every unit is n such groups, numbered by the *join index* between the
    two others: only the chain is theirs together, as if the join index were a parallel loop around the group index.

    Example:
    ```mlir
    pipe.section "map_0" (%x, %y) units 2 {
    ^bb0(%xa: memref<32xf32, "dram">, %ya: memref<32xf32, "dram">, %u: index):
      pipe.stage ...
    } : memref<32xf32, "dram">, memref<32xf32, "dram">
    ```
    Constraints: (C1) the region's arguments are the operands' types, one index, one more with `join` and one with `group`;
    (C2) units, join, group and chain are at least 1, and `join` is with a group and without `chain`; (C3) operands are in
    DRAM. In a `wide` section words have 64 bits, which its values need: vectors have half the lanes.
    `predicted_cycles` is what the mapping predicts, `busy_cycles` what it would be if the first tiles were there and DRAM took no time,
    `dram_cycles` what the DRAM takes if it brings and takes what the mapping does not count on in scratchpads.
  }];
  let arguments = (ins StrAttr:$name, Variadic<AnyMemRef>:$buffers, I64Attr:$units, OptionalAttr<I64Attr>:$join,
                       OptionalAttr<I64Attr>:$group, OptionalAttr<I64Attr>:$chain, OptionalAttr<I64Attr>:$predicted_cycles,
                       OptionalAttr<I64Attr>:$busy_cycles, OptionalAttr<I64Attr>:$dram_cycles, OptionalAttr<StrAttr>:$bound, UnitAttr:$wide);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{ $name `(` $buffers `)` `units` $units (`join` $join^)? (`group` $group^)? (`chain` $chain^)? attr-dict-with-keyword $body (`:` type($buffers)^)? }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Value getUnitIndex() { return getBody().getArgument(getBuffers().size()); }
    /// Null without `join`.
    ::mlir::Value getJoinIndex() { return getJoin() ? getBody().getArgument(getBuffers().size() + 1) : ::mlir::Value(); }
    /// Null without `group`: the last argument.
    ::mlir::Value getGroupIndex() { return getGroup() ? getBody().getArguments().back() : ::mlir::Value(); }
    /// Groups of a unit.
    int64_t getJoinSize() { return getJoin().value_or(1); }
    /// Members of a group.
    int64_t getGroupSize() { return getGroup().value_or(1); }
    /// Members whose results leave through one chain.
    int64_t getChainSize() { return std::min<int64_t>(getChain().value_or(getGroupSize()), getGroupSize()); }
    ::mlir::BlockArgument argumentFor(unsigned operand) { return getBody().getArgument(operand); }
  }];
}

def Pipe_LoopOp : PipeOp<"loop", [NoTerminator, SingleBlock, AttrSizedOperandSegments]> {
  let summary = "Sections that run again and again";
  let description = [{
    Stands where sections stand and holds sections and loops, which run in order, at most `max` times. Before every trip but
    the first (with `test_first` before the first too) the condition is read; the loop ends when it is false. The counter
    takes the number of every trip, from 0.

    Example:
    ```mlir
    pipe.loop max 20 while (%go : memref<i1, "dram">) counter (%n : memref<i32, "dram">) {
      pipe.section ...
    }
    ```
    Constraints: (C1) max is 1 to 2^31-1; (C2) the condition is one i1, the counter one i32, both in DRAM; (C3) `test_first`
    needs a condition; (C4) the body holds sections and loops.
  }];
  let arguments = (ins I64Attr:$max, Optional<AnyMemRef>:$condition, Optional<AnyMemRef>:$counter,
      UnitAttr:$test_first);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{ `max` $max (`while` `(` $condition^ `:` type($condition) `)`)?
      (`counter` `(` $counter^ `:` type($counter) `)`)? (`test_first` $test_first^)? attr-dict-with-keyword $body }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Pipe_MetapipeOp : PipeOp<"metapipe", [NoTerminator, SingleBlock]> {
  let summary = "A loop nest over tiles whose children run concurrently on successive iterations";
  let description = [{
    Children: buffers, loads, stages, stores and further metapipelines. A buffer passes from its writer to its readers once
    per iteration of the metapipe it is declared in.

    Example:
    ```mlir
    pipe.metapipe [4, 2] {
    ^bb0(%i: index, %j: index):
      %b = pipe.buffer depth 2 : memref<64xf32, "scratchpad">
      pipe.load ...
      pipe.stage ...
    }
    ```
    Constraints: (C1) one index argument per extent; (C2) extents are at least 1.
  }];
  let arguments = (ins DenseI64ArrayAttr:$extents);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$extents attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Pipe_BufferOp : PipeOp<"buffer"> {
  let summary = "An N-buffered scratchpad";
  let description = [{
    Constraints: (C1) the memory space is "scratchpad"; (C2) depth is at least 1. The layout gives the pitches in words; a pitch
    larger than dense keeps strided accesses free of bank conflicts. For the first `staged` members of each group a second
    scratchpad stands in front, which takes the next box while this one is read. (C3) Only a scratchpad of depth 1 that one load
    fills is staged.
  }];
  let arguments = (ins I64Attr:$depth, DefaultValuedAttr<I64Attr, "0">:$staged);
  let results = (outs AnyMemRef:$buffer);
  let assemblyFormat = "`depth` $depth attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def Pipe_LoadOp : PipeOp<"load"> {
  let summary = "Copy a box of a DRAM tensor into a scratchpad";
  let description = [{
    The box has the buffer's shape and begins, per dimension of the tensor, at `origin` of the loop indices. Positions
    outside the tensor take the `else` word.

    Example:
    ```mlir
    pipe.load %x map affine_map<(d0) -> (d0 * 64)>(%i) else 0.0 : f32 to %b : memref<256xf32, "dram">, memref<64xf32, "scratchpad">
    ```
    Constraints: (C1) source in DRAM, destination in scratchpad, equal ranks and element types; (C2) the map takes the indices and
    gives one origin per dimension.
  }];
  let arguments = (ins AnyMemRef:$source, AnyMemRef:$buffer, AffineMapAttr:$origin, Variadic<Index>:$indices,
                       TypedAttrInterface:$else_value);
  let assemblyFormat = [{ $source `map` $origin `(` $indices `)` `else` $else_value `to` $buffer attr-dict `:` type($source) `,` type($buffer) }];
  let hasVerifier = 1;
}

def Pipe_StoreOp : PipeOp<"store"> {
  let summary = "Copy a scratchpad into a box of a DRAM tensor";
  let description = [{
    The inverse of `pipe.load`: positions outside the tensor are not written. Constraints: (C1), (C2) as there.
  }];
  let arguments = (ins AnyMemRef:$buffer, AnyMemRef:$destination, AffineMapAttr:$origin, Variadic<Index>:$indices);
  let assemblyFormat = [{ $buffer `to` $destination `map` $origin `(` $indices `)` attr-dict `:` type($buffer) `,` type($destination) }];
  let hasVerifier = 1;
}

def Pipe_StageOp : PipeOp<"stage", [NoTerminator, SingleBlock]> {
  let summary = "One perfect loop nest over a body that streams one vector per cycle";
  let description = [{
    Loops stand in order, outermost first; parallel loops before reduction loops (`reductions` counts the innermost ones).
    `roles` spreads each over time, over the lanes (at most one loop) or over the stage slots (at most one, parallel).
    The body is scalar code with `pipe.read`, `pipe.reduce`, `pipe.write` and `pipe.accumulate`.

    Example: C[i, j] = sum over k, j over lanes, i over time and six slots
    ```mlir
    pipe.stage [4, 32, 6, 128] roles [time, lanes, slots, time] reductions 1 {
    ^bb0(%io: index, %j: index, %ii: index, %k: index):
      %a = pipe.read %A map affine_map<(d0, d1, d2) -> (d0 * 6 + d1, d2)>(%io, %ii, %k) : memref<24x128xf32, "scratchpad"> -> f32
      %b = pipe.read %B map affine_map<(d0, d1) -> (d0, d1)>(%k, %j) : memref<128x32xf32, "scratchpad"> -> f32
      %p = arith.mulf %a, %b : f32
      %s = pipe.reduce addf %p init 0.0 : f32
      pipe.write %s to %C map affine_map<(d0, d1, d2) -> (d0 * 6 + d1, d2)>(%io, %ii, %j) : f32, memref<24x32xf32, "dram">
    }
    ```
    Constraints: (C1) one index argument, role and extent per loop, extents at least 1; (C2) at most one loop on lanes and one on slots;
    (C3) 0 <= reductions <= loops; the slot loop is parallel; (C4) a `once` stage, which is laid out once whatever units and
    groups its section has, does not use their indices.
  }];
  let arguments = (ins DenseI64ArrayAttr:$extents, DenseI32ArrayAttr:$roles, I64Attr:$reductions, UnitAttr:$once);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$extents `roles` custom<Roles>($roles) `reductions` $reductions (`once` $once^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    LoopRole getRole(unsigned loop) { return static_cast<LoopRole>(getRoles()[loop]); }
    unsigned getNumLoops() { return getExtents().size(); }
    /// Loops that enumerate results: all but the reduction loops.
    unsigned getNumParallel() { return getNumLoops() - getReductions(); }
    /// The loop with `role`, or -1.
    int findRole(LoopRole role);
  }];
}

def Pipe_ReadOp : PipeOp<"read"> {
  let summary = "Read one element of a scratchpad or DRAM tensor";
  let description = [{
    The map takes the operands (loop indices, or computed index values for a gather) to the tensor's dimensions. An access
    outside the bounds yields the `else` word.
    Constraints: (C1) the map fits operands and rank; (C2) the `else` value and the result have the element type.
  }];
  let arguments = (ins AnyMemRef:$source, AffineMapAttr:$map, Variadic<Index>:$indices, OptionalAttr<TypedAttrInterface>:$else_value);
  let results = (outs AnyType:$result);
  let assemblyFormat = [{ $source `map` $map `(` $indices `)` (`else` $else_value^)? attr-dict `:` type($source) `->` type($result) }];
  let hasVerifier = 1;
}

def Pipe_ReduceOp : PipeOp<"reduce", [SameOperandsAndResultType]> {
  let summary = "Combine a value over the reduction loops";
  let description = [{
    The result is defined per point of the parallel loops. `kind` is associative and commutative, `init` its identity.
    Constraints: (C1) value, init and result have one type; (C2) the stage has a reduction loop.
  }];
  let arguments = (ins AtomicRMWKindAttr:$kind, AnyType:$value, TypedAttrInterface:$init);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$kind $value `init` $init attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Pipe_WriteOp : PipeOp<"write"> {
  let summary = "Write one element per point of the parallel loops";
  let description = [{
    A write outside the destination's bounds is dropped. Constraints: (C1) the map fits operands and rank; (C2) the value
    has the element type.
  }];
  let arguments = (ins AnyType:$value, AnyMemRef:$destination, AffineMapAttr:$map, Variadic<Index>:$indices);
  let assemblyFormat = "$value `to` $destination `map` $map `(` $indices `)` attr-dict `:` type($value) `,` type($destination)";
  let hasVerifier = 1;
}

def Pipe_AccumulateOp : PipeOp<"accumulate"> {
  let summary = "Combine one value into a scratchpad element at a computed position";
  let description = [{
    The scratchpad holds `init` when the stage begins. Positions outside are dropped. Constraints: (C1) the destination is a
    scratchpad of rank 1; (C2) value, init and element types agree.
  }];
  let arguments = (ins AtomicRMWKindAttr:$kind, AnyType:$value, AnyMemRef:$destination, Index:$index, TypedAttrInterface:$init);
  let assemblyFormat = "$kind $value `into` $destination `[` $index `]` `init` $init attr-dict `:` type($value) `,` type($destination)";
  let hasVerifier = 1;
}

#endif
