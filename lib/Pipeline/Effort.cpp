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
#include "mlir/IR/Threading.h"
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

void setLimits(ModuleOp module, const LimitsOf &limits, const ArchSpec &arch) {
  Builder b(module.getContext());
  forEachPattern(module, [&](Operation *pattern, int64_t number) {
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

/// Maps a copy of `module` within `limits`; nothing when it cannot be mapped so.
std::optional<Outcome> mapCopy(ModuleOp module, const PipelineOptions &options, const LimitsOf &limits,
                               const ArchSpec &arch) {
  OwningOpRef<ModuleOp> copy = module.clone();
  setLimits(*copy, limits, arch);
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

/// A mapping of the whole model that was tried.
struct Try {
  ViewTry result;
  LimitsOf limits;
};

/// A way from one mapping of the whole model to better ones, in the same view.
struct Climb {
  MappingView view;
  LimitsOf limits = {};
  std::optional<Outcome> here = {};
  std::set<Move> tried = {};
  bool improved = false; ///< since all was to be tried

  std::optional<Move> findMove();
  std::vector<Move> findMoves(size_t most);
};

/// Mappings that do not depend on each other are tried in parallel; what comes of them does not depend on the number of
/// threads.
class WholeSearch {
public:
  WholeSearch(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch, function_ref<bool()> outOfTime)
      : context(module.getContext()), module(module), options(options), arch(arch), outOfTime(outOfTime) {}
  SearchResult run();

private:
  unsigned tooMany(const ViewTry &result) const;
  /// What counts: sections beyond the limit first, then those that cannot fit, then cycles.
  std::tuple<unsigned, unsigned, double> rankOf(const ViewTry &result) const {
    return {tooMany(result), result.crowded, result.cycles};
  }
  bool isBetter(const ViewTry &result) const;
  void consider(const ViewTry &result, const LimitsOf &limits);
  std::optional<Outcome> map(const MappingView &view, const LimitsOf &limits) const;
  std::optional<Try> tryView(const MappingView &view, size_t rounds) const;
  std::vector<Try> tryPrices(MappingView view, size_t rounds) const;
  std::vector<Try> tryViews(size_t count, size_t rounds);
  std::optional<Outcome> step(const Climb &climb, LimitsOf &limits) const;
  bool leap(Climb &climb, ArrayRef<Move> moves) const;
  void advance(Climb &climb, size_t moves) const;
  void refine(std::vector<Try> starts, size_t moves);

  MLIRContext *context;
  ModuleOp module;
  PipelineOptions options;
  const ArchSpec &arch;
  function_ref<bool()> outOfTime;
  std::optional<Try> best;
};

unsigned WholeSearch::tooMany(const ViewTry &result) const {
  return options.maxSections > 0 && result.sections > options.maxSections ? result.sections : 0;
}

bool WholeSearch::isBetter(const ViewTry &result) const {
  if (!best)
    return true;
  bool isPart = result.view.unitShare < 1 || result.view.scratchpadShare < 1;
  if (!isPart)
    return rankOf(result) < rankOf(best->result);
  ViewTry bar = best->result;
  bar.cycles *= worthSharing;
  return result.crowded == 0 && rankOf(result) < rankOf(bar);
}

void WholeSearch::consider(const ViewTry &result, const LimitsOf &limits) {
  if (isBetter(result))
    best = {result, limits};
}

std::optional<Outcome> WholeSearch::map(const MappingView &view, const LimitsOf &limits) const {
  PipelineOptions own = options;
  own.view = view;
  return mapCopy(module, own, limits, arch);
}

/// The best of all rounds.
std::optional<Try> WholeSearch::tryView(const MappingView &view, size_t rounds) const {
  LimitsOf limits;
  std::optional<Try> found;
  for (size_t round = 0; round < rounds && !outOfTime(); ++round) {
    std::optional<Outcome> outcome = map(view, limits);
    if (!outcome)
      break;
    if (!found || rankOf(outcome->result) < rankOf(found->result))
      found = {outcome->result, limits};
    if (!countAllPorts(outcome->crowding, limits) && !raise(outcome->spilling, limits))
      break;
  }
  return found;
}

/// The best of a view, for each price of a section that had to be tried.
std::vector<Try> WholeSearch::tryPrices(MappingView view, size_t rounds) const {
  static constexpr double highest = 1e9, sectionPrices[] = {0, highest, 1e3, 1e4, 1e5, 1e6};
  std::vector<Try> tries;
  for (double sectionPrice : sectionPrices) {
    view.sectionPrice = sectionPrice;
    std::optional<Try> found = tryView(view, rounds);
    bool enough = found && tooMany(found->result) == 0;
    if (found)
      tries.push_back(std::move(*found));
    if (tries.empty() || enough != (sectionPrice == highest))
      break; // few enough; or too many, whatever the price
  }
  return tries;
}

std::vector<Try> WholeSearch::tryViews(size_t count, size_t rounds) {
  std::vector<std::vector<Try>> triesOf(count);
  parallelFor(context, 0, count, [&](size_t i) { triesOf[i] = tryPrices(views[i], rounds); });
  std::vector<Try> all;
  for (std::vector<Try> &tries : triesOf)
    llvm::move(tries, std::back_inserter(all));
  for (const Try &found : all)
    consider(found.result, found.limits);
  return all;
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

/// What did not help is tried again when all else was tried.
std::vector<Move> Climb::findMoves(size_t most) {
  std::vector<Move> moves;
  while (moves.size() < most)
    if (std::optional<Move> move = findMove())
      moves.push_back(std::move(*move));
    else if (moves.empty() && std::exchange(improved, false))
      tried.clear();
    else
      break;
  return moves;
}

/// What comes of `limits` if that is better. Where that would be faster but has sections with too many ports, these are
/// counted in a second try.
std::optional<Outcome> WholeSearch::step(const Climb &climb, LimitsOf &limits) const {
  std::optional<Outcome> outcome = map(climb.view, limits);
  bool isFaster = outcome && (!climb.here || outcome->result.cycles < climb.here->result.cycles);
  if (isFaster && countAllPorts(outcome->crowding, limits))
    outcome = map(climb.view, limits);
  bool isBetter = outcome && (!climb.here || rankOf(outcome->result) < rankOf(climb.here->result));
  return isBetter ? std::move(outcome) : std::nullopt;
}

/// Makes the best of the moves if it helps; the others that would help are found again.
bool WholeSearch::leap(Climb &climb, ArrayRef<Move> moves) const {
  std::vector<LimitsOf> limits(moves.size());
  std::vector<std::optional<Outcome>> outcomes(moves.size());
  parallelFor(context, 0, moves.size(), [&](size_t i) {
    limits[i] = moves[i].applyTo(climb.limits);
    outcomes[i] = step(climb, limits[i]);
  });
  std::optional<size_t> chosen;
  for (auto [i, outcome] : llvm::enumerate(outcomes))
    if (outcome && (!chosen || rankOf(outcome->result) < rankOf(outcomes[*chosen]->result)))
      chosen = i;
  if (!chosen)
    return false;
  for (auto [i, move] : llvm::enumerate(moves))
    if (outcomes[i] && i != *chosen)
      climb.tried.erase(move);
  climb.here = std::move(outcomes[*chosen]);
  climb.limits = std::move(limits[*chosen]);
  return true;
}

/// Improves a mapping tensor by tensor, those that cost the DRAM most first, with at most `most` moves.
void WholeSearch::advance(Climb &climb, size_t most) const {
  constexpr size_t atOnce = 2; // more would rarely help together
  for (size_t made = 0; made < most && !outOfTime();) {
    std::vector<Move> moves = climb.findMoves(std::min(atOnce, most - made));
    if (moves.empty())
      break;
    climb.improved |= leap(climb, moves);
    made += moves.size();
  }
}

/// From the best mappings of all views that are not far behind: what is best at the begin need not be so in the end. In
/// each round the better half of the climbs goes on, with `moves` moves more than in the last one (successive halving).
void WholeSearch::refine(std::vector<Try> starts, size_t moves) {
  constexpr double farBehind = 1.5; // times the cycles of the best one
  if (!best || moves == 0)
    return;
  llvm::sort(starts, [&](const Try &a, const Try &b) { return rankOf(a.result) < rankOf(b.result); });
  llvm::erase_if(starts, [&](const Try &start) { return start.result.cycles > farBehind * best->result.cycles; });
  if (!starts.empty())
    starts.push_back({starts.front().result, {}}); // what found no room in the first round may have other ways out
  std::vector<Climb> climbs;
  for (const Try &start : starts)
    climbs.push_back({start.result.view, start.limits});
  parallelForEach(context, climbs, [&](Climb &climb) { climb.here = step(climb, climb.limits); });
  llvm::erase_if(climbs, [](const Climb &climb) { return !climb.here; });
  auto isBehind = [&](const Climb &a, const Climb &b) { return rankOf(a.here->result) < rankOf(b.here->result); };
  for (size_t round = 1; !climbs.empty(); ++round) {
    parallelForEach(context, climbs, [&](Climb &climb) { advance(climb, round * moves); });
    for (Climb &climb : climbs)
      consider(climb.here->result, climb.limits);
    for (size_t kept = climbs.size() / 2; climbs.size() > kept;)
      climbs.erase(llvm::max_element(climbs, isBehind));
  }
}

/// What passes load must be there before several run at once.
void loadDialects(MLIRContext *context, const PipelineOptions &options) {
  PassManager passes(context);
  populateMapping(passes, options);
  DialectRegistry needed;
  passes.getDependentDialects(needed);
  context->appendDialectRegistry(needed);
  for (StringRef name : needed.getDialectNames())
    context->getOrLoadDialect(name);
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
    std::vector<Try> tries = tryViews(count, rounds);
    search.tries.clear();
    for (const Try &found : tries)
      search.tries.push_back(found.result);
    size_t counted = std::max(manyPatterns, patterns); // each of them also takes longer to map
    refine(std::move(tries), std::min(moves, 1 + moves * manyPatterns * manyPatterns / (counted * counted)));
  }
  if (best) {
    search.options.view = best->result.view;
    setLimits(module, best->limits, arch);
  }
  return search;
}

} // namespace

SearchResult jacquard::searchMappings(ModuleOp module, const PipelineOptions &options, function_ref<bool()> outOfTime) {
  auto arch = loadArch(options.arch);
  if (!arch)
    return {options, {}}; // the first pass says why
  numberPatterns(module);
  loadDialects(module.getContext(), options);
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
