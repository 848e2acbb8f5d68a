// Effort.cpp - the search over whole mappings
#include "jacquard/Pipeline/Effort.h"

#include "PatternNumbers.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Conversion/PatToPipe/Effort.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/Dialect/Fabric/Transforms/Spills.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>
#include <set>

using namespace mlir;
using namespace jacquard;

namespace {

/// By the price of scratchpads, whether boxes start early, then the shares of units and of scratchpads.
constexpr MappingView views[] = {
    {0.2, false}, {0.05, false},        {0.5, false},     {0.05, false, 1, 0.25}, {0.05, false, 0.5, 0.25},
    {0.2, true},  {0.5, true},          {0, false},       {0.1, false},           {0.3, false},
    {0.8, false}, {0.2, false, 1, 0.5}, {0.2, false, 0.5}};
/// A part of the machine must promise so much, as the less it holds on chip the less certain is the prediction.
constexpr double worthSharing = 0.85;

/// How much less of the chip than others a pattern may take.
struct Limits {
  unsigned homeLevel = 0; ///< for its results (mostHomes)
  int64_t mostBoxes = std::numeric_limits<int64_t>::max(); ///< for what it loads of its operands
  bool allPorts = false;                                   ///< counts those of what may stay on chip
  bool operator<(const Limits &other) const {
    return std::tie(homeLevel, mostBoxes, allPorts) < std::tie(other.homeLevel, other.mostBoxes, other.allPorts);
  }
};
/// By pattern; the others have none.
using LimitsOf = std::map<int64_t, Limits>;

/// A tensor that found no room on chip; the costliest come first.
struct Lack {
  std::vector<int64_t> writers; ///< patterns of the sections that store it
  std::vector<int64_t> fullest; ///< patterns of the fullest section on its way
  int64_t boxes;                ///< with which these would have left enough
};

/// What came of a mapping of the whole model.
struct Outcome {
  ViewTry result;
  PatternNumbers spilling; ///< whose results were to stay on chip and found no room
  PatternNumbers crowding; ///< of sections with too many ports
  std::vector<Lack> lacks;
};

/// Whether the section has more DRAM ports than the machine.
bool isCrowded(fabric::SectionOp section, const ArchSpec &arch) {
  return llvm::count_if(section.getBody().front(), llvm::IsaPred<fabric::LoadOp, fabric::StoreOp>) >
         int64_t(arch.dramPort.count);
}

/// What crowds a section comes first.
std::vector<Lack> lacksOf(fabric::DeviceOp device, const ArchSpec &arch) {
  SmallVector<fabric::SectionOp> sections = fabric::sectionsOf(device);
  auto addPatterns = [&](unsigned section, std::vector<int64_t> &patterns) {
    if (auto numbers = sections[section]->getAttrOfType<DenseI64ArrayAttr>(sectionPatternsAttr))
      llvm::append_range(patterns, numbers.asArrayRef());
  };
  auto crowds = [&](unsigned section) { return isCrowded(sections[section], arch); };
  std::vector<Lack> first, others;
  for (const fabric::Spill &spill : fabric::spillsOf(device)) {
    bool isFirst = llvm::any_of(spill.writers, crowds) || llvm::any_of(spill.readers, crowds);
    Lack &lack = (isFirst ? first : others).emplace_back();
    lack.boxes = spill.boxes;
    addPatterns(spill.fullest, lack.fullest);
    for (unsigned writer : spill.writers)
      addPatterns(writer, lack.writers);
  }
  llvm::append_range(first, others);
  return first;
}

/// Maps a copy of `module`; nothing when it cannot be mapped so.
std::optional<Outcome> mapCopy(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager passes(module.getContext());
  passes.enableVerifier(false); // the mapping that is chosen will be made again, and verified
  populateMapping(passes, options);
  if (failed(passes.run(*copy)))
    return std::nullopt;
  Outcome outcome{{options.view}, patternsOfSections(*copy, fabric::spillsAttr), {}, {}};
  copy->walk([&](fabric::DeviceOp device) {
    outcome.result.cycles += fabric::predictedCycles(device, arch);
    outcome.lacks = lacksOf(device, arch);
  });
  copy->walk([&](fabric::SectionOp section) {
    ++outcome.result.sections;
    if (!isCrowded(section, arch))
      return;
    ++outcome.result.crowded;
    if (auto numbers = section->getAttrOfType<DenseI64ArrayAttr>(sectionPatternsAttr))
      outcome.crowding.insert(numbers.asArrayRef().begin(), numbers.asArrayRef().end());
  });
  return outcome;
}

void setLimits(ModuleOp module, const LimitsOf &limits, const ArchSpec &arch) {
  Builder b(module.getContext());
  forEachPattern(module, [&](Operation *pattern, int64_t number) {
    pattern->removeAttr(mostHomesAttr);
    pattern->removeAttr(mostBoxesAttr);
    pattern->removeAttr(countAllPortsAttr);
    auto found = limits.find(number);
    if (found == limits.end())
      return;
    if (found->second.homeLevel > 0)
      pattern->setAttr(mostHomesAttr, b.getI64IntegerAttr(mostHomes(arch, found->second.homeLevel)));
    if (found->second.mostBoxes != Limits().mostBoxes)
      pattern->setAttr(mostBoxesAttr, b.getI64IntegerAttr(found->second.mostBoxes));
    if (found->second.allPorts)
      pattern->setAttr(countAllPortsAttr, b.getUnitAttr());
  });
}

/// Moves the patterns up a level; false when all are at the last one.
template <typename Patterns> bool raise(const Patterns &patterns, LimitsOf &limits) {
  bool raised = false;
  for (int64_t number : patterns)
    if (unsigned &level = limits[number].homeLevel; level + 1 < numHomeLevels) {
      ++level;
      raised = true;
    }
  return raised;
}

/// False when all patterns count theirs already.
template <typename Patterns> bool countAllPorts(const Patterns &patterns, LimitsOf &limits) {
  bool changed = false;
  for (int64_t number : patterns)
    changed |= !std::exchange(limits[number].allPorts, true);
  return changed;
}

/// A change of the limits of some patterns: they are tightened, or lifted.
struct Move {
  std::vector<int64_t> patterns;
  unsigned homeLevel; ///< at least
  int64_t mostBoxes;  ///< at most
  bool lifts = false; ///< the patterns have no limits any more
  bool operator<(const Move &other) const {
    return std::tie(patterns, homeLevel, mostBoxes, lifts) <
           std::tie(other.patterns, other.homeLevel, other.mostBoxes, other.lifts);
  }
  LimitsOf applyTo(LimitsOf limits) const {
    for (int64_t number : patterns) {
      Limits &own = limits[number];
      if (lifts)
        own = {};
      own.homeLevel = std::max(own.homeLevel, homeLevel);
      own.mostBoxes = std::min(own.mostBoxes, mostBoxes);
    }
    return limits;
  }
};

/// Ways to make room for a tensor: the fullest section on its way takes less, or the tensor does.
std::vector<Move> waysOut(const Lack &lack, const LimitsOf &limits) {
  std::vector<Move> moves;
  for (int64_t boxes : {lack.boxes, lack.boxes / 2})
    if (boxes > 0)
      moves.push_back({lack.fullest, 0, boxes});
  unsigned level = 0;
  for (int64_t number : lack.writers)
    if (auto own = limits.find(number); own != limits.end())
      level = std::max(level, own->second.homeLevel);
  while (++level < numHomeLevels)
    moves.push_back({lack.writers, level, Limits().mostBoxes});
  return moves;
}

/// A way from one mapping of the whole model to better ones, in the same view.
struct Climb {
  MappingView view;
  LimitsOf limits = {};
  std::optional<Outcome> here = {};
  std::set<Move> tried = {};
  bool improved = false; ///< since all was to be tried

