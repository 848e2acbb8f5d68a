// Floorplan.h - the floorplan picture of a routed module
#ifndef JACQUARD_DRIVER_FLOORPLAN_H
#define JACQUARD_DRIVER_FLOORPLAN_H

#include "jacquard/Support/Result.h"

#include "mlir/IR/BuiltinOps.h"

namespace jacquard::driver {

/// SVG of the section with the most units; `title` heads it.
Result<std::string> drawFloorplan(mlir::ModuleOp module, const std::string &title);

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_FLOORPLAN_H
