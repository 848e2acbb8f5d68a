// Fit.cpp - maps a model again, section by section, until all of it fits the machine
#include "jacquard/Pipeline/Fit.h"

#include "PatternNumbers.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace jacquard;

/// Moves the patterns `numbers` one step back, in haste to one unit at least; false when one has no step left.
static bool retreat(ModuleOp module, const PatternNumbers &numbers, bool haste) {
  int64_t least = haste ? llvm::find_if(retreats, [](const MappingEffort &effort) { return effort.frugal; }) - retreats : 0;
  bool canRetreat = !numbers.empty();
  Builder b(module.getContext());
  forEachPattern(module, [&](Operation *pattern, int64_t number) {
    if (!numbers.contains(number))
      return;
    auto steps = pattern->getAttrOfType<IntegerAttr>(retreatAttr);
    int64_t next = std::max((steps ? steps.getInt() : 0) + 1, least);
    if (next < int64_t(numRetreats))
      pattern->setAttr(retreatAttr, b.getI64IntegerAttr(next));
    else
      canRetreat = false;
  });
  return canRetreat;
}

bool jacquard::runUntilItFits(OwningOpRef<ModuleOp> &module, function_ref<bool(bool last)> attempt,
                              function_ref<void(ModuleOp)> mend, function_ref<bool()> outOfTime) {
  numberPatterns(*module);
  OwningOpRef<ModuleOp> backup = module->clone();
  while (true) {
    bool ok = attempt(/*last=*/false);
    bool again = !ok && retreat(*backup, patternsOfSections(*module, fabric::doesNotFitAttr), outOfTime());
    if (again)
      mend(*backup);
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
