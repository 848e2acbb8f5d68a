// MappingProblem.h - a section of the IR as a problem of the mapper, and its solution back in the IR
#ifndef JACQUARD_DIALECT_FABRIC_TRANSFORMS_MAPPINGPROBLEM_H
#define JACQUARD_DIALECT_FABRIC_TRANSFORMS_MAPPINGPROBLEM_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Mapper/Problem.h"

namespace jacquard::fabric {

/// Units and nets of one section; unit i is `units[i]`, net j is the stream `streams[j]`.
struct SectionProblem {
  mapper::Problem problem;
  std::vector<mlir::Operation *> units;
  std::vector<mlir::Value> streams;
};
SectionProblem buildProblem(SectionOp section, const FabricModel &model);

/// Which kind of physical unit an op needs, if it is one.
std::optional<UnitKind> unitKindOf(mlir::Operation *op);
/// The input port that an operand of a unit feeds.
unsigned inputPortOf(mlir::OpOperand &operand, const FabricModel &model);

/// The site named by a unit's `at`; an error at the unit when it is missing or not on the grid.
mlir::FailureOr<unsigned> siteOf(mlir::Operation *unit, const FabricModel &model);
void setSite(mlir::Operation *unit, unsigned site, const FabricModel &model);

/// The placement that the IR states; fails with a diagnostic.
mlir::FailureOr<mapper::Placement> readPlacement(const SectionProblem &section, const FabricModel &model);
/// The routing that the `fabric.route` ops of the section state; streams without one have no hops.
mapper::Routing readRouting(const SectionProblem &section, SectionOp op);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_TRANSFORMS_MAPPINGPROBLEM_H
