// GroupNests.cpp - a greedy cut of the program into sections
//
// Patterns of one section run on one copy of their units each and hand their results on in scratchpads, so a section is a
// metapipeline of several stages. What is gained: no change of configuration, no cold start, no intermediate in DRAM. What
// is lost: the speed-up of several units.
#include "GroupNests.h"

#include "CostModel.h"
#include "ExplainMapping.h"
#include "SearchCache.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// Both ways to run a pattern: as fast as it goes, and on one unit.
struct Candidate {
  PlannedNest fast, single;
  const ArchSpec &arch; ///< counted in its words
  double loss() const { return single.mapping.cycles() - fast.mapping.cycles(); }
};

/// Cycles from the last result of a section to the first of the next: both fill and drain the machine once.
double sectionOverhead(const ArchSpec &arch) {
  double dram = arch.dram.activate + arch.dram.columnRead + arch.dram.precharge;
  double crossing = double(arch.columns + arch.rows) * arch.network.hopLatency;
  double pipeline = double(arch.compute.stages) * arch.compute.stageLatency + arch.memory.readLatency;
  return 2 * (dram + crossing + pipeline);
}

class Grouping {
public:
  Grouping(const ArchSpec &arch, function_ref<Value(Value)> bufferOf, Residences &mayStay, const MappingPrices &prices,
           ContentCache &cache)
      : narrow(arch), wide(arch.wide()), bufferOf(bufferOf), mayStay(mayStay), prices(prices), cache(cache) {}
  void add(Operation *pattern, const MappingEffort &effort);
  std::vector<std::vector<PlannedNest>> finish();

private:
  bool overwrites(const Nest &writer, const Nest &reader);
  bool writeTogether(const Nest &a, const Nest &b);
  bool canJoin(const Candidate &candidate);
  double gain(const Candidate &candidate);
  UnitNeed needOf(const Candidate &candidate);
  void close();

  const ArchSpec &narrow;
  const ArchSpec wide;
  bool alone = false; ///< what is in `current` shares with nobody
  function_ref<Value(Value)> bufferOf;
  Residences &mayStay;
  MappingPrices prices;
  ContentCache &cache;
  std::vector<Candidate> current;
  UnitNeed need; ///< of `current`, all on one unit
  std::vector<std::vector<PlannedNest>> groups;
};

uint64_t scratchpadBytes(Value tensor) { return 4 * uint64_t(cast<RankedTensorType>(tensor.getType()).getNumElements()); }

/// Units of a pattern on one unit; every access that could come from a scratchpad counts as a memory unit.
UnitNeed Grouping::needOf(const Candidate &candidate) {
  UnitNeed result = estimateUnits(candidate.single.nest, candidate.single.mapping, candidate.arch);
  result.memory = std::max<int64_t>(result.memory, int64_t(candidate.single.nest.accesses.size()));
  return result;
}

/// Whether results of `writer` take the place of tensors that `reader` reads (carried tensors of a loop).
bool Grouping::overwrites(const Nest &writer, const Nest &reader) {
  for (Value result : writer.op->getResults())
    for (const NestAccess &access : reader.accesses)
      if (access.op.getTensor() != result && bufferOf(access.op.getTensor()) == bufferOf(result))
        return true;
  return false;
}

/// Whether both write parts of one tensor that may stay on chip. Side by side they would keep it in DRAM: a scratchpad
/// has one writer in each section.
bool Grouping::writeTogether(const Nest &a, const Nest &b) {
  return llvm::any_of(a.op->getResults(), [&](Value result) {
    return mayStay.lookup(bufferOf(result)).mostHomes > 0 &&
           llvm::any_of(b.op->getResults(), [&](Value other) { return bufferOf(result) == bufferOf(other); });
  });
}

bool Grouping::canJoin(const Candidate &candidate) {
  if (current.empty() || !isa<pat::MapOp>(candidate.single.nest.op) || !isa<pat::MapOp>(current.front().single.nest.op))
    return false;
  if (candidate.single.nest.wide != current.front().single.nest.wide) // the words of a section are all alike
    return false;
  for (const Candidate &member : current)
    if (overwrites(candidate.single.nest, member.single.nest) ||
        overwrites(member.single.nest, candidate.single.nest) || writeTogether(candidate.single.nest, member.single.nest))
      return false;
  const ArchSpec &arch = candidate.arch;
  // Results of the section that are read here must fit one scratchpad, without costly bank conflicts.
  for (const NestAccess &access : candidate.single.nest.accesses) {
    Operation *producer = access.op.getTensor().getDefiningOp();
    bool inside = llvm::any_of(current, [&](const Candidate &member) { return member.single.nest.op == producer; });
    if (!inside)
      continue;
    if (scratchpadBytes(access.op.getTensor()) > arch.memory.bytes())
      return false;
    if (access.affine)
      for (const LoopPlan &loop : candidate.single.mapping.loops)
        if (loop.role != pipe::LoopRole::Time && access.affine->strideAlong(loop.dim) % 4 == 0 &&
            access.affine->dependsOn(loop.dim))
          return false;
  }
  // Half of the machine leaves room for what partitioning adds, and for routing.
  UnitNeed more = needOf(candidate);
  return (need.compute + more.compute) * 2 <= int64_t(arch.numComputeUnits()) &&
         (need.memory + more.memory) * 2 <= int64_t(arch.numMemoryUnits()) &&
         (need.dramPorts + more.dramPorts) * 2 <= int64_t(arch.dramPort.count);
}

