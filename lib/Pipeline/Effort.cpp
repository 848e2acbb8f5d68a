// Effort.cpp - the search over whole mappings
#include "jacquard/Pipeline/Effort.h"

#include "Climb.h"

#include "jacquard/Conversion/PatToPipe/Effort.h"

#include "mlir/IR/Remarks.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// By the price of scratchpads, whether boxes start early, readers are spared and units joined, then the shares of
/// units and of scratchpads. A pattern that leaves units to others leaves room for what these keep on chip.
constexpr MappingView views[] = {{0.2, false, true, true},          {0.05, false, false, false},
                                 {0.2, true, true, true},           {0.5, true, false, false},
                                 {0.2, false, true, true, 0.75},    {0.5, false, false, false, 0.75},
                                 {0.2, true, true, true, 0.75},     {0.2, false, false, false, 0.9},
                                 {0.5, false, true, false},         {0, false, false, true},
                                 {0.8, false, true, false},         {0.5, true, false, true, 0.9},
                                 {0.2, false, true, false, 0.5},    {0.5, true, false, true, 0.5},
                                 {0.2, false, true, false, 1, 0.5}, {0.05, false, false, true, 1, 0.25}};
/// Mappings that a climb tries at a time: more would rarely help together.
constexpr size_t atOnce = 2;

/// A mapping of the whole model that was tried.
struct Try {
  ViewTry result;
  LimitsOf limits;
};

/// Where a climb went among several candidates, and which others are better than where it was.
struct Leap {
  std::optional<size_t> chosen;
  std::vector<size_t> alsoBetter;
};

/// How far a search goes on from what it began with.
struct Refinement {
  size_t moves, crossings, leaders;
};

/// Mappings that do not depend on each other are tried in parallel; what comes of them does not depend on the number of
/// threads.
class WholeSearch {
public:
  WholeSearch(ModuleOp module, const PipelineOptions &options, const ArchSpec &arch, function_ref<bool()> outOfTime)
      : context(module.getContext()), module(module), options(options), arch(arch), outOfTime(outOfTime) {}
  SearchResult run();
  void mend(SearchResult &search);

private:
  unsigned tooMany(const ViewTry &result) const;
  /// What counts: sections beyond the limit first, then those that cannot fit, then cycles.
  std::tuple<unsigned, unsigned, double> rankOf(const ViewTry &result) const {
    return {tooMany(result), result.crowded, result.cycles};
  }
  void consider(const ViewTry &result, const LimitsOf &limits);
  std::optional<Outcome> map(const MappingView &view, const LimitsOf &limits) const;
  std::optional<Try> tryView(const MappingView &view, size_t rounds) const;
  std::vector<Try> tryPrices(MappingView view, size_t rounds) const;
  std::vector<Try> tryViews(size_t count, size_t rounds);
  std::optional<Outcome> step(const Climb &climb, LimitsOf &limits) const;
  Leap leap(Climb &climb, std::vector<LimitsOf> candidates) const;
  bool advance(Climb &climb, size_t moves) const;
  bool recombine(Climb &climb, ArrayRef<Climb> donors, size_t most) const;
  std::vector<Climb> startClimbs(std::vector<Try> starts) const;
  void refine(std::vector<Try> starts, const Refinement &refinement);

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

void WholeSearch::consider(const ViewTry &result, const LimitsOf &limits) {
  if (!best || rankOf(result) < rankOf(best->result))
    best = {result, limits};
}

std::optional<Outcome> WholeSearch::map(const MappingView &view, const LimitsOf &limits) const {
  PipelineOptions own = options;
  own.view = view;
  return tryMapping(module, own, limits, arch);
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
    if (!found)
      break;
    bool enough = tooMany(found->result) == 0;
    tries.push_back(std::move(*found));
    if (enough != (sectionPrice == highest))
      break; // few enough; or too many, whatever the price
  }
  return tries;
}

