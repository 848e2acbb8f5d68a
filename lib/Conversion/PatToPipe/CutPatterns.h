// CutPatterns.h - patterns too large for the machine, cut into several
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_CUTPATTERNS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_CUTPATTERNS_H

#include "jacquard/Arch/ArchSpec.h"

#include "mlir/IR/Operation.h"

namespace jacquard {

/// Cuts `pattern` (`pat.map` or `pat.group_by`) when it is estimated to need more than a `share`th of the machine's
/// stages, or more than its DRAM ports: values halfway through a body become tensors of a map of their own (with the
/// pattern's attributes), which the rest reads. A body is cut where the halves are about equal and few values cross.
/// What cannot be cut stays as it is.
void cutPattern(mlir::Operation *pattern, const ArchSpec &arch, unsigned share);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_CUTPATTERNS_H
