// SimplifyIndex.cpp - simplify the affine maps of accesses by the ranges of their operands
// Why: composed reshapes are towers of floordiv and mod that cancel when extents are known.
// Needs: valid `pat`.
// Gives: the same accesses; no map has more divisions than before.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_SIMPLIFYINDEXPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-simplify-index"

using namespace mlir;

namespace jacquard::pat {
namespace {

struct SimplifyIndexPass : impl::SimplifyIndexPassBase<SimplifyIndexPass> {
  void runOnOperation() override;
};

void SimplifyIndexPass::runOnOperation() {
  OpBuilder b(&getContext());
  getOperation()->walk([&](AtOp op) {
    Access before = accessOf(op), after = before;
    after.normalize();
    if (after.map == before.map && after.operands == before.operands)
      return;
    b.setInsertionPoint(op);
    op.replaceAllUsesWith(at(b, op.getLoc(), op.getTensor(), after.map, after.operands, op.getElseValue()));
    op.erase();
  });
  for (Block &block : getOperation().getFunctionBody())
    eraseDeadCode(block);
}

} // namespace
} // namespace jacquard::pat
