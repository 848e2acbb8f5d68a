// EffortTest.cpp - a higher search effort never predicts a slower mapping
#include "Products.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Effort.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace jacquard;

TEST(EffortTest, MoreEffortIsPredictedNoSlower) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // Three layers, the intermediates of which may stay on chip.
  auto module = parseSourceString<ModuleOp>(products(3, 32, 96), &context);
  ASSERT_TRUE(module);
  auto spec = loadArch("plasticine");
  double last = std::numeric_limits<double>::infinity();
  for (unsigned effort = 0; effort <= mostEffort; ++effort) {
    PipelineOptions options;
    options.effort = effort;
    options = searchMappings(*module, options).options;
    OwningOpRef<ModuleOp> copy = module->clone();
    PassManager passes(&context);
    populateMapping(passes, options);
    ASSERT_TRUE(succeeded(passes.run(*copy)));
    double cycles = 0;
    copy->walk([&](fabric::SectionOp section) {
      cycles += fabric::tripsOf(section) * fabric::predictedCycles(section, *spec);
    });
    EXPECT_LE(cycles, last) << "effort " << effort;
    EXPECT_GE(cycles, 32. * 96 * 96 * 3 / 6144); // no mapping beats the multiply-adds
    last = cycles;
  }
}

TEST(EffortTest, FindsTheSameOnAnyNumberOfThreads) {
  DialectRegistry registry;
  registerAllDialects(registry);
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