/// Cycles saved by taking `candidate` into the current section.
double Grouping::gain(const Candidate &candidate) {
  const ArchSpec &arch = candidate.arch;
  double saved = sectionOverhead(arch) - candidate.loss();
  if (current.size() == 1)
    saved -= current.front().loss();
  for (const NestAccess &access : candidate.single.nest.accesses)
    for (const Candidate &member : current)
      if (access.op.getTensor().getDefiningOp() == member.single.nest.op)
        saved += double(scratchpadBytes(access.op.getTensor())) / arch.dram.bytesPerCycle;
  return saved;
}

void Grouping::close() {
  if (current.empty())
    return;
  std::vector<PlannedNest> group;
  for (Candidate &member : current)
    group.push_back(current.size() == 1 ? std::move(member.fast) : std::move(member.single));
  groups.push_back(std::move(group));
  current.clear();
  need = {};
}

void Grouping::add(Operation *pattern, const MappingEffort &effort) {
  Nest nest = analyseNest(pattern, mostLoopsOf(narrow));
  for (NestAccess &access : nest.accesses) {
    access.residence = nest.wide ? Residence() : mayStay.lookup(bufferOf(access.op.getTensor()));
    access.packed = access.affine && !access.op.getElseValue() && matchPattern(access.op.getTensor(), m_Constant());
  }
  nest.mostHomes = nest.wide || pattern->getNumResults() == 0 ? 0 : std::numeric_limits<int64_t>::max();
  for (Value result : pattern->getResults()) {
    Residence residence = mayStay.lookup(bufferOf(result));
    nest.mostHomes = std::min(nest.mostHomes, residence.mostHomes);
    nest.tripsReading = std::max(nest.tripsReading, residence.tripsReading);
  }
  if (auto boxes = pattern->getAttrOfType<IntegerAttr>(mostBoxesAttr))
    nest.mostBoxes = boxes.getInt();
  const ArchSpec &arch = nest.wide ? wide : narrow;
  int64_t maxUnits = effort.frugal ? 1 : arch.numComputeUnits();
  auto plan = [&](int64_t units) {
    auto rivals = wantsRemarks(pattern) ? std::make_shared<Rivals>(effort.fill) : nullptr;
    Mapping mapping = chooseMapping(cache, nest, arch, units, effort.fill, prices.scratchpads, rivals.get());
    return PlannedNest{nest, std::move(mapping), std::move(rivals)};
  };
  Candidate candidate{plan(maxUnits), plan(1), arch};
  for (Value result : pattern->getResults())
    if (candidate.fast.mapping.resultHomes == 0)
      mayStay.erase(bufferOf(result));
    else
      addCuts(nest, candidate.fast.mapping, mayStay[bufferOf(result)]);
  std::optional<double> saved;
  if (!effort.frugal && !alone && canJoin(candidate))
    saved = gain(candidate);
  candidate.fast.sharingSaves = candidate.single.sharingSaves = saved;
  if (!saved || *saved + prices.section <= 0)
    close();
  UnitNeed more = needOf(candidate);
  need.compute += more.compute;
  need.memory += more.memory;
  need.dramPorts += more.dramPorts;
  alone = effort.frugal;
  current.push_back(std::move(candidate));
}

std::vector<std::vector<PlannedNest>> Grouping::finish() {
  close();
  return std::move(groups);
}

} // namespace

std::vector<std::vector<PlannedNest>> jacquard::groupNests(ArrayRef<Operation *> patterns, const ArchSpec &arch,
                                                           function_ref<MappingEffort(Operation *)> effortOf,
                                                           function_ref<Value(Value)> bufferOf, Residences &mayStay,
                                                           const MappingPrices &prices, ContentCache &cache) {
  Grouping grouping(arch, bufferOf, mayStay, prices, cache);
  for (Operation *pattern : patterns)
    grouping.add(pattern, effortOf(pattern));
  return grouping.finish();
}