/// As many views as come to different mappings: a share of a large machine may be as much as a small model takes
/// anyway.
std::vector<Try> WholeSearch::tryViews(size_t count, size_t rounds) {
  std::vector<Try> all;
  std::set<std::pair<double, unsigned>> different;
  for (size_t begin = 0, end = count; begin < end;) {
    std::vector<std::vector<Try>> triesOf(end - begin);
    parallelFor(context, 0, triesOf.size(), [&](size_t i) { triesOf[i] = tryPrices(views[begin + i], rounds); });
    for (std::vector<Try> &tries : triesOf)
      for (Try &found : tries) {
        consider(found.result, found.limits);
        if (different.insert({found.result.cycles, found.result.sections}).second)
          all.push_back(std::move(found));
      }
    begin = end;
    end = std::min(begin + count - std::min(count, different.size()), std::size(views));
  }
  return all;
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

/// Goes to the best of the candidates if that is better.
Leap WholeSearch::leap(Climb &climb, std::vector<LimitsOf> candidates) const {
  std::vector<std::optional<Outcome>> outcomes(candidates.size());
  parallelFor(context, 0, candidates.size(), [&](size_t i) { outcomes[i] = step(climb, candidates[i]); });
  Leap result;
  for (auto [i, outcome] : llvm::enumerate(outcomes)) {
    if (!outcome)
      continue;
    if (!result.chosen) {
      result.chosen = i;
      continue;
    }
    bool isBest = rankOf(outcome->result) < rankOf(outcomes[*result.chosen]->result);
    result.alsoBetter.push_back(isBest ? std::exchange(*result.chosen, i) : i);
  }
  if (result.chosen)
    climb.arrive(std::move(candidates[*result.chosen]), std::move(*outcomes[*result.chosen]));
  return result;
}

/// Makes at most `most` moves; false when none of them helped.
bool WholeSearch::advance(Climb &climb, size_t most) const {
  bool advanced = false;
  for (size_t made = 0; made < most && !outOfTime();) {
    std::vector<Moves> all = climb.findMoves(std::min(atOnce, most - made));
    if (all.empty())
      break;
    std::vector<LimitsOf> candidates(all.size(), climb.limits);
    for (auto [moves, limits] : llvm::zip(all, candidates))
      for (const Move &move : moves)
        move.applyTo(limits);
    Leap gone = leap(climb, std::move(candidates));
    for (size_t other : gone.alsoBetter)
      climb.forget(all[other]);
    advanced |= gone.chosen.has_value();
    made += all.size();
  }
  return advanced;
}

/// Takes over stretches of patterns from the donors where they are faster (two-point crossover), with at most `most`
/// tries; false when none helped. Donors that gain as much by the same stretch have the same mapping there.
bool WholeSearch::recombine(Climb &climb, ArrayRef<Climb> donors, size_t most) const {
  std::set<std::tuple<int64_t, int64_t, double>> tried;
  auto keyOf = [](const Crossover &each) { return std::make_tuple(each.first, each.last, each.gain); };
  bool recombined = false;
  for (size_t made = 0; made < most && !outOfTime();) {
    std::vector<Crossover> next;
    for (const Crossover &each : findCrossovers(climb, donors))
      if (next.size() < atOnce && tried.insert(keyOf(each)).second)
        next.push_back(each);
    if (next.empty())
      break;
    std::vector<LimitsOf> candidates;
    for (const Crossover &each : next)
      candidates.push_back(crossOver(climb, donors[each.donor], each));
    Leap gone = leap(climb, std::move(candidates));
    for (size_t other : gone.alsoBetter)
      tried.erase(keyOf(next[other]));
    recombined |= gone.chosen.has_value();
    made += next.size();
  }
  return recombined;
}

/// From what is not far behind the best: what is best at the begin need not be so in the end.
std::vector<Climb> WholeSearch::startClimbs(std::vector<Try> starts) const {
  constexpr double farBehind = 2; // times the cycles of the best one
  llvm::erase_if(starts, [&](const Try &start) { return start.result.cycles > farBehind * best->result.cycles; });
  if (!starts.empty()) {
    auto first =
        llvm::min_element(starts, [&](const Try &a, const Try &b) { return rankOf(a.result) < rankOf(b.result); });
    starts.push_back({first->result, {}}); // what found no room in the first round may have other ways out
  }
  std::vector<Climb> climbs(starts.size());
  parallelFor(context, 0, starts.size(), [&](size_t i) {
    climbs[i].view = starts[i].result.view;
    if (std::optional<Outcome> outcome = step(climbs[i], starts[i].limits))
      climbs[i].arrive(std::move(starts[i].limits), std::move(*outcome));
  });
  llvm::erase_if(climbs, [](const Climb &climb) { return !climb.here; });
  return climbs;
}

/// All climbs go some way. Then each of the best `leaders` takes over from the others where these are faster, climbs on
/// from there, and takes over again, until nothing helps or that was done `crossings` times.
void WholeSearch::refine(std::vector<Try> starts, const Refinement &refinement) {
  const size_t moves = refinement.moves;
  if (!best || moves == 0)
    return;
  std::vector<Climb> climbs = startClimbs(std::move(starts));
  parallelForEach(context, climbs, [&](Climb &climb) { advance(climb, moves); });
  llvm::sort(climbs, [&](const Climb &a, const Climb &b) { return rankOf(a.here->result) < rankOf(b.here->result); });
  for (Climb climb : std::vector<Climb>(climbs.begin(), climbs.begin() + std::min(refinement.leaders, climbs.size()))) {
    for (size_t round = 0; round < refinement.crossings; ++round) {
      bool recombined = recombine(climb, climbs, 6 * moves);
      if (!advance(climb, 2 * moves) && !recombined)
        break;
    }
    consider(climb.here->result, climb.limits);
  }
  for (const Climb &climb : climbs)
    consider(climb.here->result, climb.limits);
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
  } tried[mostEffort + 1] = {{0, 0, 0}, {2, 3, 0}, {8, 4, 20}, {std::size(views), 6, 40}};
  constexpr size_t manyPatterns = 40; // a move maps all of them: of more of them fewer moves take as long
  size_t patterns = 0;
  forEachPattern(module, [&](Operation *, int64_t) { ++patterns; });
  unsigned effort = std::min(options.effort, mostEffort);
  SearchResult search{options};
  // What is refined depends on what was best before: the steps of a lower effort come first.
  for (unsigned step = effort == 3 ? 2 : effort; step <= effort; ++step) {
    auto [count, rounds, moves] = tried[step];
    if (options.maxSections > 0)
      count = std::max<size_t>(count, 1), rounds = std::max<size_t>(rounds, 1);
    std::vector<Try> tries = tryViews(count, rounds);
    search.tries.clear();
    for (const Try &found : tries)
      search.tries.push_back(found.result);
    moves = llvm::divideCeil(moves * manyPatterns, std::max(manyPatterns, patterns));
    refine(std::move(tries), patterns > manyPatterns ? Refinement{moves, 2, 1} : Refinement{moves, 4, 2});
  }
  if (best) {
    search.options.view = best->result.view;
    search.limits = best->limits;
    setLimits(module, best->limits, arch);
  }
  return search;
}

