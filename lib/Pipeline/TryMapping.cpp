// TryMapping.cpp - maps a copy of the whole model, and says what came of it
#include "TryMapping.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/Dialect/Fabric/Transforms/Spills.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace jacquard;

/// What a pattern with these limits is marked with.
static NamedAttrList marksOf(const Limits &limits, const ArchSpec &arch, MLIRContext *context) {
  Builder b(context);
  NamedAttrList marks;
  if (limits.homeLevel > 0)
    marks.set(mostHomesAttr, b.getI64IntegerAttr(mostHomes(arch, limits.homeLevel)));
  if (limits.mostBoxes != Limits().mostBoxes)
    marks.set(mostBoxesAttr, b.getI64IntegerAttr(limits.mostBoxes));
  if (limits.allPorts)
    marks.set(countAllPortsAttr, b.getUnitAttr());
  if (limits.view) {
    marks.set(scratchpadPriceAttr, b.getF64FloatAttr(limits.view->scratchpadPrice));
    marks.set(startEarlyAttr, b.getBoolAttr(limits.view->startEarly));
    marks.set(spareReadersAttr, b.getBoolAttr(limits.view->spareReaders));
    marks.set(joinUnitsAttr, b.getBoolAttr(limits.view->joinUnits));
    marks.set(unitShareAttr, b.getF64FloatAttr(limits.view->unitShare));
  }
  return marks;
}

static void forEachMark(ModuleOp module, const LimitsOf &limits, const ArchSpec &arch,
                        function_ref<void(Operation *, NamedAttribute)> visit) {
  forEachPattern(module, [&](Operation *pattern, int64_t number) {
    if (auto found = limits.find(number); found != limits.end())
      for (NamedAttribute mark : marksOf(found->second, arch, module.getContext()))
        visit(pattern, mark);
  });
}

void jacquard::setLimits(ModuleOp module, const LimitsOf &limits, const ArchSpec &arch) {
  forEachMark(module, limits, arch,
              [](Operation *pattern, NamedAttribute mark) { pattern->setAttr(mark.getName(), mark.getValue()); });
}

void jacquard::clearLimits(ModuleOp module, const LimitsOf &limits, const ArchSpec &arch) {
  forEachMark(module, limits, arch,
              [](Operation *pattern, NamedAttribute mark) { pattern->removeAttr(mark.getName()); });
}

static ArrayRef<int64_t> patternsOf(fabric::SectionOp section) {
  auto numbers = section->getAttrOfType<DenseI64ArrayAttr>(sectionPatternsAttr);
  return numbers ? numbers.asArrayRef() : ArrayRef<int64_t>();
}

/// Whether the section has more DRAM ports than the machine.
static bool isCrowded(fabric::SectionOp section, const ArchSpec &arch) {
  return llvm::count_if(section.getBody().front(), llvm::IsaPred<fabric::LoadOp, fabric::StoreOp>) >
         int64_t(arch.dramPort.count);
}

/// What crowds a section comes first.
static std::vector<Lack> lacksOf(fabric::DeviceOp device, ArrayRef<fabric::SectionOp> sections, const ArchSpec &arch) {
  auto crowds = [&](unsigned section) { return isCrowded(sections[section], arch); };
  std::vector<Lack> first, others;
  for (const fabric::Spill &spill : fabric::spillsOf(device)) {
    bool isFirst = llvm::any_of(spill.writers, crowds) || llvm::any_of(spill.readers, crowds);
    Lack &lack = (isFirst ? first : others).emplace_back();
    lack.boxes = spill.boxes;
    llvm::append_range(lack.fullest, patternsOf(sections[spill.fullest]));
    for (unsigned writer : spill.writers)
      llvm::append_range(lack.writers, patternsOf(sections[writer]));
  }
  llvm::append_range(first, others);
  return first;
}

std::optional<Outcome> jacquard::tryMapping(ModuleOp module, const PipelineOptions &options, const LimitsOf &limits,
                                            const ArchSpec &arch) {
  OwningOpRef<ModuleOp> copy = module.clone();
  setLimits(*copy, limits, arch);
  PassManager passes(module.getContext());
  passes.enableVerifier(false); // the mapping that is chosen will be made again, and verified
  populateMapping(passes, options);
  if (failed(passes.run(*copy)))
    return std::nullopt;
  Outcome outcome;
  outcome.result.view = options.view;
  outcome.spilling = patternsOfSections(*copy, fabric::spillsAttr);
  for (auto device : copy->getOps<fabric::DeviceOp>()) {
    SmallVector<fabric::SectionOp> sections = fabric::sectionsOf(device);
    outcome.result.sections += sections.size();
    outcome.lacks = lacksOf(device, sections, arch);
    for (fabric::SectionOp section : sections) {
      double cycles = fabric::tripsOf(section) * fabric::predictedCycles(section, arch);
      outcome.result.cycles += cycles;
      ArrayRef<int64_t> patterns = patternsOf(section);
      for (int64_t pattern : patterns)
        outcome.cyclesOf[pattern] += cycles / double(patterns.size());
      if (!isCrowded(section, arch))
        continue;
      ++outcome.result.crowded;
      outcome.crowding.insert(patterns.begin(), patterns.end());
    }
  }
  return outcome;
}
