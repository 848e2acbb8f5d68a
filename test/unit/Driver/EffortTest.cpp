// EffortTest.cpp - a higher search effort never predicts a slower mapping
#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Effort.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace mlir;
using namespace jacquard;

namespace {

/// Three layers of 32 x 96 by 96 x 96, the intermediates of which may stay on chip.
std::string layers() {
  std::string text = "func.func @main(%v0: tensor<32x96xf32>, %w: tensor<96x96xf32>) -> tensor<32x96xf32> {\n"
                     "%zero = arith.constant 0.0 : f32\n";
  for (int layer = 0; layer < 3; ++layer)
    text += fmt::format(R"mlir(
%v{1} = pat.map (%i, %j) in [32, 96] {{
  %s = pat.fold (%k) in [96] init (%zero : f32) {{
    %p = pat.at %v{0}[%i, %k] : tensor<32x96xf32>
    %q = pat.at %w[%k, %j] : tensor<96x96xf32>
    %m = arith.mulf %p, %q : f32
    pat.yield %m : f32
  }} combine (%a, %b) {{
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  }} : f32
  pat.yield %s : f32
}} : tensor<32x96xf32>
)mlir",
                        layer, layer + 1);
  return text + "return %v3 : tensor<32x96xf32>\n}\n";
}

} // namespace

TEST(EffortTest, MoreEffortIsPredictedNoSlower) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(layers(), &context);
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
    copy->walk([&](fabric::DeviceOp device) { cycles += fabric::predictedCycles(device, *spec); });
    EXPECT_LE(cycles, last) << "effort " << effort;
    EXPECT_GE(cycles, 32. * 96 * 96 * 3 / 6144); // no mapping beats the multiply-adds
    last = cycles;
  }
}
