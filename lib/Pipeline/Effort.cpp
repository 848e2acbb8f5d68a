// Effort.cpp - the search over whole mappings
#include "jacquard/Pipeline/Effort.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace jacquard;

/// Predicted cycles; nothing when the module cannot be mapped so.
static std::optional<double> predict(ModuleOp module, const PipelineOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  populateMapping(passes, options);
  auto spec = loadArch(options.arch);
  if (!spec || failed(passes.run(*copy)))
    return std::nullopt;
  double total = 0;
  copy->walk([&](fabric::DeviceOp device) { total += fabric::predictedCycles(device, *spec); });
  return total;
}

static void explainPrice(ModuleOp module, double price, double cycles, bool chosen) {
  auto options = remark::RemarkOpts::name("price").category("search");
  auto remark = chosen ? remark::passed(module.getLoc(), options) : remark::missed(module.getLoc(), options);
  if (remark)
    remark << remark::metric("Price", llvm::formatv("{0:f2}", price).str())
           << remark::metric("Cycles", std::llround(cycles));
}

PipelineOptions jacquard::chooseScratchpadPrice(ModuleOp module, PipelineOptions options) {
  static constexpr double prices[] = {0.2, 0.05, 0.5, 0, 0.1, 0.3, 0.8};
  static constexpr size_t tried[mostEffort + 1] = {1, 2, 3, std::size(prices)};
  size_t count = tried[std::min(options.effort, mostEffort)];
  std::optional<double> best;
  PipelineOptions result = options;
  SmallVector<std::pair<double, double>> tries; // prices and cycles
  for (double price : ArrayRef(prices).take_front(count > 1 ? count : 0)) {
    options.scratchpadPrice = price;
    std::optional<double> cycles = predict(module, options);
    if (cycles)
      tries.push_back({price, *cycles});
    if (cycles && (!best || *cycles < *best)) {
      best = cycles;
      result = options;
    }
  }
  for (auto [price, cycles] : tries)
    explainPrice(module, price, cycles, price == result.scratchpadPrice);
  return result;
}
