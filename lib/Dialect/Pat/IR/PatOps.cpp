// PatOps.cpp - builders and interfaces of the `pat` operations
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard::pat;

int64_t jacquard::pat::numPoints(ArrayRef<int64_t> domain) {
  int64_t points = 1;
  for (int64_t extent : domain)
    if (llvm::MulOverflow(points, extent, points))
      return std::numeric_limits<int64_t>::max();
  return points;
}

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

/// Fills `region` with one block of arguments `types`, lets `build` write into it and ends it with a yield.
/// Returns the types of what is yielded.
static SmallVector<Type> buildRegion(OpBuilder &b, OperationState &state, Region *region, TypeRange types,
                                     function_ref<SmallVector<Value>(ValueRange)> build) {
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(region, {}, types, SmallVector<Location>(types.size(), state.location));
  SmallVector<Value> values = build(block->getArguments());
  b.setInsertionPointToEnd(block);
  YieldOp::create(b, state.location, values);
  return llvm::to_vector(ValueRange(values).getTypes());
}

static SmallVector<Type> buildBody(OpBuilder &b, OperationState &state, size_t rank, BodyFn body) {
  SmallVector<Type> types(rank, b.getIndexType());
  return buildRegion(b, state, state.addRegion(), types,
                     [&](ValueRange args) { return body(b, state.location, args); });
}

static void buildCombiner(OpBuilder &b, OperationState &state, ValueRange inits, CombineFn combine) {
  SmallVector<Type> types(inits.getTypes());
  types.append(inits.getTypes().begin(), inits.getTypes().end());
  buildRegion(b, state, state.addRegion(), types, [&](ValueRange args) {
    return combine(b, state.location, args.take_front(inits.size()), args.drop_front(inits.size()));
  });
}

/// Tensor of shape domain ++ shape of `yielded`.
static Type mapResultType(ArrayRef<int64_t> domain, Type yielded) {
  SmallVector<int64_t> shape(domain);
  if (auto tensor = dyn_cast<RankedTensorType>(yielded))
    llvm::append_range(shape, tensor.getShape());
  return RankedTensorType::get(shape, getElementTypeOrSelf(yielded));
}

void MapOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, BodyFn body) {
  state.getOrAddProperties<Properties>().domain = b.getDenseI64ArrayAttr(domain);
  for (Type type : buildBody(b, state, domain.size(), body))
    state.addTypes(mapResultType(domain, type));
}

void FoldOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, ValueRange inits, BodyFn body,
                   CombineFn combine) {
  state.getOrAddProperties<Properties>().domain = b.getDenseI64ArrayAttr(domain);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  buildBody(b, state, domain.size(), body);
  buildCombiner(b, state, inits, combine);
}

void GroupByOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, ArrayRef<int64_t> keys,
                      ValueRange inits, bool dropOutside, BodyFn body, CombineFn combine) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.domain = b.getDenseI64ArrayAttr(domain);
  properties.keys = b.getDenseI64ArrayAttr(keys);
  properties.outside = OutsideKeysAttr::get(b.getContext(), dropOutside ? OutsideKeys::Drop : OutsideKeys::Trap);
  state.addOperands(inits);
  for (Type type : inits.getTypes())
    state.addTypes(RankedTensorType::get(keys, type));
  buildBody(b, state, domain.size(), body);
  buildCombiner(b, state, inits, combine);
}

/// Results of filter and flat_map: one tensor per yielded value behind the first, then the count.
static void addPackedTypes(OpBuilder &b, OperationState &state, int64_t capacity, ArrayRef<Type> yielded) {
  for (Type type : yielded.drop_front())
    state.addTypes(RankedTensorType::get({capacity}, getElementTypeOrSelf(type)));
  state.addTypes(b.getIndexType());
}

void FilterOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, int64_t capacity, BodyFn body) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.domain = b.getDenseI64ArrayAttr(domain);
  properties.capacity = b.getI64IntegerAttr(capacity);
  addPackedTypes(b, state, capacity, buildBody(b, state, domain.size(), body));
}

void FlatMapOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, int64_t capacity, BodyFn body) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.domain = b.getDenseI64ArrayAttr(domain);
  properties.capacity = b.getI64IntegerAttr(capacity);
  addPackedTypes(b, state, capacity, buildBody(b, state, domain.size(), body));
}

void ScanOp::build(OpBuilder &b, OperationState &state, ArrayRef<int64_t> domain, int64_t dim, ValueRange inits,
                   bool exclusive, bool reverse, BodyFn body, CombineFn combine) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.domain = b.getDenseI64ArrayAttr(domain);
  properties.dim = b.getI64IntegerAttr(dim);
  properties.exclusive = exclusive ? b.getUnitAttr() : UnitAttr();
  properties.reverse = reverse ? b.getUnitAttr() : UnitAttr();
  state.addOperands(inits);
  for (Type type : inits.getTypes())
    state.addTypes(RankedTensorType::get(domain, type));
  buildBody(b, state, domain.size(), body);
  buildCombiner(b, state, inits, combine);
}

void IterateOp::build(OpBuilder &b, OperationState &state, int64_t max, ValueRange inits, BodyFn body) {
  state.getOrAddProperties<Properties>().max = b.getI64IntegerAttr(max);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  SmallVector<Type> types = {b.getIndexType()};
  llvm::append_range(types, inits.getTypes());
  buildRegion(b, state, state.addRegion(), types, [&](ValueRange args) { return body(b, state.location, args); });
}

void AtOp::build(OpBuilder &b, OperationState &state, Value tensor, ValueRange indices) {
  build(b, state, tensor, AffineMap(), indices, Value());
}

void AtOp::build(OpBuilder &b, OperationState &state, Value tensor, AffineMap map, ValueRange operands,
                 Value elseValue) {
  auto attr = map && !map.isIdentity() ? AffineMapAttr::get(map) : AffineMapAttr();
  build(b, state, cast<RankedTensorType>(tensor.getType()).getElementType(), tensor, operands, attr, elseValue);
}

AffineMap AtOp::getAccessMap() {
  return getMap().value_or(AffineMap::getMultiDimIdentityMap(getIndices().size(), getContext()));
}

//===----------------------------------------------------------------------===//
// Inferred types
//===----------------------------------------------------------------------===//

static LogicalResult inferTensors(std::optional<Location> loc, ArrayRef<int64_t> shape, TypeRange elements,
                                  StringRef what, SmallVectorImpl<Type> &types) {
  for (int64_t extent : shape)
    if (extent < 0)
      return emitOptionalError(loc, what, " extent ", extent, " is not allowed; expected at least 0");
  for (Type element : elements)
    types.push_back(RankedTensorType::get(shape, element));
  return success();
}

LogicalResult FoldOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getInits().getTypes());
  return success();
}

LogicalResult GroupByOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferTensors(loc, adaptor.getKeys(), adaptor.getInits().getTypes(), "key space", types);
}

LogicalResult ScanOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  return inferTensors(loc, adaptor.getDomain(), adaptor.getInits().getTypes(), "domain", types);
}

LogicalResult IterateOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getInits().getTypes());
  return success();
}

/// All shapes are static: the reified extents are the types' extents.
static LogicalResult reifyStaticShapes(Operation *op, ReifiedRankedShapedTypeDims &shapes) {
  Builder b(op->getContext());
  for (Type type : op->getResultTypes()) {
    SmallVector<OpFoldResult> &shape = shapes.emplace_back();
    for (int64_t extent : cast<RankedTensorType>(type).getShape())
      shape.push_back(b.getIndexAttr(extent));
  }
  return success();
}

LogicalResult MapOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &shapes) {
  return reifyStaticShapes(*this, shapes);
}
LogicalResult GroupByOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &shapes) {
  return reifyStaticShapes(*this, shapes);
}
LogicalResult ScanOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &shapes) {
  return reifyStaticShapes(*this, shapes);
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

/// A trap is visible: it is modelled as a write, so that nobody removes, repeats or moves it.
void GroupByOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (!dropsOutside())
    effects.emplace_back(MemoryEffects::Write::get());
}

Speculation::Speculatability GroupByOp::getSpeculatability() {
  return dropsOutside() ? Speculation::RecursivelySpeculatable : Speculation::NotSpeculatable;
}

/// An access without `else` may be out of bounds where its pattern would not have run.
Speculation::Speculatability AtOp::getSpeculatability() {
  return getElseValue() ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

