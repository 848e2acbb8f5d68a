// UnitNeed.cpp - what a mapped nest takes of the machine: boxes, chains, units
#include "Mapping.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

constexpr int64_t shortChain = 4;    // its ports have room for two sets of results while DRAM is full of reads

unsigned jacquard::stagesPerSlot(const Nest &nest) {
  unsigned stages = 0;
  if (!nest.fold)
    return 1;
  for (Operation &op : *nest.fold.getBody())
    stages += !isa<pat::AtOp, pat::YieldOp>(op);
  for (auto [i, yielded] : llvm::enumerate(nest.fold.getBodyYield()->getOperands())) {
    bool product = isa_and_nonnull<arith::MulFOp, arith::MulIOp>(yielded.getDefiningOp()) && yielded.hasOneUse();
    Operation *combiner = pat::matchSimpleCombiner(*nest.fold.getCombiner(), i);
    if (!product || !isa_and_nonnull<arith::AddFOp, arith::AddIOp>(combiner))
      ++stages;
  }
  return std::max(1u, stages);
}

int64_t jacquard::copiesOf(const NestAccess &access, const Mapping &mapping) {
  auto tellsApart = [&](const UnitPlan &plan) {
    return plan.dim >= 0 && (!access.affine || access.affine->dependsOn(plan.dim));
  };
  return (tellsApart(mapping.units) ? mapping.units.count : 1) *
         (access.inFold && tellsApart(mapping.group) ? mapping.group.count : 1);
}

int64_t jacquard::chainsOf(const Mapping &mapping) {
  return mapping.group.count <= mostMembers ? 1 : llvm::divideCeilSigned(mapping.group.count, shortChain);
}

int64_t jacquard::chainLength(const Mapping &mapping) {
  return llvm::divideCeilSigned(mapping.group.count, chainsOf(mapping));
}

bool jacquard::sharesPort(const NestAccess &access, const Mapping &mapping) {
  return access.affine && access.inFold && mapping.group.dim >= 0 && access.affine->dependsOn(mapping.group.dim);
}

int64_t jacquard::groupReach(const NestAccess &access, unsigned k, const Mapping &mapping) {
  const UnitPlan &group = mapping.group;
  return group.dim < 0 ? 0 : std::abs(access.affine->coefficients[k][group.dim] * group.stride) * (group.count - 1);
}

int64_t jacquard::boxExtent(const NestAccess &access, unsigned k, const Mapping &mapping, unsigned depth) {
  const SmallVector<int64_t> &row = access.affine->coefficients[k];
  int64_t extent = 1;
  for (const LoopPlan &loop : ArrayRef(mapping.loops).drop_front(depth))
    extent += std::abs(row[loop.dim] * loop.stride) * (loop.extent - 1);
  if (!access.inFold)
    extent += groupReach(access, k, mapping);
  return extent;
}

SmallVector<int64_t> jacquard::boxPitches(const NestAccess &access, const Mapping &mapping, unsigned depth) {
  SmallVector<int64_t> pitches(access.affine->view.shape.size(), 1);
  for (int k = int(pitches.size()) - 2; k >= 0; --k) {
    pitches[k] = pitches[k + 1] * boxExtent(access, k + 1, mapping, depth);
    for (const LoopPlan &loop : mapping.loops)
      if (loop.role != LoopRole::Time && access.affine->coefficients[k][loop.dim] != 0)
        pitches[k] |= 1;
  }
  return pitches;
}

int64_t jacquard::boxWords(const NestAccess &access, const Mapping &mapping, unsigned depth) {
  if (access.affine->view.shape.empty())
    return 1;
  return boxPitches(access, mapping, depth).front() * boxExtent(access, 0, mapping, depth);
}

unsigned jacquard::addressStages(pat::AtOp at) {
  unsigned stages = 0;
  for (AffineExpr expr : at.getAccessMap().getResults()) {
    stages += 3;
    expr.walk([&](AffineExpr part) {
      bool divides = part.getKind() == AffineExprKind::FloorDiv || part.getKind() == AffineExprKind::Mod ||
                     part.getKind() == AffineExprKind::CeilDiv;
      stages += divides ? 4 : isa<AffineBinaryOpExpr>(part);
    });
  }
  return stages;
}

int64_t jacquard::computeUnits(const Nest &nest, int64_t units, int64_t copies, int64_t slots, const ArchSpec &arch) {
  auto countOps = [](Block &block) {
    return llvm::count_if(block, [](Operation &op) { return !isa<pat::AtOp, pat::YieldOp, pat::FoldOp>(op); });
  };
  // A body that fills one unit stays whole, of others a part of the stages is lost where they are cut.
  auto unitsFor = [&](int64_t stages) {
    return stages <= arch.compute.stages ? int64_t(stages > 0)
                                         : 1 + llvm::divideCeilSigned(2 * stages, arch.compute.stages);
  };
  int64_t outer = unitsFor(countOps(*nest.body()));
  return nest.fold ? copies * unitsFor(stagesPerSlot(nest) * slots) + units * outer
                   : copies * std::max<int64_t>(1, outer);
}

/// Every access of its own costs a DRAM port (and a memory unit when buffered), every result a DRAM port per unit. The
/// members of a group share the ports of what is buffered.
UnitNeed jacquard::estimateUnits(const Nest &nest, const Mapping &mapping, const ArchSpec &arch) {
  UnitNeed need;
  bool resultsInDram = mapping.resultHomes == 0 || nest.countAllPorts;
  need.dramPorts = resultsInDram ? mapping.units.count * chainsOf(mapping) * nest.op->getNumResults() : 0;
  need.memory = mapping.resultHomes;
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses)) {
    int64_t copies = copiesOf(access, mapping);
    bool shared = plan.buffered && sharesPort(access, mapping);
    int64_t groups = copies / (shared ? mapping.group.count : 1);
    bool parted = plan.staged > 0 && plan.staged < mapping.group.count; // those with and those without
    need.dramPorts += plan.homes && !nest.countAllPorts ? 0 : parted ? 2 * groups : groups;
    need.memory += plan.staged * groups;
    need.boxes += plan.buffered ? copies : 0;
    need.memory += plan.homes + (plan.buffered ? copies : 0);
    if (!access.affine)
      need.compute += copies * llvm::divideCeilSigned(addressStages(access.op), std::max(1u, arch.compute.stages - 2));
  }
  int64_t slots = 1;
  for (const LoopPlan &loop : mapping.loops)
    slots = loop.role == LoopRole::Slots ? loop.extent : slots;
  need.compute += computeUnits(nest, mapping.units.count, mapping.copies(), slots, arch);
  return need;
}

bool jacquard::isBareFold(const Nest &nest, const ArchSpec &arch) {
  return nest.fold && stagesPerSlot(nest) <= arch.compute.stages &&
         llvm::all_of(nest.accesses, [](const NestAccess &access) { return access.inFold && access.affine; }) &&
         llvm::all_of(*nest.body(), [](Operation &op) { return isa<pat::FoldOp, pat::YieldOp>(op); });
}

int64_t jacquard::usableComputeUnits(const Nest &nest, const ArchSpec &arch, double fill) {
  double share = fill * double(arch.numComputeUnits());
  return int64_t(isBareFold(nest, arch) ? std::ceil(share) : share);
}
