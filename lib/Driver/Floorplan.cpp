// Floorplan.cpp - the busiest section of a routed module as a picture
#include "jacquard/Driver/Floorplan.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Mapper/Floorplan.h"

using namespace mlir;
using namespace jacquard;

Result<std::string> driver::drawFloorplan(ModuleOp module, const std::string &title) {
  fabric::SectionOp busiest;
  fabric::SectionProblem problem;
  std::shared_ptr<const FabricModel> model;
  for (auto device : module.getOps<fabric::DeviceOp>()) {
    model = fabric::loadFabricModel(device, device.getArch());
    if (!model)
      return Error{"cannot load the architecture of the module"};
    for (auto section : fabric::sectionsOf(device)) {
      auto candidate = fabric::buildProblem(section, *model);
      if (!busiest || candidate.units.size() > problem.units.size()) {
        busiest = section;
        problem = std::move(candidate);
      }
    }
  }
  if (!busiest)
    return Error{"module has no section to draw"};
  auto placement = fabric::readPlacement(problem, *model);
  if (failed(placement))
    return Error{"section \"" + busiest.getName().str() + "\" is not placed"};
  mapper::Mapping mapping{*placement, fabric::readRouting(problem, busiest)};
  return mapper::floorplanSvg(problem.problem, mapping, *model, title + ": " + busiest.getName().str());
}
