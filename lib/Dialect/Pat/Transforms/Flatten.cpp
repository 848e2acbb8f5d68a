// Flatten.cpp - bring nested patterns into the flat form
// Why: a flat pattern is one loop nest with one innermost body, which is what fusion looks at and `pipe` lowers.
// Needs: valid `pat`.
// Gives: every pattern stands directly in its scope (function or `pat.iterate` body); a map holds at most one fold.
//        What cannot be written so (a `pat.filter` for every point of a map) stays and is named by `pat-verify-flat`.
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

/// The index arguments of the bodies around a nested pattern that it depends on, outermost first.
struct Context {
  SmallVector<BlockArgument> indices;
  SmallVector<int64_t> extents;
  SmallVector<Operation *> code; ///< scalar code that the pattern captures, to be copied
};

int64_t extentOf(BlockArgument index) {
  return domainOf(index.getOwner()->getParentOp())[index.getArgNumber()];
}

/// True if `op` runs in the bodies (not the combiners) of patterns, all the way up to `top`.
bool runsInBodiesOf(Operation *op, Operation *top) {
  for (Operation *child = op; child != top; child = child->getParentOp()) {
    Operation *parent = child->getParentOp();
    if (!isPattern(parent) || isa<IterateOp>(parent) || child->getParentRegion() != &parent->getRegion(0))
      return false;
  }
  return true;
}

/// Outer indices before inner ones.
bool isOuter(BlockArgument a, BlockArgument b) {
  if (a.getOwner() == b.getOwner())
    return a.getArgNumber() < b.getArgNumber();
  return a.getOwner()->getParentOp()->isProperAncestor(b.getOwner()->getParentOp());
}

void takeIndices(const Slice &slice, Context &context) {
  context.code.assign(slice.ops.begin(), slice.ops.end());
  context.indices.assign(slice.indices.begin(), slice.indices.end());
  llvm::sort(context.indices, isOuter);
  for (BlockArgument index : context.indices)
    context.extents.push_back(extentOf(index));
}

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
  Operation *buildHoisted(Operation *nested, const Context &context);
  Operation *hoistMap(MapOp nested, const Context &context);
  Operation *hoistFold(FoldOp nested, const Context &context);
  Operation *hoistScan(ScanOp nested, const Context &context);
  Operation *hoistGroupBy(GroupByOp nested, const Context &context);
  Operation *hoistAsIs(Operation *nested, const Context &context);
  IRMapping openBody(const Context &context, ValueRange indices);
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
  llvm::SmallPtrSet<Operation *, 4> stuck;            ///< patterns that cannot leave
  /// Results of maps whose yield already names the hoisted tensor -> the map's indices that the tensor depends on.
  llvm::DenseMap<std::pair<Operation *, unsigned>, SmallVector<BlockArgument>> tensorYields;
};

/// The identity of a component as a constant, or null.
Attribute constantOf(Value value) {
  Attribute attribute;
  return matchPattern(value, m_Constant(&attribute)) ? attribute : Attribute();
}

bool sameInits(FoldOp a, FoldOp b) {
  return a.getInits().size() == b.getInits().size() && llvm::all_of(llvm::zip(a.getInits(), b.getInits()), [](auto pair) {
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
    Context context;
    takeIndices(slice, context);
    b.setInsertionPoint(top);
    auto stored = MapOp::create(b, value.getLoc(), context.extents, [&](OpBuilder &, Location loc, ValueRange indices) {
      IRMapping mapping = openBody(context, indices);
      return SmallVector<Value>{toElement(b, loc, mapping.lookup(value))};
    });
    b.setInsertionPointAfterValue(value);
    Value element = at(b, value.getLoc(), stored->getResult(0), ValueRange(llvm::to_vector_of<Value>(context.indices)));
    value.replaceAllUsesWith(fromElement(b, value.getLoc(), element, value.getType()));
  }
}

/// Starts a hoisted body: maps the indices of the context and copies its code.
IRMapping Flattener::openBody(const Context &context, ValueRange indices) {
  IRMapping mapping;
  for (auto [old, index] : llvm::zip(context.indices, indices))
    mapping.map(old, index);
  for (Operation *op : context.code)
    b.clone(*op, mapping);
  return mapping;
}

/// Copies the ops of `body` with its arguments mapped to `indices` and returns the copies of what it yields.
SmallVector<Value> copyBody(OpBuilder &b, Block &body, ValueRange indices, IRMapping &mapping) {
  for (auto [old, index] : llvm::zip(body.getArguments(), indices))
    mapping.map(old, index);
  for (Operation &op : body.without_terminator())
    b.clone(op, mapping);
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value v) { return mapping.lookupOrDefault(v); });
}

SmallVector<int64_t> extended(const Context &context, ArrayRef<int64_t> domain) {
  SmallVector<int64_t> result(context.extents);
  llvm::append_range(result, domain);
  return result;
}

