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
  llvm::SetVector<size_t> readers; ///< steps before or in which its results are read
  size_t lastRead = 0;             ///< the last of them, or the step itself
  size_t firstWhole = never;       ///< the first that needs them whole: no run has this step and that one
  bool returned = false;           ///< from the scope
  int64_t common = 0;              ///< bytes from outside of the scope's maps that every slice reads
  bool kept = false;               ///< on chip, when all maps take their whole domain at once

  /// Bytes that its results need not go through DRAM, for each step in which they lie on chip.
  double density(size_t number) const { return double(readers.size()) / double(lastRead + 1 - number); }
};

int64_t wordBytes(RankedTensorType type) {
  return type.getNumElements() * (type.getElementTypeBitWidth() > 32 ? 8 : 4);
}

int64_t dramBytes(RankedTensorType type) {
  return type.getNumElements() * int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
}

/// Room on chip, step by step.
class Room {
public:
  Room(size_t begin, size_t end, int64_t bytes) : begin(begin), free(end - begin, bytes) {}
  /// Takes room in the steps of [from, to) without asking.
  void take(size_t from, size_t to, int64_t bytes) {
    for (size_t step = from; step < to; ++step)
      free[step - begin] -= bytes;
  }
  /// Takes it if there is enough in all of them.
  bool tryTake(size_t from, size_t to, int64_t bytes) {
    auto steps = ArrayRef(free).slice(from - begin, to - from);
    if (llvm::any_of(steps, [&](int64_t left) { return left < bytes; }))
      return false;
    take(from, to, bytes);
    return true;
  }

private:
  size_t begin;
  SmallVector<int64_t> free;
};

class Planner {
public:
  Planner(Block &scope, const SliceCosts &costs);
  SmallVector<Run> plan();

private:
  void studyReads(size_t number);
  void studyUsers(size_t number, const llvm::DenseMap<Operation *, size_t> &stepAt);
  void keepWhole();
  bool mayBelong(size_t number, int64_t extent) const;
  bool spills(size_t number) const;
  double stepCost(size_t number) const;
  int64_t keptBefore(size_t begin) const;
  double runCost(size_t begin, size_t end, int64_t thickness, int64_t bytes, ArrayRef<size_t> densest) const;
  void tryRuns(size_t begin);

  struct Choice {
    double cost = std::numeric_limits<double>::infinity();
    size_t begin = 0;
    int64_t thickness = 0; ///< 0: a step on its own
  };

  Block &scope;
  SliceCosts costs;
  std::vector<Step> steps;
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
    studyReads(number);
  }
  keepWhole();
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
      step.readers.insert(at);
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
  if (step.readers.empty()) // nothing to keep
    step.bytes = 0;
}

