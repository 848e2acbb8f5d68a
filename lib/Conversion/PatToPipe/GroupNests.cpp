// GroupNests.cpp - the best cut of the program into sections
//
// Patterns of one section run on one copy of their units each and hand their results on in scratchpads, so a section is
// a metapipeline of several stages. What is gained: no cold start, no intermediate in DRAM. What is lost: the speed-up
// of several units. How a pattern is mapped does not depend on who shares its section, so the cut that is predicted to
// take the fewest cycles is found by dynamic programming over the places where a section can begin.
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
  UnitNeed fastNeed, singleNeed;
  const ArchSpec &arch; ///< counted in its words
  bool isAlone;         ///< shares with nobody
};

/// Neighbouring patterns in one section. `main`, if not null, keeps its units; so does one that has the section to
/// itself. All others run on one.
struct Group {
  size_t begin, end; ///< patterns
  Operation *main;
  double cycles; ///< and those that intermediates would take through DRAM, negated
};

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
  bool maySideBySide(ArrayRef<Candidate> members, const Candidate &candidate);
  bool canReadInside(ArrayRef<Candidate> members, const Candidate &candidate);
  bool fits(ArrayRef<Candidate> members, Operation *main);
  bool mayBeMain(ArrayRef<Candidate> members, Operation *main);
  double cyclesOf(ArrayRef<Candidate> members, Operation *main);
  std::vector<Group> groupsFrom(size_t begin);
  std::vector<Group> cut();
  void explainSharing(ArrayRef<Group> groups);

  const ArchSpec &narrow;
  const ArchSpec wide;
  function_ref<Value(Value)> bufferOf;
  Residences &mayStay;
  MappingPrices prices;
  ContentCache &cache;
  std::vector<Candidate> candidates; ///< all patterns
};

uint64_t scratchpadBytes(Value tensor) { return 4 * uint64_t(cast<RankedTensorType>(tensor.getType()).getNumElements()); }

