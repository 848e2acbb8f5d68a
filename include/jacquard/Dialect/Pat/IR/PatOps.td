//===- PatOps.td - operations of the `pat` dialect ------------------------===//
#ifndef JACQUARD_DIALECT_PAT_IR_PATOPS_TD
#define JACQUARD_DIALECT_PAT_IR_PATOPS_TD

include "jacquard/Dialect/Pat/IR/PatDialect.td"
include "jacquard/Dialect/Pat/IR/PatEnums.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Pat_Scalar : AnyTypeOf<[AnySignlessInteger, AnyFloat, Index], "integer, float or index">;
def Pat_Tensor : StaticShapeTensorOf<[AnySignlessInteger, AnyFloat]>;
def Pat_Value : AnyTypeOf<[AnySignlessInteger, AnyFloat, Index, Pat_Tensor], "scalar or static tensor">;

defvar ReifyShapes = DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>;
defvar NameValues = DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>;

class PatOp<string mnemonic, list<Trait> traits = []> : Op<PatDialect, mnemonic, traits> {
  // Definitions stand apart from the declarations: YieldOp is complete only at the end of the generated header.
  code bodyYieldDefinition = [{
    YieldOp $cppClass::getBodyYield() { return ::llvm::cast<YieldOp>(getBody()->getTerminator()); }
  }];
  code combinerYieldDefinition = [{
    YieldOp $cppClass::getCombinerYield() { return ::llvm::cast<YieldOp>(getCombiner()->getTerminator()); }
  }];
}

/// An op with a domain and a body that runs once per point of it.
class PatternOp<string mnemonic, list<Trait> traits = []>
    : PatOp<mnemonic, [SingleBlock, RecursiveMemoryEffects, NameValues] # traits> {
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  code patternDeclarations = [{
    /// The body's index arguments, one per dimension of the domain.
    ::mlir::Block::BlockArgListType getIndices() { return getBody()->getArguments(); }
    unsigned getRank() { return getDomain().size(); }
    /// Number of points of the domain.
    int64_t getNumPoints() { return numPoints(getDomain()); }
    /// The terminator of the body.
    YieldOp getBodyYield();
  }];
  code combinerDeclarations = [{
    /// The combiner's block: n left arguments, then n right ones.
    ::mlir::Block *getCombiner() { return getBody(1); }
    YieldOp getCombinerYield();
    ::mlir::Block::BlockArgListType getLhsArguments() { return getCombiner()->getArguments().take_front(getInits().size()); }
    ::mlir::Block::BlockArgListType getRhsArguments() { return getCombiner()->getArguments().drop_front(getInits().size()); }
  }];
}

//===----------------------------------------------------------------------===//
// map
//===----------------------------------------------------------------------===//

