#ifndef JACQUARD_DIALECT_FABRIC_IR_FABRICOPS_TD
#define JACQUARD_DIALECT_FABRIC_IR_FABRICOPS_TD

include "jacquard/Dialect/Fabric/IR/FabricDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Fabric_StreamType : TypeDef<FabricDialect, "Stream"> {
  let mnemonic = "stream";
  let summary = "A bounded FIFO of vectors between units";
}

def Fabric_WordType : TypeDef<FabricDialect, "Word"> {
  let mnemonic = "word";
  let summary = "What a lane holds: 32 bits, in a wide section 64";
  let description = [{ The operation says how to read it (Arch/Opcodes.def). }];
  let builderCall = "$_builder.getType<WordType>()";
}

def Fabric_AccessAttr : AttrDef<FabricDialect, "Access"> {
  let mnemonic = "access";
  let summary = "A loop nest that makes one address per lane and firing";
  let description = [{
    Counter extents (at most one over lanes), affine registers `[base, coefficient per level...]`, address operations and
    the number of the value that is the address. See `AccessProgram` in Bitstream/Config.h.

    Example: `#fabric.access<[4, 32] vector 1 registers [[0, 32, 1]] address 0>`
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$extents,
    "int64_t":$vectorLevel,
    ArrayRefParameter<"int64_t">:$registers, // (levels + 1) numbers each
    ArrayRefParameter<"int64_t">:$ops,       // (kind, a, b, low, high) each
    "int64_t":$address,
    "int64_t":$elseValue,
    "bool":$broadcast,
    "int64_t":$indexLevel,                   // -2: no index stream
    "int64_t":$handoverLevel);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t noIndex = -2;
    static constexpr int64_t checkOp = 4; ///< kind of operation, AddressOpKind::Check
    bool isIndexed() const { return getIndexLevel() != noIndex; }
    unsigned getNumRegisters() const { return getRegisters().size() / (getExtents().size() + 1); }
    unsigned getNumOps() const { return getOps().size() / 5; }
    /// Takes part only where its address, a register, is in [low, high), too.
    AccessAttr within(int64_t low, int64_t high) const;
    /// An affine register: its base, then a coefficient per level.
    ::llvm::ArrayRef<int64_t> getRegister(unsigned number) const {
      return getRegisters().slice(number * (getExtents().size() + 1), getExtents().size() + 1);
    }
    /// The register that is the address; empty where the address is computed.
    ::llvm::ArrayRef<int64_t> getAddressRegister() const {
      return getAddress() < int64_t(getNumRegisters()) ? getRegister(getAddress()) : ::llvm::ArrayRef<int64_t>();
    }
    /// Whether some register moves with the level.
    bool movesWith(unsigned level) const;
    /// Words that the loops bring when what is read again counts once.
    int64_t countWords() const;
    /// The register with which the same loops walk through these words from 0 on, one after the other.
    ::llvm::SmallVector<int64_t> getPackedRegister() const;
    /// How often the loops fire, with vectors of `lanes` words.
    uint64_t countFirings(unsigned lanes) const;
    /// The same in a unit of `to` address registers instead of `from`, behind which the other values are numbered.
    AccessAttr renumbered(int64_t from, int64_t to) const;
    /// The address at a point of the loops, in a unit of `numRegisters` address registers; nothing where a check fails. The
    /// access has no index stream.
    std::optional<int64_t> evaluate(::llvm::ArrayRef<int64_t> counters, int64_t numRegisters) const;
  }];
}

class FabricOp<string mnemonic, list<Trait> traits = []> : Op<FabricDialect, mnemonic, traits>;

