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

/// What a search of a mapping counts on.
struct View {
  double scratchpadPrice, unitShare = 1, scratchpadShare = 1;
};

constexpr View views[] = {{0.2}, {0.05}, {0.5}, {0.05, 1, 0.25}, {0.05, 0.5, 0.25}, {0},
                          {0.1}, {0.3},  {0.8}, {0.2, 1, 0.5},   {0.2, 0.5}};
/// A part of the machine must promise so much, as the less it holds on chip the less certain is the prediction.
constexpr double worthSharing = 0.85;

/// What came of a mapping of the whole model.
struct Outcome {
  PriceTry result;
  PatternNumbers spilling; ///< whose results were to stay on chip and found no room
  bool hasPorts = true;    ///< every section has enough, and need not be mapped again
};

bool hasPorts(fabric::SectionOp section, const ArchSpec &spec) {
  auto isPort = [](Operation &op) { return isa<fabric::LoadOp, fabric::StoreOp>(op); };
  return llvm::count_if(section.getBody().front(), isPort) <= int64_t(spec.dramPort.count);
}

/// Maps a copy of `module`; nothing when it cannot be mapped so.
std::optional<Outcome> mapCopy(ModuleOp module, const PipelineOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  populateMapping(passes, options);
  auto spec = loadArch(options.arch);
  if (!spec || failed(passes.run(*copy)))
    return std::nullopt;
  Outcome outcome{{options.scratchpadPrice, options.sectionPrice, options.unitShare, options.scratchpadShare},
                  patternsOfSections(*copy, fabric::spillsAttr)};
  copy->walk([&](fabric::DeviceOp device) {
    outcome.result.cycles += fabric::predictedCycles(device, *spec);
    for (fabric::SectionOp section : fabric::sectionsOf(device)) {
      ++outcome.result.sections;
      outcome.hasPorts &= hasPorts(section, *spec);
    }
  });
  return outcome;
}

void keepInDram(ModuleOp module, const PatternNumbers &patterns) {
  forEachPattern(module, patterns,
                 [&](Operation *pattern) { pattern->setAttr(inDramAttr, UnitAttr::get(module.getContext())); });
}

class WholeSearch {
public:
  WholeSearch(ModuleOp module, const PipelineOptions &options, function_ref<bool()> outOfTime)
      : module(module), options(options), outOfTime(outOfTime) {}
  SearchResult run();

private:
  unsigned tooMany(const PriceTry &result) const;
  /// What counts: sections beyond the limit first, then cycles.
  std::pair<unsigned, double> rankOf(const PriceTry &result) const { return {tooMany(result), result.cycles}; }
  bool isBetter(const Outcome &outcome) const;
  std::optional<PriceTry> tryPrices(size_t rounds);

  ModuleOp module;
  PipelineOptions options;
  function_ref<bool()> outOfTime;
  std::optional<PriceTry> best;
  PatternNumbers bestInDram;
};

unsigned WholeSearch::tooMany(const PriceTry &result) const {
  return options.maxSections > 0 && result.sections > options.maxSections ? result.sections : 0;
}

bool WholeSearch::isBetter(const Outcome &outcome) const {
  bool isPart = outcome.result.unitShare < 1 || outcome.result.scratchpadShare < 1;
  if (!isPart)
    return rankOf(outcome.result) < rankOf(*best);
  return outcome.hasPorts && rankOf(outcome.result) < std::pair(tooMany(*best), worthSharing * best->cycles);
}

/// The best of all rounds at the prices of `options`.
std::optional<PriceTry> WholeSearch::tryPrices(size_t rounds) {
  OwningOpRef<ModuleOp> variant = module.clone();
  PatternNumbers inDram;
  std::optional<PriceTry> result;
  for (size_t round = 0; round < rounds && !outOfTime(); ++round) {
    std::optional<Outcome> outcome = mapCopy(*variant, options);
    if (!outcome)
      break;
    if (!result || rankOf(outcome->result) < rankOf(*result))
      result = outcome->result;
    if (!best || isBetter(*outcome)) {
      best = outcome->result;
      bestInDram = inDram;
    }
    size_t known = inDram.size();
    inDram.insert(outcome->spilling.begin(), outcome->spilling.end());
    if (inDram.size() == known)
      break;
    keepInDram(*variant, inDram);
  }
  return result;
}

SearchResult WholeSearch::run() {
  static constexpr double highest = 1e9, sectionPrices[] = {0, highest, 1e3, 1e4, 1e5, 1e6};
  static constexpr struct {
    size_t views, rounds;
  } tried[mostEffort + 1] = {{0, 0}, {2, 2}, {5, 3}, {std::size(views), 5}};
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
  keepInDram(module, bestInDram);
  return search;
}

} // namespace

SearchResult jacquard::searchMappings(ModuleOp module, const PipelineOptions &options, function_ref<bool()> outOfTime) {
  numberPatterns(module);
  return WholeSearch(module, options, outOfTime).run();
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
