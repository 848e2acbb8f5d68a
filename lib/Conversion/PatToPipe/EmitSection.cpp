// EmitSection.cpp - from a nest and its mapping to metapipelines, scratchpads, loads and one stage
//
// The loops outside the deepest scratchpad become nested metapipelines, one for each depth at which a scratchpad is
// declared; the others are the stage's own. Positions in a scratchpad are relative to the origin of its box.
#include "EmitSection.h"

#include "JoinParts.h"
#include "RowUpdate.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

namespace {

/// What the nests of a section share.
struct SectionState {
  llvm::MapVector<Value, Value> drams; ///< tensors -> section arguments
  llvm::DenseMap<Value, Value> locals; ///< results that stay on chip -> their scratchpads
  llvm::DenseMap<Value, SmallVector<pat::MapOp>> copies; ///< results -> patterns that only store them as rows
  Value unit, group, member; ///< the unit index, the join index and that in the group (or null)
};

/// Emits one nest. Affine expressions range over the loops of the mapping (dimension l is loop l), then the indices of
/// the unit, of its groups and of their members.
class NestEmitter {
public:
  NestEmitter(OpBuilder &builder, const PlannedNest &planned, bool once, const ArchSpec &arch, SectionState &state)
      : b(builder), nest(planned.nest), mapping(planned.mapping), once(once), arch(arch), loc(nest.op->getLoc()),
        numSymbols(mapping.loops.size() + 3), state(state), drams(state.drams), buffers(nest.accesses.size()) {}

  LogicalResult emit();

private:
  AffineExpr loopExpr(unsigned loop) { return b.getAffineDimExpr(loop); }
  AffineExpr unitExpr() { return b.getAffineDimExpr(mapping.loops.size()); }
  AffineExpr groupExpr() { return b.getAffineDimExpr(mapping.loops.size() + 1); }
  AffineExpr memberExpr() { return b.getAffineDimExpr(mapping.loops.size() + 2); }
  AffineExpr indexOfDim(unsigned dim);
  /// An expression over the nest's dimensions, over the loops.
  AffineExpr overLoops(AffineExpr expr);
  AffineExpr positionExpr(const AffineAccess &access, unsigned k);
  /// The part of `position` that the loops from `depth` inwards do not change, at its lowest.
  AffineExpr originExpr(const NestAccess &access, unsigned k, unsigned depth);
  Value viewOf(Value dram, const TensorView &view);
  TensorView resultView() const;
  Value pipeRead(Value source, ArrayRef<AffineExpr> positions, Attribute elseValue);
  std::pair<AffineMap, SmallVector<Value>> useLoops(ArrayRef<AffineExpr> exprs, ArrayRef<Value> computed = {});
  std::pair<AffineMap, SmallVector<Value>> gatherPositions(pat::AtOp at);
  void declareBuffers(unsigned depth);
  Value emitRead(unsigned accessIndex);
  LogicalResult emitBody(Block &block);
  LogicalResult emitFold();
  LogicalResult emitResults();
  bool overhangs() const;
  LogicalResult emitRow(pat::MapOp map, Value value, const TensorView &rowView, ArrayRef<AffineExpr> positions);
  LogicalResult emitGroups(pat::GroupByOp op);
  LogicalResult emitStage();
  Value lookUp(Value value);
  Value lookUpIteration(Value value);
  Value lookUpOrClone(Value value);
  TypedAttr zeroOf(Type type) { return cast<TypedAttr>(b.getZeroAttr(type)); }

  OpBuilder &b;
  const Nest &nest;
  const Mapping &mapping;
  bool once; ///< beside a nest of several copies
  const ArchSpec &arch;
  Location loc;
  unsigned numSymbols;

