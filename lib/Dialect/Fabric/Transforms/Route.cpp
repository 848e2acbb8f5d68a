// Route.cpp - find a tree of switch connections for every stream
// Why: streams exist on the machine only as switch settings.
// Needs: every unit has `at`.
// Gives: one `fabric.route` per stream; the independent checker has passed.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Mapper/Route.h"
#include "jacquard/Mapper/Verify.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"

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
  void runOnOperation() override;
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

LogicalResult routeSection(SectionOp section, const FabricModel &model) {
  for (auto route : llvm::make_early_inc_range(section.getBody().front().getOps<RouteOp>()))
    route.erase();
  SectionProblem input = buildProblem(section, model);
  auto placement = readPlacement(input, model);
  if (failed(placement))
    return failure();
  for (const std::string &violation : mapper::verifyPlacement(input.problem, *placement, model))
    return section.emitError() << tag(Diag::MapperCheck) << "placement is wrong: " << violation;
  auto routing = mapper::route(input.problem, *placement, model);
  if (!routing)
    return section.emitError() << tag(Diag::DoesNotFit) << "section \"" << section.getName()
                               << "\" cannot be routed on '" << model.spec().name << "': " << routing.error();
  for (const std::string &violation : mapper::verifyRouting(input.problem, *placement, *routing, model))
    return section.emitError() << tag(Diag::MapperCheck) << "routing is wrong: " << violation;
  writeRoutes(section, input, *routing);
  return success();
}

void FabricRoute::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  bool fits = true;
  for (auto section : sectionsOf(device))
    fits &= succeeded(markUnlessFits(section, routeSection(section, *model)));
  if (!fits)
    signalPassFailure();
}

} // namespace
