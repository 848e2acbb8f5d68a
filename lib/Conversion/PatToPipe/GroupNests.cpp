// GroupNests.cpp - a greedy cut of the program into sections
//
// Patterns of one section run on one copy of their units each and hand their results on in scratchpads, so a section is
// a metapipeline of several stages. What is gained: no cold start, no intermediate in DRAM. What is lost: the speed-up
// of several units.
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
  /// A way to take a pattern into the current section: `main`, if not null, keeps its units, all others run on one.
  struct Join {
    double saved; ///< cycles
    Operation *main;
  };
  bool maySideBySide(const Candidate &candidate);
  bool canReadInside(const Candidate &candidate);
  bool exchangesNothing(const Candidate &main, const Candidate &candidate);
  bool fits(const Candidate &candidate, Operation *mainOfBoth);
  double gain(const Candidate &candidate, Operation *mainOfBoth);
  std::optional<Join> bestJoin(const Candidate &candidate);
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
  Operation *main = nullptr; ///< the pattern of `current` that keeps its units
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

/// Whether the section may hold both the candidate and what is there.
bool Grouping::maySideBySide(const Candidate &candidate) {
  const Nest &nest = candidate.single.nest;
  if (current.empty() || !isa<pat::MapOp>(nest.op) || !isa<pat::MapOp>(current.front().single.nest.op))
    return false;
  if (nest.wide != current.front().single.nest.wide) // the words of a section are all alike
    return false;
  return llvm::none_of(current, [&](const Candidate &member) {
    const Nest &other = member.single.nest;
    return overwrites(nest, other) || overwrites(other, nest) || writeTogether(nest, other);
  });
}

/// Results of the section that are read here must fit one scratchpad, without costly bank conflicts.
bool Grouping::canReadInside(const Candidate &candidate) {
  for (const NestAccess &access : candidate.single.nest.accesses) {
    Operation *producer = access.op.getTensor().getDefiningOp();
    bool inside = llvm::any_of(current, [&](const Candidate &member) { return member.single.nest.op == producer; });
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

/// Whether neither reads what the other computes: a scratchpad between them would have to serve many units.
bool Grouping::exchangesNothing(const Candidate &main, const Candidate &candidate) {
  auto reads = [](const Candidate &reader, const Candidate &writer) {
    return llvm::any_of(reader.single.nest.accesses, [&](const NestAccess &access) {
      return access.op.getTensor().getDefiningOp() == writer.single.nest.op;
    });
  };
  return !reads(main, candidate) && !reads(candidate, main);
}

/// What runs on one unit may take half of what the machine leaves: partitioning adds to it, and routing wants room.
bool Grouping::fits(const Candidate &candidate, Operation *mainOfBoth) {
  UnitNeed need;
  auto add = [&](const Candidate &member) {
    bool isMain = member.single.nest.op == mainOfBoth;
    UnitNeed more = isMain ? estimateUnits(member.fast.nest, member.fast.mapping, member.arch) : needOf(member);
    int64_t times = isMain ? 1 : 2;
    need.compute += times * more.compute;
    need.memory += times * more.memory;
    need.dramPorts += times * more.dramPorts;
  };
  llvm::for_each(current, add);
  add(candidate);
  const ArchSpec &arch = candidate.arch;
  return need.compute <= int64_t(arch.numComputeUnits()) && need.memory <= int64_t(arch.numMemoryUnits()) &&
         need.dramPorts <= int64_t(arch.dramPort.count);
}

/// A pattern keeps its units where it is the only one, or `main`.
template <typename AnyCandidate> auto &planOf(AnyCandidate &member, bool isAlone, Operation *main) {
  return isAlone || member.single.nest.op == main ? member.fast : member.single;
}

/// Cycles saved by taking `candidate` into the current section.
double Grouping::gain(const Candidate &candidate, Operation *mainOfBoth) {
  SmallVector<const PlannedNest *> apart, together;
  for (const Candidate &member : current) {
    apart.push_back(&planOf(member, current.size() == 1, main));
    together.push_back(&planOf(member, /*isAlone=*/false, mainOfBoth));
  }
  together.push_back(&planOf(candidate, /*isAlone=*/false, mainOfBoth));
  double saved = predictSection(apart, candidate.arch).all + candidate.fast.mapping.cycles() -
                 predictSection(together, candidate.arch).all;
  for (auto [access, plan] : llvm::zip(candidate.single.nest.accesses, candidate.single.mapping.accesses))
    for (const PlannedNest *writer : apart)
      if (plan.homes == 0 && access.op.getTensor().getDefiningOp() == writer->nest.op)
        saved += double(scratchpadBytes(access.op.getTensor())) / candidate.arch.dram.bytesPerCycle;
  return saved;
}

/// The way that saves most; nothing where there is none.
std::optional<Grouping::Join> Grouping::bestJoin(const Candidate &candidate) {
  if (!maySideBySide(candidate) || !canReadInside(candidate))
    return std::nullopt;
  SmallVector<Operation *> mains = {main};
  if (!main && candidate.fast.mapping.copies() > 1)
    mains.push_back(candidate.fast.nest.op);
  if (!main && current.size() == 1 && current.front().fast.mapping.copies() > 1)
    mains.push_back(current.front().fast.nest.op);
  std::optional<Join> best;
  for (Operation *tried : mains) {
    bool isApart = llvm::all_of(current, [&](const Candidate &member) {
      bool concerned = tried && (tried == member.single.nest.op || tried == candidate.single.nest.op);
      return !concerned || exchangesNothing(member, candidate);
    });
    if (!isApart || !fits(candidate, tried))
      continue;
    if (double saved = gain(candidate, tried); !best || saved > best->saved)
      best = {saved, tried};
  }
  return best;
}

void Grouping::close() {
  if (current.empty())
    return;
  std::vector<PlannedNest> group;
  for (Candidate &member : current)
    group.push_back(std::move(planOf(member, current.size() == 1, main)));
  groups.push_back(std::move(group));
  current.clear();
  main = nullptr;
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
  auto early = pattern->getAttrOfType<BoolAttr>(startEarlyAttr);
  nest.startEarly = early ? early.getValue() : prices.startEarly;
  auto spare = pattern->getAttrOfType<BoolAttr>(spareReadersAttr);
  if (!(spare ? spare.getValue() : prices.spareReaders))
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
  Candidate candidate{plan(maxUnits), plan(1), arch};
  for (Value result : pattern->getResults())
    if (candidate.fast.mapping.resultHomes == 0)
      mayStay.erase(bufferOf(result));
    else
      addCuts(nest, candidate.fast.mapping, mayStay[bufferOf(result)]);
  std::optional<Join> join;
  if (!effort.frugal && !alone)
    join = bestJoin(candidate);
  if (join)
    candidate.fast.sharingSaves = candidate.single.sharingSaves = join->saved;
  if (!join || join->saved + prices.section <= 0)
    close();
  else
    main = join->main;
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