  IRMapping values;                       ///< pattern values -> values in the stage
  SectionState &state;
  llvm::MapVector<Value, Value> &drams;
  SmallVector<Value> loopValues;          ///< index argument of each loop, filled outside in
  SmallVector<Value> buffers;             ///< per access: its own scratchpad, or null
  SmallVector<Value> groupBuffers;        ///< group_by: the scratchpads that accumulate
  int64_t groupTile = 0, groupTiles = 1;  ///< keys collected in one pass over the points, and passes
};

AffineExpr NestEmitter::indexOfDim(unsigned dim) {
  AffineExpr expr = b.getAffineConstantExpr(0);
  for (auto [l, loop] : llvm::enumerate(mapping.loops))
    if (loop.dim == dim)
      expr = expr + loopExpr(l) * loop.stride;
  if (mapping.units.dim == int(dim))
    expr = expr + unitExpr() * mapping.units.stride;
  if (mapping.joined.dim == int(dim))
    expr = expr + groupExpr() * mapping.joined.stride;
  if (mapping.group.dim == int(dim))
    expr = expr + memberExpr() * mapping.group.stride;
  return expr;
}

AffineExpr NestEmitter::overLoops(AffineExpr expr) {
  SmallVector<AffineExpr> dims;
  for (unsigned dim = 0; dim < nest.dims.size(); ++dim)
    dims.push_back(indexOfDim(dim));
  return expr.replaceDims(dims);
}

AffineExpr NestEmitter::positionExpr(const AffineAccess &access, unsigned k) {
  AffineExpr expr = b.getAffineConstantExpr(access.offsets[k]);
  for (auto [dim, coefficient] : llvm::enumerate(access.coefficients[k]))
    expr = expr + indexOfDim(dim) * coefficient;
  return expr;
}

AffineExpr NestEmitter::originExpr(const NestAccess &access, unsigned k, unsigned depth) {
  AffineExpr expr = positionExpr(*access.affine, k);
  const SmallVector<int64_t> &row = access.affine->coefficients[k];
  auto lowestOf = [&](int64_t coefficient, int64_t extent) {
    return b.getAffineConstantExpr(coefficient < 0 ? extent - 1 : 0);
  };
  SmallVector<AffineExpr> lowest;
  for (auto [l, loop] : llvm::enumerate(mapping.loops))
    lowest.push_back(l < depth ? loopExpr(l) : lowestOf(row[loop.dim] * loop.stride, loop.extent));
  lowest.push_back(unitExpr());
  auto indexIn = [&](const UnitPlan &plan, AffineExpr index) { // outside of the fold all members have one box
    bool together = plan.dim >= 0 && !access.inFold;
    return together ? lowestOf(row[plan.dim] * plan.stride, plan.count) : index;
  };
  lowest.push_back(indexIn(mapping.joined, groupExpr()));
  lowest.push_back(indexIn(mapping.group, memberExpr()));
  return expr.replaceDims(lowest);
}

/// The DRAM tensor seen with the view's shape (row-major tensors only differ in how they are cut).
Value NestEmitter::viewOf(Value dram, const TensorView &view) {
  auto type = cast<MemRefType>(dram.getType());
  if (type.getShape() == ArrayRef(view.shape))
    return dram;
  SmallVector<int64_t> sizes = view.shape, strides = view.strides;
  auto layout = StridedLayoutAttr::get(b.getContext(), 0, strides);
  auto viewType = MemRefType::get(sizes, type.getElementType(), layout, type.getMemorySpace());
  return memref::ReinterpretCastOp::create(b, loc, viewType, dram, /*offset=*/0, sizes, strides);
}

/// The map with only the loops it uses as operands. Dimensions behind the last index stand for `computed` values.
std::pair<AffineMap, SmallVector<Value>> NestEmitter::useLoops(ArrayRef<AffineExpr> exprs, ArrayRef<Value> computed) {
  unsigned count = numSymbols + computed.size();
  SmallVector<AffineExpr> simplified;
  for (AffineExpr expr : exprs)
    simplified.push_back(simplifyAffineExpr(expr, count, 0));
  SmallVector<Value> operands;
  SmallVector<AffineExpr> renamed(count, b.getAffineConstantExpr(0));
  for (unsigned d = 0; d < count; ++d)
    if (llvm::any_of(simplified, [&](AffineExpr expr) { return expr.isFunctionOfDim(d); })) {
      renamed[d] = b.getAffineDimExpr(operands.size());
      operands.push_back(d + 3 < numSymbols    ? loopValues[d]
                         : d + 3 == numSymbols ? state.unit
                         : d + 2 == numSymbols ? state.group
                         : d + 1 == numSymbols ? state.member
                                               : computed[d - numSymbols]);
    }
  for (AffineExpr &expr : simplified)
    expr = expr.replaceDims(renamed);
  return {AffineMap::get(operands.size(), 0, simplified, b.getContext()), operands};
}

/// Positions of an access that is not affine in the loops. Indices are written as the loops, whose ranges are known, so
/// that fewer divisions are left.
std::pair<AffineMap, SmallVector<Value>> NestEmitter::gatherPositions(pat::AtOp at) {
  SmallVector<Value> indices = nest.indices(), computed;
  SmallVector<AffineExpr> operands;
  for (Value operand : at.getIndices()) {
    auto it = llvm::find(indices, operand);
    if (it != indices.end()) {
      operands.push_back(overLoops(nest.indexExprs[it - indices.begin()]));
    } else {
      operands.push_back(b.getAffineDimExpr(numSymbols + computed.size()));
      computed.push_back(lookUp(operand));
    }
  }
  pat::IndexRanges ranges;
  for (const LoopPlan &loop : mapping.loops)
    ranges.push_back(pat::IndexRange{0, loop.extent - 1});
  for (const UnitPlan *plan : {&mapping.units, &mapping.joined, &mapping.group})
    ranges.push_back(pat::IndexRange{0, plan->count - 1});
  ranges.append(computed.size(), std::nullopt);
  SmallVector<AffineExpr> positions;
  for (AffineExpr expr : at.getAccessMap().getResults())
    positions.push_back(pat::simplifyIndex(expr.replaceDims(operands), ranges));
  return useLoops(positions, computed);
}

/// Scratchpads that stand inside exactly the first `depth` loops, each with its load.
void NestEmitter::declareBuffers(unsigned depth) {
  for (auto [i, access] : llvm::enumerate(nest.accesses)) {
    const AccessPlan &plan = mapping.accesses[i];
    if (!plan.buffered || plan.depth != depth || state.locals.contains(access.op.getTensor()))
      continue;
    Value dram = drams[access.op.getTensor()];
    auto dramType = cast<MemRefType>(dram.getType());
    SmallVector<AffineExpr> origins;
    SmallVector<int64_t> shape, pitches;
    Value source = dram;
    if (access.affine) {
      source = viewOf(dram, access.affine->view);
      shape = boxExtents(access, mapping, depth);
      pitches = boxPitches(access, mapping, shape);
      for (unsigned k = 0; k < shape.size(); ++k)
        origins.push_back(originExpr(access, k, depth));
    } else {
      shape.assign(dramType.getShape().begin(), dramType.getShape().end());
      pitches.assign(shape.size(), 1);
      for (int k = int(shape.size()) - 2; k >= 0; --k)
        pitches[k] = pitches[k + 1] * shape[k + 1];
      origins.assign(shape.size(), b.getAffineConstantExpr(0));
    }
    auto type = MemRefType::get(shape, dramType.getElementType(), StridedLayoutAttr::get(b.getContext(), 0, pitches),
                                b.getStringAttr(pipe::scratchpadSpace));
    Location accessLoc = access.op.getLoc();
    buffers[i] = pipe::BufferOp::create(b, accessLoc, type, plan.buffers, plan.staged);
    TypedAttr elseValue = zeroOf(dramType.getElementType());
    if (Value value = access.op.getElseValue())
      if (Attribute constant; matchPattern(value, m_Constant(&constant)))
        elseValue = cast<TypedAttr>(constant);
    auto [map, operands] = useLoops(origins);
    pipe::LoadOp::create(b, accessLoc, source, buffers[i], map, operands, elseValue);
  }
}

Value NestEmitter::lookUp(Value value) {
  if (Value known = values.lookupOrNull(value))
    return known;
  // A constant from outside the pattern, or an index used as a value.
  if (Operation *op = value.getDefiningOp(); op && op->hasTrait<OpTrait::ConstantLike>()) {
    Value copy = b.clone(*op)->getResult(0);
    values.map(value, copy);
    return copy;
  }
  for (auto [index, expr] : llvm::zip(nest.indices(), nest.indexExprs))
    if (index == value) {
      auto [map, operands] = useLoops({overLoops(expr)});
      Value copy = map.isConstant() ? arith::ConstantIndexOp::create(b, loc, map.getSingleConstantResult()).getResult()
                                    : affine::AffineApplyOp::create(b, loc, map, operands).getResult();
      values.map(value, copy);
      return copy;
    }
  return lookUpIteration(value);
}

/// The number of the trip of a loop around the pattern is a word in DRAM; null for any other value.
Value NestEmitter::lookUpIteration(Value value) {
  Value counter = drams.lookup(value);
  if (!counter || !value.getType().isIndex())
    return nullptr;
  Value word = pipe::ReadOp::create(b, loc, b.getI32Type(), counter, b.getEmptyAffineMap(), ValueRange(), TypedAttr());
  Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), word);
  values.map(value, index);
  return index;
}

