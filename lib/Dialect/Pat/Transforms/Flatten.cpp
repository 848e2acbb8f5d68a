// Flatten.cpp - bring nested patterns into the flat form
// Why: a flat pattern is one loop nest with one innermost body, which is what fusion looks at and `pipe` lowers.
// Needs: valid `pat`.
// Gives: every pattern stands directly in its scope (function or `pat.iterate` body); a map holds at most one fold.
//        What cannot be written so (a `pat.filter` for every point of a map) stays and is named by `pat-verify-flat`.
#include "Hoist.h"

#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_FLATTENPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-flatten"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// Everything that a pattern reads from the bodies around it.
SetVector<Value> capturedValues(Operation *pattern) {
  SetVector<Value> captured(pattern->operand_begin(), pattern->operand_end());
  getUsedValuesDefinedAbove(pattern->getRegions(), captured);
  return captured;
}

class Flattener {
public:
  explicit Flattener(MLIRContext *context) : b(context) {}
  void flattenScope(Block &scope);

private:
  // One pattern of a scope.
  void flattenTop(Operation *top);
  Operation *nextNested(Operation *top);
  Operation *nextInFold(FoldOp fold);
  bool mergeNestedFold(FoldOp outer);
  // Moving one nested pattern out of `top`.
  bool hoist(Operation *nested, Operation *top);
  bool canReplaceUses(Operation *nested, Operation *top);
  void storeExpensiveCaptures(Operation *nested, Operation *top);
  void replaceUses(Operation *nested, Operation *hoisted, const Context &context, Operation *top);
  void replaceReads(Value nested, Value hoisted, const Context &context);
  // Results of a map that are tensors made inside it.
  void resolveTensorYields(MapOp top);
  Value wholeTensor(MapOp top, unsigned i);
  Value broadcastOver(MapOp top, Value tensor, ArrayRef<BlockArgument> outer);
  // Patterns and code of the scope itself.
  MapOp wrapFold(FoldOp fold);
  void sinkScalars(Operation *top);

  OpBuilder b;
  llvm::SmallPtrSet<Operation *, 4> stuck; ///< patterns that cannot leave
  /// Results of maps whose yield already names the hoisted tensor -> the map's indices that the tensor depends on.
  llvm::DenseMap<std::pair<Operation *, unsigned>, SmallVector<BlockArgument>> tensorYields;
};

/// The identity of a component as a constant, or null.
Attribute constantOf(Value value) {
  Attribute attribute;
  return matchPattern(value, m_Constant(&attribute)) ? attribute : Attribute();
}

bool sameInits(FoldOp a, FoldOp b) {
  return a.getInits().size() == b.getInits().size() &&
         llvm::all_of(llvm::zip(a.getInits(), b.getInits()), [](auto pair) {
           auto [x, y] = pair;
           return x == y || (constantOf(x) && constantOf(x) == constantOf(y));
         });
}

bool sameCombiner(FoldOp a, FoldOp b) {
  return OperationEquivalence::isRegionEquivalentTo(&a->getRegion(1), &b->getRegion(1),
                                                    OperationEquivalence::IgnoreLocations);
}

/// fold (i) { fold (j) { f(i, j) } }  ->  fold (i, j) { f(i, j) }
bool Flattener::mergeNestedFold(FoldOp outer) {
  SmallVector<Operation *> nested = patternsIn(*outer.getBody());
  if (nested.size() != 1)
    return false;
  auto inner = dyn_cast<FoldOp>(nested.front());
  if (!inner || outer.getBodyYield().getOperands() != inner.getResults() || !sameInits(outer, inner) ||
      !sameCombiner(outer, inner))
    return false;
  for (Operation &op : outer.getBody()->without_terminator())
    if (&op != inner && (!isScalarCode(&op) || isExpensive(&op)))
      return false;
  SmallVector<int64_t> domain(outer.getDomain());
  llvm::append_range(domain, inner.getDomain());
  for (BlockArgument index : inner.getIndices())
    index.replaceAllUsesWith(outer.getBody()->addArgument(index.getType(), index.getLoc()));
  outer.getBodyYield()->setOperands(inner.getBodyYield().getOperands());
  Operation *end = inner.getBodyYield();
  for (Operation &op : llvm::make_early_inc_range(*inner.getBody()))
    if (&op != end)
      op.moveBefore(inner);
  inner.erase();
  outer.setDomain(domain);
  return true;
}