Operation *Flattener::hoistMap(MapOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return MapOp::create(b, nested.getLoc(), extended(context, nested.getDomain()),
                       [&](OpBuilder &, Location, ValueRange indices) {
                         IRMapping mapping = openBody(context, indices.take_front(outer));
                         return copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping);
                       });
}

Operation *Flattener::hoistFold(FoldOp nested, const Context &context) {
  return MapOp::create(b, nested.getLoc(), context.extents, [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping = openBody(context, indices);
    Operation *fold = b.clone(*nested, mapping);
    return llvm::map_to_vector(fold->getResults(), [&](Value v) { return toElement(b, loc, v); });
  });
}

SmallVector<Value> copyCombiner(OpBuilder &b, Block &combiner, ValueRange lhs, ValueRange rhs, IRMapping mapping) {
  SmallVector<Value> arguments(lhs);
  llvm::append_range(arguments, rhs);
  return copyBody(b, combiner, arguments, mapping);
}

Operation *Flattener::hoistScan(ScanOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return ScanOp::create(
      b, nested.getLoc(), extended(context, nested.getDomain()), static_cast<int64_t>(nested.getDim() + outer),
      nested.getInits(), nested.getExclusive(), nested.getReverse(),
      [&](OpBuilder &, Location, ValueRange indices) {
        IRMapping mapping = openBody(context, indices.take_front(outer));
        return copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping);
      },
      [&](OpBuilder &, Location, ValueRange lhs, ValueRange rhs) {
        return copyCombiner(b, *nested.getCombiner(), lhs, rhs, {});
      });
}

Operation *Flattener::hoistGroupBy(GroupByOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return GroupByOp::create(
      b, nested.getLoc(), extended(context, nested.getDomain()), extended(context, nested.getKeys()),
      nested.getInits(), nested.dropsOutside(),
      [&](OpBuilder &, Location, ValueRange indices) {
        IRMapping mapping = openBody(context, indices.take_front(outer));
        SmallVector<Value> yielded(indices.take_front(outer));
        llvm::append_range(yielded, copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping));
        return yielded;
      },
      [&](OpBuilder &, Location, ValueRange lhs, ValueRange rhs) {
        return copyCombiner(b, *nested.getCombiner(), lhs, rhs, {});
      });
}

/// A pattern that is the same at every point.
Operation *Flattener::hoistAsIs(Operation *nested, const Context &context) {
  if (!context.indices.empty())
    return nullptr;
  IRMapping mapping = openBody(context, {});
  return b.clone(*nested, mapping);
}

/// The pattern over context ++ its own domain, or null when there is no such pattern.
Operation *Flattener::buildHoisted(Operation *nested, const Context &context) {
  if (auto map = dyn_cast<MapOp>(nested))
    return hoistMap(map, context);
  if (auto fold = dyn_cast<FoldOp>(nested))
    return hoistFold(fold, context);
  if (auto scan = dyn_cast<ScanOp>(nested))
    return hoistScan(scan, context);
  if (auto group = dyn_cast<GroupByOp>(nested))
    return hoistGroupBy(group, context);
  return hoistAsIs(nested, context);
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
    Value element = at(b, read.getLoc(), hoisted, AffineMap::get(operands.size(), 0, results, ctx), operands,
                       read.getElseValue());
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
  Context context;
  takeIndices(slice, context);
  // Operands of a pattern in the scope must be known there.
  if (isa<ScanOp, GroupByOp>(nested))
    for (Value operand : nested->getOperands())
      if (top->isAncestor(operand.getParentBlock()->getParentOp()))
        return false;
  b.setInsertionPoint(top);
  Operation *hoisted = buildHoisted(nested, context);
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
  auto map = cast<MapOp>(hoistFold(fold, Context()));
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
    Context context;
    takeIndices(slice, context);
    if (slice.expensive && numPoints(domainOf(top)) > 1) {
      b.setInsertionPointAfterValue(value);
      auto stored = MapOp::create(b, value.getLoc(), {}, [&](OpBuilder &, Location loc, ValueRange) {
        IRMapping inner = openBody(context, {});
        return SmallVector<Value>{toElement(b, loc, inner.lookup(value))};
      });
      b.setInsertionPointToStart(&top->getRegion(0).front());
      Value element = at(b, value.getLoc(), stored->getResult(0), ValueRange());
      mapping.map(value, fromElement(b, value.getLoc(), element, value.getType()));
    } else {
      b.setInsertionPointToStart(&top->getRegion(0).front());
      mapping.map(value, openBody(context, {}).lookup(value));
    }
    value.replaceUsesWithIf(mapping.lookup(value), [&](OpOperand &use) { return top->isProperAncestor(use.getOwner()); });
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