Value NestEmitter::emitRead(unsigned accessIndex) {
  const NestAccess &access = nest.accesses[accessIndex];
  pat::AtOp at = access.op;
  Value source = buffers[accessIndex] ? buffers[accessIndex] : state.locals.lookup(at.getTensor());
  if (!source)
    source = drams[at.getTensor()];
  TypedAttr elseAttr;
  bool computedElse = false;
  if (Value value = at.getElseValue()) {
    Attribute constant;
    if (matchPattern(value, m_Constant(&constant)))
      elseAttr = cast<TypedAttr>(constant);
    else
      computedElse = true;
  }
  AffineMap map;
  SmallVector<Value> operands;
  if (access.affine) {
    SmallVector<AffineExpr> positions;
    for (unsigned k = 0; k < access.affine->view.shape.size(); ++k) {
      AffineExpr position = positionExpr(*access.affine, k);
      if (buffers[accessIndex])
        position = position - originExpr(access, k, mapping.accesses[accessIndex].depth);
      positions.push_back(position);
    }
    if (!buffers[accessIndex])
      source = viewOf(source, access.affine->view);
    std::tie(map, operands) = useLoops(positions);
    if (buffers[accessIndex])
      elseAttr = {}; // the load has put it there
  } else {
    std::tie(map, operands) = gatherPositions(at);
  }
  Value read = pipe::ReadOp::create(b, at.getLoc(), at.getType(), source, map, operands, elseAttr);
  if (!computedElse)
    return read;
  // An `else` that is not a constant: select by the bounds of the original position.
  SmallVector<Value> indices;
  for (Value operand : at.getIndices())
    indices.push_back(lookUp(operand));
  Value inside = pat::testInBounds(b, at, [&](unsigned k) {
    return affine::AffineApplyOp::create(b, at.getLoc(), at.getAccessMap().getSubMap({k}), indices);
  });
  return inside ? arith::SelectOp::create(b, loc, inside, read, lookUp(at.getElseValue())).getResult() : read;
}

