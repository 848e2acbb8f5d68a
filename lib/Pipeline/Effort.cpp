// Effort.cpp - the search over whole mappings
#include "jacquard/Pipeline/Effort.h"

#include "PatternNumbers.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

using namespace mlir;
using namespace jacquard;

namespace {

/// What a search of a mapping counts on.
struct View {
  double scratchpadPrice, unitShare = 1, scratchpadShare = 1;
};

constexpr View views[] = {{0.2}, {0.05}, {0.5}, {0.05, 1, 0.25}, {0.05, 0.5, 0.25}, {0},
                          {0.1}, {0.3},  {0.8}, {0.2, 1, 0.5},   {0.2, 0.5}};
/// A part of the machine must promise so much, as the less it holds on chip the less certain is the prediction.
constexpr double worthSharing = 0.85;

/// How much less of the chip than others the results of patterns may take (mostHomes).
using Levels = std::map<int64_t, unsigned>;

/// What came of a mapping of the whole model.
struct Outcome {
  PriceTry result;
  PatternNumbers spilling; ///< whose results were to stay on chip and found no room
};

/// Maps a copy of `module`; nothing when it cannot be mapped so.
std::optional<Outcome> mapCopy(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  populateMapping(passes, options);
  if (failed(passes.run(*copy)))
    return std::nullopt;
  Outcome outcome{{options.scratchpadPrice, options.sectionPrice, options.unitShare, options.scratchpadShare},
                  patternsOfSections(*copy, fabric::spillsAttr)};
  copy->walk([&](fabric::DeviceOp device) { outcome.result.cycles += fabric::predictedCycles(device, arch); });
  copy->walk([&](fabric::SectionOp section) {
    int64_t ports = llvm::count_if(section.getBody().front(), llvm::IsaPred<fabric::LoadOp, fabric::StoreOp>);
    outcome.result.crowded += ports > int64_t(arch.dramPort.count);
    ++outcome.result.sections;
  });
  return outcome;
}

void limitHomes(ModuleOp module, const Levels &levels, const ArchSpec &arch) {
  Builder b(module.getContext());
  forEachPattern(module, [&](Operation *pattern, int64_t number) {
    if (auto level = levels.find(number); level != levels.end())
      pattern->setAttr(mostHomesAttr, b.getI64IntegerAttr(mostHomes(arch, level->second)));
  });
}

/// Moves the patterns up a level; false when all are at the last one.
bool raise(const PatternNumbers &patterns, Levels &levels) {
  bool raised = false;
  for (int64_t number : patterns)
    if (unsigned &level = levels[number]; level + 1 < numHomeLevels) {
      ++level;
      raised = true;
    }
  return raised;
}

class WholeSearch {
public:
  WholeSearch(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch, function_ref<bool()> outOfTime)
      : module(module), options(options), arch(arch), outOfTime(outOfTime) {}
  SearchResult run();

private:
  unsigned tooMany(const PriceTry &result) const;
  /// What counts: sections beyond the limit first, then those that cannot fit, then cycles.
  std::tuple<unsigned, unsigned, double> rankOf(const PriceTry &result) const {
    return {tooMany(result), result.crowded, result.cycles};
  }
  bool isBetter(const PriceTry &result) const;
  std::optional<PriceTry> tryPrices(size_t rounds);

