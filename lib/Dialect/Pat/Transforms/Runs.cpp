// Runs.cpp - finds maps that one outer dimension runs through, and which of them should take it slice by slice
#include "jacquard/Dialect/Pat/Transforms/Runs.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <limits>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::pat;

std::optional<unsigned> pat::outermostDim(MapOp map) {
  for (auto [dim, extent] : llvm::enumerate(map.getDomain()))
    if (extent > 1)
      return unsigned(dim);
  return std::nullopt;
}

bool pat::walksAlong(AtOp read, MapOp reader) {
  auto source = read.getTensor().getDefiningOp<MapOp>();
  std::optional<unsigned> from = source ? outermostDim(source) : std::nullopt, to = outermostDim(reader);
  if (!from || !to || source.getDomain()[*from] != reader.getDomain()[*to])
    return false;
  auto position = dyn_cast<AffineDimExpr>(read.getAccessMap().getResult(*from));
  return position && read.getIndices()[position.getPosition()] == reader.getIndices()[*to];
}

namespace {

constexpr size_t never = std::numeric_limits<size_t>::max();
constexpr size_t longestRun = 128; // bounds the work; a longer run is cut
constexpr int64_t mostSlices = 64; // bounds the program's size

/// A map of the scope and what of it counts.
struct Step {
  MapOp map;
  int64_t extent = 1;              ///< of the outermost dimension
  bool walked = false;             ///< that dimension is walked along by a read of this map or of its results
  int64_t bytes = 0;               ///< of its results, in scratchpads
  llvm::SetVector<size_t> sources; ///< steps whose results it reads
  size_t firstRead = never;        ///< the first step that reads its results
  size_t lastRead = 0;             ///< the last one, or the step itself
  size_t firstWhole = never;       ///< the first that needs them whole: no run has this step and that one
  bool returned = false;           ///< from the scope
  int64_t common = 0;              ///< bytes from outside of the scope's maps that every slice reads
  int64_t total = 0;               ///< bytes of sources and results
};

int64_t wordBytes(RankedTensorType type) {
  return type.getNumElements() * (type.getElementTypeBitWidth() > 32 ? 8 : 4);
}

int64_t dramBytes(RankedTensorType type) {
  return type.getNumElements() * int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
}

class Planner {
public:
  Planner(Block &scope, const SliceCosts &costs);
  SmallVector<Run> plan();

private:
  void studyReads(size_t number);
  void studyUsers(size_t number, const llvm::DenseMap<Operation *, size_t> &stepAt);
  void countLive();
  double stepCost(size_t number, int64_t slices, bool spills) const;
  bool overflows(size_t number) const { return live[number] > double(costs.chipBytes); }
  bool mayBelong(size_t number, int64_t extent) const;
  double runCost(size_t begin, size_t end, int64_t thickness) const;
  void tryRuns(size_t begin);

  struct Choice {
    double cost = std::numeric_limits<double>::infinity();
    size_t begin = 0;
    int64_t thickness = 0; ///< 0: a step on its own
  };