LogicalResult NestEmitter::emitBody(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto at = dyn_cast<pat::AtOp>(op)) {
      auto it = llvm::find_if(nest.accesses, [&](const NestAccess &access) { return access.op == at; });
      values.map(at.getResult(), emitRead(it - nest.accesses.begin()));
    } else if (isa<pat::FoldOp>(op)) {
      if (failed(emitFold()))
        return failure();
    } else if (op.getNumRegions() != 0) {
      return op.emitError() << tag(Diag::NotOnFabric) << "'" << op.getName()
                            << "' inside a pattern does not run on the fabric yet; expected scalar code";
    } else {
      for (Value operand : op.getOperands())
        if (!lookUp(operand))
          return op.emitError() << tag(Diag::NotOnFabric)
                                << "uses a value from outside the pattern that is not a constant";
      b.clone(op, values);
    }
  }
  return success();
}

/// The kind of reduction that a simple combiner is, if the fabric has it.
std::optional<arith::AtomicRMWKind> kindOfCombiner(Operation *combiner) {
  using Kind = arith::AtomicRMWKind;
  return llvm::StringSwitch<std::optional<Kind>>(combiner->getName().getStringRef())
      .Case("arith.addf", Kind::addf)
      .Case("arith.mulf", Kind::mulf)
      .Case("arith.minimumf", Kind::minimumf)
      .Case("arith.maximumf", Kind::maximumf)
      .Case("arith.minnumf", Kind::minnumf)
      .Case("arith.maxnumf", Kind::maxnumf)
      .Case("arith.addi", Kind::addi)
      .Case("arith.muli", Kind::muli)
      .Case("arith.minsi", Kind::mins)
      .Case("arith.maxsi", Kind::maxs)
      .Case("arith.minui", Kind::minu)
      .Case("arith.maxui", Kind::maxu)
      .Case("arith.andi", Kind::andi)
      .Case("arith.ori", Kind::ori)
      .Default(std::nullopt);
}

