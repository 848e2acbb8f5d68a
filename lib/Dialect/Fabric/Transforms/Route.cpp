// Route.cpp - find a tree of switch connections for every stream
// Why: streams exist on the machine only as switch settings.
// Needs: every unit has `at`.
// Gives: one `fabric.route` per stream; the independent checker has passed.
#include "SolutionCache.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Mapper/Measure.h"
#include "jacquard/Mapper/Verify.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICROUTEPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-route"

namespace {

struct FabricRoute : fabric::impl::FabricRoutePassBase<FabricRoute> {
  FabricRoute() = default;
  explicit FabricRoute(std::shared_ptr<ContentCache> cache) : cache(std::move(cache)) {}
  void runOnOperation() override;

private:
  std::shared_ptr<ContentCache> cache = std::make_shared<ContentCache>();
};

void writeRoutes(SectionOp section, const SectionProblem &input, const mapper::Routing &routing) {
  OpBuilder builder = OpBuilder::atBlockEnd(&section.getBody().front());
  for (auto [number, stream] : llvm::enumerate(input.streams)) {
    mapper::NetId id(number);
    SmallVector<int64_t> hops;
    for (const mapper::Hop &hop : routing.hops[id])
      llvm::append_range(hops, ArrayRef<int64_t>{hop.sw, hop.sink, hop.source});
    RouteOp::create(builder, stream.getLoc(), stream,
                    builder.getI64IntegerAttr(int64_t(input.problem.nets[id].network)),
                    builder.getDenseI64ArrayAttr(hops));
  }
}

/// What of the machine the section takes.
void explainRoutes(SectionOp section, const SectionProblem &input, const mapper::Placement &placement,
                   const mapper::Routing &routing, const FabricModel &model) {
  auto remark = remark::analysis(section.getLoc(), remark::RemarkOpts::name("routed").category(DEBUG_TYPE));
  if (!remark)
    return;
  std::string units;
  for (UnitKind kind : {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort}) {
    auto count = llvm::count_if(input.problem.units, [&](const mapper::Unit &unit) { return unit.kind == kind; });
    auto sites = llvm::count_if(model.sites(), [&](const Site &site) { return site.kind == kind; });
    units += llvm::formatv("{0}{1} {2} of {3}", units.empty() ? "" : ", ", unitKindName(kind), count, sites);
  }
  mapper::RouteFigures figures = mapper::measure(input.problem, placement, routing, model);
  remark << remark::metric("Section", section.getName().str()) << remark::metric("Units", units)
         << remark::metric("Links", figures.links) << remark::metric("LongestWay", figures.longestHops)
         << remark::metric("MeanWay", llvm::formatv("{0:f1}", figures.meanHops).str());
}

LogicalResult routeSection(SectionOp section, const FabricModel &model, ContentCache &cache) {
  for (auto route : llvm::make_early_inc_range(section.getBody().front().getOps<RouteOp>()))
    route.erase();
  SectionProblem input = buildProblem(section, model);
  auto placement = readPlacement(input, model);
  if (failed(placement))
    return failure();
  for (const std::string &violation : mapper::verifyPlacement(input.problem, *placement, model))
    return section.emitError() << tag(Diag::MapperCheck) << "placement is wrong: " << violation;
  auto routing = route(cache, input.problem, *placement, model);
  if (!routing)
    return section.emitError() << tag(Diag::DoesNotFit) << "section \"" << section.getName()
                               << "\" cannot be routed on '" << model.spec().name << "': " << routing.error();
  for (const std::string &violation : mapper::verifyRouting(input.problem, *placement, *routing, model))
    return section.emitError() << tag(Diag::MapperCheck) << "routing is wrong: " << violation;
  writeRoutes(section, input, *routing);
  explainRoutes(section, input, *placement, *routing, model);
  return success();
}

void FabricRoute::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  bool fits = true;
  for (auto section : sectionsOf(device))
    fits &= succeeded(markUnlessFits(section, routeSection(section, *model, *cache)));
  if (!fits)
    signalPassFailure();
}

} // namespace

std::unique_ptr<Pass> fabric::createFabricRoutePass(std::shared_ptr<ContentCache> cache) {
  return std::make_unique<FabricRoute>(std::move(cache));
}