def Pat_MapOp : PatternOp<"map", [RecursivelySpeculatable, ReifyShapes]> {
  let summary = "One value per point of the domain";
  let description = [{
    Each result is a tensor of the domain's shape; where the body yields a ranked tensor (a nested map), its shape is
    appended. The domain may be empty: then the body runs once and scalars become tensors of rank 0.

    Example:
    ```mlir
    %c = pat.map (%i, %j) in [64, 32] {
      %a = pat.at %A[%i, %j] : tensor<64x32xf32>
      %e = math.exp %a : f32
      pat.yield %e : f32
    } : tensor<64x32xf32>
    ```
    Constraints:
    - (C1) one index argument per extent.
    - (C2) extents are at least 0.
    - (C3) the body is pure.
    - (C4) at least one result, and one yielded value per result.
    - (C5) a yielded value is an integer, a float or a static tensor of them.
    - (C6) a result's type is a tensor of the domain's shape ++ the shape of the yielded value.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain);
  let results = (outs Variadic<Pat_Tensor>:$results);
  let regions = (region SizedRegion<1>:$bodyRegion);
  let builders = [
    /// Result types are inferred from the values that `body` returns.
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "BodyFn":$body)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations;
  let extraClassDefinition = bodyYieldDefinition;
}

//===----------------------------------------------------------------------===//
// fold
//===----------------------------------------------------------------------===//

def Pat_FoldOp : PatternOp<"fold", [RecursivelySpeculatable, InferTypeOpAdaptor]> {
  let summary = "Combine the values of all points of the domain";
  let description = [{
    The combiner is associative and commutative and `init` is its identity; the order of combination is unspecified.
    Several values are combined at once (argmax, mean and variance): the combiner has n left arguments, then n right
    ones, and yields n values.

    Example:
    ```mlir
    %s = pat.fold (%k) in [128] init (%zero : f32) {
      %x = pat.at %X[%k] : tensor<128xf32>
      pat.yield %x : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : f32
    ```
    Constraints:
    - (C1) one index argument per extent, at least one extent.
    - (C2) extents are at least 0.
    - (C3) body and combiner are pure.
    - (C4) at least one init; the body yields values of the inits' types.
    - (C5) the combiner has two arguments per init, of its type, and yields values of the inits' types.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, Variadic<Pat_Scalar>:$inits);
  let results = (outs Variadic<Pat_Scalar>:$results);
  let regions = (region SizedRegion<1>:$bodyRegion, SizedRegion<1>:$combinerRegion);
  let builders = [
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "::mlir::ValueRange":$inits, "BodyFn":$body,
                   "CombineFn":$combine)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations # combinerDeclarations;
  let extraClassDefinition = bodyYieldDefinition # combinerYieldDefinition;
}

//===----------------------------------------------------------------------===//
// group_by
//===----------------------------------------------------------------------===//

def Pat_GroupByOp : PatternOp<"group_by", [
    InferTypeOpAdaptor, ReifyShapes, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ConditionallySpeculatable>]> {
  let summary = "Combine the values of all points by key";
  let description = [{
    Every point yields one index per dimension of the key space and n values; values with equal keys are combined,
    starting from `init`. The combiner is as in `pat.fold`. A key outside the key space is dropped, or stops the
    program with an error (`trap`).

    Example: histogram
    ```mlir
    %h = pat.group_by (%i) in [1000] keys [10] init (%zero : i32) drop {
      %v = pat.at %X[%i] : tensor<1000xi32>
      %k = arith.index_cast %v : i32 to index
      pat.yield %k, %one : index, i32
    } combine (%a, %b) {
      %t = arith.addi %a, %b : i32
      pat.yield %t : i32
    } : tensor<10xi32>
    ```
    Constraints:
    - (C1) one index argument per extent.
    - (C2) extents of the domain and of the key space are at least 0; the key space has at least one dimension.
    - (C3) body and combiner are pure.
    - (C4) at least one init, an integer or a float; the body yields one index per key dimension, then values of the
      inits' types.
    - (C5) the combiner has two arguments per init, of its type, and yields values of the inits' types.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, DenseI64ArrayAttr:$keys,
                       Variadic<AnyTypeOf<[AnySignlessInteger, AnyFloat]>>:$inits, Pat_OutsideKeys:$outside);
  let results = (outs Variadic<Pat_Tensor>:$results);
  let regions = (region SizedRegion<1>:$bodyRegion, SizedRegion<1>:$combinerRegion);
  let builders = [
    /// `body` returns the keys, then the values.
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "::llvm::ArrayRef<int64_t>":$keys, "::mlir::ValueRange":$inits,
                   "bool":$dropOutside, "BodyFn":$body, "CombineFn":$combine)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations # combinerDeclarations # [{
    bool dropsOutside() { return getOutside() == OutsideKeys::Drop; }
    /// What the body yields: keys first, values behind them.
    ::mlir::OperandRange getYieldedKeys();
    ::mlir::OperandRange getYieldedValues();
  }];
  let extraClassDefinition = bodyYieldDefinition # combinerYieldDefinition # [{
    ::mlir::OperandRange $cppClass::getYieldedKeys() {
      return getBodyYield()->getOperands().take_front(getKeys().size());
    }
    ::mlir::OperandRange $cppClass::getYieldedValues() {
      return getBodyYield()->getOperands().drop_front(getKeys().size());
    }
  }];
}

//===----------------------------------------------------------------------===//
// filter, flat_map
//===----------------------------------------------------------------------===//

