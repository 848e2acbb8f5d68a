// MergeEqual.cpp - merge equal operations, among them equal patterns
// Why: a pattern reads tensors inside its body and has no operands, so that the hashes of upstream's elimination of
// common subexpressions, which leave bodies out, collide for all patterns of one shape; it then compares each of them
// with each, which takes minutes for a model of some thousand layers. Fingerprints of the bodies set them apart.
// Needs: valid `pat`.
// Gives: the same values; no two equal patterns where one dominates the other.
#include "jacquard/Dialect/Pat/Transforms/MergeEqual.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_MERGEEQUALPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-merge-equal"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// Carries a fingerprint while equal operations are merged: hashes include attributes.
constexpr llvm::StringLiteral fingerprintAttr = "pat.fingerprint";

/// Numbers that are equal for operations which compute the same, bodies included. They name operands by the
/// fingerprints of what computes them, not by address, so that they still agree after operands have been merged.
class Fingerprints {
public:
  Fingerprints(Operation *root) {
    root->walk([&](Operation *op) { prints[op] = compute(op); }); // what is inside first, in program order
  }

  llvm::hash_code of(Operation *op) const { return prints.lookup(op); }

private:
  llvm::hash_code of(Value value) const {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return llvm::hash_combine(argument.getType(), argument.getArgNumber());
    return llvm::hash_combine(of(value.getDefiningOp()), cast<OpResult>(value).getResultNumber());
  }

  llvm::hash_code compute(Operation *op) const {
    llvm::hash_code print = OperationEquivalence::computeHash(
        op, [&](Value operand) { return of(operand); }, OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        print = llvm::hash_combine(print, of(&inner));
    return print;
  }

  llvm::DenseMap<Operation *, llvm::hash_code> prints;
};

struct MergeEqualPass : impl::MergeEqualPassBase<MergeEqualPass> {
  void runOnOperation() override { mergeEqual(getOperation()); }
};

} // namespace

void mergeEqual(func::FuncOp func) {
  Fingerprints prints(func);
  IRRewriter rewriter(func.getContext());
  func.getFunctionBody().walk([&](Operation *op) {
    if (op->getNumRegions() != 0)
      op->setDiscardableAttr(fingerprintAttr, rewriter.getI64IntegerAttr(int64_t(size_t(prints.of(op)))));
  });
  DominanceInfo dominance(func);
  eliminateCommonSubExpressions(rewriter, dominance, func);
  func.walk([](Operation *op) { op->removeDiscardableAttr(fingerprintAttr); });
}

} // namespace jacquard::pat