  std::optional<Move> findMove();
};

class WholeSearch {
public:
  WholeSearch(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch, function_ref<bool()> outOfTime)
      : module(module), options(options), arch(arch), outOfTime(outOfTime) {}
  SearchResult run();

private:
  unsigned tooMany(const ViewTry &result) const;
  /// What counts: sections beyond the limit first, then those that cannot fit, then cycles.
  std::tuple<unsigned, unsigned, double> rankOf(const ViewTry &result) const {
    return {tooMany(result), result.crowded, result.cycles};
  }
  bool isBetter(const ViewTry &result) const;
  std::optional<ViewTry> tryView(size_t rounds);
  std::vector<ViewTry> tryViews(size_t count, size_t rounds);
  std::optional<Outcome> map(const Climb &climb, const LimitsOf &limits);
  bool step(Climb &climb, LimitsOf limits);
  void advance(Climb &climb, size_t moves);
  void refine(size_t moves);

  ModuleOp module;
  PipelineOptions options;
  const ArchSpec &arch;
  function_ref<bool()> outOfTime;
  std::optional<ViewTry> best;
  LimitsOf bestLimits;
  std::vector<std::pair<ViewTry, LimitsOf>> bestOfViews; ///< since the last refinement
};

unsigned WholeSearch::tooMany(const ViewTry &result) const {
  return options.maxSections > 0 && result.sections > options.maxSections ? result.sections : 0;
}

bool WholeSearch::isBetter(const ViewTry &result) const {
  bool isPart = result.view.unitShare < 1 || result.view.scratchpadShare < 1;
  if (!isPart)
    return rankOf(result) < rankOf(*best);
  ViewTry bar = *best;
  bar.cycles *= worthSharing;
  return result.crowded == 0 && rankOf(result) < rankOf(bar);
}

/// The best of all rounds in the view of `options`.
std::optional<ViewTry> WholeSearch::tryView(size_t rounds) {
  LimitsOf limits, limitsOfResult;
  std::optional<ViewTry> result;
  for (size_t round = 0; round < rounds && !outOfTime(); ++round) {
    setLimits(module, limits, arch);
    std::optional<Outcome> outcome = mapCopy(module, options, arch);
    if (!outcome)
      break;
    if (!result || rankOf(outcome->result) < rankOf(*result)) {
      result = outcome->result;
      limitsOfResult = limits;
    }
    if (!best || isBetter(outcome->result)) {
      best = outcome->result;
      bestLimits = limits;
    }
    if (!countAllPorts(outcome->crowding, limits) && !raise(outcome->spilling, limits))
      break;
  }
  if (result)
    bestOfViews.push_back({*result, std::move(limitsOfResult)});
  return result;
}

std::optional<Outcome> WholeSearch::map(const Climb &climb, const LimitsOf &limits) {
  options.view = climb.view;
  setLimits(module, limits, arch);
  return mapCopy(module, options, arch);
}

/// What was not tried yet; nothing when all was.
std::optional<Move> Climb::findMove() {
  for (const Lack &lack : here->lacks)
    for (Move &move : waysOut(lack, limits))
      if (tried.insert(move).second)
        return std::move(move);
  for (auto &[number, own] : limits) // when there is room after all
    if (Move lift{{number}, 0, Limits().mostBoxes, true}; Limits() < own && tried.insert(lift).second)
      return lift;
  return std::nullopt;
}

/// Takes over what comes of `limits` if that is better. Where that would be faster but has sections with too many
/// ports, these are counted in a second try.
bool WholeSearch::step(Climb &climb, LimitsOf limits) {
  std::optional<Outcome> outcome = map(climb, limits);
  bool isFaster = outcome && (!climb.here || outcome->result.cycles < climb.here->result.cycles);
  if (isFaster && countAllPorts(outcome->crowding, limits))
    outcome = map(climb, limits);
  if (!outcome || (climb.here && !(rankOf(outcome->result) < rankOf(climb.here->result))))
    return false;
  climb.here = std::move(outcome);
  climb.limits = std::move(limits);
  return true;
}

/// Improves a mapping tensor by tensor, those that cost the DRAM most first, with at most `moves` moves. What did not
/// help is tried again when all else was tried.
void WholeSearch::advance(Climb &climb, size_t moves) {
  for (; climb.here && moves > 0 && !outOfTime(); --moves) {
    std::optional<Move> move = climb.findMove();
    if (!move && climb.improved) {
      climb.tried.clear();
      climb.improved = false;
      move = climb.findMove();
    }
    if (!move)
      break;
    climb.improved |= step(climb, move->applyTo(climb.limits));
  }
}

/// From the best mappings of all views that are not far behind: what is best at the begin need not be so in the end. In
/// each round the better half of the climbs goes on, with `moves` moves more than in the last one (successive halving).
void WholeSearch::refine(size_t moves) {
  constexpr double farBehind = 1.5; // times the cycles of the best one
  if (!best || moves == 0)
    return;
  std::vector<std::pair<ViewTry, LimitsOf>> starts = std::move(bestOfViews);
  llvm::sort(starts, [&](auto &a, auto &b) { return rankOf(a.first) < rankOf(b.first); });
  if (!starts.empty())
    starts.push_back({starts.front().first, {}}); // what found no room in the first round may have other ways out
  std::vector<Climb> climbs;
  for (auto &[start, limits] : starts)
    if (Climb climb{start.view}; step(climb, limits))
      climbs.push_back(std::move(climb));
  llvm::erase_if(climbs, [&](const Climb &climb) { return climb.here->result.cycles > farBehind * best->cycles; });
  auto isBehind = [&](const Climb &a, const Climb &b) { return rankOf(a.here->result) < rankOf(b.here->result); };
  for (size_t round = 1; !climbs.empty(); ++round) {
    for (Climb &climb : climbs)
      advance(climb, round * moves);
    for (Climb &climb : climbs)
      if (isBetter(climb.here->result)) {
        best = climb.here->result;
        bestLimits = climb.limits;
      }
    for (size_t kept = climbs.size() / 2; climbs.size() > kept;)
      climbs.erase(llvm::max_element(climbs, isBehind));
  }
}

/// The best of each of the first `count` views, for each price of a section that had to be tried.
std::vector<ViewTry> WholeSearch::tryViews(size_t count, size_t rounds) {
  static constexpr double highest = 1e9, sectionPrices[] = {0, highest, 1e3, 1e4, 1e5, 1e6};
  std::vector<ViewTry> tries;
  for (const MappingView &view : ArrayRef(views).take_front(count))
    for (double sectionPrice : sectionPrices) {
      options.view = view;
      options.view.sectionPrice = sectionPrice;
      std::optional<ViewTry> result = tryView(rounds);
      if (result)
        tries.push_back(*result);
      bool enough = result && tooMany(*result) == 0;
      if (!result || enough != (sectionPrice == highest))
        break; // few enough; or too many, whatever the price
    }
  return tries;
}

SearchResult WholeSearch::run() {
  static constexpr struct {
    size_t views, rounds, moves;
  } tried[mostEffort + 1] = {{0, 0, 0}, {2, 3, 0}, {7, 4, 20}, {std::size(views), 6, 40}};
  constexpr size_t manyPatterns = 60; // a move maps all of them: of more of them fewer moves take as long
  size_t patterns = 0;
  forEachPattern(module, [&](Operation *, int64_t) { ++patterns; });
  unsigned effort = std::min(options.effort, mostEffort);
  SearchResult search{options, {}};
  // What is refined depends on what was best before: the steps of a lower effort come first.
  for (unsigned step = effort == 3 ? 2 : effort; step <= effort; ++step) {
    auto [count, rounds, moves] = tried[step];
    if (options.maxSections > 0)
      count = std::max<size_t>(count, 1), rounds = std::max<size_t>(rounds, 1);
    search.tries = tryViews(count, rounds);
    size_t counted = std::max(manyPatterns, patterns); // each of them also takes longer to map
    refine(std::min(moves, 1 + moves * manyPatterns * manyPatterns / (counted * counted)));
  }
  if (best)
    search.options.view = best->view;
  setLimits(module, bestLimits, arch);
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
  for (const ViewTry &result : search.tries) {
    const MappingView &view = result.view;
    bool chosen = view == search.options.view;
    auto options = remark::RemarkOpts::name("price").category("search");
    if (auto remark = chosen ? remark::passed(module.getLoc(), options) : remark::missed(module.getLoc(), options))
      remark << remark::metric("UnitShare", llvm::formatv("{0:p0}", view.unitShare).str())
             << remark::metric("ScratchpadShare", llvm::formatv("{0:p0}", view.scratchpadShare).str())
             << remark::metric("Price", llvm::formatv("{0:f2}", view.scratchpadPrice).str())
             << remark::metric("Boxes", view.startEarly ? "early" : "few words")
             << remark::metric("SectionPrice", int64_t(view.sectionPrice))
             << remark::metric("Sections", result.sections) << remark::metric("Cycles", std::llround(result.cycles));
  }
}
