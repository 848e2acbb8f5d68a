// RowUpdate.cpp - patterns that change one row of a carried tensor
//
// A loop that gives a value per trip carries a tensor of all of them, and each trip makes a new one that differs in a
// row. Where it may overwrite the old one, writing that row is enough.
#include "RowUpdate.h"

#include "JoinParts.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// Whether nothing in the map's body that `value` comes from is one of its indices or memory.
bool isSameForAllPoints(Value value, pat::MapOp map) {
  SmallVector<Value> open = {value};
  for (size_t i = 0; i < open.size(); ++i) { // grows while it is walked
    if (!map.getBody()->getParent()->isAncestor(open[i].getParentRegion()))
      continue;
    Operation *op = open[i].getDefiningOp();
    if (!op || op->getNumRegions() != 0 || !isPure(op) || isa<pat::AtOp>(op))
      return false;
    llvm::append_range(open, op->getOperands());
  }
  return true;
}

} // namespace

std::optional<RowUpdate> jacquard::matchRowUpdate(pat::MapOp map) {
  if (map->getNumResults() != 1)
    return std::nullopt;
  auto select = map.getBodyYield()->getOperand(0).getDefiningOp<arith::SelectOp>();
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq || !compare->hasOneUse())
    return std::nullopt;
  for (bool swapped : {false, true}) {
    auto index = dyn_cast<BlockArgument>(swapped ? compare.getRhs() : compare.getLhs());
    Value row = swapped ? compare.getLhs() : compare.getRhs();
    if (!index || index.getOwner() != map.getBody() || !isSameForAllPoints(row, map))
      continue;
    bool onlyOld = llvm::all_of(index.getUsers(), [&](Operation *user) {
      auto read = dyn_cast<pat::AtOp>(user);
      return user == compare || (read && read.getResult() == select.getFalseValue() && read->hasOneUse());
    });
    if (onlyOld)
      return RowUpdate{index.getArgNumber(), row, select.getTrueValue(), select.getFalseValue()};
  }
  return std::nullopt;
}

pat::MapOp jacquard::computeRowOnly(pat::MapOp map) {
  unsigned dim = matchRowUpdate(map)->dim;
  OpBuilder b(map);
  SmallVector<int64_t> domain(map.getDomain()), part = {0};
  llvm::append_range(part, domain);
  domain[dim] = 1;
  auto row = pat::MapOp::create(b, map.getLoc(), domain, [&](OpBuilder &inner, Location, ValueRange indices) {
    IRMapping values;
    values.map(map.getIndices(), indices);
    for (Operation &op : map.getBody()->without_terminator())
      inner.clone(op, values);
    return SmallVector<Value>{values.lookup(map.getBodyYield()->getOperand(0))};
  });
  row->setAttr(rowAttr, b.getIndexAttr(dim));
  row->setAttr(partAttr, b.getDenseI64ArrayAttr(part));
  RowUpdate update = *matchRowUpdate(row);
  auto select = row.getBodyYield()->getOperand(0).getDefiningOp<arith::SelectOp>();
  select.getFalseValueMutable().assign(update.fresh);
  if (Operation *read = update.before.getDefiningOp(); read && read->use_empty())
    read->erase();
  return row;
}
