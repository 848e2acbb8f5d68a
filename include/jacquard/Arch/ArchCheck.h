// ArchCheck.h - proves that a FabricModel is consistent, without using how it was built
#ifndef JACQUARD_ARCH_ARCHCHECK_H
#define JACQUARD_ARCH_ARCHCHECK_H

#include "jacquard/Arch/FabricModel.h"

namespace jacquard {

/// Checks that sites stand where the geometry says and are counted right, that every port of every site is found at its
/// switch, that every link arrives as the source that names its way back, and that route nodes are numbered densely.
/// The first violation.
Status checkFabric(const FabricModel &model);

} // namespace jacquard

#endif // JACQUARD_ARCH_ARCHCHECK_H