Operation *Flattener::nextInFold(FoldOp fold) {
  while (mergeNestedFold(fold)) {
  }
  for (Operation *nested : patternsIn(*fold.getBody()))
    if (!stuck.count(nested))
      return nested;
  return nullptr;
}

/// The next pattern that has to leave `top`. A fold that nothing in the map follows stays where it is.
Operation *Flattener::nextNested(Operation *top) {
  if (isa<IterateOp, FlatMapOp>(top))
    return nullptr;
  SmallVector<Operation *> nested = patternsIn(top->getRegion(0).front());
  for (Operation *op : nested) {
    auto fold = dyn_cast<FoldOp>(op);
    if (fold && isa<MapOp>(top) && op == nested.back()) {
      if (Operation *next = nextInFold(fold))
        return next;
    } else if (!stuck.count(op)) {
      return op;
    }
  }
  return nullptr;
}

/// Reads by `pat.at`, and the yield of a map at the top, are all that we know how to redirect.
bool Flattener::canReplaceUses(Operation *nested, Operation *top) {
  for (OpOperand &use : nested->getUses()) {
    if (!isa<RankedTensorType>(use.get().getType()))
      continue;
    auto read = dyn_cast<AtOp>(use.getOwner());
    if (read && read.getTensor() == use.get())
      continue;
    if (!isa<YieldOp>(use.getOwner()) || use.getOwner()->getParentOp() != top || !isa<MapOp>(top))
      return false;
  }
  return true;
}

/// A captured scalar that took a division or a special function is stored once and read, not computed at every point.
void Flattener::storeExpensiveCaptures(Operation *nested, Operation *top) {
  if (numPoints(domainOf(nested)) <= 1)
    return;
  for (Value value : capturedValues(nested)) {
    Slice slice;
    if (!value.getDefiningOp() || failed(addToSlice(value, top, slice)) || !slice.expensive)
      continue;
    Context context = contextOf(slice);
    b.setInsertionPoint(top);
    MapOp stored = storeScalar(b, value, context);
    b.setInsertionPointAfterValue(value);
    Value element = at(b, value.getLoc(), stored->getResult(0), ValueRange(llvm::to_vector_of<Value>(context.indices)));
    value.replaceAllUsesWith(fromElement(b, value.getLoc(), element, value.getType()));
  }
}

/// Reads of nested[j] become reads of hoisted[context, j].
void Flattener::replaceReads(Value nested, Value hoisted, const Context &context) {
  unsigned outer = context.indices.size();
  for (Operation *user : llvm::make_early_inc_range(nested.getUsers())) {
    auto read = dyn_cast<AtOp>(user);
    if (!read)
      continue;
    MLIRContext *ctx = read.getContext();
    AffineMap map = read.getAccessMap();
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < outer; ++i)
      results.push_back(getAffineDimExpr(i, ctx));
    for (AffineExpr result : map.getResults())
      results.push_back(result.shiftDims(map.getNumDims(), outer));
    SmallVector<Value> operands(context.indices.begin(), context.indices.end());
    llvm::append_range(operands, read.getIndices());
    b.setInsertionPoint(read);
    Value element =
        at(b, read.getLoc(), hoisted, AffineMap::get(operands.size(), 0, results, ctx), operands, read.getElseValue());
    read.replaceAllUsesWith(element);
    read.erase();
  }
}

