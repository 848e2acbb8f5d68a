// CarryTensors.cpp - loops carry tensors and nothing else
// Why: between the sections of a loop values live in DRAM; scalars have no place of their own there.
// Needs: valid `pat`.
// Gives: every `pat.iterate` carries tensors; its condition is a constant or the element of a rank-0 tensor of its
// body.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_CARRYTENSORSPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-carry-tensors"

using namespace mlir;

namespace jacquard::pat {
namespace {

bool isTensor(Value value) { return isa<RankedTensorType>(value.getType()); }

/// %t = map () { yield %scalar }; tensors stay as they are.
Value toTensor(OpBuilder &b, Location loc, Value value) {
  if (isTensor(value))
    return value;
  return MapOp::create(
             b, loc, ArrayRef<int64_t>(),
             [&](OpBuilder &b, Location loc, ValueRange) { return SmallVector<Value>{toElement(b, loc, value)}; })
      ->getResult(0);
}

/// The value of type `type` that `tensor` holds.
Value fromTensor(OpBuilder &b, Location loc, Value tensor, Type type) {
  if (isa<RankedTensorType>(type))
    return tensor;
  return fromElement(b, loc, at(b, loc, tensor, ValueRange()), type);
}

/// Whether a condition is a constant or stands in a tensor already.
bool isStored(Value condition) {
  auto read = condition.getDefiningOp<AtOp>();
  return matchPattern(condition, m_Constant()) || (read && read.getTensorType().getRank() == 0);
}

bool needsRewriting(IterateOp loop) {
  return !llvm::all_of(loop.getInits(), isTensor) || !isStored(loop.getBodyYield().getOperand(0));
}

/// Copies the body into the new loop; `arguments` are the iteration number and the carried tensors.
SmallVector<Value> copyBody(OpBuilder &b, IterateOp loop, ValueRange arguments) {
  IRMapping mapping;
  mapping.map(loop.getIteration(), arguments.front());
  for (auto [old, tensor] : llvm::zip(loop.getCarried(), arguments.drop_front()))
    mapping.map(old, fromTensor(b, loop.getLoc(), tensor, old.getType()));
  for (Operation &op : loop.getBody()->without_terminator())
    b.clone(op, mapping);
  YieldOp yield = loop.getBodyYield();
  Value condition = mapping.lookupOrDefault(yield.getOperand(0));
  if (!isStored(condition))
    condition = at(b, yield.getLoc(), toTensor(b, yield.getLoc(), condition), ValueRange());
  SmallVector<Value> results = {condition};
  for (Value next : yield.getOperands().drop_front())
    results.push_back(toTensor(b, yield.getLoc(), mapping.lookupOrDefault(next)));
  return results;
}

void rewrite(IterateOp loop) {
  OpBuilder b(loop);
  SmallVector<Value> inits;
  for (Value init : loop.getInits())
    inits.push_back(toTensor(b, loop.getLoc(), init));
  auto carrying =
      IterateOp::create(b, loop.getLoc(), loop.getMax(), inits,
                        [&](OpBuilder &b, Location, ValueRange arguments) { return copyBody(b, loop, arguments); });
  for (auto [old, tensor] : llvm::zip(loop.getResults(), carrying.getResults()))
    old.replaceAllUsesWith(fromTensor(b, loop.getLoc(), tensor, old.getType()));
  loop.erase();
}

struct CarryTensorsPass : impl::CarryTensorsPassBase<CarryTensorsPass> {
  void runOnOperation() override;
};

void CarryTensorsPass::runOnOperation() {
  SmallVector<IterateOp> loops; // inner ones first: outer ones copy them
  getOperation().walk([&](IterateOp loop) {
    if (needsRewriting(loop))
      loops.push_back(loop);
  });
  for (IterateOp loop : loops)
    rewrite(loop);
}

} // namespace
} // namespace jacquard::pat