  Block &scope;
  SliceCosts costs;
  std::vector<Step> steps;
  std::vector<double> live;    ///< bytes of results that are needed while a step runs, all of them whole
  std::vector<Choice> choices; ///< the best way to end before a step
};

Planner::Planner(Block &scope, const SliceCosts &costs) : scope(scope), costs(costs) {
  llvm::DenseMap<Operation *, size_t> stepAt; // for other operations: the next step
  for (Operation &op : scope) {
    stepAt[&op] = steps.size();
    if (auto map = dyn_cast<MapOp>(op))
      steps.emplace_back().map = map;
  }
  for (size_t number = 0; number < steps.size(); ++number) {
    Step &step = steps[number];
    if (std::optional<unsigned> dim = outermostDim(step.map))
      step.extent = step.map.getDomain()[*dim];
    studyUsers(number, stepAt);
  }
  for (size_t number = 0; number < steps.size(); ++number)
    studyReads(number);
  countLive();
}

void Planner::studyUsers(size_t number, const llvm::DenseMap<Operation *, size_t> &stepAt) {
  Step &step = steps[number];
  step.lastRead = number;
  for (Value result : step.map.getResults()) {
    step.bytes += wordBytes(cast<RankedTensorType>(result.getType()));
    for (Operation *user : result.getUsers()) {
      Operation *reader = scope.findAncestorOpInBlock(*user);
      if (!reader || reader == scope.getTerminator()) {
        step.returned = true;
        continue;
      }
      size_t at = stepAt.lookup(reader);
      step.firstRead = std::min(step.firstRead, at);
      step.lastRead = std::max(step.lastRead, at);
      auto map = dyn_cast<MapOp>(reader);
      if (map)
        steps[at].sources.insert(number);
      if (map && walksAlong(cast<AtOp>(user), map))
        step.walked = steps[at].walked = true;
      else
        step.firstWhole = std::min(step.firstWhole, at);
    }
  }
  if (step.firstRead == never) // nothing to keep
    step.bytes = 0;
}

/// What a step reads, each tensor once.
void Planner::studyReads(size_t number) {
  Step &step = steps[number];
  step.total = step.bytes;
  for (size_t source : step.sources)
    step.total += steps[source].bytes;
  std::optional<unsigned> dim = outermostDim(step.map);
  llvm::MapVector<Value, bool> outside; // tensor -> whether slices read parts of it
  step.map.walk([&](AtOp read) {
    auto source = read.getTensor().getDefiningOp<MapOp>();
    if (source && source->getBlock() == &scope)
      return;
    bool inParts = dim && llvm::is_contained(read.getIndices(), Value(step.map.getIndices()[*dim]));
    outside.insert({read.getTensor(), true}).first->second &= inParts;
  });
  for (auto [tensor, inParts] : outside)
    if (!inParts)
      step.common += dramBytes(cast<RankedTensorType>(tensor.getType()));
}

void Planner::countLive() {
  live.assign(steps.size() + 1, 0);
  for (size_t number = 0; number < steps.size(); ++number) {
    live[number] += double(steps[number].bytes);
    live[std::min(steps[number].lastRead + 1, steps.size())] -= double(steps[number].bytes);
  }
  for (size_t number = 1; number < live.size(); ++number)
    live[number] += live[number - 1];
}

/// Bytes that go through DRAM for all `slices` of a step; `spills`: what should be on chip meanwhile is not.
double Planner::stepCost(size_t number, int64_t slices, bool spills) const {
  const Step &step = steps[number];
  return double(slices) * double(step.common + costs.startBytes) + (spills ? double(step.total) : 0);
}

bool Planner::mayBelong(size_t number, int64_t extent) const {
  return steps[number].walked && steps[number].extent == extent;
}

/// What the steps of [begin, end) cost when those that belong to the run take it in slices. While that lasts, what
/// others need of it before or behind is there whole.
double Planner::runCost(size_t begin, size_t end, int64_t thickness) const {
  int64_t extent = steps[begin].extent, slices = llvm::divideCeil(extent, thickness);
  double share = double(thickness) / double(extent), cost = 0;
  double now = live[begin] - double(steps[begin].bytes);
  std::vector<double> inside(end - begin + 1, 0); // bytes more from each step on
  for (size_t number = begin; number < end; ++number) {
    const Step &step = steps[number];
    if (!mayBelong(number, extent) || step.lastRead >= end) {
      now += double(step.bytes);
      continue;
    }
    inside[number - begin] += double(step.bytes) * share;
    inside[step.lastRead + 1 - begin] -= double(step.bytes) * share;
  }
  for (size_t number = begin; number < end; ++number) {
    const Step &step = steps[number];
    now += inside[number - begin];
    bool belongs = mayBelong(number, extent), spills = now > double(costs.chipBytes);
    cost += belongs ? stepCost(number, slices, spills) : stepCost(number, 1, overflows(number));
    // What is read before the whole is there has to be copied into it.
    if (belongs && step.firstRead < end && (step.returned || step.lastRead >= end))
      cost += double(slices * costs.startBytes) + (spills ? 2 * double(step.bytes) : 0);
  }
  return cost;
}

/// All runs that begin with the step `begin`.
void Planner::tryRuns(size_t begin) {
  int64_t extent = steps[begin].extent;
  size_t limit = std::min(steps.size(), begin + longestRun);
  bool worthwhile = false;
  for (size_t last = begin; last < limit; ++last) {
    bool belongs = mayBelong(last, extent);
    if (belongs)
      limit = std::min(limit, steps[last].firstWhole);
    worthwhile |= overflows(last);
    if (!belongs || !worthwhile)
      continue;
    for (int64_t slices = 2; slices <= std::min(extent, mostSlices); ++slices) {
      int64_t thickness = llvm::divideCeil(extent, slices);
      if (int64_t(llvm::divideCeil(extent, thickness)) != slices)
        continue;
      double cost = choices[begin].cost + runCost(begin, last + 1, thickness);
      if (cost < choices[last + 1].cost)
        choices[last + 1] = {cost, begin, thickness};
    }
  }
}

SmallVector<Run> Planner::plan() {
  if (llvm::none_of(llvm::seq(steps.size()), [&](size_t number) { return overflows(number); }))
    return {};
  choices.assign(steps.size() + 1, {});
  choices[0].cost = 0;
  for (size_t number = 0; number < steps.size(); ++number) {
    double alone = choices[number].cost + stepCost(number, 1, overflows(number));
    if (alone <= choices[number + 1].cost)
      choices[number + 1] = {alone, number, 0};
    if (steps[number].walked)
      tryRuns(number);
  }
  SmallVector<Run> runs;
  for (size_t end = steps.size(); end > 0; end = choices[end].begin) {
    const Choice &choice = choices[end];
    if (choice.thickness == 0)
      continue;
    int64_t extent = steps[choice.begin].extent;
    Run run{{}, extent, choice.thickness};
    for (size_t number = choice.begin; number < end; ++number)
      if (mayBelong(number, extent))
        run.maps.push_back(steps[number].map);
    runs.push_back(std::move(run));
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

} // namespace

SmallVector<Run> pat::planRuns(Block &scope, const SliceCosts &costs) { return Planner(scope, costs).plan(); }
