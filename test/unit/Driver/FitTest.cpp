// FitTest.cpp - patterns that do not fit retreat step by step, in haste to one unit at once
#include "jacquard/Pipeline/Fit.h"
#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"
#include "jacquard/InitAll.h"

#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace jacquard;

namespace {

constexpr const char *twoPatterns = R"mlir(
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = pat.map (%i) in [4] { %v = pat.at %x[%i] : tensor<4xf32> pat.yield %v : f32 } : tensor<4xf32>
  %b = pat.map (%i) in [4] { %v = pat.at %a[%i] : tensor<4xf32> pat.yield %v : f32 } : tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}
)mlir";

/// The retreats of both patterns in every attempt, when the second fits from attempt `fitting` on and the first always.
std::vector<std::pair<int64_t, int64_t>> retreatsOf(size_t fitting, bool outOfTime) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(twoPatterns, &context);
  std::vector<std::pair<int64_t, int64_t>> result;
  auto stepsOf = [](Operation *op) {
    auto steps = op->getAttrOfType<IntegerAttr>(retreatAttr);
    return steps ? steps.getInt() : 0;
  };
  auto attempt = [&](bool) {
    SmallVector<Operation *> patterns;
    module->walk([&](pat::MapOp map) { patterns.push_back(map); });
    result.push_back({stepsOf(patterns[0]), stepsOf(patterns[1])});
    if (result.size() > fitting)
      return true;
    // Stands for the section of the second pattern.
    Builder b(&context);
    Operation *section = &module->getBody()->front();
    section->setAttr(sectionPatternsAttr, b.getDenseI64ArrayAttr({1}));
    section->setAttr(fabric::doesNotFitAttr, b.getUnitAttr());
    return false;
  };
  runUntilItFits(module, attempt, [](ModuleOp) {}, [&] { return outOfTime; });
  return result;
}

using Steps = std::vector<std::pair<int64_t, int64_t>>;

TEST(FitTest, OnlyWhatDoesNotFitRetreatsStepByStep) {
  EXPECT_EQ(retreatsOf(0, false), (Steps{{0, 0}}));
  EXPECT_EQ(retreatsOf(2, false), (Steps{{0, 0}, {0, 1}, {0, 2}}));
}

TEST(FitTest, OutOfTimeRetreatsToOneUnitAtOnce) {
  auto firstFrugal = llvm::find_if(retreats, [](const MappingEffort &effort) { return effort.frugal; }) - retreats;
  EXPECT_EQ(retreatsOf(1, true), (Steps{{0, 0}, {0, firstFrugal}}));
  EXPECT_EQ(retreatsOf(2, true), (Steps{{0, 0}, {0, firstFrugal}, {0, firstFrugal + 1}}));
}

TEST(FitTest, GivesUpAfterTheLastStep) {
  Steps steps = retreatsOf(1000, false);
  ASSERT_EQ(steps.size(), numRetreats + 1); // the last attempt once more, for its errors
  EXPECT_EQ(steps.back().second, int64_t(numRetreats) - 1);
}

} // namespace