/// What every slice reads from outside of the scope's maps, each tensor once.
void Planner::studyReads(size_t number) {
  Step &step = steps[number];
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

/// Which results stay on chip without slices: the densest first, as long as there is room.
void Planner::keepWhole() {
  auto order = llvm::to_vector(llvm::seq(steps.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(-steps[a].density(a), a) < std::make_pair(-steps[b].density(b), b);
  });
  Room room(0, steps.size(), costs.chipBytes);
  for (size_t number : order) {
    Step &step = steps[number];
    step.kept = room.tryTake(number, std::min(step.lastRead + 1, steps.size()), step.bytes);
  }
}

bool Planner::mayBelong(size_t number, int64_t extent) const {
  return steps[number].walked && steps[number].extent == extent;
}

/// Whether the step reads or writes through DRAM when it runs as a whole.
bool Planner::spills(size_t number) const {
  return !steps[number].kept || llvm::any_of(steps[number].sources, [&](size_t source) { return !steps[source].kept; });
}

/// Bytes that go through DRAM for a step as a whole.
double Planner::stepCost(size_t number) const {
  const Step &step = steps[number];
  int64_t bytes = step.common + costs.startBytes + (step.kept ? 0 : step.bytes);
  for (size_t source : step.sources)
    bytes += steps[source].kept ? 0 : steps[source].bytes;
  return double(bytes);
}

/// Bytes of results of earlier steps that are on chip when `begin` runs, whole.
int64_t Planner::keptBefore(size_t begin) const {
  int64_t bytes = 0;
  for (const Step &step : ArrayRef(steps).take_front(begin))
    bytes += step.kept && step.lastRead >= begin ? step.bytes : 0;
  return bytes;
}

/// Bytes that go through DRAM for the steps of [begin, end) when those that belong to the run take it in slices. There
/// are `room` bytes on chip for their results: of those that others need for all slices, of the others for one.
/// `densest`: the run's steps, those first whose results should be on chip.
double Planner::runCost(size_t begin, size_t end, int64_t thickness, int64_t bytes, ArrayRef<size_t> densest) const {
  int64_t extent = steps[begin].extent, slices = llvm::divideCeil(extent, thickness);
  double cost = 0;
  Room room(begin, end, bytes);
  for (size_t number = begin; number < end; ++number)
    if (!mayBelong(number, extent)) {
      cost += stepCost(number);
      room.take(number, end, steps[number].kept ? steps[number].bytes : 0);
    }
  for (size_t number : densest) {
    const Step &step = steps[number];
    auto readsInside = llvm::count_if(step.readers, [&](size_t reader) { return reader < end; });
    bool within = step.lastRead < end && !step.returned;
    bool kept = within ? room.tryTake(number, step.lastRead + 1, llvm::divideCeil(step.bytes, slices))
                       : step.kept && room.tryTake(begin, end, step.bytes);
    cost += double(slices) * double(step.common + costs.startBytes);
    if (!kept)
      cost += double(step.bytes) * double(1 + readsInside);
    if (!kept && step.kept) // those behind count on it
      cost += double(step.bytes) * double(int64_t(step.readers.size()) - readsInside);
    if (!within && readsInside > 0) // what is read before the whole is there has to be copied into it
      cost += double(slices * costs.startBytes) + (kept ? 0 : 2) * double(step.bytes);
    for (size_t source : step.sources)
      if (source < begin && !steps[source].kept)
        cost += double(steps[source].bytes);
  }
  return cost;
}

/// All runs that begin with the step `begin`.
void Planner::tryRuns(size_t begin) {
  int64_t extent = steps[begin].extent, room = costs.chipBytes - keptBefore(begin);
  size_t limit = std::min(steps.size(), begin + longestRun);
  bool worthwhile = false, linked = false; // something spills; a step of the run reads another one
  SmallVector<size_t> densest;
  for (size_t last = begin; last < limit; ++last) {
    worthwhile |= spills(last);
    if (!mayBelong(last, extent))
      continue;
    limit = std::min(limit, steps[last].firstWhole);
    linked |= llvm::any_of(steps[last].sources, [&](size_t source) { return source >= begin; });
    auto isLess = [&](size_t other) { return steps[other].density(other) >= steps[last].density(last); };
    densest.insert(llvm::find_if_not(densest, isLess), last);
    if (!worthwhile || !linked)
      continue;
    for (int64_t slices = 2; slices <= std::min(extent, mostSlices); ++slices) {
      int64_t thickness = llvm::divideCeil(extent, slices);
      if (int64_t(llvm::divideCeil(extent, thickness)) != slices)
        continue;
      double cost = choices[begin].cost + runCost(begin, last + 1, thickness, room, densest);
      if (cost < choices[last + 1].cost)
        choices[last + 1] = {cost, begin, thickness};
    }
  }
}

SmallVector<Run> Planner::plan() {
  if (llvm::all_of(steps, [](const Step &step) { return step.kept; }))
    return {};
  choices.assign(steps.size() + 1, {});
  choices[0].cost = 0;
  for (size_t number = 0; number < steps.size(); ++number) {
    double alone = choices[number].cost + stepCost(number);
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