/// The tensor over the domain of `top` which holds tensor[outer ..] at every point.
Value Flattener::broadcastOver(MapOp top, Value tensor, ArrayRef<BlockArgument> outer) {
  if (llvm::equal(outer, top.getIndices()))
    return tensor;
  ArrayRef<int64_t> inner = cast<RankedTensorType>(tensor.getType()).getShape().drop_front(outer.size());
  SmallVector<int64_t> domain(top.getDomain());
  llvm::append_range(domain, inner);
  b.setInsertionPoint(top);
  return MapOp::create(b, top.getLoc(), domain,
                       [&](OpBuilder &, Location loc, ValueRange indices) {
                         SmallVector<Value> access;
                         for (BlockArgument index : outer)
                           access.push_back(indices[index.getArgNumber()]);
                         llvm::append_range(access, indices.drop_front(top.getRank()));
                         return SmallVector<Value>{at(b, loc, tensor, access)};
                       })
      ->getResult(0);
}

void Flattener::replaceUses(Operation *nested, Operation *hoisted, const Context &context, Operation *top) {
  for (auto [old, result] : llvm::zip(nested->getResults(), hoisted->getResults())) {
    if (!isa<RankedTensorType>(result.getType())) { // a scalar of a pattern that is the same at every point
      old.replaceAllUsesWith(result);
      continue;
    }
    if (!isa<RankedTensorType>(old.getType())) {
      b.setInsertionPoint(nested);
      Value element = at(b, nested->getLoc(), result, ValueRange(llvm::to_vector_of<Value>(context.indices)));
      old.replaceAllUsesWith(fromElement(b, nested->getLoc(), element, old.getType()));
      continue;
    }
    replaceReads(old, result, context);
    for (OpOperand &use : llvm::make_early_inc_range(old.getUses())) { // only the yield of `top` is left
      tensorYields[{top, use.getOperandNumber()}] = context.indices;
      use.set(result); // resolved with all yields of the map; the hoisted map may be split further until then
    }
  }
}

bool Flattener::hoist(Operation *nested, Operation *top) {
  if (!runsInBodiesOf(nested, top) || !canReplaceUses(nested, top))
    return false;
  storeExpensiveCaptures(nested, top);
  Slice slice;
  for (Value value : capturedValues(nested))
    if (failed(addToSlice(value, top, slice)))
      return false;
  Context context = contextOf(slice);
  // Operands of a pattern in the scope must be known there.
  if (isa<ScanOp, GroupByOp>(nested))
    for (Value operand : nested->getOperands())
      if (top->isAncestor(operand.getParentBlock()->getParentOp()))
        return false;
  b.setInsertionPoint(top);
  Operation *hoisted = buildHoisted(b, nested, context);
  if (!hoisted)
    return false;
  replaceUses(nested, hoisted, context, top);
  nested->erase();
  flattenTop(hoisted);
  return true;
}

/// The whole tensor that result `i` of `top` is made of, or null when the map has to keep it.
Value Flattener::wholeTensor(MapOp top, unsigned i) {
  Value value = top.getBodyYield().getOperand(i);
  if (!isa<RankedTensorType>(value.getType()))
    return {};
  if (auto known = tensorYields.find({top, i}); known != tensorYields.end())
    return broadcastOver(top, value, known->second);
  Operation *def = value.getDefiningOp();
  if (def && def->hasTrait<OpTrait::ConstantLike>() && top->isProperAncestor(def))
    def->moveBefore(top);
  if (top->isAncestor(value.getParentBlock()->getParentOp()))
    return {}; // made by a pattern that could not leave
  return broadcastOver(top, value, {});
}

/// map (i) { pat.yield <tensor> }: the tensor's elements become points of an own map; the map keeps its other results.
void Flattener::resolveTensorYields(MapOp top) {
  SmallVector<Value> whole, kept;
  SmallVector<Type> types;
  for (auto [i, value] : llvm::enumerate(top.getBodyYield().getOperands())) {
    whole.push_back(wholeTensor(top, i));
    tensorYields.erase({top, static_cast<unsigned>(i)});
    if (whole.back())
      continue;
    kept.push_back(value);
    types.push_back(top->getResultTypes()[i]);
  }
  if (kept.size() == top.getNumResults())
    return;
  Operation *rest = nullptr;
  if (!kept.empty()) {
    top.getBodyYield()->setOperands(kept);
    b.setInsertionPoint(top);
    OperationState state(top.getLoc(), MapOp::getOperationName(), top->getOperands(), types, top->getAttrs());
    state.addRegion()->takeBody(top->getRegion(0));
    rest = b.create(state);
  }
  unsigned next = 0;
  for (auto [result, replacement] : llvm::zip(top->getResults(), whole))
    result.replaceAllUsesWith(replacement ? replacement : rest->getResult(next++));
  top->walk([&](Operation *op) { stuck.erase(op); });
  top.erase();
}

