// UnitNeed.cpp - what a mapped nest takes of the machine: boxes, chains, units
#include "Mapping.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
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
  int64_t copies = tellsApart(mapping.units) ? mapping.units.count : 1;
  for (const UnitPlan *plan : {&mapping.joined, &mapping.group})
    copies *= access.inFold && tellsApart(*plan) ? plan->count : 1;
  return copies;
}

int64_t jacquard::chainsOf(const Mapping &mapping) {
  return mapping.membersOfUnit() <= mostMembers ? 1 : llvm::divideCeilSigned(mapping.group.count, shortChain);
}

int64_t jacquard::chainLength(const Mapping &mapping) {
  return llvm::divideCeilSigned(mapping.membersOfUnit(), chainsOf(mapping));
}

bool jacquard::sharesPort(const NestAccess &access, const Mapping &mapping) {
  return access.affine && access.inFold && mapping.group.dim >= 0 && access.affine->dependsOn(mapping.group.dim);
}

int64_t jacquard::reachOf(const UnitPlan &plan, const NestAccess &access, unsigned k) {
  return plan.dim < 0 ? 0 : std::abs(access.affine->coefficients[k][plan.dim] * plan.stride) * (plan.count - 1);
}

SmallVector<int64_t> jacquard::boxExtents(const NestAccess &access, const Mapping &mapping, unsigned depth) {
  SmallVector<int64_t> extents;
  for (auto [k, row] : llvm::enumerate(access.affine->coefficients)) {
    int64_t extent = 1;
    for (const LoopPlan &loop : ArrayRef(mapping.loops).drop_front(depth))
      extent += std::abs(row[loop.dim] * loop.stride) * (loop.extent - 1);
    if (!access.inFold)
      extent += reachOf(mapping.joined, access, unsigned(k)) + reachOf(mapping.group, access, unsigned(k));
    extents.push_back(extent);
  }
  return extents;
}

SmallVector<int64_t> jacquard::boxPitches(const NestAccess &access, const Mapping &mapping, ArrayRef<int64_t> extents) {
  SmallVector<int64_t> pitches(extents.size(), 1);
  for (int k = int(pitches.size()) - 2; k >= 0; --k) {
    pitches[k] = pitches[k + 1] * extents[k + 1];
    for (const LoopPlan &loop : mapping.loops)
      if (loop.role != LoopRole::Time && access.affine->coefficients[k][loop.dim] != 0)
        pitches[k] |= 1;
  }
  return pitches;
}

int64_t jacquard::boxWords(const NestAccess &access, const Mapping &mapping, ArrayRef<int64_t> extents) {
  return extents.empty() ? 1 : boxPitches(access, mapping, extents).front() * extents.front();
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

/// Whether an access chooses between what it reads and another word that is computed.
static bool selectsElse(pat::AtOp at) { return at.getElseValue() && !matchPattern(at.getElseValue(), m_Constant()); }

/// Whether an operation is one of the fabric's own; others take a few.
static bool isOneStage(Operation &op) {
  using Predicate = arith::CmpFPredicate;
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return llvm::is_contained({Predicate::OEQ, Predicate::OGT, Predicate::OGE, Predicate::OLT, Predicate::OLE},
                              compare.getPredicate());
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::NegFOp, arith::SelectOp, math::AbsFOp, math::CeilOp, math::ErfOp, math::ExpOp, math::FloorOp,
             math::FmaOp, math::LogOp, math::PowFOp, math::RsqrtOp, math::SqrtOp, math::TanhOp>(op);
}

/// Stages of an operation on words.
static int64_t stagesOf(Operation &op) {
  if (auto at = dyn_cast<pat::AtOp>(op); at && selectsElse(at)) // a coordinate, its check, and the choice
    return 3 * int64_t(pat::uncertainCoordinates(at).size());
  if (isa<pat::AtOp, pat::YieldOp, pat::FoldOp>(op) || op.hasTrait<OpTrait::ConstantLike>())
    return 0;
  return isOneStage(op) ? 1 : 2;
}

/// Compute units among which partitioning shares the operations of a body: one after the other is filled up to its
/// stages and vector ports. Partitioning tries other orders as well, and needs no more in most cases.
static int64_t unitsOf(Block &body, const ArchSpec &arch) {
  int64_t units = 0, filled = 0;
  llvm::SmallPtrSet<Operation *, 16> inside;
  llvm::SmallPtrSet<Value, 8> inputs;
  for (Operation &op : body) {
    int64_t stages = stagesOf(op);
    if (stages == 0)
      continue;
    auto addInputs = [&] {
      for (Value operand : op.getOperands())
        if (Operation *source = operand.getDefiningOp(); source && !inside.contains(source) &&
                                                         source->getBlock() == &body &&
                                                         !source->hasTrait<OpTrait::ConstantLike>())
          inputs.insert(operand);
      if (isa<pat::AtOp>(op))
        inputs.insert(op.getResult(0)); // what is read
    };
    addInputs();
    if (units == 0 || filled + stages > int64_t(arch.compute.stages) || inputs.size() > arch.compute.ports.vectorIn) {
      ++units;
      filled = 0;
      inside.clear();
      inputs.clear();
      addInputs();
    }
    filled += stages;
    inside.insert(&op);
  }
  return units;
}

int64_t jacquard::computeUnits(const Nest &nest, int64_t units, int64_t copies, int64_t slots, const ArchSpec &arch) {
  int64_t outer = unitsOf(*nest.body(), arch);
  if (!nest.fold)
    return copies * std::max<int64_t>(1, outer);
  int64_t inFold = stagesPerSlot(nest) * slots;
  bool isWhole = inFold <= int64_t(arch.compute.stages);
  return copies * (isWhole ? 1 : 1 + llvm::divideCeilSigned(2 * inFold, arch.compute.stages)) + units * outer;
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

/// Whether a copy of the nest's fold, and what a unit computes around it, are one compute unit each: then their number
/// is no estimate.
static bool takesWholeUnits(const Nest &nest, const ArchSpec &arch) {
  return (!nest.fold || stagesPerSlot(nest) <= arch.compute.stages) && unitsOf(*nest.body(), arch) <= 1 &&
         llvm::all_of(nest.accesses, [](const NestAccess &access) { return access.affine && !selectsElse(access.op); });
}

int64_t jacquard::usableComputeUnits(const Nest &nest, const ArchSpec &arch, double fill) {
  double share = fill * double(arch.numComputeUnits());
  return int64_t(takesWholeUnits(nest, arch) ? std::ceil(share) : share);
}