void WholeSearch::mend(SearchResult &search) {
  constexpr size_t moves = 20;
  Climb climb;
  climb.view = search.options.view;
  clearLimits(module, search.limits, arch); // others may be lifted
  if (std::optional<Outcome> outcome = step(climb, search.limits)) {
    climb.arrive(std::move(search.limits), std::move(*outcome));
    advance(climb, moves);
    search.limits = std::move(climb.limits);
  }
  setLimits(module, search.limits, arch);
}

} // namespace

SearchResult jacquard::searchMappings(ModuleOp module, const PipelineOptions &options, function_ref<bool()> outOfTime) {
  auto arch = loadArch(options.arch);
  if (!arch)
    return {options}; // the first pass says why
  numberPatterns(module);
  loadDialects(module.getContext(), options);
  return WholeSearch(module, options, *arch, outOfTime).run();
}

void jacquard::mendMapping(ModuleOp module, SearchResult &search, function_ref<bool()> outOfTime) {
  if (auto arch = loadArch(search.options.arch); arch && search.options.effort > 1)
    WholeSearch(module, search.options, *arch, outOfTime).mend(search);
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
             << remark::metric("Readers", view.spareReaders ? "spared" : "wait")
             << remark::metric("Join", view.joinUnits ? "joined" : "apart")
             << remark::metric("SectionPrice", int64_t(view.sectionPrice))
             << remark::metric("Sections", result.sections) << remark::metric("Cycles", std::llround(result.cycles));
  }
}
