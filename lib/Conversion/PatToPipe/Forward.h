// Forward.h - rows that are stored by the pattern which computes them
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H

#include "Nest.h"

namespace jacquard {

/// The tensor that the pattern copies into a row, every element to its own number there; null for any other pattern.
/// Who computes that tensor in the same section can store the row as well.
mlir::Value forwardedTensor(const Nest &nest);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_FORWARD_H
