// Prune.cpp - erase the words, inputs and streams that nothing reads
// Why: lowering an expression folds parts of it away (x * 0, an index into one element); what fed them would still take a
// stage, a port or a unit, or wait forever for a reader.
// Needs: virtual units. Gives: every word, every input of a compute unit and every stream has a reader.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPRUNEPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-prune"

namespace {

struct FabricPrune : fabric::impl::FabricPrunePassBase<FabricPrune> {
  void runOnOperation() override;
};

void eraseUnreadWords(ComputeOp unit) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(unit.getBody().front())))
    if (op.use_empty() && isa<FuOp, CounterOp, ConstantOp, LaneOp>(op))
      op.erase();
}

void dropUnreadInputs(ComputeOp unit) {
  Block &body = unit.getBody().front();
  SmallVector<int64_t> popLevels(unit.getPopLevels());
  for (unsigned i = body.getNumArguments(); i-- > 0;) {
    if (!body.getArgument(i).use_empty())
      continue;
    unsigned numVectors = unit.getVectors().size();
    if (i < numVectors)
      unit.getVectorsMutable().erase(i);
    else
      unit.getScalarsMutable().erase(i - numVectors);
    popLevels.erase(popLevels.begin() + i);
    body.eraseArgument(i);
  }
  unit.setPopLevels(popLevels);
}

/// Producers stand before their readers, so one walk from the end reaches whole chains.
void FabricPrune::runOnOperation() {
  getOperation().walk([](SectionOp section) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(section.getBody().front()))) {
      auto memory = dyn_cast<MemoryOp>(op);
      bool keeps = memory && memory.getHome() && memory.getWrite(); // for a later section
      if (op.use_empty() && !keeps && isa<LoadOp, MemoryOp, ComputeOp>(op)) {
        op.erase();
      } else if (auto unit = dyn_cast<ComputeOp>(op); unit && !unit.isPartitioned()) {
        eraseUnreadWords(unit);
        dropUnreadInputs(unit);
      }
    }
  });
}

} // namespace