void Flattener::flattenTop(Operation *top) {
  while (Operation *nested = nextNested(top))
    if (!hoist(nested, top))
      stuck.insert(nested);
  if (auto map = dyn_cast<MapOp>(top))
    resolveTensorYields(map);
}

/// %s = fold  ->  %t = map () { fold }; %s = at %t[]
MapOp Flattener::wrapFold(FoldOp fold) {
  b.setInsertionPoint(fold);
  auto map = cast<MapOp>(buildHoisted(b, fold, Context()));
  for (auto [old, result] : llvm::zip(fold.getResults(), map->getResults())) {
    Value element = at(b, fold.getLoc(), result, ValueRange());
    old.replaceAllUsesWith(fromElement(b, fold.getLoc(), element, old.getType()));
  }
  fold.erase();
  return map;
}

/// Scalar code that stands in the scope itself; constants may stay there.
bool isScopeScalar(Value value, Block *scope) {
  Operation *def = value.getDefiningOp();
  return def && def->getBlock() == scope && isScalarCode(def) && !def->hasTrait<OpTrait::ConstantLike>();
}

/// The code of the scope that computes `value`, in an order in which it can be copied.
void addScopeCode(Value value, Block *scope, Slice &slice) {
  if (!isScopeScalar(value, scope) || slice.ops.contains(value.getDefiningOp()))
    return;
  for (Value operand : value.getDefiningOp()->getOperands())
    addScopeCode(operand, scope, slice);
  slice.ops.insert(value.getDefiningOp());
  slice.expensive |= isExpensive(value.getDefiningOp());
}

/// %x = <code>; map { use %x }  ->  map { <code>; use %x }, or, for expensive code, a map of rank 0 and a read of it.
void Flattener::sinkScalars(Operation *top) {
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(top->getRegions(), captured);
  IRMapping mapping;
  for (Value value : captured) {
    Slice slice;
    addScopeCode(value, top->getBlock(), slice);
    if (slice.ops.empty())
      continue;
    Context context = contextOf(slice);
    if (slice.expensive && numPoints(domainOf(top)) > 1) {
      b.setInsertionPointAfterValue(value);
      MapOp stored = storeScalar(b, value, context);
      b.setInsertionPointToStart(&top->getRegion(0).front());
      Value element = at(b, value.getLoc(), stored->getResult(0), ValueRange());
      mapping.map(value, fromElement(b, value.getLoc(), element, value.getType()));
    } else {
      b.setInsertionPointToStart(&top->getRegion(0).front());
      mapping.map(value, openBody(b, context, {}).lookup(value));
    }
    value.replaceUsesWithIf(mapping.lookup(value),
                            [&](OpOperand &use) { return top->isProperAncestor(use.getOwner()); });
  }
}

void Flattener::flattenScope(Block &scope) {
  for (Operation &op : llvm::make_early_inc_range(scope)) {
    Operation *top = &op;
    if (auto fold = dyn_cast<FoldOp>(top))
      top = wrapFold(fold);
    if (isPattern(top))
      flattenTop(top);
  }
  for (Operation *top : patternsIn(scope)) {
    if (auto iterate = dyn_cast<IterateOp>(top))
      flattenScope(*iterate.getBody());
    else
      sinkScalars(top);
  }
}

struct FlattenPass : impl::FlattenPassBase<FlattenPass> {
  void runOnOperation() override;
};

void FlattenPass::runOnOperation() {
  Flattener flattener(&getContext());
  for (Block &block : getOperation().getFunctionBody()) {
    flattener.flattenScope(block);
    eraseDeadCode(block);
  }
}

} // namespace
} // namespace jacquard::pat
