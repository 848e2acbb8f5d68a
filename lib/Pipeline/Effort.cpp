// Effort.cpp - the search over whole mappings
#include "jacquard/Pipeline/Effort.h"

#include "PatternNumbers.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// What came of a mapping of the whole model.
struct Outcome {
  double cycles;           ///< predicted
  PatternNumbers spilling; ///< whose results were to stay on chip and found no room
};

/// Maps a copy of `module`; nothing when it cannot be mapped so.
std::optional<Outcome> mapCopy(ModuleOp module, const PipelineOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  populateMapping(passes, options);
  auto spec = loadArch(options.arch);
  if (!spec || failed(passes.run(*copy)))
    return std::nullopt;
  Outcome outcome{0, patternsOfSections(*copy, fabric::spillsAttr)};
  copy->walk([&](fabric::DeviceOp device) { outcome.cycles += fabric::predictedCycles(device, *spec); });
  return outcome;
}

void explainPrice(ModuleOp module, double price, double cycles, bool chosen) {
  auto options = remark::RemarkOpts::name("price").category("search");
  auto remark = chosen ? remark::passed(module.getLoc(), options) : remark::missed(module.getLoc(), options);
  if (remark)
    remark << remark::metric("Price", llvm::formatv("{0:f2}", price).str())
           << remark::metric("Cycles", std::llround(cycles));
}

void keepInDram(ModuleOp module, const PatternNumbers &patterns) {
  forEachPattern(module, patterns,
                 [&](Operation *pattern) { pattern->setAttr(inDramAttr, UnitAttr::get(module.getContext())); });
}

} // namespace

PipelineOptions jacquard::searchMappings(ModuleOp module, PipelineOptions options) {
  static constexpr double prices[] = {0.2, 0.05, 0.5, 0, 0.1, 0.3, 0.8};
  static constexpr struct {
    size_t prices, rounds;
  } tried[mostEffort + 1] = {{0, 0}, {2, 2}, {3, 3}, {std::size(prices), 5}};
  auto [count, rounds] = tried[std::min(options.effort, mostEffort)];
  numberPatterns(module);
  std::optional<double> best;
  PatternNumbers bestInDram;
  PipelineOptions result = options;
  SmallVector<std::pair<double, double>> tries; // prices and cycles
  for (double price : ArrayRef(prices).take_front(count)) {
    options.scratchpadPrice = price;
    OwningOpRef<ModuleOp> variant = module.clone();
    PatternNumbers inDram;
    for (size_t round = 0; round < rounds; ++round) {
      std::optional<Outcome> outcome = mapCopy(*variant, options);
      if (!outcome)
        break;
      if (round == 0)
        tries.push_back({price, outcome->cycles});
      tries.back().second = std::min(tries.back().second, outcome->cycles);
      if (!best || outcome->cycles < *best) {
        best = outcome->cycles;
        bestInDram = inDram;
        result = options;
      }
      size_t known = inDram.size();
      inDram.insert(outcome->spilling.begin(), outcome->spilling.end());
      if (inDram.size() == known)
        break;
      keepInDram(*variant, inDram);
    }
  }
  for (auto [price, cycles] : tries)
    explainPrice(module, price, cycles, price == result.scratchpadPrice);
  keepInDram(module, bestInDram);
  return result;
}