LogicalResult NestEmitter::emitFold() {
  pat::FoldOp fold = nest.fold;
  if (failed(emitBody(*fold.getBody())))
    return failure();
  for (auto [i, yielded] : llvm::enumerate(fold.getBodyYield()->getOperands())) {
    if (fold.getResult(i).use_empty())
      continue; // a stream that nobody reads cannot be routed
    Operation *combiner = pat::matchSimpleCombiner(*fold.getCombiner(), i);
    if (!combiner)
      return fold.emitError() << tag(Diag::NotOnFabric) << "combiner of value " << i
                              << " is not a single commutative operation; run pat-expand-combiners before";
    auto kind = kindOfCombiner(combiner);
    if (!kind)
      return fold.emitError() << tag(Diag::NotOnFabric) << "combiner '" << combiner->getName()
                              << "' does not run on the fabric yet";
    Attribute init;
    if (!matchPattern(fold.getInits()[i], m_Constant(&init)))
      return fold.emitError() << tag(Diag::NotOnFabric) << "initial value " << i << " is not a constant";
    Value value = lookUp(yielded);
    values.map(fold.getResult(i),
               pipe::ReduceOp::create(b, fold.getLoc(), *kind, value, cast<TypedAttr>(init)).getResult());
  }
  return success();
}

/// Whether loops and units together reach beyond the last point of some dimension.
bool NestEmitter::overhangs() const {
  SmallVector<int64_t> last(nest.dims.size());
  for (const LoopPlan &loop : mapping.loops)
    last[loop.dim] += (loop.extent - 1) * loop.stride;
  for (const UnitPlan &plan : {mapping.units, mapping.joined, mapping.group})
    if (plan.dim >= 0)
      last[plan.dim] += (plan.count - 1) * plan.stride;
  return llvm::any_of(llvm::zip(last, nest.dims),
                      [](auto each) { return std::get<0>(each) >= std::get<1>(each).extent; });
}

/// The tensor that results are written to, as far as the map's points reach: so what overhangs is dropped also where
/// another part of the tensor follows.
TensorView NestEmitter::resultView() const {
  TensorView view = nest.result.view;
  for (auto [size, offset, row] : llvm::zip(view.shape, nest.result.offsets, nest.result.coefficients)) {
    int64_t last = offset;
    for (auto [coefficient, dim] : llvm::zip(row, nest.dims))
      last += std::max<int64_t>(coefficient, 0) * (dim.extent - 1);
    size = std::min(size, last + 1);
  }
  return view;
}

LogicalResult NestEmitter::emitResults() {
  auto map = cast<pat::MapOp>(nest.op);
  AffineAccess access = nest.result;
  if (overhangs())
    access.view = resultView();
  SmallVector<AffineExpr> positions;
  for (unsigned k = 0; k < access.view.shape.size(); ++k)
    positions.push_back(positionExpr(access, k));
  if (map->hasAttr(rowAttr))
    return emitRow(map, lookUp(matchRowUpdate(map)->fresh), access.view, positions);
  for (auto [yielded, result] : llvm::zip(map.getBodyYield()->getOperands(), map.getResults())) {
    Value value = lookUp(yielded);
    if (!value)
      return map.emitError() << tag(Diag::NotOnFabric)
                             << "yields a value from outside the pattern that is not a constant";
    auto [writeMap, operands] = useLoops(positions);
    for (Value destination : {state.locals.lookup(result), drams.lookup(result)})
      if (destination)
        pipe::WriteOp::create(b, loc, value, viewOf(destination, access.view), writeMap, operands);
    for (pat::MapOp copy : state.copies.lookup(result))
      if (failed(emitRow(copy, value, access.view, positions)))
        return failure();
  }
  return success();
}

