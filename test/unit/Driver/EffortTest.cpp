// EffortTest.cpp - a higher search effort never predicts a slower mapping
#include "PatternNumbers.h"
#include "Products.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Effort.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace jacquard;

/// Cycles of a copy of `module`, mapped within the limits that its patterns are marked with.
static double predict(ModuleOp module, const PipelineOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  populateMapping(passes, options);
  EXPECT_TRUE(succeeded(passes.run(*copy)));
  auto spec = loadArch(options.arch);
  double cycles = 0;
  copy->walk(
      [&](fabric::SectionOp section) { cycles += fabric::tripsOf(section) * fabric::predictedCycles(section, *spec); });
  return cycles;
}

class EffortTest : public testing::Test {
protected:
  EffortTest() { registerAllDialects(registry); }

  DialectRegistry registry;
};

TEST_F(EffortTest, MoreEffortIsPredictedNoSlower) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // Three layers, the intermediates of which may stay on chip.
  auto module = parseSourceString<ModuleOp>(products(3, 32, 96), &context);
  ASSERT_TRUE(module);
  double last = std::numeric_limits<double>::infinity();
  for (unsigned effort = 0; effort <= mostEffort; ++effort) {
    PipelineOptions options;
    options.effort = effort;
    options = searchMappings(*module, options).options;
    double cycles = predict(*module, options);
    EXPECT_LE(cycles, last) << "effort " << effort;
    EXPECT_GE(cycles, 32. * 96 * 96 * 3 / 6144); // no mapping beats the multiply-adds
    last = cycles;
  }
}

TEST_F(EffortTest, FindsTheSameOnAnyNumberOfThreads) {
  auto searched = [&](MLIRContext::Threading threading) {
    MLIRContext context(registry, threading);
    auto module = parseSourceString<ModuleOp>(products(4, 48, 160), &context);
    SearchResult result = searchMappings(*module, {});
    std::string text;
    llvm::raw_string_ostream stream(text);
    module->print(stream); // with the limits of its patterns
    stream << result.options.view.scratchpadPrice << result.options.view.startEarly << result.options.view.spareReaders;
    for (const ViewTry &tried : result.tries)
      stream << " " << tried.cycles;
    return text;
  };
  std::string one = searched(MLIRContext::Threading::DISABLED);
  EXPECT_NE(one.find("jacquard.pattern"), std::string::npos);
  EXPECT_EQ(one, searched(MLIRContext::Threading::ENABLED));
}

/// Whichever pattern retreats: what the others leave each other is looked for again, and nothing gets slower.
TEST_F(EffortTest, MendsWhatWasFoundForOthersUnits) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(products(6, 128, 256), &context);
  ASSERT_TRUE(module);
  PipelineOptions options;
  options.arch = "tiny";
  const SearchResult found = searchMappings(*module, options);
  Builder b(&context);
  unsigned faster = 0;
  for (int64_t number = 0; number < 6; ++number) {
    OwningOpRef<ModuleOp> copy = module->clone();
    forEachPattern(*copy, [&](Operation *pattern, int64_t own) {
      if (own == number)
        pattern->setAttr(retreatAttr, b.getI64IntegerAttr(3));
    });
    double before = predict(*copy, found.options);
    SearchResult search = found;
    mendMapping(*copy, search);
    double after = predict(*copy, search.options);
    EXPECT_LE(after, before) << "pattern " << number;
    faster += after < before;
  }
  EXPECT_GT(faster, 0u);
}
