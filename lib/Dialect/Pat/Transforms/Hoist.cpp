// Hoist.cpp - patterns over the indices of the bodies around them
#include "Hoist.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace jacquard::pat {
namespace {

int64_t extentOf(BlockArgument index) { return domainOf(index.getOwner()->getParentOp())[index.getArgNumber()]; }

/// Outer indices before inner ones.
bool isOuter(BlockArgument a, BlockArgument b) {
  if (a.getOwner() == b.getOwner())
    return a.getArgNumber() < b.getArgNumber();
  return a.getOwner()->getParentOp()->isProperAncestor(b.getOwner()->getParentOp());
}

} // namespace

Context contextOf(const Slice &slice) {
  Context context;
  context.code.assign(slice.ops.begin(), slice.ops.end());
  context.indices.assign(slice.indices.begin(), slice.indices.end());
  llvm::sort(context.indices, isOuter);
  for (BlockArgument index : context.indices)
    context.extents.push_back(extentOf(index));
  return context;
}

bool runsInBodiesOf(Operation *op, Operation *top) {
  for (Operation *child = op; child != top; child = child->getParentOp()) {
    Operation *parent = child->getParentOp();
    if (!isPattern(parent) || isa<IterateOp>(parent) || child->getParentRegion() != &parent->getRegion(0))
      return false;
  }
  return true;
}

IRMapping openBody(OpBuilder &b, const Context &context, ValueRange indices) {
  IRMapping mapping;
  for (auto [old, index] : llvm::zip(context.indices, indices))
    mapping.map(old, index);
  for (Operation *op : context.code)
    b.clone(*op, mapping);
  return mapping;
}

MapOp storeScalar(OpBuilder &b, Value value, const Context &context) {
  return MapOp::create(b, value.getLoc(), context.extents, [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping = openBody(b, context, indices);
    return SmallVector<Value>{toElement(b, loc, mapping.lookup(value))};
  });
}

namespace {

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

Operation *hoistMap(OpBuilder &b, MapOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return MapOp::create(b, nested.getLoc(), extended(context, nested.getDomain()),
                       [&](OpBuilder &, Location, ValueRange indices) {
                         IRMapping mapping = openBody(b, context, indices.take_front(outer));
                         return copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping);
                       });
}

Operation *hoistFold(OpBuilder &b, FoldOp nested, const Context &context) {
  return MapOp::create(b, nested.getLoc(), context.extents, [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping = openBody(b, context, indices);
    Operation *fold = b.clone(*nested, mapping);
    return llvm::map_to_vector(fold->getResults(), [&](Value v) { return toElement(b, loc, v); });
  });
}

SmallVector<Value> copyCombiner(OpBuilder &b, Block &combiner, ValueRange lhs, ValueRange rhs, IRMapping mapping) {
  SmallVector<Value> arguments(lhs);
  llvm::append_range(arguments, rhs);
  return copyBody(b, combiner, arguments, mapping);
}

Operation *hoistScan(OpBuilder &b, ScanOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return ScanOp::create(
      b, nested.getLoc(), extended(context, nested.getDomain()), static_cast<int64_t>(nested.getDim() + outer),
      nested.getInits(), nested.getExclusive(), nested.getReverse(),
      [&](OpBuilder &, Location, ValueRange indices) {
        IRMapping mapping = openBody(b, context, indices.take_front(outer));
        return copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping);
      },
      [&](OpBuilder &, Location, ValueRange lhs, ValueRange rhs) {
        return copyCombiner(b, *nested.getCombiner(), lhs, rhs, {});
      });
}

Operation *hoistGroupBy(OpBuilder &b, GroupByOp nested, const Context &context) {
  size_t outer = context.indices.size();
  return GroupByOp::create(
      b, nested.getLoc(), extended(context, nested.getDomain()), extended(context, nested.getKeys()), nested.getInits(),
      nested.dropsOutside(),
      [&](OpBuilder &, Location, ValueRange indices) {
        IRMapping mapping = openBody(b, context, indices.take_front(outer));
        SmallVector<Value> yielded(indices.take_front(outer));
        llvm::append_range(yielded, copyBody(b, *nested.getBody(), indices.drop_front(outer), mapping));
        return yielded;
      },
      [&](OpBuilder &, Location, ValueRange lhs, ValueRange rhs) {
        return copyCombiner(b, *nested.getCombiner(), lhs, rhs, {});
      });
}

/// A pattern that is the same at every point.
Operation *hoistAsIs(OpBuilder &b, Operation *nested, const Context &context) {
  if (!context.indices.empty())
    return nullptr;
  IRMapping mapping = openBody(b, context, {});
  return b.clone(*nested, mapping);
}

} // namespace

Operation *buildHoisted(OpBuilder &b, Operation *nested, const Context &context) {
  if (auto map = dyn_cast<MapOp>(nested))
    return hoistMap(b, map, context);
  if (auto fold = dyn_cast<FoldOp>(nested))
    return hoistFold(b, fold, context);
  if (auto scan = dyn_cast<ScanOp>(nested))
    return hoistScan(b, scan, context);
  if (auto group = dyn_cast<GroupByOp>(nested))
    return hoistGroupBy(b, group, context);
  return hoistAsIs(b, nested, context);
}

} // namespace jacquard::pat
