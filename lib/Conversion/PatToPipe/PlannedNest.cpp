// PlannedNest.cpp - what comes of patterns that share a section
#include "PlannedNest.h"

#include "CostModel.h"
#include "Forward.h"
#include "JoinParts.h"

using namespace mlir;
using namespace jacquard;

bool jacquard::usedInside(Value result, ArrayRef<const PlannedNest *> nests) {
  return llvm::any_of(result.getUsers(), [&](Operation *user) {
    return llvm::any_of(nests, [&](const PlannedNest *planned) { return planned->nest.op->isAncestor(user); });
  });
}

bool jacquard::usedOutside(Value result, ArrayRef<const PlannedNest *> nests) {
  return llvm::any_of(result.getUsers(), [&](Operation *user) {
    return llvm::none_of(nests, [&](const PlannedNest *planned) { return planned->nest.op->isAncestor(user); });
  });
}

SmallVector<const PlannedNest *> jacquard::withoutCopies(ArrayRef<const PlannedNest *> nests,
                                                         llvm::DenseMap<Value, SmallVector<pat::MapOp>> &copies) {
  SmallVector<const PlannedNest *> others;
  for (const PlannedNest *planned : nests) {
    Value tensor = forwardedTensor(planned->nest);
    Operation *producer = tensor ? tensor.getDefiningOp() : nullptr;
    bool isHere = llvm::any_of(nests, [&](const PlannedNest *other) { return other->nest.op == producer; });
    if (isHere && isa<pat::MapOp>(producer) && !producer->hasAttr(partAttr) &&
        !usedInside(planned->nest.op->getResult(0), nests))
      copies[tensor].push_back(cast<pat::MapOp>(planned->nest.op));
    else
      others.push_back(planned);
  }
  return others;
}

bool jacquard::isSpread(const PlannedNest &planned) { return planned.mapping.copies() > 1; }

const PlannedNest *jacquard::mainOf(ArrayRef<const PlannedNest *> nests) {
  auto spread = llvm::find_if(nests, [](const PlannedNest *planned) { return isSpread(*planned); });
  return spread == nests.end() ? nests.front() : *spread;
}

SectionCycles jacquard::predictSection(ArrayRef<const PlannedNest *> nests, const ArchSpec &arch) {
  llvm::DenseMap<Value, SmallVector<pat::MapOp>> copies;
  llvm::DenseMap<Operation *, double> latencyOf; // until its results come
  const double stage = double(arch.compute.stages) * arch.compute.stageLatency + arch.memory.readLatency;
  const PlannedNest *main = mainOf(nests);
  SmallVector<const PlannedNest *> stages = withoutCopies(nests, copies);
  int64_t all = 0;
  for (const PlannedNest *planned : stages)
    all += planned->mapping.copies();
  double beside = 0, busyBeside = 0, latency = 0, dram = 0; // the stages of a metapipeline wait for DRAM side by side
  for (const PlannedNest *planned : stages) {
    beside += planned == main ? 0 : planned->mapping.cycles() - planned->mapping.latencyCycles;
    busyBeside += planned == main ? 0 : planned->mapping.busyCycles();
    dram += planned->mapping.dramCycles;
    double &own = latencyOf[planned->nest.op] = CostModel(planned->nest, arch).latencyOf(planned->mapping, all);
    for (const NestAccess &access : planned->nest.accesses)
      if (auto writer = latencyOf.find(access.op.getTensor().getDefiningOp()); writer != latencyOf.end())
        own = std::max(own, writer->second + stage);
    latency = std::max(latency, own);
  }
  auto together = [&](double own, double others) { return isSpread(*main) ? std::max(own, others) : own + others; };
  const Mapping &mapping = main->mapping;
  return {together(mapping.cycles() - mapping.latencyCycles, beside) + latency,
          together(mapping.busyCycles(), busyBeside) + latency, dram};
}