/// The value in the stage of one in another pattern's body that depends on neither indices nor memory.
Value NestEmitter::lookUpOrClone(Value value) {
  if (Value known = lookUp(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || !llvm::all_of(op->getOperands(), [&](Value operand) { return lookUpOrClone(operand); }))
    return nullptr;
  b.clone(*op, values);
  return values.lookup(value);
}

/// Stores `value` at `positions` of a row, whose place in the whole tensor is known when it runs. Positions are checked
/// where there may be others than those of the row; else their sum will do.
LogicalResult NestEmitter::emitRow(pat::MapOp map, Value value, const TensorView &rowView,
                                   ArrayRef<AffineExpr> positions) {
  RowUpdate update = *matchRowUpdate(map);
  Value row = lookUpOrClone(update.row), destination = drams.lookup(map->getResult(0));
  if (!row || !value)
    return map.emitError() << tag(Diag::NotOnFabric) << "uses a value from outside the pattern that is not a constant";
  auto shape = map->getAttrOfType<DenseI64ArrayAttr>(partAttr).asArrayRef().drop_front();
  TensorView view = rowView;
  view.shape.push_back(shape[update.dim]);
  view.strides.push_back(computeStrides(shape)[update.dim]);
  SmallVector<AffineExpr> exprs(positions);
  exprs.push_back(b.getAffineDimExpr(numSymbols));
  if (!overhangs()) {
    AffineExpr element = b.getAffineConstantExpr(0);
    for (auto [expr, stride] : llvm::zip(exprs, view.strides))
      element = element + expr * stride;
    view = {{computeProduct(shape)}, {1}};
    exprs = {element};
  }
  auto [writeMap, operands] = useLoops(exprs, {row});
  pipe::WriteOp::create(b, loc, value, viewOf(destination, view), writeMap, operands);
  return success();
}

LogicalResult NestEmitter::emitGroups(pat::GroupByOp op) {
  if (!op.dropsOutside())
    return op.emitError() << tag(Diag::NotOnFabric)
                          << "traps on keys outside the key space, which does not run on the fabric yet; use drop";
  // The key in row-major order, or -1 outside; relative to the tile of keys that this pass over the points collects.
  Value key, inside;
  ArrayRef<int64_t> keys = op.getKeys();
  for (auto [k, yielded] : llvm::enumerate(op.getYieldedKeys())) {
    Value position = lookUp(yielded);
    Value extent = arith::ConstantIndexOp::create(b, loc, keys[k]);
    key = key ? arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, key, extent), position).getResult()
              : position;
    if (keys.size() == 1)
      continue; // one dimension: the accumulation's own check drops what is outside
    Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, position, extent);
    inside = inside ? arith::AndIOp::create(b, loc, inside, fits).getResult() : fits;
  }
  if (inside)
    key = arith::SelectOp::create(b, loc, inside, key, arith::ConstantIndexOp::create(b, loc, -1));
  if (groupTiles > 1) {
    Value tile = loopValues.back();
    Value first = arith::MulIOp::create(b, loc, tile, arith::ConstantIndexOp::create(b, loc, groupTile));
    key = arith::SubIOp::create(b, loc, key, first);
  }
  for (auto [i, yielded] : llvm::enumerate(op.getYieldedValues())) {
    Operation *combiner = pat::matchSimpleCombiner(*op.getCombiner(), i);
    auto kind = combiner ? kindOfCombiner(combiner) : std::nullopt;
    Attribute init;
    if (!kind || !matchPattern(op.getInits()[i], m_Constant(&init)))
      return op.emitError() << tag(Diag::NotOnFabric) << "combiner of value " << i
                            << " does not run on the fabric yet; expected one commutative "
                            << "operation with a constant initial value";
    Value value = lookUp(yielded);
    pipe::AccumulateOp::create(b, loc, *kind, value, groupBuffers[i], key, cast<TypedAttr>(init));
  }
  return success();
}