/// Units of a pattern on one unit; every access that could come from a scratchpad counts as a memory unit.
UnitNeed needOnOneUnit(const PlannedNest &single, const ArchSpec &arch) {
  UnitNeed result = estimateUnits(single.nest, single.mapping, arch);
  result.memory = std::max<int64_t>(result.memory, int64_t(single.nest.accesses.size()));
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

/// Whether the section of `members` may hold the candidate, too.
bool Grouping::maySideBySide(ArrayRef<Candidate> members, const Candidate &candidate) {
  const Nest &nest = candidate.single.nest;
  if (members.front().isAlone || candidate.isAlone || !isa<pat::MapOp>(nest.op) ||
      !isa<pat::MapOp>(members.front().single.nest.op))
    return false;
  if (nest.wide != members.front().single.nest.wide) // the words of a section are all alike
    return false;
  return llvm::none_of(members, [&](const Candidate &member) {
    const Nest &other = member.single.nest;
    return overwrites(nest, other) || overwrites(other, nest) || writeTogether(nest, other);
  });
}

/// Results of the section that are read here must fit one scratchpad, without costly bank conflicts.
bool Grouping::canReadInside(ArrayRef<Candidate> members, const Candidate &candidate) {
  for (const NestAccess &access : candidate.single.nest.accesses) {
    Operation *producer = access.op.getTensor().getDefiningOp();
    bool inside = llvm::any_of(members, [&](const Candidate &member) { return member.single.nest.op == producer; });
    if (!inside)
      continue;
    if (scratchpadBytes(access.op.getTensor()) > candidate.arch.memory.bytes())
      return false;
    if (access.affine)
      for (const LoopPlan &loop : candidate.single.mapping.loops)
        if (loop.role != pipe::LoopRole::Time && access.affine->strideAlong(loop.dim) % 4 == 0 &&
            access.affine->dependsOn(loop.dim))
          return false;
  }
  return true;
}

/// What runs on one unit may take half of what the machine leaves: partitioning adds to it, and routing wants room.
bool Grouping::fits(ArrayRef<Candidate> members, Operation *main) {
  UnitNeed need;
  for (const Candidate &member : members) {
    bool isMain = member.single.nest.op == main;
    const UnitNeed &more = isMain ? member.fastNeed : member.singleNeed;
    int64_t times = isMain ? 1 : 2;
    need.compute += times * more.compute;
    need.memory += times * more.memory;
    need.dramPorts += times * more.dramPorts;
  }
  const ArchSpec &arch = members.front().arch;
  return need.compute <= int64_t(arch.numComputeUnits()) && need.memory <= int64_t(arch.numMemoryUnits()) &&
         need.dramPorts <= int64_t(arch.dramPort.count);
}

/// Whether the section has room for its patterns, and `main` exchanges nothing with the others: a scratchpad between
/// them would have to serve many units.
bool Grouping::mayBeMain(ArrayRef<Candidate> members, Operation *main) {
  auto reads = [](const Candidate &reader, Operation *writer) {
    return llvm::any_of(reader.single.nest.accesses,
                        [&](const NestAccess &access) { return access.op.getTensor().getDefiningOp() == writer; });
  };
  auto planned = llvm::find_if(members, [&](const Candidate &member) { return member.single.nest.op == main; });
  if (planned != members.end())
    for (const Candidate &member : members)
      if (reads(member, main) || reads(*planned, member.single.nest.op))
        return false;
  return fits(members, main);
}

/// A pattern keeps its units where it is the only one, or `main`.
template <typename AnyCandidate> auto &planOf(AnyCandidate &member, bool isOnly, Operation *main) {
  return isOnly || member.single.nest.op == main ? member.fast : member.single;
}

double Grouping::cyclesOf(ArrayRef<Candidate> members, Operation *main) {
  SmallVector<const PlannedNest *> plans;
  for (const Candidate &member : members)
    plans.push_back(&planOf(member, members.size() == 1, main));
  const ArchSpec &arch = members.front().arch;
  double cycles = predictSection(plans, arch).all;
  for (const Candidate &reader : members)
    for (auto [access, plan] : llvm::zip(reader.single.nest.accesses, reader.single.mapping.accesses))
      for (const Candidate &writer : members)
        if (plan.homes == 0 && access.op.getTensor().getDefiningOp() == writer.single.nest.op)
          cycles -= double(scratchpadBytes(access.op.getTensor())) / arch.dram.bytesPerCycle;
  return cycles;
}

/// The sections that can begin there, from one pattern on, each with the main that makes it fastest.
std::vector<Group> Grouping::groupsFrom(size_t begin) {
  ArrayRef<Candidate> all(candidates);
  std::vector<Group> groups = {{begin, begin + 1, nullptr, cyclesOf(all[begin], nullptr)}};
  SmallVector<Operation *> mains = {nullptr}; // that were possible with fewer patterns
  auto mayKeepUnits = [&](const Candidate &member) {
    if (member.fast.mapping.copies() > 1)
      mains.push_back(member.fast.nest.op);
  };
  mayKeepUnits(all[begin]);
  for (size_t end = begin + 2; end <= all.size() && !mains.empty(); ++end) {
    ArrayRef<Candidate> members = all.slice(begin, end - begin);
    if (!maySideBySide(members.drop_back(), members.back()) || !canReadInside(members.drop_back(), members.back()))
      break;
    if (mains.front() == nullptr)
      mayKeepUnits(members.back());
    llvm::erase_if(mains, [&](Operation *main) { return !mayBeMain(members, main); });
    std::optional<Group> best;
    for (Operation *main : mains)
      if (double cycles = cyclesOf(members, main); !best || cycles < best->cycles)
        best = {begin, end, main, cycles};
    if (best)
      groups.push_back(*best);
  }
  return groups;
}

/// The sections of the whole program, of all cuts that take the fewest cycles, and among these the one of the smallest
/// first sections.
std::vector<Group> Grouping::cut() {
  struct Rest {
    double cycles = 0; ///< from here to the end, and the price of the sections
    std::optional<Group> first = {};
  };
  std::vector<Rest> rests(candidates.size() + 1);
  for (size_t begin = candidates.size(); begin-- > 0;)
    for (const Group &group : groupsFrom(begin)) {
      double cycles = group.cycles + prices.section + rests[group.end].cycles;
      if (!rests[begin].first || cycles < rests[begin].cycles)
        rests[begin] = {cycles, group};
    }
  std::vector<Group> groups;
  for (size_t begin = 0; begin < candidates.size(); begin = groups.back().end)
    groups.push_back(*rests[begin].first);
  return groups;
}

/// Says of each pattern what joining the section before saves, or would have saved.
void Grouping::explainSharing(ArrayRef<Group> groups) {
  for (const Group &group : groups) {
    std::vector<Group> ways = groupsFrom(group.begin);
    for (size_t more = 1; more < ways.size() && group.begin + more <= group.end; ++more) {
      Candidate &candidate = candidates[group.begin + more];
      double alone = cyclesOf(candidate, nullptr);
      candidate.fast.sharingSaves = candidate.single.sharingSaves = ways[more - 1].cycles + alone - ways[more].cycles;
    }
  }
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
    if (nest.readers.empty())
      nest.readers = residence.readers;
    if (!residence.cuts.empty())
      nest.partsBefore = int64_t(residence.cuts.size()) + 1;
  }
  if (auto boxes = pattern->getAttrOfType<IntegerAttr>(mostBoxesAttr))
    nest.mostBoxes = boxes.getInt();
  nest.countAllPorts = pattern->hasAttr(countAllPortsAttr);
  const ArchSpec &arch = nest.wide ? wide : narrow;
  auto isOn = [&](StringRef name, bool common) {
    auto own = pattern->getAttrOfType<BoolAttr>(name);
    return own ? own.getValue() : common;
  };
  nest.startEarly = isOn(startEarlyAttr, prices.startEarly);
  nest.joinUnits = isOn(joinUnitsAttr, prices.joinUnits);
  if (!isOn(spareReadersAttr, prices.spareReaders))
    llvm::erase_if(nest.readers, [](const TensorReader &reader) { return reader.trips <= 1; });
  auto ownOr = [&](StringRef name, double common) {
    auto own = pattern->getAttrOfType<FloatAttr>(name);
    return own ? own.getValueAsDouble() : common;
  };
  double scratchpadPrice = ownOr(scratchpadPriceAttr, prices.scratchpads);
  double fill = effort.fill * ownOr(unitShareAttr, prices.unitShare);
  int64_t maxUnits = effort.frugal ? 1 : arch.numComputeUnits();
  auto plan = [&](int64_t units) {
    auto rivals = wantsRemarks(pattern) ? std::make_shared<Rivals>(fill) : nullptr;
    Mapping mapping = chooseMapping(cache, nest, arch, units, fill, scratchpadPrice, rivals.get());
    return PlannedNest{nest, std::move(mapping), std::move(rivals)};
  };
  PlannedNest fast = plan(maxUnits), single = plan(1);
  UnitNeed fastNeed = estimateUnits(nest, fast.mapping, arch), singleNeed = needOnOneUnit(single, arch);
  const Candidate &candidate =
      candidates.emplace_back(Candidate{std::move(fast), std::move(single), fastNeed, singleNeed, arch, effort.frugal});
  for (Value result : pattern->getResults())
    if (candidate.fast.mapping.resultHomes == 0)
      mayStay.erase(bufferOf(result));
    else
      addCuts(nest, candidate.fast.mapping, mayStay[bufferOf(result)]);
}

std::vector<std::vector<PlannedNest>> Grouping::finish() {
  std::vector<Group> groups = cut();
  if (llvm::any_of(candidates, [](const Candidate &candidate) { return bool(candidate.fast.rivals); }))
    explainSharing(groups);
  std::vector<std::vector<PlannedNest>> sections;
  for (const Group &group : groups) {
    std::vector<PlannedNest> &section = sections.emplace_back();
    for (size_t number = group.begin; number < group.end; ++number)
      section.push_back(std::move(planOf(candidates[number], group.end - group.begin == 1, group.main)));
  }
  return sections;
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