def Pat_FilterOp : PatternOp<"filter", [RecursivelySpeculatable]> {
  let summary = "The values of the points that a condition selects, packed";
  let description = [{
    Every point yields an i1 and n values. The values of the selected points are packed, in row-major order of the
    domain, into tensors of static capacity; the last result is their count. Positions from the count on are zero.
    Selected points beyond the capacity are dropped, so that the count is at most the capacity.

    Example:
    ```mlir
    %v, %n = pat.filter (%i) in [100] capacity 50 {
      %x = pat.at %X[%i] : tensor<100xf32>
      %c = arith.cmpf ogt, %x, %zero : f32
      pat.yield %c, %x : i1, f32
    } : tensor<50xf32>, index
    ```
    Constraints:
    - (C1) one index argument per extent.
    - (C2) extents and capacity are at least 0.
    - (C3) the body is pure.
    - (C4) the body yields an i1 and one integer or float per result but the last.
    - (C5) results are tensors of the capacity and the yielded types, then an index.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, I64Attr:$capacity);
  let results = (outs Variadic<Pat_Tensor>:$values, Index:$count);
  let regions = (region SizedRegion<1>:$bodyRegion);
  let builders = [
    /// `body` returns the condition, then the values.
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "int64_t":$capacity, "BodyFn":$body)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations;
  let extraClassDefinition = bodyYieldDefinition;
}

def Pat_FlatMapOp : PatternOp<"flat_map", [RecursivelySpeculatable]> {
  let summary = "Zero or more values per point, packed";
  let description = [{
    Every point yields a count and n tensors of rank 1 with a common extent M; it contributes the first `count` elements
    (a count below 0 is 0, one above M is M). Contributions are packed as in `pat.filter`.

    Example: every x of X twice, when it is positive
    ```mlir
    %v, %n = pat.flat_map (%i) in [100] capacity 200 {
      %x = pat.at %X[%i] : tensor<100xf32>
      %c = arith.cmpf ogt, %x, %zero : f32
      %two = pat.map (%k) in [2] {
        pat.yield %x : f32
      } : tensor<2xf32>
      %m = arith.select %c, %c2, %c0 : index
      pat.yield %m, %two : index, tensor<2xf32>
    } : tensor<200xf32>, index
    ```
    Constraints:
    - (C1) one index argument per extent.
    - (C2) extents and capacity are at least 0.
    - (C3) the body is pure.
    - (C4) the body yields an index and one tensor of rank 1 per result but the last, of one common extent.
    - (C5) results are tensors of the capacity and the yielded element types, then an index.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, I64Attr:$capacity);
  let results = (outs Variadic<Pat_Tensor>:$values, Index:$count);
  let regions = (region SizedRegion<1>:$bodyRegion);
  let builders = [
    /// `body` returns the count, then the tensors.
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "int64_t":$capacity, "BodyFn":$body)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations;
  let extraClassDefinition = bodyYieldDefinition;
}

//===----------------------------------------------------------------------===//
// scan
//===----------------------------------------------------------------------===//

def Pat_ScanOp : PatternOp<"scan", [RecursivelySpeculatable, InferTypeOpAdaptor, ReifyShapes]> {
  let summary = "Prefix combination along one dimension";
  let description = [{
    Result[.., k, ..] combines the values of the points 0..k along `dim` (0..k-1 when `exclusive`; `init` at the first
    point), from the last point downwards when `reverse`. The combiner is associative, `init` its identity; it need not
    be commutative: the left argument stands for the earlier points.

    Example: running sums of rows
    ```mlir
    %s = pat.scan (%i, %j) in [8, 16] dim 1 init (%zero : f32) {
      %x = pat.at %X[%i, %j] : tensor<8x16xf32>
      pat.yield %x : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : tensor<8x16xf32>
    ```
    Constraints:
    - (C1) one index argument per extent.
    - (C2) extents are at least 0; `dim` is a dimension of the domain.
    - (C3) body and combiner are pure.
    - (C4) at least one init, an integer or a float; the body yields values of the inits' types.
    - (C5) the combiner has two arguments per init, of its type, and yields values of the inits' types.
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, I64Attr:$dim,
                       Variadic<AnyTypeOf<[AnySignlessInteger, AnyFloat]>>:$inits, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Variadic<Pat_Tensor>:$results);
  let regions = (region SizedRegion<1>:$bodyRegion, SizedRegion<1>:$combinerRegion);
  let builders = [
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$domain, "int64_t":$dim, "::mlir::ValueRange":$inits, "bool":$exclusive,
                   "bool":$reverse, "BodyFn":$body, "CombineFn":$combine)>
  ];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = patternDeclarations # combinerDeclarations;
  let extraClassDefinition = bodyYieldDefinition # combinerYieldDefinition;
}

//===----------------------------------------------------------------------===//
// iterate
//===----------------------------------------------------------------------===//

def Pat_IterateOp : PatOp<"iterate", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable, NameValues,
                                      InferTypeOpAdaptor]> {
  let summary = "A sequential loop with carried values";
  let description = [{
    The body has the iteration number and the carried values as arguments and yields an i1 (go on?) and the next carried
    values. It runs at most `max` times and stops after the first iteration that yields false; the results are the
    carried values then. Arguments of the body that stand for tensors are values like all others.

    Example: Newton's square root
    ```mlir
    %r = pat.iterate (%n) max 20 carry (%x = %x0 : f32) {
      %q = arith.divf %a, %x : f32
      %s = arith.addf %x, %q : f32
      %y = arith.mulf %s, %half : f32
      %go = arith.cmpf une, %x, %y : f32
      pat.yield %go, %y : i1, f32
    }
    ```
    Constraints:
    - (C1) the body's arguments are an index and the carried values' types.
    - (C2) `max` is at least 0.
    - (C3) the body is pure.
    - (C4) at least one carried value; the body yields an i1, then values of the carried types.
  }];
  let arguments = (ins I64Attr:$max, Variadic<Pat_Value>:$inits);
  let results = (outs Variadic<Pat_Value>:$results);
  let regions = (region SizedRegion<1>:$bodyRegion);
  let builders = [
    /// `body` gets the iteration number and the carried values; it returns the condition, then the next values.
    OpBuilder<(ins "int64_t":$max, "::mlir::ValueRange":$inits, "BodyFn":$body)>
  ];
  let hasCustomAssemblyFormat = 1;
  let hasCanonicalizer = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getIteration() { return getBody()->getArgument(0); }
    ::mlir::Block::BlockArgListType getCarried() { return getBody()->getArguments().drop_front(); }
    YieldOp getBodyYield();
  }];
  let extraClassDefinition = bodyYieldDefinition;
}

