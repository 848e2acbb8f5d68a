// Fit.cpp - maps a model again, section by section, until all of it fits the machine
#include "jacquard/Pipeline/Fit.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"

#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace jacquard;

static bool isPattern(Operation *op) { return isa<pat::MapOp, pat::GroupByOp>(op); }

static void numberPatterns(ModuleOp module) {
  int64_t number = 0;
  Builder b(module.getContext());
  module.walk([&](Operation *op) {
    if (isPattern(op))
      op->setAttr(patternNumberAttr, b.getI64IntegerAttr(number++));
  });
}

static void forgetNumbers(ModuleOp module) {
  module.walk([](Operation *op) {
    op->removeAttr(sectionPatternsAttr);
    op->removeAttr(patternNumberAttr);
  });
}

/// The patterns of the sections that did not fit.
static llvm::SmallSet<int64_t, 8> patternsThatDoNotFit(ModuleOp module) {
  llvm::SmallSet<int64_t, 8> numbers;
  module.walk([&](Operation *op) {
    auto patterns = op->getAttrOfType<DenseI64ArrayAttr>(sectionPatternsAttr);
    if (patterns && op->hasAttr(fabric::doesNotFitAttr))
      numbers.insert(patterns.asArrayRef().begin(), patterns.asArrayRef().end());
  });
  return numbers;
}

/// Moves the patterns `numbers` one step back; false when one has no step left.
static bool retreat(ModuleOp module, const llvm::SmallSet<int64_t, 8> &numbers) {
  bool canRetreat = !numbers.empty();
  Builder b(module.getContext());
  module.walk([&](Operation *op) {
    auto number = op->getAttrOfType<IntegerAttr>(patternNumberAttr);
    if (!number || !numbers.contains(number.getInt()))
      return;
    auto steps = op->getAttrOfType<IntegerAttr>(retreatAttr);
    int64_t next = (steps ? steps.getInt() : 0) + 1;
    if (next < int64_t(numRetreats))
      op->setAttr(retreatAttr, b.getI64IntegerAttr(next));
    else
      canRetreat = false;
  });
  return canRetreat;
}

bool jacquard::runUntilItFits(OwningOpRef<ModuleOp> &module, function_ref<bool(bool last)> attempt) {
  numberPatterns(*module);
  OwningOpRef<ModuleOp> backup = module->clone();
  while (true) {
    bool ok = attempt(/*last=*/false);
    bool again = !ok && retreat(*backup, patternsThatDoNotFit(*module));
    if (!ok)
      module = backup->clone();
    if (!ok && !again)
      ok = attempt(/*last=*/true); // for its errors
    if (!again) {
      forgetNumbers(*module);
      return ok;
    }
  }
}
