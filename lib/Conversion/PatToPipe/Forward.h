// Forward.h - patterns that only store elsewhere what another one computes
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H

#include "Nest.h"

namespace jacquard {

/// The tensor that the pattern copies, every element to its own number in the result (or in the row that it writes);
/// null for any other pattern. Whoever computes that tensor in the same section can store the copy as well.
mlir::Value forwardedTensor(const Nest &nest);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H
