// VerifyFlat.cpp - check the flat form and name what offends it
// Why: fusion and the lowering to `pipe` rely on the form; a located sentence beats a failed lowering.
// Needs: valid `pat`.
// Gives: the module unchanged, or one diagnostic per offending op.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Transforms/RegionUtils.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_VERIFYFLATPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-verify-flat"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// F3: scalar code only; `fold`, when not null, is the one pattern that may stand in the body.
LogicalResult verifyBody(Operation *pattern, Block &body, Operation *fold) {
  for (Operation &op : body.without_terminator()) {
    if (&op == fold || isScalarCode(&op))
      continue;
    if (isPattern(&op))
      return op.emitOpError("is nested in '")
             << pattern->getName()
             << "'; expected flat patterns (run pat-flatten, or rewrite the nest if it "
                "stays)";
    return op.emitOpError("in the body of '")
           << pattern->getName() << "' is not scalar code; expected arith, math and pat.at only";
  }
  return success();
}

/// F5
LogicalResult verifyCaptures(Operation *pattern) {
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(pattern->getRegions(), captured);
  for (Value value : captured) {
    Operation *def = value.getDefiningOp();
    if (!def || isa<ShapedType>(value.getType()) || isPattern(def) || def->hasTrait<OpTrait::ConstantLike>())
      continue;
    InFlightDiagnostic error = pattern->emitOpError("uses a scalar that '")
                               << def->getName()
                               << "' computes outside of it; expected a constant, an argument or the "
                                  "result of a pattern (run pat-flatten)";
    error.attachNote(def->getLoc()) << "computed here";
    return error;
  }
  return success();
}

LogicalResult verifyMap(MapOp map) {
  FoldOp fold;
  for (Operation *nested : patternsIn(*map.getBody())) {
    auto found = dyn_cast<FoldOp>(nested);
    if (found && fold) // F2
      return found.emitOpError("is the second fold of a map; expected at most one (run pat-flatten)");
    if (found)
      fold = found;
  }
  if (failed(verifyBody(map, *map.getBody(), fold)) || (fold && failed(verifyBody(fold, *fold.getBody(), nullptr))))
    return failure();
  for (auto [i, type] : llvm::enumerate(map.getBodyYield().getOperandTypes())) // F4
    if (isa<ShapedType>(type))
      return map.emitOpError("yields a tensor as value ") << i << "; expected scalars (run pat-flatten)";
  return verifyCaptures(map);
}

LogicalResult verifyTop(Operation *op) {
  if (auto map = dyn_cast<MapOp>(op))
    return verifyMap(map);
  if (isa<FoldOp>(op)) // F1
    return op->emitOpError("stands outside of a map; expected a map of rank 0 around it (run pat-flatten)");
  if (auto group = dyn_cast<GroupByOp>(op))
    return failed(verifyBody(op, *group.getBody(), nullptr)) ? failure() : verifyCaptures(op);
  if (!isPattern(op) && op->walk([&](Operation *inner) {
                            return isPattern(inner) ? WalkResult::interrupt() : WalkResult::advance();
                          }).wasInterrupted()) // F1
    return op->emitOpError("has patterns in its regions; expected them directly in the function");
  return success();
}

struct VerifyFlatPass : impl::VerifyFlatPassBase<VerifyFlatPass> {
  void runOnOperation() override;
};

void VerifyFlatPass::runOnOperation() {
  forEachScope(getOperation(), [&](Block &scope) {
    for (Operation &op : scope)
      if (failed(verifyTop(&op)))
        signalPassFailure();
  });
  markAllAnalysesPreserved();
}

} // namespace
} // namespace jacquard::pat
