// VerifyRouting.cpp - check placement and routes of a whole device from scratch
// Why: what leaves for the bitstream must be right whatever wrote it; files of this stage can be edited by hand.
// Needs: nothing. Gives: all violations as errors, or a device whose every section can be configured.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Mapper/Verify.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICVERIFYROUTINGPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-verify-routing"

namespace {

struct FabricVerifyRouting : fabric::impl::FabricVerifyRoutingPassBase<FabricVerifyRouting> {
  void runOnOperation() override;
};

/// The hops of a route are numbers of switches in its network, which must be the one that its stream needs.
LogicalResult verifyNetworks(SectionOp section, const SectionProblem &input) {
  llvm::DenseMap<Value, NetworkKind> networkOf;
  for (auto [number, stream] : llvm::enumerate(input.streams))
    networkOf[stream] = input.problem.nets[mapper::NetId(number)].network;
  bool ok = true;
  for (auto route : section.getBody().front().getOps<RouteOp>()) {
    NetworkKind found = NetworkKind(route.getNetwork()), expected = networkOf.lookup(route.getStream());
    ok &= found == expected;
    if (found != expected)
      route.emitError() << "routes in the " << networkKindName(found) << " network; expected "
                        << networkKindName(expected) << ", which the inputs of the stream's users are in";
  }
  return success(ok);
}

LogicalResult verifySection(SectionOp section, const FabricModel &model) {
  SectionProblem input = buildProblem(section, model);
  if (auto status = mapper::check(input.problem, model); !status)
    return section.emitError() << status.error();
  auto placement = readPlacement(input, model);
  if (failed(placement))
    return failure();
  if (failed(verifyNetworks(section, input)))
    return failure();
  auto violations = mapper::verifyPlacement(input.problem, *placement, model);
  if (violations.empty())
    violations = mapper::verifyRouting(input.problem, *placement, readRouting(input, section), model);
  for (const std::string &violation : violations)
    section.emitError() << violation;
  return success(violations.empty());
}

void FabricVerifyRouting::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  bool ok = model != nullptr;
  if (ok)
    for (auto section : sectionsOf(device))
      ok &= succeeded(verifySection(section, *model));
  if (!ok)
    signalPassFailure();
}

} // namespace