//===----------------------------------------------------------------------===//
// at, yield
//===----------------------------------------------------------------------===//

def Pat_AtOp : PatOp<"at", [
    NoMemoryEffect, AttrSizedOperandSegments, DeclareOpInterfaceMethods<ConditionallySpeculatable>,
    TypesMatchWith<"the result is the tensor's element type", "tensor", "result",
                   "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType()">,
    OptionalTypesMatchWith<"the else value is of the tensor's element type", "tensor", "elseValue",
                   "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType()">]> {
  let summary = "Read one element of a tensor";
  let description = [{
    Without `map` there is one operand per dimension. With it, the map takes the operands to the dimensions. An operand
    is any index value: a pattern's index, or a computed one (gather). Without `else` the access must be in bounds
    (anything else is undefined); with it, an access outside any bound yields the `else` value, so that padding is never
    materialised.

    Example:
    ```mlir
    %a = pat.at %A[%i, %k] : tensor<64x128xf32>
    %x = pat.at %X map affine_map<(d0, d1) -> (d0 + d1 - 1)> (%i, %k) else %zero : tensor<8xf32>
    ```
    Constraints:
    - (C1) one operand per dimension of the tensor, or with `map`, one per dimension of the map's domain.
    - (C2) the map has no symbols and one result per dimension of the tensor.
  }];
  let arguments = (ins Pat_Tensor:$tensor, Variadic<Index>:$indices, OptionalAttr<AffineMapAttr>:$map,
                       Optional<AnyTypeOf<[AnySignlessInteger, AnyFloat]>>:$elseValue);
  let results = (outs AnyTypeOf<[AnySignlessInteger, AnyFloat]>:$result);
  let assemblyFormat = [{
    $tensor `` custom<Access>($indices, $map) (`else` $elseValue^)? attr-dict `:` type($tensor)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$tensor, "::mlir::ValueRange":$indices)>,
    /// `elseValue` may be null.
    OpBuilder<(ins "::mlir::Value":$tensor, "::mlir::AffineMap":$map, "::mlir::ValueRange":$operands,
                   "::mlir::Value":$elseValue)>
  ];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() { return ::llvm::cast<::mlir::RankedTensorType>(getTensor().getType()); }
    /// The map from the operands to the tensor's dimensions: the attribute, or the identity.
    ::mlir::AffineMap getAccessMap();
  }];
}

def Pat_YieldOp : PatOp<"yield", [Pure, Terminator,
    ParentOneOf<["MapOp", "FoldOp", "GroupByOp", "FilterOp", "FlatMapOp", "ScanOp", "IterateOp"]>]> {
  let summary = "End of a body or a combiner, with its values";
  let description = [{
    Example: `pat.yield %c, %x : i1, f32`. What the values mean is said by the op around it.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif
