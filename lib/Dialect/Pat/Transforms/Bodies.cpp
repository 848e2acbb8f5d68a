// Bodies.cpp - questions about the bodies of patterns, and ways to copy code from one body into another
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace jacquard::pat {

bool isPattern(Operation *op) { return isa<MapOp, FoldOp, GroupByOp, FilterOp, FlatMapOp, ScanOp, IterateOp>(op); }

ArrayRef<int64_t> domainOf(Operation *pattern) {
  return llvm::TypeSwitch<Operation *, ArrayRef<int64_t>>(pattern)
      .Case<MapOp, FoldOp, GroupByOp, FilterOp, FlatMapOp, ScanOp>([](auto op) { return op.getDomain(); })
      .Default({});
}

SmallVector<Operation *> patternsIn(Block &block) {
  SmallVector<Operation *> patterns;
  for (Operation &op : block)
    if (isPattern(&op))
      patterns.push_back(&op);
  return patterns;
}

bool isScalarCode(Operation *op) {
  if (isPattern(op) || op->getNumRegions() != 0 || op->getNumResults() == 0 || op->hasTrait<OpTrait::IsTerminator>() ||
      !isMemoryEffectFree(op))
    return false;
  auto isTensor = [](Type type) { return isa<ShapedType>(type); };
  return !llvm::any_of(op->getResultTypes(), isTensor) &&
         (isa<AtOp>(op) || !llvm::any_of(op->getOperandTypes(), isTensor));
}

bool isExpensive(Operation *op) {
  if (isa<arith::DivFOp, arith::RemFOp>(op))
    return true;
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::FloorDivSIOp, arith::CeilDivSIOp,
          arith::CeilDivUIOp>(op))
    return !op->getResult(0).getType().isIndex();
  if (isa<math::AbsFOp, math::AbsIOp, math::CopySignOp, math::FmaOp, math::FloorOp, math::CeilOp, math::RoundOp,
          math::RoundEvenOp, math::TruncOp, math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::ClampFOp>(op))
    return false;
  return isa_and_nonnull<math::MathDialect>(op->getDialect());
}

static void visitScope(Block &scope, llvm::function_ref<void(Block &)> visit) {
  visit(scope);
  for (Operation &op : scope)
    if (auto iterate = dyn_cast<IterateOp>(op))
      visitScope(*iterate.getBody(), visit);
}

void forEachScope(Operation *root, llvm::function_ref<void(Block &)> visit) {
  for (Region &region : root->getRegions())
    for (Block &block : region)
      visitScope(block, visit);
}

void eraseDeadCode(Block &scope) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(scope))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    for (Region &region : op.getRegions())
      for (Block &block : region)
        eraseDeadCode(block);
  }
}

/// Indices can be rebuilt; other arguments cannot.
static LogicalResult addArgumentToSlice(BlockArgument argument, Slice &slice) {
  Block *block = argument.getOwner();
  bool isIndex = block->getParent()->getRegionNumber() == 0 && !domainOf(block->getParentOp()).empty();
  if (!isIndex)
    return failure();
  slice.indices.insert(argument);
  return success();
}

LogicalResult addToSlice(Value value, Operation *top, Slice &slice) {
  // Not by recursion: chains of operations may be long.
  SmallVector<std::pair<Value, bool>> stack = {{value, false}};
  while (!stack.empty()) {
    auto [next, hasOperands] = stack.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (!top->isAncestor(next.getParentBlock()->getParentOp()) || (op && slice.ops.contains(op)))
      continue;
    if (!op) {
      if (failed(addArgumentToSlice(cast<BlockArgument>(next), slice)))
        return failure();
      continue;
    }
    if (hasOperands) {
      slice.ops.insert(op);
      slice.expensive |= isExpensive(op);
      continue;
    }
    if (!isScalarCode(op))
      return failure();
    stack.push_back({next, true});
    for (Value operand : llvm::reverse(op->getOperands()))
      stack.push_back({operand, false});
  }
  return success();
}

Value toElement(OpBuilder &b, Location loc, Value value) {
  if (!value.getType().isIndex())
    return value;
  return arith::IndexCastOp::create(b, loc, b.getI64Type(), value);
}

Value fromElement(OpBuilder &b, Location loc, Value element, Type type) {
  if (!type.isIndex())
    return element;
  return arith::IndexCastOp::create(b, loc, type, element);
}

Value zeroOf(OpBuilder &b, Location loc, Type type) {
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
}

BodyCopier::BodyCopier(OpBuilder &b, ArrayRef<BlockArgument> indices, const Access &images) : b(b), images(images) {
  for (auto [i, index] : llvm::enumerate(indices))
    position[index] = i;
}

Value BodyCopier::lookup(Value value) {
  if (Value copied = mapping.lookupOrNull(value))
    return copied;
  auto it = position.find(value);
  if (it == position.end())
    return value;
  Value index = materializeIndex(b, value.getLoc(), images.map.getResult(it->second), images.operands);
  mapping.map(value, index);
  return index;
}

void BodyCopier::materializeOperands(Operation *op) {
  SetVector<Value> used(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), used);
  for (Value value : used)
    if (position.count(value))
      lookup(value);
}

Operation *BodyCopier::copyAt(AtOp op) {
  Access access;
  access.operands = images.operands;
  SmallVector<AffineExpr> dims;
  MLIRContext *context = op.getContext();
  for (Value index : op.getIndices()) {
    auto it = position.find(index);
    if (it != position.end()) {
      dims.push_back(images.map.getResult(it->second));
      continue;
    }
    dims.push_back(getAffineDimExpr(access.operands.size(), context));
    access.operands.push_back(lookup(index));
  }
  AffineMap map = op.getAccessMap();
  access.map = map.replaceDimsAndSymbols(dims, {}, access.operands.size(), 0);
  access.normalize();
  Value otherwise = op.getElseValue() ? lookup(op.getElseValue()) : Value();
  auto copied =
      cast<AtOp>(at(b, op.getLoc(), lookup(op.getTensor()), access.map, access.operands, otherwise).getDefiningOp());
  if (guarded && !otherwise && !isProvablyInBounds(copied)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(copied);
    copied.getElseValueMutable().assign(zeroOf(b, op.getLoc(), copied.getType()));
  }
  return copied;
}

Operation *BodyCopier::copy(Operation *op) {
  Operation *copied;
  if (auto atOp = dyn_cast<AtOp>(op)) {
    copied = copyAt(atOp);
  } else {
    materializeOperands(op);
    copied = b.clone(*op, mapping);
  }
  mapping.map(op->getResults(), copied->getResults());
  return copied;
}

} // namespace jacquard::pat
