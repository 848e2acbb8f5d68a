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
  void attract(ArrayRef<std::pair<StringAttr, mapper::UnitId>> fresh, unsigned number, mapper::Problem &problem) const;

  llvm::MapVector<StringAttr, SectionRange> ranges; ///< of the homes
  HomeNeighbours neighbours;
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

/// Homes stay where they are put: near to those that sections to come connect them with.
void FabricPlace::attract(ArrayRef<std::pair<StringAttr, mapper::UnitId>> fresh, unsigned number,
                          mapper::Problem &problem) const {
  for (auto [home, unit] : fresh)
    for (const HomeNeighbours::Meeting &meeting : neighbours.of(home)) {
      if (meeting.section <= number)
        continue;
      mapper::Attraction attraction{unit, {}};
      for (StringAttr other : meeting.homes)
        if (auto site = siteOfHome.find(other); site != siteOfHome.end())
          attraction.sites.push_back(site->second);
      if (!attraction.sites.empty())
        problem.attractions.push_back(std::move(attraction));
    }
}

LogicalResult FabricPlace::placeSection(SectionOp section, unsigned number, const FabricModel &model) {
  SectionProblem input = buildProblem(section, model);
  for (auto &[home, range] : ranges)
    if (auto site = siteOfHome.find(home); site != siteOfHome.end() && range.contains(number))
      input.problem.reservedSites.push_back(site->second);
  llvm::sort(input.problem.reservedSites);
  llvm::MapVector<StringAttr, mapper::UnitId> fresh; // homes that take their sites here
  for (auto [index, op] : llvm::enumerate(input.units)) {
    StringAttr home = homeOf(op);
    mapper::UnitId unit(index);
    if (auto site = siteOfHome.find(home); home && site != siteOfHome.end())
      input.problem.units[unit].fixedSite = site->second;
    else if (home)
      fresh.insert({home, unit});
  }
  // Among them those that a loop fills only behind this section: they must not stand where it computes.
  for (auto &[home, range] : ranges)
    if (range.contains(number) && !siteOfHome.contains(home) && !fresh.contains(home))
      fresh.insert({home, input.problem.units.add({UnitKind::Memory, home.str(), ""})});
  if (failed(checkBudget(section, input.problem)))
    return failure();
  attract(fresh.getArrayRef(), number, input.problem);
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
    op->setAttr("unit", StringAttr::get(&getContext(), input.problem.units[id].name));
  }
  for (auto [home, id] : fresh)
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
  neighbours = HomeNeighbours(device);
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