/// The stage: the loops that no metapipeline has taken yet.
LogicalResult NestEmitter::emitStage() {
  unsigned first = std::min<unsigned>(loopValues.size(), mapping.loops.size());
  if (!groupBuffers.empty())
    first = 0; // its metapipeline runs over keys, not over the nest's loops
  SmallVector<int64_t> extents;
  SmallVector<int32_t> roles;
  for (const LoopPlan &loop : ArrayRef(mapping.loops).drop_front(first)) {
    extents.push_back(loop.extent);
    roles.push_back(int32_t(loop.role));
  }
  int64_t reductions = mapping.loops.size() - std::max<unsigned>(mapping.numParallel, first);
  auto stage = pipe::StageOp::create(b, loc, extents, roles, reductions, once);
  Block &block = stage.getBody().emplaceBlock();
  SmallVector<Value> outer = loopValues;
  if (!groupBuffers.empty())
    loopValues.clear();
  for (size_t i = 0; i < extents.size(); ++i)
    loopValues.push_back(block.addArgument(b.getIndexType(), loc));
  if (!groupBuffers.empty())
    llvm::append_range(loopValues, outer);
  b.setInsertionPointToEnd(&block);
  if (failed(emitBody(*nest.body())))
    return failure();
  if (auto group = dyn_cast<pat::GroupByOp>(nest.op))
    return emitGroups(group);
  return emitResults();
}

LogicalResult NestEmitter::emit() {
  OpBuilder::InsertionGuard guard(b);
  // Results without a vector view of their own: group_by collects in scratchpads, tile by tile of the key space.
  if (auto group = dyn_cast<pat::GroupByOp>(nest.op)) {
    declareBuffers(0);
    int64_t keys = 1;
    for (int64_t extent : group.getKeys())
      keys *= extent;
    groupTile = std::min<int64_t>(keys, int64_t(arch.memory.bytes() / 4));
    groupTiles = (keys + groupTile - 1) / groupTile;
    auto pipe = pipe::MetapipeOp::create(b, loc, ArrayRef<int64_t>{groupTiles});
    Block &body = pipe.getBody().emplaceBlock();
    Value tile = body.addArgument(b.getIndexType(), loc);
    b.setInsertionPointToEnd(&body);
    for (Type type : group->getResultTypes()) {
      auto buffer = MemRefType::get({groupTile}, cast<RankedTensorType>(type).getElementType(), AffineMap(),
                                    b.getStringAttr(pipe::scratchpadSpace));
      groupBuffers.push_back(pipe::BufferOp::create(b, loc, buffer, 1, 0));
    }
    loopValues = {tile};
    OpBuilder::InsertPoint afterStage = b.saveInsertionPoint();
    if (failed(emitStage()))
      return failure();
    b.restoreInsertionPoint(afterStage);
    for (auto [buffer, result] : llvm::zip(groupBuffers, group->getResults())) {
      Value flat = viewOf(drams[result], {{keys}, {1}});
      AffineMap origin = AffineMap::get(1, 0, b.getAffineDimExpr(0) * groupTile);
      pipe::StoreOp::create(b, loc, buffer, flat, origin, tile);
    }
    return success();
  }

  llvm::SmallSetVector<unsigned, 4> depths;
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses))
    if (plan.buffered && !state.locals.contains(access.op.getTensor()))
      depths.insert(plan.depth);
  SmallVector<unsigned> sorted(depths.begin(), depths.end());
  llvm::sort(sorted);
  for (unsigned depth : sorted) {
    if (depth > loopValues.size()) {
      SmallVector<int64_t> extents;
      for (unsigned l = loopValues.size(); l < depth; ++l)
        extents.push_back(mapping.loops[l].extent);
      auto pipe = pipe::MetapipeOp::create(b, loc, extents);
      Block &body = pipe.getBody().emplaceBlock();
      for (size_t l = 0; l < extents.size(); ++l)
        loopValues.push_back(body.addArgument(b.getIndexType(), loc));
      b.setInsertionPointToEnd(&body);
    }
    declareBuffers(depth);
  }
  return emitStage();
}

/// Numbers of the trips of the loops around `pattern` that its bodies use.
SmallVector<Value> iterationsUsed(Operation *pattern) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(pattern->getRegions(), captured);
  return llvm::filter_to_vector(captured, [](Value value) {
    return value.getType().isIndex() && isa<pat::IterateOp>(value.getParentBlock()->getParentOp()) &&
           isa<BlockArgument>(value);
  });
}

} // namespace

LogicalResult jacquard::emitSection(OpBuilder &b, ArrayRef<const PlannedNest *> nests, const ArchSpec &machine,
                                    StringRef name, function_ref<Value(Value)> dramOf) {
  const ArchSpec arch = nests.front()->nest.wide ? machine.wide() : machine;
  SectionState state;
  const SmallVector<const PlannedNest *> staged = withoutCopies(nests, state.copies); // each a stage of its own
  llvm::SmallSetVector<Value, 8> results, locals;
  for (const PlannedNest *planned : nests)
    results.insert(planned->nest.op->result_begin(), planned->nest.op->result_end());
  for (Value result : results)
    if (usedInside(result, staged))
      locals.insert(result);
  SmallVector<Value> operands;
  auto addOperand = [&](Value tensor) {
    if (state.drams.insert({tensor, Value()}).second)
      operands.push_back(dramOf(tensor));
  };
  const PlannedNest *main = mainOf(nests);
  for (const PlannedNest *planned : nests) {
    for (const NestAccess &access : planned->nest.accesses)
      if (!results.contains(access.op.getTensor()))
        addOperand(access.op.getTensor());
    for (Value number : iterationsUsed(planned->nest.op))
      addOperand(number);
  }
  for (Value result : results)
    if (!usedInside(result, nests) || usedOutside(result, nests))
      addOperand(result);

  SmallVector<Location> locations;
  for (const PlannedNest *planned : nests)
    locations.push_back(planned->nest.op->getLoc());
  Location loc = FusedLoc::get(b.getContext(), locations);
  const Mapping &mapping = main->mapping;
  const SectionCycles cycles = predictSection(nests, arch);
  auto section =
      pipe::SectionOp::create(b, loc, b.getStringAttr(name), operands, b.getI64IntegerAttr(mapping.units.count),
                              mapping.joined.dim >= 0 ? b.getI64IntegerAttr(mapping.joined.count) : IntegerAttr(),
                              mapping.group.dim >= 0 ? b.getI64IntegerAttr(mapping.group.count) : IntegerAttr(),
                              chainsOf(mapping) > 1 ? b.getI64IntegerAttr(chainLength(mapping)) : IntegerAttr(),
                              b.getI64IntegerAttr(int64_t(cycles.all)), b.getI64IntegerAttr(int64_t(cycles.busy)),
                              b.getI64IntegerAttr(int64_t(cycles.dram)), b.getStringAttr(mapping.bound()),
                              nests.front()->nest.wide ? b.getUnitAttr() : UnitAttr());
  SmallVector<int64_t> numbers;
  for (const PlannedNest *planned : nests)
    if (auto number = planned->nest.op->getAttrOfType<IntegerAttr>(patternNumberAttr))
      numbers.push_back(number.getInt());
  if (!numbers.empty())
    section->setAttr(sectionPatternsAttr, b.getDenseI64ArrayAttr(numbers));
  double fill = 1;
  for (const PlannedNest *planned : nests)
    if (auto steps = planned->nest.op->getAttrOfType<IntegerAttr>(retreatAttr))
      fill = std::min(fill, retreats[steps.getInt()].fill);
  if (fill < 1)
    section->setAttr(pipe::fillAttr, b.getF64FloatAttr(fill));
  Block &block = section.getBody().emplaceBlock();
  for (Value operand : operands)
    block.addArgument(operand.getType(), loc);
  state.unit = block.addArgument(b.getIndexType(), loc);
  if (mapping.joined.dim >= 0)
    state.group = block.addArgument(b.getIndexType(), loc);
  if (mapping.group.dim >= 0)
    state.member = block.addArgument(b.getIndexType(), loc);
  for (auto [i, entry] : llvm::enumerate(state.drams))
    entry.second = block.getArgument(i);

  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&block);
  for (Value local : locals) {
    auto tensor = cast<RankedTensorType>(local.getType());
    auto type = MemRefType::get(tensor.getShape(), tensor.getElementType(), AffineMap(),
                                b.getStringAttr(pipe::scratchpadSpace));
    state.locals[local] = pipe::BufferOp::create(b, local.getLoc(), type, 1, 0);
  }
  for (const PlannedNest *planned : staged)
    if (failed(NestEmitter(b, *planned, isSpread(*main) && planned != main, arch, state).emit()))
      return failure();
  return success();
}