  ModuleOp module;
  PipelineOptions options;
  const ArchSpec &arch;
  function_ref<bool()> outOfTime;
  std::optional<PriceTry> best;
  Levels bestLevels;
};

unsigned WholeSearch::tooMany(const PriceTry &result) const {
  return options.maxSections > 0 && result.sections > options.maxSections ? result.sections : 0;
}

bool WholeSearch::isBetter(const PriceTry &result) const {
  bool isPart = result.unitShare < 1 || result.scratchpadShare < 1;
  if (!isPart)
    return rankOf(result) < rankOf(*best);
  PriceTry bar = *best;
  bar.cycles *= worthSharing;
  return result.crowded == 0 && rankOf(result) < rankOf(bar);
}

/// The best of all rounds at the prices of `options`.
std::optional<PriceTry> WholeSearch::tryPrices(size_t rounds) {
  Levels levels;
  std::optional<PriceTry> result;
  for (size_t round = 0; round < rounds && !outOfTime(); ++round) {
    limitHomes(module, levels, arch);
    std::optional<Outcome> outcome = mapCopy(module, options, arch);
    if (!outcome)
      break;
    if (!result || rankOf(outcome->result) < rankOf(*result))
      result = outcome->result;
    if (!best || isBetter(outcome->result)) {
      best = outcome->result;
      bestLevels = levels;
    }
    if (!raise(outcome->spilling, levels))
      break;
  }
  forEachPattern(module, [](Operation *pattern, int64_t) { pattern->removeAttr(mostHomesAttr); });
  return result;
}

SearchResult WholeSearch::run() {
  static constexpr double highest = 1e9, sectionPrices[] = {0, highest, 1e3, 1e4, 1e5, 1e6};
  static constexpr struct {
    size_t views, rounds;
  } tried[mostEffort + 1] = {{0, 0}, {2, 3}, {5, 4}, {std::size(views), 6}};
  auto [count, rounds] = tried[std::min(options.effort, mostEffort)];
  if (options.maxSections > 0)
    count = std::max<size_t>(count, 1), rounds = std::max<size_t>(rounds, 1);
  SearchResult search{options, {}};
  for (const View &view : ArrayRef(views).take_front(count))
    for (double sectionPrice : sectionPrices) {
      options.scratchpadPrice = view.scratchpadPrice;
      options.unitShare = view.unitShare;
      options.scratchpadShare = view.scratchpadShare;
      options.sectionPrice = sectionPrice;
      std::optional<PriceTry> result = tryPrices(rounds);
      if (result)
        search.tries.push_back(*result);
      bool enough = result && tooMany(*result) == 0;
      if (!result || enough != (sectionPrice == highest))
        break; // few enough; or too many, whatever the price
    }
  if (best) {
    search.options.scratchpadPrice = best->scratchpadPrice;
    search.options.sectionPrice = best->sectionPrice;
    search.options.unitShare = best->unitShare;
    search.options.scratchpadShare = best->scratchpadShare;
  }
  limitHomes(module, bestLevels, arch);
  return search;
}

} // namespace

SearchResult jacquard::searchMappings(ModuleOp module, const PipelineOptions &options, function_ref<bool()> outOfTime) {
  auto arch = loadArch(options.arch);
  if (!arch)
    return {options, {}}; // the first pass says why
  numberPatterns(module);
  return WholeSearch(module, options, *arch, outOfTime).run();
}

void jacquard::explainSearch(ModuleOp module, const SearchResult &search) {
  for (const PriceTry &result : search.tries) {
    bool chosen = result.scratchpadPrice == search.options.scratchpadPrice &&
                  result.sectionPrice == search.options.sectionPrice && result.unitShare == search.options.unitShare &&
                  result.scratchpadShare == search.options.scratchpadShare;
    auto options = remark::RemarkOpts::name("price").category("search");
    if (auto remark = chosen ? remark::passed(module.getLoc(), options) : remark::missed(module.getLoc(), options))
      remark << remark::metric("UnitShare", llvm::formatv("{0:p0}", result.unitShare).str())
             << remark::metric("ScratchpadShare", llvm::formatv("{0:p0}", result.scratchpadShare).str())
             << remark::metric("Price", llvm::formatv("{0:f2}", result.scratchpadPrice).str())
             << remark::metric("SectionPrice", int64_t(result.sectionPrice))
             << remark::metric("Sections", result.sections) << remark::metric("Cycles", std::llround(result.cycles));
  }
}
