// PatternNumbers.cpp - how passes behind stage Pat point at the patterns of a module
#include "PatternNumbers.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace jacquard;

void jacquard::numberPatterns(ModuleOp module) {
  int64_t number = 0;
  Builder b(module.getContext());
  llvm::DenseMap<Attribute, int64_t> copies; // number of the first of several copies
  module.walk([&](Operation *op) {
    if (!isa<pat::MapOp, pat::GroupByOp>(op))
      return;
    Attribute copied = op->getAttr(pat::copiesAttr);
    int64_t own = copied ? copies.try_emplace(copied, number).first->second : number;
    op->setAttr(patternNumberAttr, b.getI64IntegerAttr(own));
    number += own == number;
  });
}

void jacquard::forgetNumbers(ModuleOp module) {
  module.walk([](Operation *op) {
    op->removeAttr(sectionPatternsAttr);
    op->removeAttr(patternNumberAttr);
  });
}

PatternNumbers jacquard::patternsOfSections(ModuleOp module, StringRef mark) {
  PatternNumbers numbers;
  module.walk([&](Operation *op) {
    auto patterns = op->getAttrOfType<DenseI64ArrayAttr>(sectionPatternsAttr);
    if (patterns && op->hasAttr(mark))
      numbers.insert(patterns.asArrayRef().begin(), patterns.asArrayRef().end());
  });
  return numbers;
}

void jacquard::forEachPattern(ModuleOp module, function_ref<void(Operation *, int64_t)> visit) {
  module.walk([&](Operation *op) {
    if (auto number = op->getAttrOfType<IntegerAttr>(patternNumberAttr))
      visit(op, number.getInt());
  });
}