def Fabric_DeviceOp : FabricOp<"device", [IsolatedFromAbove, NoTerminator, SingleBlock, SymbolTable]> {
  let summary = "A compiled model on one device: DRAM layout and sections in order of execution";
  let description = [{
    Example: `fabric.device arch "plasticine" { fabric.buffer ... fabric.section ... }`
    `multiply_adds` and `compulsory_bytes` measure the model, not the mapping; without the second, all inputs, weights and
    outputs count whole.
    Constraints: (C1) the architecture is a preset or a readable file.
  }];
  let arguments = (ins StrAttr:$arch, DefaultValuedAttr<I64Attr, "0">:$dram_bytes,
                       DefaultValuedAttr<I64Attr, "0">:$multiply_adds,
                       OptionalAttr<I64Attr>:$compulsory_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`arch` $arch attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Fabric_BufferOp : FabricOp<"buffer", [Symbol]> {
  let summary = "A tensor in DRAM";
  let description = [{
    Example: `fabric.buffer @w constant at 4096 : tensor<8xf32> = dense<1.0> : tensor<8xf32>`
    Constraints: (C1) kind is input, output, constant or temporary; (C2) a constant has a value, of the buffer's type if in order;
    (C3) the element type is f16, bf16, f32, f64, i1, i8, i16, i32 or i64; (C4) extents are buffers of type tensor<i64>, one
    per dimension of an output in `extent_dims`: how many positions of it are there when the program has run; (C5) only an
    input or output of integers `is_unsigned`, which says what the host makes of the bits; (C6) only a constant has an `order`:
    it lies in DRAM as this access brings the elements of its value, each word once, and has that many.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$kind, I64Attr:$address, TypeAttr:$type,
      OptionalAttr<ElementsAttr>:$value, OptionalAttr<Fabric_AccessAttr>:$order, OptionalAttr<StrAttr>:$public_name,
      OptionalAttr<DenseI64ArrayAttr>:$extent_dims, OptionalAttr<FlatSymbolRefArrayAttr>:$extents,
      UnitAttr:$is_unsigned);
  let assemblyFormat = "$sym_name $kind `at` $address `:` $type (`=` $value^)? attr-dict";
  let hasVerifier = 1;
}

def Fabric_SectionOp : FabricOp<"section", [NoTerminator, SingleBlock]> {
  let summary = "The units that are configured at one time";
  let arguments = (ins StrAttr:$name, OptionalAttr<I64Attr>:$predicted_cycles, OptionalAttr<I64Attr>:$busy_cycles,
                       OptionalAttr<I64Attr>:$dram_cycles, OptionalAttr<StrAttr>:$bound, UnitAttr:$wide);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name attr-dict-with-keyword $body";
  let description = [{
    Sections of a device or a loop run one after another. In a `wide` section all units work on 64-bit words: half the lanes.
    `busy_cycles` is what `predicted_cycles` would be if the first tiles were there and DRAM took no time; `dram_cycles` are
    those of the DRAM if it brings and takes what the mapping does not count on in scratchpads.
    Example: `fabric.section "map_0" { ... }`
    Constraints: (C1) a wide section needs a machine with wide lanes.
  }];
  let hasVerifier = 1;
}

def Fabric_LoopOp : FabricOp<"loop", [NoTerminator, SingleBlock]> {
  let summary = "Sections that run again and again";
  let description = [{
    Holds sections and loops. Before every trip but the first (with `test_first` before the first too) the sequencer reads the
    condition; the loop ends when it is false. The counter takes the number of every trip, from 0.
    Example: `fabric.loop max 20 while @go counter @n { fabric.section ... }`
    Constraints: (C1) max is 1 to 2^31-1; (C2) the condition is a buffer of type tensor<i1>, the counter of tensor<i32>; (C3)
    `test_first` needs a condition; (C4) the body holds sections and loops.
  }];
  let arguments = (ins I64Attr:$max, OptionalAttr<FlatSymbolRefAttr>:$condition,
      OptionalAttr<FlatSymbolRefAttr>:$counter, UnitAttr:$test_first);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{ `max` $max (`while` $condition^)? (`counter` $counter^)? (`test_first` $test_first^)?
      attr-dict-with-keyword $body }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Fabric_LoadOp : FabricOp<"load"> {
  let summary = "DRAM port that reads";
  let description = [{
    Streams one vector per firing of `access` from a buffer. With an index stream the address program may use its word.
    DRAM serves what is loaded in the `background` when no other read could go.
    Example: `%s = fabric.load @x #fabric.access<[32] vector 0 registers [[0, 1]] address 0>`
    Constraints: (C1) the buffer exists; (C2) index operand if and only if the access is indexed; (C3) the access is well formed
    and within the limits of a DRAM port; (C4) `background` only where the machine's DRAM has a queue for it.
  }];
  let arguments = (ins FlatSymbolRefAttr:$buffer, Fabric_AccessAttr:$access, Optional<Fabric_StreamType>:$index,
                       UnitAttr:$background,
                       OptionalAttr<DenseI64ArrayAttr>:$at, OptionalAttr<StrAttr>:$unit);
  let results = (outs Fabric_StreamType:$data);
  let assemblyFormat = "$buffer $access (`index` $index^)? attr-dict";
  let hasVerifier = 1;
}

def Fabric_StoreOp : FabricOp<"store"> {
  let summary = "DRAM port that writes";
  let description = [{
    Takes one vector per firing of `access`. Constraints: (C1), (C2), (C3) as `fabric.load`.
    Example: `fabric.store %s to @y #fabric.access<[32] vector 0 registers [[0, 1]] address 0>`
  }];
  let arguments = (ins Fabric_StreamType:$data, FlatSymbolRefAttr:$buffer, Fabric_AccessAttr:$access, Optional<Fabric_StreamType>:$index,
                       OptionalAttr<DenseI64ArrayAttr>:$at, OptionalAttr<StrAttr>:$unit);
  let assemblyFormat = "$data `to` $buffer $access (`index` $index^)? attr-dict";
  let hasVerifier = 1;
}

def Fabric_MemoryOp : FabricOp<"memory", [AttrSizedOperandSegments]> {
  let summary = "Memory unit: N-buffered scratchpad with one write and one read port";
  let description = [{
    `accumulate` (an opcode) makes writes combine into words that start as `init`.
    A memory with a `home` retains its words from section to section; memories of one home are one unit, which nothing else
    uses from the first of them to the last. With `first_word` it is a slice of a larger scratchpad: addresses are those of the
    whole; what lies outside is not written, and read from the slices before it, on `cascade`, or as the `else` word.
    Example: `%r = fabric.memory %s write #fabric.access<...> read #fabric.access<...> words 64 buffers 2`
    Example: `%r = fabric.memory read #fabric.access<...> cascade %s words 64 buffers 1 {home = "t0.1", first_word = 64}`
    Constraints: (C1) index operands if and only if the accesses are indexed; (C2) accesses well formed and within limits;
    (C3) words x buffers fit the scratchpad, buffers within the limit; (C4) `accumulate` is an opcode with two operands;
    (C5) data if and only if it writes; its result is used only if it reads; (C6) a cascade needs a slice that is read, no
    write index, and a machine that has cascades; (C7) a home has one buffer and does not accumulate.
  }];
  let arguments = (ins Optional<Fabric_StreamType>:$data, OptionalAttr<Fabric_AccessAttr>:$write,
                       Optional<Fabric_StreamType>:$write_index, OptionalAttr<Fabric_AccessAttr>:$read,
                       Optional<Fabric_StreamType>:$read_index, Optional<Fabric_StreamType>:$cascade,
                       I64Attr:$words, I64Attr:$buffers, OptionalAttr<StrAttr>:$accumulate,
                       DefaultValuedAttr<I64Attr, "0">:$init, OptionalAttr<I64Attr>:$first_word, OptionalAttr<StrAttr>:$home,
                       OptionalAttr<DenseI64ArrayAttr>:$at, OptionalAttr<StrAttr>:$unit);
  let results = (outs Fabric_StreamType:$result);
  let assemblyFormat = [{ ($data^ `write` $write (`index` $write_index^)?)?
      (`read` $read^ (`by` $read_index^)? (`cascade` $cascade^)?)?
      `words` $words `buffers` $buffers (`accumulate` $accumulate^)? attr-dict }];
  let hasVerifier = 1;
}

def Fabric_ComputeOp : FabricOp<"compute", [NoTerminator, SingleBlock, AttrSizedOperandSegments]> {
  let summary = "Compute unit: a loop nest over a straight-line program of FU operations";
  let description = [{
    Block arguments (words) are the heads of the input streams, vector inputs first, popped at the end of their
    `pop_levels`. The i-th `fabric.push` or `fabric.drain` feeds the i-th result. `chains` are streams of other units' results that
    drains combine or pass on; they take the vector ports behind `vectors`.

    Example: z = x * x
    ```mlir
    %z = fabric.compute (%x) scalars () pop [0] counters [32] vector 0 {
    ^bb0(%a: !fabric.word):
      %0 = fabric.fu "fmul" (%a, %a)
      fabric.push %0 level 0
    }
    ```
    Constraints: (C1) one block argument and pop level per input; (C2) one push or drain per result; (C3) levels are -1 to n-1;
    (C4) the vector level is a level or -1; (C5) once partitioned, ports, counters, stages and registers are within the unit's limits;
    (C6) once partitioned, every stage belongs to one operation, every register holds the word that is read from it, and drains
    take accumulators in the order of their stages; (C7) each chain belongs to one drain.
  }];
  let arguments = (ins Variadic<Fabric_StreamType>:$vectors, Variadic<Fabric_StreamType>:$scalars,
                       Variadic<Fabric_StreamType>:$chains, DenseI64ArrayAttr:$pop_levels,
                       DenseI64ArrayAttr:$counters, I64Attr:$vector_level, OptionalAttr<DenseI64ArrayAttr>:$input_registers,
                       OptionalAttr<DenseI64ArrayAttr>:$at, OptionalAttr<StrAttr>:$unit);
  let results = (outs Variadic<Fabric_StreamType>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{ `(` $vectors `)` `scalars` `(` $scalars `)` (`chains` `(` $chains^ `)`)? `pop` $pop_levels `counters` $counters `vector` $vector_level
      attr-dict-with-keyword $body (`->` type($outputs)^)? }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    bool isPartitioned() { return getInputRegisters().has_value(); }
    unsigned getNumLevels() { return getCounters().size(); }
  }];
}

def Fabric_CounterOp : FabricOp<"counter", [Pure]> {
  let summary = "Value of a counter level, per lane";
  let description = [{ Example: `%c = fabric.counter 1`. Constraints: (C1) the level exists. }];
  let arguments = (ins I64Attr:$level);
  let results = (outs Fabric_WordType:$result);
  let assemblyFormat = "$level attr-dict";
  let hasVerifier = 1;
}

def Fabric_ConstantOp : FabricOp<"constant", [Pure, ConstantLike]> {
  let summary = "One word in all lanes";
  let description = [{ The sign-extended word. Example: `%c = fabric.constant 1065353216`. }];
  let arguments = (ins I64Attr:$value);
  let results = (outs Fabric_WordType:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Fabric_LaneOp : FabricOp<"lane", [Pure]> {
  let summary = "One lane of an input vector, in all lanes";
  let description = [{
    Lane base + stride * step of counter `level` (-1: base alone). Example: `%a3 = fabric.lane %a base 3 stride 0 level -1`.
    Constraints: (C1) the operand is an input of the unit; (C2) the level exists.
  }];
  let arguments = (ins Fabric_WordType:$input, I64Attr:$base, I64Attr:$stride, I64Attr:$level);
  let results = (outs Fabric_WordType:$result);
  let assemblyFormat = "$input `base` $base `stride` $stride `level` $level attr-dict";
  let hasVerifier = 1;
}

def Fabric_FuOp : FabricOp<"fu", [Pure]> {
  let summary = "One operation of the functional units of a stage";
  let description = [{
    `stage` and `dest` (pipeline register) are set by `fabric-partition`. Example: `%s = fabric.fu "fadd" (%a, %b)`.
    Constraints: (C1) the opcode exists and takes that many operands; (C2) a partitioned unit's stage and register exist.
  }];
  let arguments = (ins StrAttr:$opcode, Variadic<Fabric_WordType>:$inputs, OptionalAttr<I64Attr>:$stage, OptionalAttr<I64Attr>:$dest);
  let results = (outs Fabric_WordType:$result);
  let assemblyFormat = "$opcode `(` $inputs `)` attr-dict";
  let hasVerifier = 1;
}

def Fabric_AccumulateOp : FabricOp<"accumulate"> {
  let summary = "An operation whose last operand is the stage's accumulator, which takes the result";
  let description = [{
    The accumulator holds `init` at the begin of `level`. Example: `%s = fabric.accumulate "fma" (%a, %b) level 1 init 0`.
    Constraints: (C1) the opcode takes one operand more; (C2) the level is -1 to n-1; (C3) uses are drains.
  }];
  let arguments = (ins StrAttr:$opcode, Variadic<Fabric_WordType>:$inputs, I64Attr:$level, I64Attr:$init, OptionalAttr<I64Attr>:$stage);
  let results = (outs Fabric_WordType:$result);
  let assemblyFormat = "$opcode `(` $inputs `)` `level` $level `init` $init attr-dict";
  let hasVerifier = 1;
}

def Fabric_PushOp : FabricOp<"push"> {
  let summary = "Push a value to an output stream at the end of a level";
  let description = [{ Example: `fabric.push %0 level 1`. Constraints: (C1) the level is -1 to n-1; (C2) until the unit is partitioned, the value is the
    result of an operation. }];
  let arguments = (ins Fabric_WordType:$value, I64Attr:$level);
  let assemblyFormat = "$value `level` $level attr-dict";
  let hasVerifier = 1;
}

def Fabric_DrainOp : FabricOp<"drain"> {
  let summary = "Push accumulators, one after another, at the end of a level";
  let description = [{
    `reduce` combines the lanes of each first. With `chain` (a number among the unit's chains) each element is combined with one of the
    chain by the opcode `combine`, or, without that, comes after `pass` elements of the chain.
    Example: `fabric.drain %0, %1 level 0 reduce "fadd"`. Example: `fabric.drain %0 level 0 {chain = 0, pass = 6}`.
    Constraints: (C1) operands are accumulations, at least one; (C2) the level is -1 to n-1; (C3) `reduce` and `combine` are opcodes
    with two operands; (C4) the chain exists; `combine` and `pass` need one and exclude each other.
  }];
  let arguments = (ins Variadic<Fabric_WordType>:$values, I64Attr:$level, OptionalAttr<StrAttr>:$reduce,
                       OptionalAttr<I64Attr>:$chain, OptionalAttr<StrAttr>:$combine, DefaultValuedAttr<I64Attr, "0">:$pass);
  let assemblyFormat = "$values `level` $level (`reduce` $reduce^)? attr-dict";
  let hasVerifier = 1;
}

def Fabric_RouteOp : FabricOp<"route"> {
  let summary = "The switch settings that carry one stream from its source to all its uses";
  let description = [{
    `hops` holds triples (switch, sink, source) in FabricModel numbering, network 0 vector, 1 scalar, 2 control.
    Example: `fabric.route %s network 0 hops [12, 3, 7, 13, 0, 2]`. Constraints: (C1) hops come in triples within the grid.
  }];
  let arguments = (ins Fabric_StreamType:$stream, I64Attr:$network, DenseI64ArrayAttr:$hops);
  let assemblyFormat = "$stream `network` $network `hops` $hops attr-dict";
  let hasVerifier = 1;
}

#endif
