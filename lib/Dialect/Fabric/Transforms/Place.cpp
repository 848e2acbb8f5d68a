// Place.cpp - choose a physical unit for every unit
// Why: routing needs coordinates; placement decides most of the wire length.
// Needs: partitioned units.
// Gives: every unit has `at` and a name; the independent checker has passed. Deterministic for one seed.
#include "Homes.h"
#include "SolutionCache.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Mapper/Verify.h"
#include "jacquard/Support/Diagnostics.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPLACEPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-place"

namespace {

struct FabricPlace : fabric::impl::FabricPlacePassBase<FabricPlace> {
  using FabricPlacePassBase::FabricPlacePassBase;
  FabricPlace(FabricPlacePassOptions options, std::shared_ptr<ContentCache> cache)
      : FabricPlacePassBase(std::move(options)), cache(std::move(cache)) {}
  void runOnOperation() override;

private:
  LogicalResult checkBudget(SectionOp section, const mapper::Problem &problem) const;
  LogicalResult placeSection(SectionOp section, unsigned number, const FabricModel &model);

  llvm::MapVector<StringAttr, SectionRange> ranges; ///< of the homes
  llvm::DenseMap<StringAttr, unsigned> siteOfHome;  ///< of those that stand already
  UnitBudget limits;
  std::shared_ptr<ContentCache> cache = std::make_shared<ContentCache>();
};

/// Units are what they are only now: the mapper's counts were estimates. Reserved sites are memory units that keep
/// tensors, of this section (which are among its units) or of others.
LogicalResult FabricPlace::checkBudget(SectionOp section, const mapper::Problem &problem) const {
  for (UnitKind kind : {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort}) {
    auto takesMore = [&](const mapper::Unit &unit) { return unit.kind == kind && !unit.fixedSite; };
    auto count = llvm::count_if(problem.units, takesMore);
    if (kind == UnitKind::Memory)
      count += int64_t(problem.reservedSites.size());
    if (auto limit = limits.of(kind); limit && count > int64_t(*limit))
      return section.emitError() << tag(Diag::DoesNotFit) << "section \"" << section.getName() << "\" needs " << count
                                 << ' ' << unitKindName(kind) << " units; the budget has " << *limit;
  }
  return success();
}

LogicalResult FabricPlace::placeSection(SectionOp section, unsigned number, const FabricModel &model) {
  SectionProblem input = buildProblem(section, model);
  for (auto &[home, range] : ranges)
    if (auto site = siteOfHome.find(home); site != siteOfHome.end() && range.contains(number))
      input.problem.reservedSites.push_back(site->second);
  llvm::sort(input.problem.reservedSites);
  auto homeOf = [](Operation *op) {
    auto memory = dyn_cast<MemoryOp>(op);
    return memory ? memory.getHomeAttr() : StringAttr();
  };
  for (auto [unit, op] : llvm::enumerate(input.units))
    if (auto site = siteOfHome.find(homeOf(op)); homeOf(op) && site != siteOfHome.end())
      input.problem.units[mapper::UnitId(unit)].fixedSite = site->second;
  // Homes that a loop fills only behind this section must not stand where it computes: they take their sites here.
  llvm::SmallDenseSet<StringAttr> own;
  for (Operation *op : input.units)
    own.insert(homeOf(op));
  SmallVector<std::pair<StringAttr, mapper::UnitId>> toCome;
  for (auto &[home, range] : ranges)
    if (range.contains(number) && !siteOfHome.contains(home) && !own.contains(home))
      toCome.push_back({home, input.problem.units.add({UnitKind::Memory, home.str(), ""})});
  if (failed(checkBudget(section, input.problem)))
    return failure();
  auto placement = place(*cache, input.problem, model, seed);
  if (!placement)
    return section.emitError() << numberedUnlessInside(Diag::DoesNotFit, "section \"" + section.getName().str() +
                                                                             "\" does not fit '" + model.spec().name +
                                                                             "': " + placement.error())
                                      .message;
  for (const std::string &violation : mapper::verifyPlacement(input.problem, *placement, model))
    return section.emitError() << tag(Diag::MapperCheck) << "placement is wrong: " << violation;
  for (auto [number, op] : llvm::enumerate(input.units)) {
    mapper::UnitId id(number);
    setSite(op, placement->siteOf[id], model);
    if (StringAttr home = homeOf(op))
      siteOfHome[home] = placement->siteOf[id];
    op->setAttr("unit", StringAttr::get(&getContext(), input.problem.units[id].name));
  }
  for (auto [home, id] : toCome)
    siteOfHome[home] = placement->siteOf[id];
  return success();
}

void FabricPlace::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  FailureOr<UnitBudget> read = readBudget(device, budget, model->spec());
  if (failed(read))
    return signalPassFailure();
  limits = *read;
  ranges = rangesOfHomes(device);
  siteOfHome.clear();
  bool fits = true;
  for (auto [number, section] : llvm::enumerate(sectionsOf(device)))
    fits &= succeeded(markUnlessFits(section, placeSection(section, unsigned(number), *model)));
  if (!fits)
    signalPassFailure();
}

} // namespace

std::unique_ptr<Pass> fabric::createFabricPlacePass(FabricPlacePassOptions options,
                                                    std::shared_ptr<ContentCache> cache) {
  return std::make_unique<FabricPlace>(std::move(options), std::move(cache));
}
